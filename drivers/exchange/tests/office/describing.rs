//! The office's description in TOML: what it can say, and how it refuses.

use dsp::plan::Country;
use exchange::{
    Beep, Behaviour, Echo, EchoPath, Exchange, ForeignBusy, Identity, Interrupt, Listen, Message,
    Moment, Office, OfficeError, Protocol, Release, Step, Termination, Trouble, Voices,
};
use proptest::prelude::*;

const WHOLE: &str = include_str!("../golden/office.toml");

fn voices() -> Voices {
    let mut voices = Voices::default();
    voices.insert("hello", vec![0; 80].into());
    voices
}

#[test]
fn a_description_reads_as_it_was_meant() {
    let office = Office::parse(WHOLE).unwrap();
    assert_eq!((office.country, office.seed, office.lines.len()), (Country::Uk, 7, 2));
    let echo = Echo { path: EchoPath::G168D5, erl_db: 12.0, delay_ms: 4 };
    assert_eq!(office.lines[0].wire.echo, Some(echo));
    assert_eq!(office.lines[0].dial_tone.of, Some(Country::Usa));
    assert_eq!(office.lines[0].termination, Some(Termination::China));
    assert_eq!(office.busy_tone, Some(ForeignBusy::Germany));
    let Behaviour::Answer(answer) = &office.parties[0].does else { panic!("{office:?}") };
    assert_eq!(answer.release, Release::LoopDrop { ms: 400 });
    assert_eq!(answer.ring_music.as_deref(), Some("hello"));
    assert_eq!(
        answer.script,
        [
            Step::Listen(Listen { patience_ms: 9_000, hang_ms: 700, at_most_ms: 20_000 }),
            Step::Speak("hello".into()),
            Step::Interrupt(Interrupt { after_ms: 1_500, patience_ms: 15_000 }),
            Step::Yield("hello".into()),
            Step::Wait(800),
            Step::Tone(Beep { hz: 1400.0, ms: 300, dbm0: -13.0 }),
            Step::Digits("1#".into()),
            Step::Stay,
            Step::HangUp,
        ]
    );
    assert_eq!(office.parties[2].does, Behaviour::Busy);
    assert_eq!(
        office.callers[0].identity,
        Some(Identity {
            protocol: Protocol::Bell202,
            message: Message::Sdmf,
            moment: Moment::AfterRingPulse
        })
    );
    assert_eq!(office.mishaps[0].what, Trouble::Cut);
    assert!(Exchange::new(&office, &voices()).is_ok());
}

#[test]
fn what_cannot_be_opened_is_refused_with_a_sentence_that_says_whose_fault_it_is() {
    let refused = |from: &str, to: &str| {
        let text = WHOLE.replacen(from, to, 1);
        assert_ne!(text, WHOLE);
        let error = Office::parse(&text)
            .and_then(|office| Exchange::new(&office, &voices()).map(drop))
            .unwrap_err();
        error.to_string()
    };
    for (from, to, sentence) in [
        ("\"GB\"", "\"FR\"", "allowed are CN, US and GB"),
        ("loss_db", "lost_db", "unknown field `lost_db`"),
        ("loss_db = 3.0", "loss_db = nan", "line 1: wire.loss_db must be 0 to 60 dB"),
        ("delay_ms = 4", "delay_ms = 400", "line 1: wire.echo must be an ERL of"),
        ("speak = \"hello\"", "speak = \"hullo\"", "party 1 speaks \"hullo\""),
        ("\"1#\"", "\"1!\"", "party 1 sends digits that are none"),
        ("hz = 1400.0", "hz = 14000.0", "party 1: a tone must be below 4000 Hz"),
        ("line = 1", "line = 2", "caller 1 names line 2; this office has 2 lines"),
        ("rings = 4", "rings = 4000000", "caller 1: rings must be 1 to 100"),
        ("line = 0", "line = 9", "mishap 1 names line 9"),
        ("does = \"busy\"", "does = \"bus\"", "unknown variant `bus`"),
    ] {
        let said = refused(from, to);
        assert!(said.contains(sentence), "{to}: {said}");
    }
}

#[test]
fn a_number_is_not_repeated_in_the_error_about_it() {
    let text = WHOLE.replacen("02079460003", "02079460003x", 1);
    let error: OfficeError = Office::parse(&text).unwrap_err();
    assert!(!error.to_string().contains("0207946"), "{error}");
}

proptest! {
    #[test]
    fn no_change_of_a_byte_panics(at in 0usize..WHOLE.len(), byte in any::<u8>()) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        bytes[at] = byte;
        if let Ok(text) = core::str::from_utf8(&bytes)
            && let Ok(office) = Office::parse(text)
        {
            let _ = Exchange::new(&office, &voices());
        }
    }
}
