//! The lines that the configuration names.

use super::daa;
use crate::command::Trouble;
use crate::config::{self, Card, Law, SpokenLanguage, Supervision};
use call::{Language, Station};
use dahdi::abi;
use exchange::{Clock, Demonstration, Languages, MonotonicClock, Pace, Paced};
use line::LineCard;
use std::time::Duration;

/// A card, the stations that it brings with it, and what it is for people.
pub type Opened = (Box<dyn LineCard>, Vec<Box<dyn Station>>, String);

/// Opens what the configuration names.
pub fn open(
    card: &Card,
    board: Option<&board::Profile>,
    country: fxo::Country,
) -> Result<Opened, Trouble> {
    match card {
        Card::Exchange(exchange) => open_exchange(exchange, country),
        Card::Dahdi(card) => open_dahdi(card),
        Card::Si3050(si3050) => {
            let (card, name) = daa::open(si3050, board, country)?;
            Ok((card, Vec::new(), name))
        }
    }
}

fn open_exchange(card: &config::Exchange, country: fxo::Country) -> Result<Opened, Trouble> {
    let demonstration = Demonstration {
        lines: card.lines,
        languages: match card.language {
            SpokenLanguage::Both => Languages::Both,
            SpokenLanguage::Zh => Languages::Only(Language::Mandarin),
            SpokenLanguage::En => Languages::Only(Language::English),
        },
        pace: Pace::Pause { ms: (card.pause_s * 1000.0) as u32 },
        seed: card.seed,
        country,
        ..Demonstration::default()
    };
    let (exchange, stations) = demonstration
        .open(&card.voices)
        .map_err(|error| Trouble::Found(format!("the exchange in software: {error}")))?;
    let clock = Fast { clock: MonotonicClock::start(), speed: card.speed };
    Ok((Box::new(Paced::new(exchange, clock)), stations, "exchange in software".into()))
}

/// Opens DAHDI's channels. Those that are named may be missing or busy: they are tried again, and
/// the page says why they do not work. Where none is named there has to be one now.
fn open_dahdi(card: &config::Dahdi) -> Result<Opened, Trouble> {
    let settings = dahdi::Settings {
        supervision: match card.supervision {
            Supervision::Kewlstart => dahdi::Supervision::Kewlstart,
            Supervision::LoopStart => dahdi::Supervision::LoopStart,
        },
        law: match card.law {
            None => abi::Law::Default,
            Some(Law::ALaw) => abi::Law::ALaw,
            Some(Law::MuLaw) => abi::Law::MuLaw,
        },
        gain_from_line: tenths(card.gain_from_line_db),
        gain_to_line: tenths(card.gain_to_line_db),
        echo_canceller: card
            .echo_canceller
            .clone()
            .map(|name| dahdi::EchoCanceller { name, taps: card.echo_taps }),
    };
    let found = dahdi::Card::find();
    let name = match &found {
        Ok(found) => found.first().map(|port| format!("DAHDI, {}", port.card)),
        Err(_) => None,
    };
    let channels = match (&card.channels, found) {
        (Some(channels), _) => channels.clone(),
        (None, Ok(found)) => found.iter().map(|port| port.channel).collect(),
        (None, Err(error)) => {
            return Err(Trouble::Found(format!(
                "DAHDI: {error}; or name the lines in card.channels, to wait for them"
            )));
        }
    };
    if channels.is_empty() {
        return Err(Trouble::Found(
            "DAHDI: no channel faces an exchange; fit an FXO module and load its card's driver, \
             or name the lines in card.channels, to wait for them"
                .into(),
        ));
    }
    let card = dahdi::Card::open(&channels, &settings);
    Ok((Box::new(card), Vec::new(), name.unwrap_or_else(|| "DAHDI".into())))
}

fn tenths(decibels: f32) -> i16 {
    (decibels * 10.0).round() as i16
}

/// A clock that runs some times faster than life.
struct Fast {
    clock: MonotonicClock,
    speed: u32,
}

impl Clock for Fast {
    fn now(&self) -> Duration {
        self.clock.now() * self.speed
    }

    fn sleep_until(&mut self, instant: Duration) {
        self.clock.sleep_until(instant / self.speed);
    }
}
