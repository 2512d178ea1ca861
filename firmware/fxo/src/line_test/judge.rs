//! From what was measured to verdicts, advice and proposals.

use super::report::{Abort, Advice, Found, Item, Proposal, Report, Tried, Verdict, limits};
use super::{DialTone, Measured};
use crate::settings::Dialling;
use crate::{Facts, Settings};
use call::Samples;
use dsp::measure::{EchoResponse, Noise, Sine};
use dsp::plan::Country;
use dsp::tone::Segment;
use line::Impedance;

/// How far a dial tone's frequency may be off its plan's: a single one as wide as the detector
/// takes it, two as narrow.
const ONE_HZ: f32 = 25.0;
const OF_TWO_HZ: f32 = 8.0;
/// A plan's dial tone at the exchange, dBm0, where no plan fits (ITU-T E.180's nominal).
const NOMINAL_DBM0: f32 = -10.0;
/// The most gain that is proposed, dB, and what must be left of the echo return loss.
const MOST_GAIN_DB: f32 = 6.0;
const MARGIN_DB: f32 = 6.0;
/// Hum that is worth a word, dBm0: it is not weighted, and must stand out of the noise.
const HUM_DBM0: f32 = -50.0;

pub(super) fn report(
    measured: &Measured,
    settings: &Settings,
    facts: &Facts,
    took: Samples,
    aborted: Option<Abort>,
) -> Report {
    let mut proposals = Vec::new();
    let mut items = vec![battery(measured)];
    items.extend(measured.dial_tone.as_ref().map(dial_tone));
    if let Some(DialTone::Steady { sines, dbm0, .. }) = &measured.dial_tone {
        let fits = fitting(sines);
        items.push(plan(sines, &fits, settings, facts, &mut proposals));
        let erl = measured.echo.map(|echo| echo.loss_db);
        items.push(level(*dbm0, &fits, erl, &mut proposals));
    }
    if let Some(by_tones) = measured.by_tones {
        items.push(digits(by_tones, measured.by_pulses.flatten(), settings, &mut proposals));
    }
    items.extend(measured.noise.map(noise));
    if let Some(response) = measured.echo {
        items.push(echo(response, measured, &mut proposals));
    }
    items.extend(learnt(facts));
    proposals.extend(facts.busy_tones.iter().copied().map(Proposal::BusyTone));
    Report { items, proposals, aborted, took_ms: took.ms() }
}

fn battery(measured: &Measured) -> Item {
    let volts = measured.loop_on_hook.millivolts.map(|millivolts| millivolts as f32 / 1_000.0);
    let size = volts.map(f32::abs);
    let (verdict, advice) = match size {
        _ if measured.no_battery => (Verdict::Bad, Some(Advice::CheckPair)),
        Some(size) if size < *limits::BATTERY_V.start() => (Verdict::Bad, Some(Advice::LowBattery)),
        Some(size) if size > *limits::BATTERY_V.end() => (Verdict::Fair, Some(Advice::HighBattery)),
        _ => (Verdict::Good, None),
    };
    Item { found: Found::Battery { present: !measured.no_battery, volts }, verdict, advice }
}

fn dial_tone(heard: &DialTone) -> Item {
    let (after_ms, interrupted) = match heard {
        DialTone::Steady { after_ms, .. } => (Some(*after_ms), false),
        DialTone::Missing { interrupted } => (None, *interrupted),
    };
    let (verdict, advice) = match after_ms {
        Some(ms) if ms <= limits::DIAL_TONE_MS => (Verdict::Good, None),
        Some(_) => (Verdict::Fair, Some(Advice::SlowDialTone)),
        None if interrupted => (Verdict::Bad, Some(Advice::TestAgain)),
        None => (Verdict::Bad, Some(Advice::AskOperator)),
    };
    Item { found: Found::DialTone { after_ms, interrupted }, verdict, advice }
}

/// The countries whose dial tone these sines are.
fn fitting(sines: &[Sine; 2]) -> Vec<Country> {
    let near = |hz: f32, of: f32, by: f32| (hz - of).abs() <= by;
    let fits = |country: &Country| match country.tones().dial.segments {
        [Segment { hz: [one], .. }] => sines[1].hz == 0.0 && near(sines[0].hz, *one, ONE_HZ),
        [Segment { hz: [low, high], .. }] => {
            near(sines[0].hz, *low, OF_TWO_HZ) && near(sines[1].hz, *high, OF_TWO_HZ)
        }
        _ => false,
    };
    Country::ALL.into_iter().filter(fits).collect()
}

fn plan(
    sines: &[Sine; 2],
    fits: &[Country],
    settings: &Settings,
    facts: &Facts,
    proposals: &mut Vec<Proposal>,
) -> Item {
    let hz = sines.iter().map(|sine| sine.hz).filter(|hz| *hz > 0.0).collect();
    let codes = fits.iter().map(|country| country.code()).collect();
    let found = Found::Plan { hz, set: settings.country.code(), fits: codes };
    if fits.contains(&settings.country) {
        return Item { found, verdict: Verdict::Good, advice: None };
    }
    if fits.is_empty() {
        proposals.push(Proposal::DialWithoutTone);
        return Item { found, verdict: Verdict::Bad, advice: Some(Advice::UnknownPlan) };
    }
    // Several countries share a dial tone; a busy tone that was learnt may tell which it is.
    let by_busy = fits.iter().filter(|country| has_busy(**country, facts));
    let mut likely: Vec<_> = by_busy.map(|country| country.code()).collect();
    if likely.is_empty() {
        likely = fits.iter().map(|country| country.code()).collect();
    }
    proposals.push(Proposal::Country(likely));
    Item { found, verdict: Verdict::Bad, advice: Some(Advice::SetCountry) }
}

/// Whether a busy tone that was learnt is a country's busy or congestion tone.
fn has_busy(country: Country, facts: &Facts) -> bool {
    let tones = country.tones();
    let plans = [tones.busy, tones.congestion];
    facts.busy_tones.iter().any(|learnt| {
        plans.iter().any(|tone| match tone.segments {
            [on, off] => {
                let hz = learnt.hz.iter().filter(|hz| **hz > 0).map(|hz| f32::from(*hz));
                hz.clone().count() == on.hz.len()
                    && hz.zip(on.hz).all(|(hz, of)| (hz - of).abs() <= OF_TWO_HZ)
                    && u32::from(learnt.on_ms).abs_diff(on.ms) <= on.ms / 10
                    && u32::from(learnt.off_ms).abs_diff(off.ms) <= off.ms / 10
            }
            _ => false,
        })
    })
}

/// A plan's dial tone at the exchange, all its sines together.
fn nominal(country: Country) -> f32 {
    let [segment] = country.tones().dial.segments else { return NOMINAL_DBM0 };
    segment.dbm0 + 10.0 * (segment.hz.len().max(1) as f32).log10()
}

fn level(dbm0: f32, fits: &[Country], erl_db: Option<f32>, proposals: &mut Vec<Proposal>) -> Item {
    let loss_db = fits.first().map_or(NOMINAL_DBM0, |country| nominal(*country)) - dbm0;
    let found = Found::Level { dbm0, loss_db };
    if limits::LOSS_DB.contains(&loss_db) {
        return Item { found, verdict: Verdict::Good, advice: None };
    }
    // What the loop takes it takes both ways. More gain than the hybrid holds back would ring.
    let wanted = (loss_db - limits::USUAL_LOSS_DB).clamp(-MOST_GAIN_DB, MOST_GAIN_DB).round();
    let room = erl_db.map_or(0.0, |erl| (erl - MARGIN_DB).max(0.0));
    let receive = wanted.min(room);
    let transmit = wanted.min((room - receive.max(0.0)).max(0.0));
    let some = |gain: f32| gain <= -1.0 || gain >= 1.0;
    proposals.extend(some(receive).then_some(Proposal::ReceiveGain(receive.trunc())));
    proposals.extend(some(transmit).then_some(Proposal::TransmitGain(transmit.trunc())));
    let verdict =
        if limits::WORST_LOSS_DB.contains(&loss_db) { Verdict::Fair } else { Verdict::Bad };
    let advice = if loss_db > 0.0 { Advice::TooSoft } else { Advice::TooLoud };
    Item { found, verdict, advice: Some(advice) }
}

fn digits(
    tones_ms: Option<u32>,
    pulses_ms: Option<u32>,
    settings: &Settings,
    proposals: &mut Vec<Proposal>,
) -> Item {
    let found = Found::Digits { tones_ms, pulses_ms };
    let by_pulse = settings.dialling == Dialling::Pulse;
    let (verdict, advice) = match (tones_ms, pulses_ms) {
        (Some(_), _) => (Verdict::Good, None),
        (None, Some(_)) if by_pulse => (Verdict::Good, None),
        (None, Some(_)) => (Verdict::Bad, Some(Advice::DialByPulse)),
        (None, None) => (Verdict::Bad, Some(Advice::NoDigits)),
    };
    if advice == Some(Advice::DialByPulse) {
        proposals.push(Proposal::DialByPulse);
    }
    Item { found, verdict, advice }
}

fn noise(noise: Noise) -> Item {
    let hums = noise.hum > HUM_DBM0 && noise.hum > noise.flat;
    let verdict = match noise.psophometric {
        level if level > limits::WORST_NOISE_DBM0P => Verdict::Bad,
        level if level > limits::NOISE_DBM0P => Verdict::Fair,
        _ if noise.hum > limits::WORST_NOISE_DBM0P => Verdict::Fair,
        _ => Verdict::Good,
    };
    let advice =
        (verdict != Verdict::Good).then_some(if hums { Advice::Hum } else { Advice::Noise });
    Item { found: Found::Noise(noise), verdict, advice }
}

fn echo(response: EchoResponse, measured: &Measured, proposals: &mut Vec<Proposal>) -> Item {
    let tried = |(impedance, response): &(Impedance, EchoResponse)| Tried {
        impedance: *impedance,
        loss_db: response.loss_db,
    };
    let others: Vec<Tried> = measured.others.iter().map(tried).collect();
    let best = others.iter().max_by(|a, b| a.loss_db.total_cmp(&b.loss_db));
    let better = best.filter(|best| best.loss_db >= response.loss_db + limits::WORTH_DB).copied();
    let verdict = match response.loss_db {
        loss if loss < limits::WORST_ERL_DB => Verdict::Bad,
        loss if loss < limits::ERL_DB => Verdict::Fair,
        _ => Verdict::Good,
    };
    proposals.extend(better.map(|better| Proposal::Impedance(better.impedance)));
    let advice = match (verdict, better) {
        (Verdict::Good, None) => None,
        (_, Some(_)) => Some(Advice::OtherImpedance),
        (_, None) => Some(Advice::Echo),
    };
    let impedance = measured.impedance;
    Item { found: Found::Echo { response, impedance, others }, verdict, advice }
}

/// What only calls show.
fn learnt(facts: &Facts) -> [Item; 3] {
    let unseen = (Verdict::NotMeasured, Some(Advice::PlaceCalls));
    let item = |found, (verdict, advice)| Item { found, verdict, advice };
    let kind = facts.caller_id;
    let (polarity, sound) = (facts.answers_by_polarity, facts.answers_by_sound);
    let signalled = facts.releases_by_polarity + facts.releases_by_loop_drop;
    let tone = facts.releases_by_tone;
    [
        item(Found::CallerId { kind }, kind.map_or(unseen, |_| (Verdict::Good, None))),
        item(
            Found::Answer { polarity, sound },
            match (polarity, sound) {
                (0, 0) => unseen,
                (0, _) => (Verdict::Fair, Some(Advice::NoAnswerSignal)),
                _ => (Verdict::Good, None),
            },
        ),
        item(
            Found::Release {
                polarity: facts.releases_by_polarity,
                loop_drop: facts.releases_by_loop_drop,
                tone,
                learnt: facts.busy_tones.clone(),
            },
            match (signalled, tone) {
                (0, 0) => unseen,
                (0, _) => (Verdict::Fair, Some(Advice::ToneReleaseOnly)),
                _ => (Verdict::Good, None),
            },
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsp::learn::RepeatingTone;

    fn sines(hz: [f32; 2]) -> [Sine; 2] {
        hz.map(|hz| Sine { hz, dbm0: -13.0 })
    }

    #[test]
    fn a_dial_tone_fits_the_countries_that_have_it_and_no_other() {
        assert_eq!(fitting(&sines([451.0, 0.0])), [Country::China]);
        assert_eq!(fitting(&sines([349.5, 441.0])), [Country::Usa, Country::Uk]);
        assert_eq!(fitting(&sines([400.0, 0.0])), []);
        assert_eq!(fitting(&sines([350.0, 470.0])), []);
    }

    #[test]
    fn a_busy_tone_that_was_learnt_tells_apart_countries_of_one_dial_tone() {
        let learnt = RepeatingTone { hz: [400, 0], on_ms: 377, off_ms: 373, dbm0: -12 };
        let facts = Facts { busy_tones: vec![learnt], ..Facts::default() };
        let mut proposals = Vec::new();
        let both = [Country::Usa, Country::Uk];
        let settings = Settings::default();
        plan(&sines([350.0, 440.0]), &both, &settings, &facts, &mut proposals);
        assert_eq!(proposals, [Proposal::Country(vec!["GB"])]);
        proposals.clear();
        plan(&sines([350.0, 440.0]), &both, &settings, &Facts::default(), &mut proposals);
        assert_eq!(proposals, [Proposal::Country(vec!["US", "GB"])]);
    }

    #[test]
    fn no_gain_is_proposed_that_the_hybrid_would_give_back() {
        let gains = |loss: f32, erl: Option<f32>| {
            let mut proposals = Vec::new();
            level(-10.0 - loss, &[Country::China], erl, &mut proposals);
            proposals
        };
        assert_eq!(gains(4.0, Some(20.0)), []);
        let both = [Proposal::ReceiveGain(6.0), Proposal::TransmitGain(6.0)];
        assert_eq!(gains(14.0, Some(20.0)), both);
        assert_eq!(gains(14.0, Some(9.0)), [Proposal::ReceiveGain(3.0)]);
        assert_eq!(gains(14.0, Some(5.0)), []);
        let less = [Proposal::ReceiveGain(-6.0), Proposal::TransmitGain(-6.0)];
        assert_eq!(gains(-5.0, Some(20.0)), less);
    }

    #[test]
    fn hum_is_told_apart_from_hiss() {
        let hum = noise(Noise { psophometric: -50.0, flat: -52.0, hum: -30.0 });
        assert_eq!((hum.verdict, hum.advice), (Verdict::Fair, Some(Advice::Hum)));
        let hiss = noise(Noise { psophometric: -40.0, flat: -38.0, hum: -60.0 });
        assert_eq!((hiss.verdict, hiss.advice), (Verdict::Bad, Some(Advice::Noise)));
    }
}
