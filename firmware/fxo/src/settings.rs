//! What can be set about a line; every value has a country's or a standard's default.

use dsp::plan::Country;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How digits are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialling {
    /// DTMF (ITU-T Q.23).
    #[default]
    Tone,
    /// Breaks of the loop (loop-disconnect dialling; 10 pulses a second).
    Pulse,
}

/// By which sign an answer is believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerBy {
    /// Only by a polarity reversal: for lines whose exchange is known to give it.
    Polarity,
    /// Only by sound: for lines whose exchange reverses at other times.
    Sound,
    /// Whichever comes first.
    #[default]
    Either,
}

/// What can be set about a line. Times are in milliseconds unless the name says seconds.
///
/// A key that is left out has its default. [`Settings::check`] says what is out of range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whose tones, cadences and flash; `CN`, `US` or `GB`.
    #[serde(serialize_with = "write_country", deserialize_with = "read_country")]
    pub country: Country,

    /// Ringing shorter than this is no ring.
    pub ring_debounce_ms: u32,
    /// No ring for this long: the caller has given up.
    pub ring_timeout_ms: u32,
    /// A caller's identity sent this long before the first ring still belongs to it.
    pub caller_id_window_ms: u32,

    /// The longest wait for dial tone after seizing.
    pub dial_tone_timeout_ms: u32,
    /// Whether to dial after the wait though there was no dial tone.
    pub dial_without_tone: bool,
    /// Tones or pulses.
    pub dialling: Dialling,
    /// Sent before every number: an access code of digits, `,` for a pause, `w` for another wait
    /// for dial tone.
    pub access_code: String,
    /// What replaces a leading `+`.
    pub international_prefix: String,
    /// How long each DTMF digit lasts.
    pub tone_ms: u32,
    /// The silence between DTMF digits, and between dial tone and the first digit.
    pub tone_gap_ms: u32,
    /// How long a dial pulse opens the loop; whole blocks of 10.
    pub pulse_break_ms: u32,
    /// How long the loop is closed between two dial pulses; whole blocks of 10.
    pub pulse_make_ms: u32,
    /// The loop is closed this long between two pulsed digits.
    pub pulse_gap_ms: u32,
    /// How long a `,` of the access code waits.
    pub pause_ms: u32,
    /// How long a hook flash opens the loop; absent: as the country has it.
    pub flash_ms: Option<u32>,

    /// By which sign an answer is believed.
    pub answer_by: AnswerBy,
    /// A polarity reversal earlier than this after the last digit is no answer.
    pub polarity_earliest_ms: u32,
    /// A polarity reversal has to stand this long.
    pub polarity_debounce_ms: u32,
    /// Whether polarity coming back to what it was before the answer is a release.
    pub polarity_release: bool,
    /// This much voice is an answer where no polarity tells.
    pub voice_answer_ms: u32,
    /// Seconds from the last digit until nobody is believed to answer.
    pub no_answer_s: u32,

    /// Whether a busy tone that is in no plan is learnt and taken for a release.
    pub learn_busy_tone: bool,
    /// Loop current away for this long in a call is a release by the exchange.
    pub loop_drop_ms: u32,
    /// Battery away for this long on hook is a fault, and back for this long is its end.
    pub battery_debounce_ms: u32,
    /// Seconds of silence on both sides until the call is released; 0: never.
    pub silence_s: u32,
    /// Seconds from the answer until the call is released.
    pub max_call_s: u32,
    /// On hook at least this long before the next seizure. An exchange takes a shorter break for a
    /// flash, and goes on with the old call (GR-506: up to 1.1 s).
    pub guard_ms: u32,

    /// The echo canceller's reach, for the line's hybrid and what lies behind it.
    pub echo_tail_ms: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            country: Country::China,
            ring_debounce_ms: 64,
            ring_timeout_ms: 8_000,
            caller_id_window_ms: 10_000,
            dial_tone_timeout_ms: 5_000,
            dial_without_tone: false,
            dialling: Dialling::Tone,
            access_code: String::new(),
            international_prefix: "00".into(),
            tone_ms: 100,
            tone_gap_ms: 100,
            pulse_break_ms: 60,
            pulse_make_ms: 40,
            pulse_gap_ms: 800,
            pause_ms: 1_000,
            flash_ms: None,
            answer_by: AnswerBy::Either,
            polarity_earliest_ms: 600,
            polarity_debounce_ms: 40,
            polarity_release: true,
            voice_answer_ms: 300,
            no_answer_s: 60,
            learn_busy_tone: true,
            loop_drop_ms: 90,
            battery_debounce_ms: 600,
            silence_s: 300,
            max_call_s: 7_200,
            guard_ms: 1_500,
            echo_tail_ms: 32,
        }
    }
}

fn write_country<S: Serializer>(country: &Country, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(country.code())
}

fn read_country<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Country, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// A setting that a line cannot work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} = {value}: allowed is {allowed}")]
pub struct SettingError {
    /// The key as the configuration file has it.
    pub key: &'static str,
    /// The value found.
    pub value: String,
    /// What is allowed there.
    pub allowed: String,
}

impl Settings {
    /// How long a flash is: as set, or as the country's exchanges want it (China: 90 to 150 ms
    /// usual; GR-506: 300 to 1000 ms; BT SIN 351: 50 to 130 ms).
    pub fn flash(&self) -> u32 {
        self.flash_ms.unwrap_or(match self.country {
            Country::China => 100,
            Country::Usa => 600,
            Country::Uk => 90,
        })
    }

    /// Checks every value against what is allowed; the first one outside is named.
    pub fn check(&self) -> Result<(), SettingError> {
        let ranges = [
            ("ring_debounce_ms", self.ring_debounce_ms, 20, 500),
            ("ring_timeout_ms", self.ring_timeout_ms, 2_000, 30_000),
            ("caller_id_window_ms", self.caller_id_window_ms, 500, 30_000),
            ("dial_tone_timeout_ms", self.dial_tone_timeout_ms, 500, 60_000),
            ("tone_ms", self.tone_ms, 40, 1_000),
            ("tone_gap_ms", self.tone_gap_ms, 40, 1_000),
            ("pulse_break_ms", self.pulse_break_ms, 30, 100),
            ("pulse_make_ms", self.pulse_make_ms, 30, 100),
            ("pulse_gap_ms", self.pulse_gap_ms, 200, 2_000),
            ("pause_ms", self.pause_ms, 100, 10_000),
            ("flash_ms", self.flash(), 50, 1_500),
            ("polarity_earliest_ms", self.polarity_earliest_ms, 0, 10_000),
            ("polarity_debounce_ms", self.polarity_debounce_ms, 10, 500),
            ("voice_answer_ms", self.voice_answer_ms, 100, 3_000),
            ("no_answer_s", self.no_answer_s, 5, 600),
            ("loop_drop_ms", self.loop_drop_ms, 20, 1_000),
            ("battery_debounce_ms", self.battery_debounce_ms, 100, 10_000),
            ("silence_s", self.silence_s, 0, 3_600),
            ("max_call_s", self.max_call_s, 10, 86_400),
            ("guard_ms", self.guard_ms, 300, 30_000),
            ("echo_tail_ms", self.echo_tail_ms, 8, 128),
        ];
        for (key, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                let allowed = format!("{least} to {most}");
                return Err(SettingError { key, value: value.to_string(), allowed });
            }
        }
        for (key, value) in
            [("pulse_break_ms", self.pulse_break_ms), ("pulse_make_ms", self.pulse_make_ms)]
        {
            if value % 10 != 0 {
                let allowed = "a multiple of 10".to_string();
                return Err(SettingError { key, value: value.to_string(), allowed });
            }
        }
        let dialled = |letter: char| matches!(letter, '0'..='9' | '*' | '#');
        if !self.access_code.chars().all(|letter| dialled(letter) || matches!(letter, ',' | 'w'))
            || self.access_code.len() > 16
        {
            return Err(SettingError {
                key: "access_code",
                value: format!("{:?}", self.access_code),
                allowed: "up to 16 of 0-9, *, #, `,` (a pause) and `w` (wait for dial tone)".into(),
            });
        }
        if !self.international_prefix.chars().all(dialled) || self.international_prefix.len() > 8 {
            return Err(SettingError {
                key: "international_prefix",
                value: format!("{:?}", self.international_prefix),
                allowed: "up to 8 of 0-9, * and #".into(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_allowed() {
        assert_eq!(Settings::default().check(), Ok(()));
        assert_eq!(toml::from_str::<Settings>("").unwrap(), Settings::default());
    }

    #[test]
    fn a_value_out_of_range_is_named_with_what_is_allowed() {
        let settings: Settings = toml::from_str("guard_ms = 7").unwrap();
        let error = settings.check().unwrap_err();
        assert_eq!(error.to_string(), "guard_ms = 7: allowed is 300 to 30000");
        let settings: Settings = toml::from_str("access_code = '9;'").unwrap();
        assert_eq!(settings.check().unwrap_err().key, "access_code");
        let settings: Settings = toml::from_str("pulse_break_ms = 61").unwrap();
        assert!(settings.check().unwrap_err().to_string().contains("multiple of 10"));
    }

    #[test]
    fn an_unknown_key_or_country_is_an_error() {
        let error = toml::from_str::<Settings>("country = 'FR'").unwrap_err();
        assert!(error.to_string().contains("CN, US and GB"), "{error}");
        assert_eq!(toml::from_str::<Settings>("country = 'us'").unwrap().flash(), 600);
        assert!(toml::from_str::<Settings>("gaurd_ms = 1000").is_err());
    }
}
