//! The line machine on a real port, against an exchange's end that is told step by step.

use crate::lines::{Ends, Lines};
use crate::{check, figure};
use call::{AnswerSign, Cause, LegEvent, LegRequest, Number};
use dahdi::event::Event;
use dahdi_guest::bridge::inject;
use dsp::dtmf::DtmfDetector;
use dsp::level;
use dsp::tone::{FOREVER, Segment, Tone, ToneGenerator};
use fxo::{Dialling, Fxo, Settings, State, Switch};
use line::{BLOCK, Block, Hook, LineEvent};

/// China's dial tone.
const DIAL_TONE: Tone = Tone::endless(&[Segment::on(&[450.0], -10.0, FOREVER)]);
/// From the seizure to dial tone.
const TONE_AFTER_MS: u64 = 200;
/// Anything that a subscriber says or sends.
const SOUND_DBM0: f32 = -30.0;

/// The machine on the first port, and what the exchange's end of it hears.
struct Ended {
    fxo: Fxo,
    events: Vec<LegEvent>,
    switch: Option<Switch>,
    /// Blocks since the start.
    now: u64,
    /// Whether dial tone is given.
    gives_tone: bool,
    seized: Option<u64>,
    tone: ToneGenerator,
    tone_began: Option<u64>,
    first_sound: Option<u64>,
    digits: DtmfDetector,
}

impl Ends for Ended {
    fn near(&mut self, index: usize, heard: &Block, events: &[LineEvent]) -> Block {
        if index > 0 {
            return [0; BLOCK];
        }
        self.now += 1;
        let step = self.fxo.block(heard, events.iter().copied(), &[0; BLOCK]);
        self.events.extend(step.events.into_iter().map(|event| event.what));
        self.switch = step.switch;
        step.to_line
    }

    fn far(&mut self, index: usize, heard: &Block) -> Block {
        let mut spoken = [0; BLOCK];
        if index > 0 {
            return spoken;
        }
        self.digits.push(heard);
        if level::of(heard) > SOUND_DBM0 && self.tone_began.is_some() {
            self.first_sound.get_or_insert(self.now);
        }
        let due = self.seized.is_some_and(|at| (self.now - at) * 10 >= TONE_AFTER_MS);
        if self.gives_tone && due && self.first_sound.is_none() {
            self.tone_began.get_or_insert(self.now);
            self.tone.fill(&mut spoken);
        }
        spoken
    }
}

struct Bench {
    lines: Lines,
    end: Ended,
    told: Vec<Event>,
}

impl Bench {
    fn open(ports: u32, settings: Settings, gives_tone: bool) -> Result<Bench, String> {
        let end = Ended {
            fxo: Fxo::new(settings).map_err(|error| error.to_string())?,
            events: Vec::new(),
            switch: None,
            now: 0,
            gives_tone,
            seized: None,
            tone: ToneGenerator::new(DIAL_TONE),
            tone_began: None,
            first_sound: None,
            digits: DtmfDetector::new(),
        };
        let mut bench = Bench { lines: Lines::open(ports)?, end, told: Vec::new() };
        bench.pass(2_500)?;
        Ok(bench)
    }

    fn block(&mut self) -> Result<(), String> {
        self.lines.round(&mut self.end)?;
        let port = self.lines.port(0)?;
        let switched = match self.end.switch.take() {
            Some(Switch::Hook(hook)) => port.set_hook(hook),
            Some(Switch::Flash(ms)) => port.flash(ms),
            None => Ok(()),
        };
        switched.map_err(|error| error.to_string())?;
        let far = &mut self.lines.far[0];
        if far.off_hook().map_err(|error| format!("{error:?}"))? {
            self.end.seized.get_or_insert(self.end.now);
        }
        self.told.extend(std::iter::from_fn(|| far.next_event()));
        Ok(())
    }

    fn pass(&mut self, ms: u64) -> Result<(), String> {
        for _ in 0..ms / 10 {
            self.block()?;
        }
        Ok(())
    }

    fn until(&mut self, ms: u64, met: impl Fn(&Bench) -> bool) -> Result<bool, String> {
        for _ in 0..ms / 10 {
            if met(self) {
                return Ok(true);
            }
            self.block()?;
        }
        Ok(met(self))
    }

    fn ask(&mut self, request: LegRequest) -> Result<(), String> {
        self.end.fxo.request(request).map_err(|error| format!("{error:?}"))
    }

    fn dial(&mut self, number: &str) -> Result<(), String> {
        let number: Number = number.parse().map_err(|error| format!("{error}"))?;
        self.ask(LegRequest::Dial(number))
    }

    fn has(&self, what: &LegEvent) -> bool {
        self.end.events.contains(what)
    }

    fn digits(&mut self) -> String {
        std::iter::from_fn(|| self.end.digits.next_digit()).map(|heard| heard.digit).collect()
    }
}

pub fn try_out(ports: u32) -> Result<(), String> {
    tones(ports)?;
    pulses(ports)?;
    glare(ports)?;
    spikes(ports)
}

/// Dials in tones; is answered by polarity, flashes, and is released by the battery.
fn tones(ports: u32) -> Result<(), String> {
    const NUMBER: &str = "013800138000";
    // The kernel takes a break of up to 150 ms for a dial pulse.
    let settings = Settings { flash_ms: Some(300), ..Settings::default() };
    let mut bench = Bench::open(ports, settings, true)?;
    bench.dial(NUMBER)?;
    bench.until(10_000, |bench| bench.has(&LegEvent::DialTone))?;
    let known = bench.end.now;
    bench.until(10_000, |bench| bench.has(&LegEvent::Dialled))?;
    bench.pass(300)?;
    let heard = bench.digits();
    check("tone_dialling", heard == NUMBER, format_args!("{} digits were heard", heard.len()));
    let waited = bench.end.tone_began.zip(bench.end.first_sound).map(|(tone, sound)| sound - tone);
    figure("dial_tone_to_digit", waited.map_or(-1, |blocks| blocks as i64 * 10), "ms");
    let waited = bench.end.first_sound.map(|sound| (sound - known) * 10);
    figure("dial_tone_known_to_digit", waited.unwrap_or(u64::MAX), "ms");
    check("dialling_in_time", waited.is_some_and(|ms| ms < 300), "under 300 ms");

    bench.pass(1_000)?;
    bench.lines.far[0].channel().reverse(true).map_err(|error| format!("{error:?}"))?;
    let answered = LegEvent::Answered(AnswerSign::Polarity);
    let in_time = bench.until(1_000, |bench| bench.has(&answered))?;
    check("answer_by_polarity", in_time, "within a second");

    bench.told.clear();
    bench.ask(LegRequest::Flash)?;
    let flashed = bench.until(3_000, |bench| bench.told.contains(&Event::Flash))?;
    check("flash", flashed, "seen by the exchange's end");
    bench.pass(1_000)?;
    check(
        "flash_keeps_the_call",
        bench.end.fxo.state() == State::Talking,
        bench.end.fxo.state().name(),
    );

    inject(0, "glitch 500").map_err(|error| format!("{error:?}"))?;
    let released = LegEvent::Released(Cause::CustomerReleased);
    let gone = bench.until(1_500, |bench| bench.has(&released))?;
    check("release_by_battery", gone, "within 1.5 s");
    bench.lines.far[0].channel().reverse(false).map_err(|error| format!("{error:?}"))?;
    Ok(())
}

/// Dials in pulses, which the kernel counts at the other end.
fn pulses(ports: u32) -> Result<(), String> {
    const NUMBER: &str = "62345019";
    let settings = Settings { dialling: Dialling::Pulse, ..Settings::default() };
    let mut bench = Bench::open(ports, settings, true)?;
    bench.dial(NUMBER)?;
    bench.until(30_000, |bench| bench.has(&LegEvent::Dialled))?;
    bench.pass(1_500)?;
    let digit = |event: &Event| match event {
        Event::PulseDigit(digit) => Some(*digit),
        _ => None,
    };
    let heard: String = bench.told.iter().filter_map(digit).collect();
    check("pulse_dialling", heard == NUMBER, format_args!("the kernel counted {heard}"));
    Ok(())
}

/// We seize as the exchange rings: nothing is dialled into the caller's ear, and the caller is rung
/// through, or the seizure is given up.
fn glare(ports: u32) -> Result<(), String> {
    let mut bench = Bench::open(ports, Settings::default(), false)?;
    bench.dial("013800138000")?;
    bench.lines.far[0].ring(true).map_err(|error| format!("{error:?}"))?;
    let ended =
        |bench: &Bench| bench.end.events.iter().any(|event| matches!(event, LegEvent::Released(_)));
    let given_up = bench.until(8_000, ended)?;
    let heard = bench.digits();
    check(
        "glare_dials_nothing",
        given_up && heard.is_empty(),
        format_args!("{} digits", heard.len()),
    );
    bench.lines.far[0].ring(false).map_err(|error| format!("{error:?}"))?;
    // The other way round: it rings already.
    bench.end.events.clear();
    bench.pass(3_000)?;
    bench.lines.far[0].ring(true).map_err(|error| format!("{error:?}"))?;
    bench.until(1_000, |bench| bench.has(&LegEvent::Ringing))?;
    let refused = bench.dial("013800138000").is_err();
    check("ringing_is_not_seized", refused && bench.has(&LegEvent::Ringing), "refused");
    bench.lines.far[0].ring(false).map_err(|error| format!("{error:?}"))?;
    bench.end.fxo.request(LegRequest::Release).map_err(|error| format!("{error:?}"))?;
    let settings = bench.end.fxo.settings().clone();
    bench.pass(u64::from(settings.ring_timeout_ms) + 500)?;
    check("line_is_idle_again", bench.end.fxo.state() == State::Idle, bench.end.fxo.state().name());
    let hook = bench.lines.port(0)?.set_hook(Hook::On);
    hook.map_err(|error| error.to_string())
}

/// Ringing voltage too short for a ring, and then a ring.
fn spikes(ports: u32) -> Result<(), String> {
    let settings = Settings { ring_debounce_ms: 150, ..Settings::default() };
    let mut bench = Bench::open(ports, settings, false)?;
    for ms in [40, 90] {
        inject(0, &format!("spike {ms}")).map_err(|error| format!("{error:?}"))?;
        bench.pass(1_000)?;
    }
    let counted = bench.end.fxo.counters().short_rings;
    check(
        "spikes",
        !bench.has(&LegEvent::Ringing) && counted == 1,
        format_args!("{counted} counted"),
    );
    bench.lines.far[0].ring(true).map_err(|error| format!("{error:?}"))?;
    let rang = bench.until(1_000, |bench| bench.has(&LegEvent::Ringing))?;
    check("ring_after_spikes", rang, "within a second");
    bench.lines.far[0].ring(false).map_err(|error| format!("{error:?}"))?;
    Ok(())
}
