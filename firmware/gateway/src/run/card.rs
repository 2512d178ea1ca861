//! The lines that the configuration names.

use crate::command::Trouble;
use crate::config::{self, Card, SpokenLanguage};
use call::{Language, Station};
use exchange::{Clock, Demonstration, Languages, MonotonicClock, Pace, Paced};
use line::LineCard;
use std::time::Duration;

/// A card, the stations that it brings with it, and what it is for people.
pub type Opened = (Box<dyn LineCard>, Vec<Box<dyn Station>>, String);

/// Opens what the configuration names.
pub fn open(card: &Card, country: fxo::Country) -> Result<Opened, Trouble> {
    match card {
        Card::Exchange(exchange) => open_exchange(exchange, country),
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
