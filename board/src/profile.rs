//! What a board has, as data.
//!
//! A profile is a TOML file. Those in `board/profiles` are built in and have names; any other is
//! named by its path.

use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A board.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What it is, for people.
    pub name: String,
    /// Its lines.
    pub lines: Lines,
    /// Its lights.
    #[serde(default)]
    pub leds: Leds,
    /// Its button.
    pub button: Option<Button>,
    /// What restarts it when it hangs.
    pub watchdog: Option<Watchdog>,
    /// What connects the lines through to the telephones behind it.
    pub bypass: Option<Bypass>,
    /// Where its temperature is read.
    pub temperature: Option<Temperature>,
}

/// `[lines]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// What drives them.
    pub driver: Driver,
    /// How many there are, 1 to 64.
    pub count: usize,
    /// The RESET pin that the chips share.
    pub reset: Option<Pin>,
    /// The chips, one a line: `[[lines.chip]]`.
    #[serde(default)]
    pub chip: Vec<Chip>,
}

/// What drives a board's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Driver {
    /// The exchange in software.
    Exchange,
    /// DAHDI channels.
    Dahdi,
    /// Si3050 chips on SPI.
    Si3050,
}

/// One Si3050.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chip {
    /// The SPI device: `/dev/spidev0.0`.
    pub spi: PathBuf,
    /// Its place in the chain on that chip select, 0 to 15.
    #[serde(default)]
    pub position: u8,
    /// Its slot on the PCM highway, 0 to 63.
    pub slot: u8,
}

/// `[leds]`: names in `/sys/class/leds`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Leds {
    /// The system's.
    pub system: Option<String>,
    /// A light of its own for trouble.
    pub trouble: Option<String>,
    /// The lines', in their order.
    pub lines: Vec<String>,
}

/// `[button]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Button {
    /// Where it is read.
    pub pin: Pin,
}

/// `[watchdog]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watchdog {
    /// The device: `/dev/watchdog0`.
    pub device: PathBuf,
    /// After how many seconds without food it restarts the machine, 5 to 300.
    pub timeout_s: u16,
}

/// `[bypass]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bypass {
    /// What holds the relays.
    pub pin: Pin,
}

/// `[temperature]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Temperature {
    /// A file that holds thousandths of a degree: a thermal zone's `temp`, an hwmon's `temp1_input`.
    pub sensor: PathBuf,
    /// From here on it is warm, in °C.
    pub warm_c: u8,
    /// From here on it is hot.
    pub hot_c: u8,
}

/// One digital pin: a line of a GPIO chip, or a file that holds 0 or 1 (an exported
/// `/sys/class/gpio/gpio17/value`).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The GPIO chip's device.
    pub chip: Option<PathBuf>,
    /// The line on it.
    pub line: Option<u32>,
    /// The file.
    pub file: Option<PathBuf>,
    /// The pin is low when what it stands for is so.
    #[serde(default)]
    pub active_low: bool,
}

/// The profiles that are built in.
const BUILT_IN: [(&str, &str); 3] = [
    ("exchange", include_str!("../profiles/exchange.toml")),
    ("pc-dahdi", include_str!("../profiles/pc-dahdi.toml")),
    ("arm-si3050", include_str!("../profiles/arm-si3050.toml")),
];

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file cannot be read.
    #[error("{file}: cannot be read: {error}; name a file, or one of the built-in boards {known}")]
    Read {
        /// Which.
        file: String,
        /// Why.
        error: std::io::Error,
        /// The names that are known.
        known: String,
    },
    /// The file is not TOML of the expected form; the parser's words name line, key and value.
    #[error("{file}: {error}")]
    Form {
        /// Which.
        file: String,
        /// The parser's words.
        error: Box<toml::de::Error>,
    },
    /// A value out of range.
    #[error("{file}: {key} = {value} is not allowed: {allowed}")]
    Value {
        /// Which file.
        file: String,
        /// Which key.
        key: String,
        /// What stood there.
        value: String,
        /// What may stand there.
        allowed: &'static str,
    },
}

impl Profile {
    /// A board by the name of a built-in one, or by the path of a file.
    pub fn load(name: &Path) -> Result<Profile, ProfileError> {
        let built_in = BUILT_IN.iter().find(|(known, _)| Path::new(known) == name);
        if let Some((known, text)) = built_in {
            return Profile::parse(text, known);
        }
        let file = name.display().to_string();
        match std::fs::read_to_string(name) {
            Ok(text) => Profile::parse(&text, &file),
            Err(error) => {
                let known = BUILT_IN.map(|(known, _)| known).join(", ");
                Err(ProfileError::Read { file, error, known })
            }
        }
    }

    /// A board from a file's text.
    pub fn parse(text: &str, file: &str) -> Result<Profile, ProfileError> {
        let profile: Profile = toml::from_str(text)
            .map_err(|error| ProfileError::Form { file: file.into(), error: Box::new(error) })?;
        match profile.mistake() {
            None => Ok(profile),
            Some((key, value, allowed)) => {
                Err(ProfileError::Value { file: file.into(), key, value, allowed })
            }
        }
    }

    /// The first value that is not allowed: its key, itself, and what is.
    fn mistake(&self) -> Option<(String, String, &'static str)> {
        if !(1..=64).contains(&self.name.trim().chars().count()) {
            return Some(("name".into(), format!("{:?}", self.name), "1 to 64 characters"));
        }
        self.lines.mistake().or_else(|| self.leds.mistake(self.lines.count)).or_else(|| {
            let pins = [
                ("lines.reset", self.lines.reset.as_ref()),
                ("button.pin", self.button.as_ref().map(|button| &button.pin)),
                ("bypass.pin", self.bypass.as_ref().map(|bypass| &bypass.pin)),
            ];
            let wrong = pins.into_iter().find(|(_, pin)| pin.is_some_and(|pin| !pin.is_one()));
            if let Some((key, Some(pin))) = wrong {
                let allowed = "either `chip` and `line`, or `file`";
                return Some((key.into(), format!("{pin:?}"), allowed));
            }
            self.limits()
        })
    }

    fn limits(&self) -> Option<(String, String, &'static str)> {
        if let Some(Watchdog { timeout_s, .. }) = self.watchdog
            && !(5..=300).contains(&timeout_s)
        {
            return Some(("watchdog.timeout_s".into(), timeout_s.to_string(), "5 to 300 seconds"));
        }
        if let Some(Temperature { warm_c, hot_c, .. }) = self.temperature {
            if !(30..=125).contains(&warm_c) {
                return Some(("temperature.warm_c".into(), warm_c.to_string(), "30 to 125 °C"));
            }
            if !(warm_c + 1..=130).contains(&hot_c) {
                let allowed = "above warm_c, up to 130 °C";
                return Some(("temperature.hot_c".into(), hot_c.to_string(), allowed));
            }
        }
        None
    }
}

impl Lines {
    fn mistake(&self) -> Option<(String, String, &'static str)> {
        if !(1..=64).contains(&self.count) {
            return Some(("lines.count".into(), self.count.to_string(), "1 to 64"));
        }
        let chips = self.chip.len();
        if self.driver == Driver::Si3050 && chips != self.count {
            let allowed = "as many [[lines.chip]] as lines.count says";
            return Some(("lines.chip".into(), format!("{chips} chips"), allowed));
        }
        if self.driver != Driver::Si3050 && chips > 0 {
            let allowed = "chips only with lines.driver = \"si3050\"";
            return Some(("lines.chip".into(), format!("{chips} chips"), allowed));
        }
        let (mut slots, mut places) = (BTreeSet::new(), BTreeSet::new());
        for (index, Chip { spi, position, slot }) in self.chip.iter().enumerate() {
            let key = |name: &str| format!("lines.chip[{index}].{name}");
            if *position > 15 {
                return Some((key("position"), position.to_string(), "0 to 15"));
            }
            if *slot > 63 {
                return Some((key("slot"), slot.to_string(), "0 to 63"));
            }
            if !slots.insert(slot) {
                return Some((key("slot"), slot.to_string(), "a slot that no other chip has"));
            }
            if !places.insert((spi, position)) {
                let allowed = "a place in the chain that no other chip on this device has";
                return Some((key("position"), position.to_string(), allowed));
            }
        }
        None
    }
}

impl Leds {
    fn mistake(&self, lines: usize) -> Option<(String, String, &'static str)> {
        if self.lines.len() > lines {
            let value = format!("{} lights", self.lines.len());
            return Some(("leds.lines".into(), value, "no more lights than lines"));
        }
        let named = [("leds.system", &self.system), ("leds.trouble", &self.trouble)];
        let named = named.into_iter().filter_map(|(key, name)| Some((key, name.as_ref()?)));
        let mut all = named.chain(self.lines.iter().map(|name| ("leds.lines", name)));
        let wrong = all.find(|(_, name)| name.is_empty() || name.contains('/') || *name == "..")?;
        Some((wrong.0.into(), format!("{:?}", wrong.1), "the name of a folder in /sys/class/leds"))
    }
}

impl Pin {
    /// Whether it names one pin, in one way.
    fn is_one(&self) -> bool {
        matches!(
            (&self.chip, self.line, &self.file),
            (Some(_), Some(_), None) | (None, None, Some(_))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "name = \"b\"\n[lines]\ndriver = \"dahdi\"\ncount = 2\n";

    fn message(text: &str) -> String {
        Profile::parse(text, "/etc/board.toml").unwrap_err().to_string()
    }

    #[test]
    fn every_built_in_board_is_sound_and_known_by_its_name() {
        for (name, _) in BUILT_IN {
            let profile = Profile::load(Path::new(name)).unwrap();
            assert!(!profile.name.is_empty(), "{name}");
        }
        let arm = Profile::load(Path::new("arm-si3050")).unwrap();
        assert_eq!((arm.lines.driver, arm.lines.chip.len()), (Driver::Si3050, 2));
        assert!(arm.bypass.is_some() && arm.watchdog.is_some() && arm.button.is_some());
    }

    #[test]
    fn the_files_beside_the_crate_are_the_built_in_boards() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        files.sort();
        let mut known = BUILT_IN.map(|(name, _)| name.to_owned());
        known.sort();
        assert_eq!(files, known);
    }

    #[test]
    fn a_board_that_is_not_there_is_told_with_those_that_are() {
        let error = Profile::load(Path::new("/nowhere/board.toml")).unwrap_err().to_string();
        assert!(error.contains("/nowhere/board.toml") && error.contains("pc-dahdi"), "{error}");
    }

    #[test]
    fn a_value_out_of_range_is_named_with_file_key_and_what_is_allowed() {
        let text = SMALL.replace("count = 2", "count = 0");
        assert_eq!(message(&text), "/etc/board.toml: lines.count = 0 is not allowed: 1 to 64");
        let watchdog = "[watchdog]\ndevice = \"/dev/watchdog\"\ntimeout_s = 4";
        assert_eq!(
            message(&format!("{SMALL}{watchdog}")),
            "/etc/board.toml: watchdog.timeout_s = 4 is not allowed: 5 to 300 seconds"
        );
        let heat = "[temperature]\nsensor = \"/t\"\nwarm_c = 80\nhot_c = 80";
        assert!(message(&format!("{SMALL}{heat}")).contains("temperature.hot_c = 80"));
    }

    #[test]
    fn an_unknown_key_and_a_wrong_driver_are_named_with_what_is_known() {
        let text = message(&format!("{SMALL}[bypas]\n"));
        assert!(text.contains("bypas") && text.contains("`bypass`"), "{text}");
        let text = message(&SMALL.replace("dahdi", "dadhi"));
        assert!(text.contains("dadhi") && text.contains("si3050"), "{text}");
    }

    #[test]
    fn chips_belong_to_si3050_one_a_line_and_nowhere_twice() {
        let chip = |spi: &str, position, slot| {
            format!("[[lines.chip]]\nspi = \"{spi}\"\nposition = {position}\nslot = {slot}\n")
        };
        let board = |chips: &[String]| SMALL.replace("dahdi", "si3050") + &chips.concat();
        let two = [chip("/a", 0, 0), chip("/a", 1, 1)];
        assert!(Profile::parse(&board(&two), "f").is_ok());
        assert!(message(&board(&two[..1])).contains("lines.chip = 1 chips"));
        assert!(message(&(SMALL.to_owned() + &two.concat())).contains("only with"));
        let text = message(&board(&[chip("/a", 0, 0), chip("/b", 0, 0)]));
        assert!(text.contains("lines.chip[1].slot = 0"), "{text}");
        let text = message(&board(&[chip("/a", 0, 0), chip("/a", 0, 1)]));
        assert!(text.contains("lines.chip[1].position = 0"), "{text}");
        assert!(message(&board(&[chip("/a", 16, 0), chip("/a", 0, 1)])).contains("0 to 15"));
    }

    #[test]
    fn a_pin_is_a_line_of_a_chip_or_a_file() {
        let button = |pin: &str| format!("{SMALL}[button]\npin = {{ {pin} }}\n");
        assert!(Profile::parse(&button("chip = \"/c\", line = 3, active_low = true"), "f").is_ok());
        assert!(Profile::parse(&button("file = \"/v\""), "f").is_ok());
        for wrong in ["chip = \"/c\"", "line = 3", "chip = \"/c\", line = 3, file = \"/v\"", ""] {
            assert!(message(&button(wrong)).contains("button.pin"), "{wrong}");
        }
    }

    #[test]
    fn a_light_is_a_name_and_no_path() {
        let leds = |name: &str| format!("{SMALL}[leds]\nsystem = \"{name}\"\n");
        assert!(Profile::parse(&leds("a:green:b"), "f").is_ok());
        for wrong in ["", "../../x", ".."] {
            assert!(message(&leds(wrong)).contains("leds.system"), "{wrong}");
        }
        let text = message(&format!("{SMALL}[leds]\nlines = [\"a\", \"b\", \"c\"]\n"));
        assert!(text.contains("leds.lines = 3 lights"), "{text}");
    }
}
