//! The shells over a folder that plays `/sys` and `/dev`.

// What the lints allow in a test they do not allow in what tests share.
#![allow(clippy::unwrap_used)]

use board::linux::{Feeder, Places, Shell};
use board::{Board, Facts, LineUse, Outputs, Profile, Recording};
use std::fs;
use std::time::Duration;
use tempfile::TempDir;

/// A machine whose parts are files.
struct Machine {
    folder: TempDir,
    profile: Profile,
}

impl Machine {
    fn new() -> Machine {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        for led in ["green", "red", "one", "two"] {
            fs::create_dir_all(at("leds").join(led)).unwrap();
            fs::write(at("leds").join(led).join("max_brightness"), "255\n").unwrap();
            fs::write(at("leds").join(led).join("brightness"), "").unwrap();
            fs::write(at("leds").join(led).join("trigger"), "heartbeat\n").unwrap();
        }
        for (name, value) in
            [("relay", "1\n"), ("button", "1\n"), ("watchdog", ""), ("temp", "45500\n")]
        {
            fs::write(at(name), value).unwrap();
        }
        let text = format!(
            r#"
            name = "files"
            [lines]
            driver = "exchange"
            count = 2
            [leds]
            system = "green"
            trouble = "red"
            lines = ["one", "two"]
            [button]
            pin = {{ file = "{0}/button", active_low = true }}
            [bypass]
            pin = {{ file = "{0}/relay" }}
            [watchdog]
            device = "{0}/watchdog"
            timeout_s = 40
            [temperature]
            sensor = "{0}/temp"
            warm_c = 70
            hot_c = 85
            "#,
            folder.path().display()
        );
        let profile = Profile::parse(&text, "board.toml").unwrap();
        Machine { folder, profile }
    }

    fn open(&self) -> Shell {
        Shell::open(&self.profile, &Places { leds: self.folder.path().join("leds") })
    }

    /// What stands in a file now: files keep what was written beyond a shorter value, devices do
    /// not, so only the first line counts.
    fn shows(&self, file: &str) -> String {
        let text = fs::read_to_string(self.folder.path().join(file)).unwrap();
        text.lines().next().unwrap_or_default().to_owned()
    }

    fn set(&self, file: &str, value: &str) {
        fs::write(self.folder.path().join(file), value).unwrap();
    }
}

fn outputs(serve: bool, feed: bool) -> Outputs {
    Outputs { system: true, trouble: false, lines: vec![true, false], feed, serve, order: None }
}

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn lights_relay_and_watchdog_do_what_they_are_told() {
    let machine = Machine::new();
    let mut shell = machine.open();
    assert_eq!(shell.take_troubles(), Vec::<String>::new());
    assert_eq!(machine.shows("relay"), "0", "opened, it is let fall");
    assert_eq!(machine.shows("leds/green/trigger"), "none");
    shell.apply(s(1), &outputs(true, true));
    assert_eq!(machine.shows("relay"), "1");
    let lights =
        ["green", "red", "one", "two"].map(|l| machine.shows(&format!("leds/{l}/brightness")));
    assert_eq!(lights, ["255", "0", "255", "0"]);
    assert_eq!(machine.shows("watchdog"), ".");
}

#[test]
fn the_watchdog_is_fed_a_few_times_in_its_timeout_and_not_at_all_when_it_shall_starve() {
    let machine = Machine::new();
    let mut shell = machine.open();
    // A plain file has no timeout to set, so a short one is taken: a meal each 2.5 s.
    for tenth in 0..100 {
        shell.apply(Duration::from_millis(tenth * 100), &outputs(true, true));
    }
    assert_eq!(machine.shows("watchdog"), "....");
    for second in 10..100 {
        shell.apply(s(second), &outputs(true, false));
    }
    assert_eq!(machine.shows("watchdog"), "....");
}

#[test]
fn an_end_in_order_lets_the_relay_fall_and_stops_the_watchdog() {
    let machine = Machine::new();
    let mut shell = machine.open();
    shell.apply(s(1), &outputs(true, true));
    shell.close();
    assert_eq!((machine.shows("relay"), machine.shows("watchdog")), ("0".into(), ".V".into()));
    assert_eq!(machine.shows("leds/green/brightness"), "0");
}

#[test]
fn a_panic_lets_the_relay_fall_and_leaves_the_watchdog_running() {
    let machine = Machine::new();
    let mut shell = machine.open();
    shell.apply(s(1), &outputs(true, true));
    let fell = std::thread::spawn(move || {
        let _shell = shell;
        panic!("the thread that holds the board");
    });
    assert!(fell.join().is_err());
    assert_eq!((machine.shows("relay"), machine.shows("watchdog")), ("0".into(), ".".into()));
}

#[test]
fn the_button_is_read_the_way_round_that_the_profile_says() {
    let machine = Machine::new();
    let mut shell = machine.open();
    assert!(!shell.look(s(0)).pressed);
    machine.set("button", "0\n");
    assert!(shell.look(s(0)).pressed);
    machine.set("button", "");
    assert!(!shell.look(s(0)).pressed);
    let troubles = shell.take_troubles();
    assert!(troubles.len() == 1 && troubles[0].starts_with("the button:"), "{troubles:?}");
}

#[test]
fn the_temperature_is_read_now_and_then_and_nonsense_is_none() {
    let machine = Machine::new();
    let mut shell = machine.open();
    assert_eq!(shell.look(s(0)).celsius, Some(45.5));
    machine.set("temp", "90000\n");
    assert_eq!(shell.look(s(4)).celsius, Some(45.5));
    assert_eq!(shell.look(s(5)).celsius, Some(90.0));
    for nonsense in ["", "hot\n", "999999999\n", "-273150\n"] {
        machine.set("temp", nonsense);
        assert_eq!(machine.open().look(s(0)).celsius, None, "{nonsense:?}");
    }
}

#[test]
fn what_is_missing_is_told_and_the_rest_works() {
    let machine = Machine::new();
    for gone in ["leds/green", "leds/two"] {
        fs::remove_dir_all(machine.folder.path().join(gone)).unwrap();
    }
    fs::remove_file(machine.folder.path().join("watchdog")).unwrap();
    fs::remove_file(machine.folder.path().join("temp")).unwrap();
    let mut shell = machine.open();
    let troubles = shell.take_troubles().join("\n");
    for part in ["the light green", "the light two", "the watchdog", "the temperature"] {
        assert!(troubles.contains(part), "{part} in {troubles}");
    }
    shell.apply(s(1), &outputs(true, true));
    assert_eq!(
        (machine.shows("relay"), machine.shows("leds/one/brightness")),
        ("1".into(), "255".into())
    );
}

#[test]
fn board_and_shell_together_serve_the_lines_and_give_them_back() {
    let machine = Machine::new();
    let mut shell = machine.open();
    let mut board = Board::new(&machine.profile);
    let mut beat = None;
    for tick in 0..600u64 {
        let now = Duration::from_millis(tick * 50);
        if tick < 200 {
            beat = Some(now);
        }
        let inputs = shell.look(now);
        let facts = Facts {
            lines: &[LineUse::Idle, LineUse::Idle],
            recording: Recording::Works,
            beat,
            celsius: inputs.celsius,
            pressed: inputs.pressed,
            warned: false,
        };
        let outputs = board.step(now, &facts);
        shell.apply(now, &outputs);
        let alive = tick < 239;
        assert_eq!(machine.shows("relay"), if alive { "1" } else { "0" }, "at {now:?}");
    }
    let meals = machine.shows("watchdog").len();
    assert!((4..=5).contains(&meals), "12 s of life, a meal each 2.5 s: {meals}");
}

#[test]
fn a_watchdog_that_cannot_be_opened_says_which_and_what_to_do() {
    let watchdog = board::Watchdog { device: "/nowhere/watchdog0".into(), timeout_s: 30 };
    let error = Feeder::open(&watchdog).unwrap_err().to_string();
    assert!(error.contains("/nowhere/watchdog0") && error.contains("driver"), "{error}");
}

#[test]
fn a_line_of_a_gpio_chip_that_is_not_there_is_named() {
    let machine = Machine::new();
    let mut profile = machine.profile.clone();
    let pin = board::Pin {
        chip: Some("/nowhere/gpiochip9".into()),
        line: Some(17),
        file: None,
        active_low: false,
    };
    profile.bypass = Some(board::Bypass { pin });
    let mut shell = Shell::open(&profile, &Places { leds: machine.folder.path().join("leds") });
    let troubles = shell.take_troubles();
    assert!(troubles[0].contains("line 17 of /nowhere/gpiochip9"), "{troubles:?}");
}
