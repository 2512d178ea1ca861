//! The configuration file: TOML, read once at start, every mistake named by file, key, value and
//! what is allowed.

mod card;
mod sound;
mod stations;

pub use card::{Card, Dahdi, Exchange, Law, Si3050, SpokenLanguage, Supervision};
pub use sound::{Monitor, Tap};
pub use stations::{ScriptedHandset, Stations};

use card::Driver;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeBounds;
use std::path::{Path, PathBuf};

/// The whole file. `C` is what `[card]` holds: while reading, the section of one driver.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config<C = Card> {
    /// Who this gateway is and where it keeps things.
    pub device: Device,
    /// The lines, and what drives them.
    pub card: C,
    /// How lines are watched and dialled.
    #[serde(default)]
    pub fxo: fxo::Settings,
    /// What the machine has beside its processor; absent: nothing that is looked after.
    pub board: Option<Board>,
    /// The agents' side, beside what the card brings with it.
    #[serde(default)]
    pub stations: Stations,
    /// Lines with a telephone of their own that are listened to.
    #[serde(default)]
    pub tap: Vec<Tap>,
    /// A loudspeaker for listening to a line.
    pub monitor: Option<Monitor>,
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

/// `[board]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// A built-in board's name, or a file that ends in `.toml`.
    pub profile: PathBuf,
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
        let mut config =
            read(text).map_err(|error| ConfigError::Form(file.into(), Box::new(error)))?;
        config.check().map_err(|Refusal { key, value, allowed }| ConfigError::Value {
            file: file.into(),
            key,
            value,
            allowed,
        })?;
        config.resolve(file.parent().unwrap_or(Path::new(".")));
        Ok(config)
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.device.name.trim().is_empty() || self.device.name.chars().count() > 64 {
            let value = format!("{:?}", self.device.name);
            return Refusal::of("device.name", value, "1 to 64 characters");
        }
        if let Some(zone) = &self.device.time_zone
            && jiff::tz::TimeZone::get(zone).is_err()
        {
            let allowed = "an IANA time zone that this system knows, such as \"Asia/Shanghai\"";
            return Refusal::of("device.time_zone", format!("{zone:?}"), allowed);
        }
        self.card.check()?;
        self.stations.check()?;
        sound::check_taps(&self.tap)?;
        self.monitor.as_ref().map_or(Ok(()), Monitor::check)?;
        Refusal::unless("speech.threads", self.speech.threads, 1..=64, "1 to 64")?;
        Refusal::unless("storage.reserve_mib", self.storage.reserve_mib, 16.., "16 or more")?;
        if let Some(days) = self.storage.retention_days {
            let allowed = "1 to 36500, or no such key";
            Refusal::unless("storage.retention_days", days, 1..=36_500, allowed)?;
        }
        self.fxo.check().map_err(|error| Refusal {
            key: format!("fxo.{}", error.key),
            value: error.value,
            allowed: error.allowed,
        })
    }

    fn resolve(&mut self, folder: &Path) {
        absolute(&mut self.device.data, folder);
        self.card.resolve(folder);
        self.stations.resolve(folder);
        if let Some(board) = &mut self.board
            && board.profile.extension().is_some_and(|ending| ending == "toml")
        {
            absolute(&mut board.profile, folder);
        }
        for path in [&mut self.speech.models, &mut self.uplink.enrolment].into_iter().flatten() {
            absolute(path, folder);
        }
    }

    /// The folder with the converted models.
    pub fn models(&self) -> PathBuf {
        self.speech.models.clone().unwrap_or_else(|| self.device.data.join("models"))
    }
}

/// Reads the whole with the section that `card.driver` names, so that what is wrong anywhere is
/// shown in its line.
fn read(text: &str) -> Result<Config, toml::de::Error> {
    #[derive(Deserialize)]
    struct Choice {
        card: Chosen,
    }
    #[derive(Deserialize)]
    struct Chosen {
        driver: Driver,
    }
    match toml::from_str::<Choice>(text)?.card.driver {
        Driver::Exchange => read_with(text, Card::Exchange),
        Driver::Dahdi => read_with(text, Card::Dahdi),
        Driver::Si3050 => read_with(text, Card::Si3050),
    }
}

fn read_with<C: DeserializeOwned>(
    text: &str,
    card: fn(C) -> Card,
) -> Result<Config, toml::de::Error> {
    let read: Config<C> = toml::from_str(text)?;
    Ok(Config {
        device: read.device,
        card: card(read.card),
        fxo: read.fxo,
        board: read.board,
        stations: read.stations,
        tap: read.tap,
        monitor: read.monitor,
        speech: read.speech,
        page: read.page,
        uplink: read.uplink,
        storage: read.storage,
    })
}

/// A value out of range: the key, what stands there, and what may.
struct Refusal {
    key: String,
    value: String,
    allowed: String,
}

impl Refusal {
    fn of(key: impl Into<String>, value: impl fmt::Display, allowed: &str) -> Result<(), Refusal> {
        Err(Refusal { key: key.into(), value: value.to_string(), allowed: allowed.into() })
    }

    fn unless<T: PartialOrd + fmt::Display>(
        key: impl Into<String>,
        value: T,
        range: impl RangeBounds<T>,
        allowed: &str,
    ) -> Result<(), Refusal> {
        if range.contains(&value) { Ok(()) } else { Refusal::of(key, value, allowed) }
    }
}

/// A relative path is one in the folder of the file.
fn absolute(path: &mut PathBuf, folder: &Path) {
    if path.is_relative() {
        *path = folder.join(&*path);
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
    fn a_key_that_the_card_s_driver_does_not_know_is_shown_in_its_line() {
        let text = message(&SMALL.replace("lines = 4", "lines = 4\nchannel = 3"));
        assert!(text.contains("channel = 3") && text.contains("`lines`"), "{text}");
        let text = message(&SMALL.replace("lines = 4", ""));
        assert!(text.contains("missing field `lines`"), "{text}");
        let text = message("[device]\nname = \"branch\"\ndata = \"data\"");
        assert!(text.contains("missing field `card`"), "{text}");
    }

    const DAHDI: &str = r#"
        device = { name = "branch", data = "data" }
        [card]
        driver = "dahdi"
        channels = [1, 2, 5]
        law = "a_law"
        gain_from_line_db = 2.5
    "#;

    #[test]
    fn a_dahdi_card_needs_no_more_than_its_name() {
        let config = Config::parse(DAHDI, Path::new("/etc/t.toml")).unwrap();
        let Card::Dahdi(card) = config.card else { panic!("{:?}", config.card) };
        assert_eq!((card.channels, card.law), (Some(vec![1, 2, 5]), Some(Law::ALaw)));
        assert_eq!((card.gain_from_line_db, card.echo_canceller), (2.5, None));
        let least = "device = { name = \"b\", data = \"d\" }\ncard.driver = \"dahdi\"";
        assert!(Config::parse(least, Path::new("/etc/t.toml")).is_ok());
    }

    #[test]
    fn what_a_dahdi_card_cannot_be_told_is_named_with_what_is_allowed() {
        let text = message(&DAHDI.replace("[1, 2, 5]", "[1, 2, 1]"));
        assert!(text.contains("card.channels = [1, 2, 1] is not allowed: 1 to 64"), "{text}");
        let text = message(&DAHDI.replace("= 2.5", "= 21"));
        assert!(text.contains("card.gain_from_line_db = 21 is not allowed"), "{text}");
        let text = message(&DAHDI.replace("a_law", "g729"));
        assert!(text.contains("g729") && text.contains("`a_law`"), "{text}");
        let text = message(&format!("{DAHDI}\nvoices = \"x\""));
        assert!(text.contains("voices = \"x\"") && text.contains("`channels`"), "{text}");
        let text = message(&format!("{DAHDI}\necho_canceller = \"a b\""));
        assert!(text.contains("card.echo_canceller") && text.contains("oslec"), "{text}");
    }

    const HANDSET: &str = r#"
        [stations]
        voices = "spoken"
        [[stations.handset]]
        name = "desk-1"
        dials = [{ number = "138 0013 8000", script = [{ listen = {} }, "hang_up"] }]
        pause_s = 2.5
        [[stations.handset]]
        name = "desk-2"
        answers = [{ speak = "hello.wav" }, { wait = 800 }]
    "#;

    #[test]
    fn handsets_are_told_whom_to_call_and_what_to_say() {
        let config = Config::parse(&format!("{SMALL}{HANDSET}"), Path::new("/etc/t.toml")).unwrap();
        let Stations { voices, handset, .. } = config.stations;
        assert_eq!(voices.as_deref(), Some(Path::new("/etc/spoken")));
        assert_eq!(handset[0].dials[0].number.digits(), "13800138000");
        assert_eq!((handset[0].pause_s, handset[1].dials.len()), (2.5, 0));
        assert_eq!(handset[1].answers.len(), 2);
    }

    #[test]
    fn a_handset_that_cannot_be_is_named_by_its_place_and_key() {
        let text = message(&format!("{SMALL}{HANDSET}").replace("desk-2", "desk-1"));
        assert!(text.contains("stations.handset[1].name = \"desk-1\""), "{text}");
        let text = message(&format!("{SMALL}{HANDSET}").replace("2.5", "0.5"));
        assert!(text.contains("stations.handset[0].pause_s = 0.5"), "{text}");
        let text = message(&format!("{SMALL}{HANDSET}").replace("wait", "sleep"));
        assert!(text.contains("sleep") && text.contains("`wait`"), "{text}");
    }

    const SOUND: &str = r#"
        [[stations.sound]]
        name = "reception"
        microphone = { device = "plughw:1,0" }
        earpiece = { device = "plughw:1,0" }
        auto_answer_s = 2.5
        [[tap]]
        name = "workshop"
        input = { device = "hw:2,0", channel = 2 }
        vox = { hang_over_s = 20 }
        [monitor]
        loudspeaker = { device = "default" }
    "#;

    #[test]
    fn sound_cards_are_handsets_taps_and_a_monitor() {
        let config = Config::parse(&format!("{SMALL}{SOUND}"), Path::new("/etc/t.toml")).unwrap();
        assert_eq!(config.stations.sound[0].microphone.channel, 1);
        assert_eq!((config.tap[0].input.channel, config.tap[0].vox.hang_over_s), (2, 20));
        assert_eq!(config.tap[0].vox.pre_roll_ms, 1_000);
        assert_eq!(config.monitor.unwrap().loudspeaker.device, "default");
    }

    #[test]
    fn a_sound_card_s_setting_out_of_range_is_named_by_its_place_and_key() {
        let wrong =
            |right: &str, wrong: &str| message(&format!("{SMALL}{SOUND}").replace(right, wrong));
        assert!(wrong("= 20", "= 1").contains("tap[0].vox.hang_over_s = 1 is not allowed: 2 to"));
        assert!(wrong("channel = 2", "channel = 0").contains("tap[0].input.channel = 0"));
        assert!(wrong("\"workshop\"", "\"line-1\"").contains("tap[0].name = \"line-1\""));
        assert!(wrong("\"default\"", "\"\"").contains("monitor.loudspeaker.device"));
        assert!(wrong("2.5", "99").contains("stations.sound[0].auto_answer_s = 99"));
        assert!(wrong("hang_over_s", "hangover").contains("`hang_over_s`"));
    }

    #[test]
    fn a_missing_file_says_so() {
        let error = Config::load(Path::new("/nowhere/tipring.toml")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/tipring.toml"));
    }

    #[test]
    fn a_card_of_si3050_has_the_keys_of_its_own_and_a_board_is_a_name_or_a_file() {
        let si3050 = SMALL
            .replace("\"exchange\"", "\"si3050\"")
            .replace("lines = 4", "audio = \"hw:tipring\"")
            .replace("voices = \"voices\"", "");
        let config = Config::parse(&si3050, Path::new("/etc/t.toml")).unwrap();
        assert!(matches!(config.card, Card::Si3050(Si3050 { slots: None, lead: 2, .. })));
        let text = message(&si3050.replace("audio = ", "lead = 9\naudio = "));
        assert_eq!(text, "/etc/t.toml: card.lead = 9 is not allowed: 1 to 8");
        let board = |name: &str| {
            let text = format!("{SMALL}\n[board]\nprofile = \"{name}\"");
            Config::parse(&text, Path::new("/etc/t.toml")).unwrap().board.unwrap().profile
        };
        assert_eq!(board("pc-dahdi"), Path::new("pc-dahdi"));
        assert_eq!(board("ours.toml"), Path::new("/etc/ours.toml"));
    }
}
