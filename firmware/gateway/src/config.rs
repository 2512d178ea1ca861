//! The configuration file: TOML, read once at start, every mistake named by file, key, value and
//! what is allowed.

use serde::Deserialize;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who this gateway is and where it keeps things.
    pub device: Device,
    /// The lines, and what drives them.
    pub card: Card,
    /// How lines are watched and dialled.
    #[serde(default)]
    pub fxo: fxo::Settings,
    /// Speech recognition.
    #[serde(default)]
    pub speech: Speech,
    /// The local page.
    #[serde(default)]
    pub page: Page,
    /// Headquarters.
    #[serde(default)]
    pub uplink: Uplink,
    /// How long and how much is kept.
    #[serde(default)]
    pub storage: Storage,
}

/// `[device]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// The name that headquarters and the page show.
    pub name: String,
    /// The folder that holds keys, journal and index.
    pub data: PathBuf,
    /// The IANA time zone of the branch; the system's where absent.
    pub time_zone: Option<String>,
}

/// `[card]`: what the lines belong to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// What drives the lines.
    pub driver: Driver,
    /// Lines, 1 to 64.
    pub lines: usize,
    /// The folder with the spoken calls.
    pub voices: PathBuf,
    /// Which languages are spoken: `zh`, `en` or `both`.
    #[serde(default)]
    pub language: SpokenLanguage,
    /// How many times faster than life the exchange runs, 1 to 32: for trying things out.
    #[serde(default = "default_speed")]
    pub speed: u32,
    /// Pause between two calls of one agent, in seconds.
    #[serde(default = "default_pause")]
    pub pause_s: f32,
    /// The seed of everything that chance decides.
    #[serde(default = "default_seed")]
    pub seed: u64,
}

/// What can drive lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Driver {
    /// The software exchange, with scripted agents and customers: no hardware.
    Exchange,
}

/// The languages of the exchange's callers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpokenLanguage {
    /// Mandarin only.
    Zh,
    /// English only.
    En,
    /// Both, mixed.
    #[default]
    Both,
}

/// `[speech]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Speech {
    /// The folder with the converted models; `models` beside the data folder where absent.
    pub models: Option<PathBuf>,
    /// The language of the calls: `zh`, `en`, or `auto` to detect it call by call.
    pub language: CallLanguage,
    /// Threads in the worker.
    pub threads: usize,
}

impl Default for Speech {
    fn default() -> Self {
        Speech { models: None, language: CallLanguage::Auto, threads: 1 }
    }
}

/// Which language a call is taken to be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallLanguage {
    /// Mandarin.
    Zh,
    /// English.
    En,
    /// Detected.
    Auto,
}

/// `[page]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Page {
    /// Where the page listens.
    pub listen: SocketAddr,
    /// Names, beside localhost and the address itself, under which the page may be asked for.
    pub names: Vec<String>,
}

impl Default for Page {
    fn default() -> Self {
        Page { listen: SocketAddr::from(([127, 0, 0, 1], 8080)), names: Vec::new() }
    }
}

/// `[uplink]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Uplink {
    /// The file that headquarters gave at enrolment; without it records wait in the outbox.
    pub enrolment: Option<PathBuf>,
}

/// `[storage]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Storage {
    /// Free space below which no new call is taken, in MiB.
    pub reserve_mib: u64,
    /// Days after which a call's key is destroyed, 1 to 36500; absent: calls are kept.
    pub retention_days: Option<u32>,
}

impl Default for Storage {
    fn default() -> Self {
        Storage { reserve_mib: 64, retention_days: None }
    }
}

/// A country's code in the international numbering plan (ITU-T E.164), without `+`.
pub fn country_code(country: fxo::Country) -> &'static str {
    match country {
        fxo::Country::China => "86",
        fxo::Country::Usa => "1",
        fxo::Country::Uk => "44",
    }
}

fn default_pause() -> f32 {
    4.0
}

fn default_speed() -> u32 {
    1
}

fn default_seed() -> u64 {
    1
}

/// Why a configuration cannot be used.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Read(PathBuf, std::io::Error),
    /// The file is not TOML of the expected form; the parser's words name line, key and value.
    Form(PathBuf, Box<toml::de::Error>),
    /// A value out of range.
    Value { file: PathBuf, key: String, value: String, allowed: String },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Read(file, error) => {
                write!(f, "{}: cannot be read: {error}; name another with --config", file.display())
            }
            ConfigError::Form(file, error) => write!(f, "{}: {error}", file.display()),
            ConfigError::Value { file, key, value, allowed } => {
                write!(f, "{}: {key} = {value} is not allowed: {allowed}", file.display())
            }
        }
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads and checks a file. Relative paths in it are relative to its folder.
    pub fn load(file: &Path) -> Result<Config, ConfigError> {
        let text =
            std::fs::read_to_string(file).map_err(|error| ConfigError::Read(file.into(), error))?;
        Config::parse(&text, file)
    }

    fn parse(text: &str, file: &Path) -> Result<Config, ConfigError> {
        let mut config: Config = toml::from_str(text)
            .map_err(|error| ConfigError::Form(file.into(), Box::new(error)))?;
        config.check(file)?;
        let folder = file.parent().unwrap_or(Path::new("."));
        config.resolve(folder);
        Ok(config)
    }

    fn check(&self, file: &Path) -> Result<(), ConfigError> {
        let refuse = |key: &str, value: String, allowed: &str| {
            let (file, key, allowed) = (file.into(), key.into(), allowed.into());
            Err(ConfigError::Value { file, key, value, allowed })
        };
        if self.device.name.trim().is_empty() || self.device.name.chars().count() > 64 {
            return refuse("device.name", format!("{:?}", self.device.name), "1 to 64 characters");
        }
        if let Some(zone) = &self.device.time_zone
            && jiff::tz::TimeZone::get(zone).is_err()
        {
            let allowed = "an IANA time zone that this system knows, such as \"Asia/Shanghai\"";
            return refuse("device.time_zone", format!("{zone:?}"), allowed);
        }
        let Card { lines, pause_s, voices, speed, .. } = &self.card;
        if !(1..=32).contains(speed) {
            return refuse("card.speed", speed.to_string(), "1 to 32");
        }
        if !(1..=64).contains(lines) {
            return refuse("card.lines", lines.to_string(), "1 to 64");
        }
        if !(0.0..=3600.0).contains(pause_s) {
            return refuse("card.pause_s", pause_s.to_string(), "0 to 3600 seconds");
        }
        if voices.as_os_str().is_empty() {
            return refuse("card.voices", "\"\"".into(), "the folder with the spoken calls");
        }
        if !(1..=64).contains(&self.speech.threads) {
            return refuse("speech.threads", self.speech.threads.to_string(), "1 to 64");
        }
        if self.storage.reserve_mib < 16 {
            let value = self.storage.reserve_mib.to_string();
            return refuse("storage.reserve_mib", value, "16 or more");
        }
        if let Some(days) = self.storage.retention_days
            && !(1..=36_500).contains(&days)
        {
            return refuse(
                "storage.retention_days",
                days.to_string(),
                "1 to 36500, or no such key",
            );
        }
        self.fxo.check().map_err(|error| ConfigError::Value {
            file: file.into(),
            key: format!("fxo.{}", error.key),
            value: error.value,
            allowed: error.allowed,
        })
    }

    fn resolve(&mut self, folder: &Path) {
        let absolute = |path: &mut PathBuf| {
            if path.is_relative() {
                *path = folder.join(&*path);
            }
        };
        absolute(&mut self.device.data);
        absolute(&mut self.card.voices);
        self.speech.models.as_mut().map(absolute);
        self.uplink.enrolment.as_mut().map(absolute);
    }

    /// The folder with the converted models.
    pub fn models(&self) -> PathBuf {
        self.speech.models.clone().unwrap_or_else(|| self.device.data.join("models"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        [device]
        name = "branch"
        data = "data"
        [card]
        driver = "exchange"
        lines = 4
        voices = "voices"
    "#;

    fn message(text: &str) -> String {
        Config::parse(text, Path::new("/etc/t.toml")).unwrap_err().to_string()
    }

    #[test]
    fn a_small_file_is_enough_and_paths_are_relative_to_it() {
        let config = Config::parse(SMALL, Path::new("/etc/t.toml")).unwrap();
        assert_eq!(config.device.data, Path::new("/etc/data"));
        assert_eq!(config.models(), Path::new("/etc/data/models"));
        assert_eq!(config.page.listen.port(), 8080);
    }

    #[test]
    fn a_value_out_of_range_is_named_with_file_key_and_what_is_allowed() {
        let text = SMALL.replace("lines = 4", "lines = 65");
        assert_eq!(message(&text), "/etc/t.toml: card.lines = 65 is not allowed: 1 to 64");
    }

    #[test]
    fn a_setting_of_the_lines_out_of_range_is_named_with_its_section() {
        let text = message(&format!("{SMALL}\n[fxo]\nguard_ms = 7"));
        assert_eq!(text, "/etc/t.toml: fxo.guard_ms = 7 is not allowed: 300 to 30000");
    }

    #[test]
    fn an_unknown_key_and_an_unknown_driver_are_named_with_what_is_known() {
        let text = message(&format!("{SMALL}\n[page]\nlisten_on = \"x\""));
        assert!(text.contains("listen_on") && text.contains("`listen`"), "{text}");
        let text = message(&SMALL.replace("\"exchange\"", "\"dadhi\""));
        assert!(text.contains("dadhi") && text.contains("exchange"), "{text}");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_shown_in_its_line() {
        let text = message(&SMALL.replace("lines = 4", "lines = \"four\""));
        assert!(text.contains("lines = \"four\""), "{text}");
    }

    #[test]
    fn a_missing_file_says_so() {
        let error = Config::load(Path::new("/nowhere/tipring.toml")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/tipring.toml"));
    }
}
