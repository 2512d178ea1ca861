//! The tones of a country's exchange, and the cadence of its ringing.
//!
//! Sources: ITU-T E.180 Supplement 2 ("Various tones used in national networks", January 1994) for
//! every country; for China also GB 3380 (ringing current and signal tones), for the USA Telcordia
//! GR-506-CORE (levels per frequency: dial tone -13, audible ringing -19, busy and reorder
//! -24 dBm0) and ITU-T E.180 for the special information tone, for the United Kingdom BT SIN 350
//! (supervisory tones) and SIN 351 (ringing). Where the source gives only a total, the frequencies
//! share it evenly; where it gives none, ITU-T E.180's nominal -10 dBm0 is taken.

use crate::tone::{FOREVER, Segment, Tone};
use core::fmt;
use core::str::FromStr;

mod china;
mod uk;
mod usa;

/// A country whose tones we know, by ISO 3166-1 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Country {
    /// `CN`.
    China,
    /// `US`.
    Usa,
    /// `GB`.
    Uk,
}

/// A code for which there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no tone plan for this country; allowed are CN, US and GB")]
pub struct UnknownCountry;

impl Country {
    /// Every country with a plan.
    pub const ALL: [Country; 3] = [Country::China, Country::Usa, Country::Uk];

    /// The ISO 3166-1 alpha-2 code.
    pub const fn code(self) -> &'static str {
        match self {
            Country::China => "CN",
            Country::Usa => "US",
            Country::Uk => "GB",
        }
    }

    /// The tones of its exchanges.
    pub const fn tones(self) -> &'static TonePlan {
        match self {
            Country::China => &china::TONES,
            Country::Usa => &usa::TONES,
            Country::Uk => &uk::TONES,
        }
    }

    /// How its exchanges ring a line.
    pub const fn ringing(self) -> &'static Ringing {
        match self {
            Country::China => &china::RINGING,
            Country::Usa => &usa::RINGING,
            Country::Uk => &uk::RINGING,
        }
    }
}

impl FromStr for Country {
    type Err = UnknownCountry;
    /// Takes the code in either case; `UK` means `GB`.
    fn from_str(text: &str) -> Result<Self, UnknownCountry> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("UK") {
            return Ok(Country::Uk);
        }
        let known = Country::ALL.into_iter().find(|known| text.eq_ignore_ascii_case(known.code()));
        known.ok_or(UnknownCountry)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The tones of one country's exchanges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TonePlan {
    /// The exchange is ready for digits.
    pub dial: Tone,
    /// The called line is being rung.
    pub ringback: Tone,
    /// The called line is engaged.
    pub busy: Tone,
    /// No path through the network (reorder, fast busy).
    pub congestion: Tone,
    /// Special information: three rising tones before an announcement (ITU-T E.180). Played
    /// once; the announcement follows.
    pub special: Tone,
    /// The number cannot be had. Where a country has no such tone, its special information tone.
    pub unobtainable: Tone,
    /// The receiver was left off the hook.
    pub howler: Tone,
    /// Another call waits, heard in a call that stands.
    pub call_waiting: Tone,
}

/// How a line is rung.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ringing {
    /// Rings and pauses, milliseconds each, over and over.
    pub cadence: &'static [Ring],
    /// Frequency of the ringing voltage, Hz.
    pub hz: f32,
}

/// One ring with the pause after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ring {
    /// Ringing voltage on, ms.
    pub on_ms: u32,
    /// Pause, ms.
    pub off_ms: u32,
}

/// The special information tone at ITU-T E.180's nominal frequencies: 950, 1400 and 1800 Hz, each
/// 330 ms, then 1 s of silence.
const SPECIAL_E180: Tone = Tone::once(&[
    Segment::on(&[950.0], -10.0, 330),
    Segment::on(&[1400.0], -10.0, 330),
    Segment::on(&[1800.0], -10.0, 330),
    Segment::off(1000),
]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::MAX_FREQUENCIES;
    use call::Samples;

    #[test]
    fn codes_come_back_as_they_went_in() {
        for country in Country::ALL {
            assert_eq!(country.to_string().to_lowercase().parse(), Ok(country));
        }
        assert_eq!(" uk ".parse(), Ok(Country::Uk));
        assert_eq!("FR".parse::<Country>(), Err(UnknownCountry));
    }

    #[test]
    fn cadences_are_those_of_the_supplement() {
        let round = |tone: Tone| tone.round();
        let ms = |ms| Some(Samples::from_ms(ms));
        for (country, ringback, busy, congestion) in [
            (Country::China, 5000, 700, 1400),
            (Country::Usa, 6000, 1000, 500),
            (Country::Uk, 3000, 750, 1500),
        ] {
            let tones = country.tones();
            assert_eq!(round(tones.dial), None);
            assert_eq!(round(tones.ringback), ms(ringback));
            assert_eq!(round(tones.busy), ms(busy));
            assert_eq!(round(tones.congestion), ms(congestion));
        }
    }

    #[test]
    fn no_tone_is_louder_than_full_scale_or_has_too_many_frequencies() {
        for country in Country::ALL {
            let t = country.tones();
            for tone in [
                t.dial,
                t.ringback,
                t.busy,
                t.congestion,
                t.special,
                t.unobtainable,
                t.howler,
                t.call_waiting,
            ] {
                assert!(!tone.segments.is_empty());
                for segment in tone.segments {
                    let peak = crate::level::sine_peak(segment.dbm0) * segment.hz.len() as f32;
                    assert!(peak <= 32767.0 && segment.hz.len() <= MAX_FREQUENCIES);
                }
            }
        }
    }
}
