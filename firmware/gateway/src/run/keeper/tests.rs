use super::*;
use std::sync::Mutex;
use tempfile::TempDir;

/// An appliance on a board whose parts are files.
struct Rig {
    folder: TempDir,
    keeper: Keeper,
    live: Live,
    recording: Arc<Mutex<Recording>>,
    ended: Arc<AtomicBool>,
}

impl Rig {
    fn new() -> Rig {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (name, value) in [
            ("relay", ""),
            ("button", "0\n"),
            ("watchdog", ""),
            ("temp", "40000\n"),
            ("page.people", "x"),
        ] {
            std::fs::write(at(name), value).unwrap();
        }
        let text = format!(
            r#"
            name = "files"
            [lines]
            driver = "exchange"
            count = 2
            [button]
            pin = {{ file = "{0}/button" }}
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
        let live = Live::new();
        let recording = Arc::new(Mutex::new(Recording::Works));
        let ended = Arc::new(AtomicBool::new(false));
        let outside = Outside {
            recording: Box::new({
                let recording = recording.clone();
                move || *recording.lock().unwrap()
            }),
            page: "127.0.0.1:8080".into(),
            accounts: vec![at("page.people"), at("page.password")],
            end: Box::new({
                let ended = ended.clone();
                move || ended.store(true, Ordering::Relaxed)
            }),
        };
        let places = Places { leds: at("leds") };
        let keeper = Keeper::open(&profile, &places, Pulse::new(), live.clone(), outside);
        Rig { folder, keeper, live, recording, ended }
    }

    /// Turns from one second to another, while the lines beat.
    fn run(&mut self, from: u64, to: u64) {
        for ms in (from * 1000..to * 1000).step_by(50) {
            self.keeper.pulse.0.last.store(ms.max(1), Ordering::Relaxed);
            self.keeper.turn(Duration::from_millis(ms));
        }
    }

    fn shows(&self, file: &str) -> String {
        let text = std::fs::read_to_string(self.folder.path().join(file)).unwrap();
        text.lines().next().unwrap_or_default().to_owned()
    }

    fn set(&self, file: &str, value: &str) {
        std::fs::write(self.folder.path().join(file), value).unwrap();
    }

    fn told(&self) -> status::Board {
        self.live.snapshot().board.unwrap()
    }
}

#[test]
fn while_lines_beat_and_calls_can_be_recorded_the_board_serves_and_says_so() {
    let mut rig = Rig::new();
    rig.run(0, 5);
    assert_eq!((rig.shows("relay").as_str(), rig.shows("watchdog").len()), ("1", 2));
    let told = rig.told();
    assert_eq!((told.celsius, told.served, told.watched), (Some(40.0), Some(true), Some(true)));
    assert_eq!(told.troubles, []);
}

#[test]
fn a_journal_that_fails_starves_the_watchdog_and_the_page_says_that_it_is_not_fed() {
    let mut rig = Rig::new();
    rig.run(0, 5);
    *rig.recording.lock().unwrap() = Recording::Fails;
    rig.run(5, 60);
    assert_eq!(rig.told().watched, Some(false));
    let meals = rig.shows("watchdog").len();
    rig.run(60, 100);
    assert_eq!(rig.shows("watchdog").len(), meals);
}

#[test]
fn lines_that_hang_let_the_relay_fall() {
    let mut rig = Rig::new();
    rig.run(0, 5);
    rig.keeper.turn(Duration::from_secs(9));
    assert_eq!(rig.shows("relay"), "0");
    assert_eq!(rig.told().served, Some(false));
}

#[test]
fn ten_seconds_on_the_button_remove_the_accounts_and_end_the_appliance() {
    let mut rig = Rig::new();
    rig.set("button", "1\n");
    rig.run(0, 9);
    assert!(rig.folder.path().join("page.people").exists());
    rig.run(9, 12);
    assert!(!rig.folder.path().join("page.people").exists());
    assert!(rig.ended.load(Ordering::Relaxed));
}

#[test]
fn bypass_by_button_is_told_on_the_page_in_both_languages() {
    let mut rig = Rig::new();
    rig.set("button", "1\n");
    rig.run(0, 5);
    rig.set("button", "0\n");
    rig.run(5, 8);
    assert_eq!(rig.shows("relay"), "0");
    let troubles = rig.told().troubles;
    assert_eq!(troubles.len(), 1);
    assert!(troubles[0].tell(status::Tongue::English).contains("connected through"));
    assert!(troubles[0].tell(status::Tongue::Mandarin).contains("直通"));
}

#[test]
fn warmth_is_told_while_it_lasts() {
    let mut rig = Rig::new();
    rig.run(0, 2);
    rig.set("temp", "72000\n");
    rig.run(2, 10);
    assert!(rig.told().troubles[0].tell(status::Tongue::English).contains("72 °C"));
    rig.set("temp", "50000\n");
    rig.run(10, 20);
    assert_eq!(rig.told().troubles, []);
}

#[test]
fn a_part_that_is_missing_is_told_once_and_the_rest_works() {
    let rig = Rig::new();
    let text = format!(
        "name = \"b\"\n[lines]\ndriver = \"exchange\"\ncount = 1\n[leds]\nsystem = \"gone\"\n\
         [bypass]\npin = {{ file = \"{0}/relay\" }}\n[button]\npin = {{ file = \"{0}/gone\" }}\n",
        rig.folder.path().display()
    );
    let profile = Profile::parse(&text, "board.toml").unwrap();
    let outside = Outside {
        recording: Box::new(|| Recording::Works),
        page: String::new(),
        accounts: Vec::new(),
        end: Box::new(|| {}),
    };
    let places = Places { leds: rig.folder.path().join("none") };
    let pulse = Pulse::new();
    pulse.beat();
    let mut keeper = Keeper::open(&profile, &places, pulse, rig.live.clone(), outside);
    for ms in (0..1900).step_by(50) {
        keeper.turn(Duration::from_millis(ms));
    }
    let troubles = rig.told().troubles;
    let texts: Vec<&str> = troubles.iter().map(|t| t.tell(status::Tongue::English)).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains("the light gone") && texts[1].contains("the button"), "{texts:?}");
    assert_eq!(rig.shows("relay"), "1");
}
