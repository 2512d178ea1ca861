//! Handsets and customers in conversation: turn taking, farewell, the next call.

use crate::switch::Switch;
use call::Side;
use exchange::{Deed, Demonstration, Kind, Pace, VoiceFolder};
use std::path::{Path, PathBuf};

fn voices() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/voices")
}

fn demonstration(lines: usize, seed: u64) -> Demonstration {
    Demonstration { lines, seed, pace: Pace::Pause { ms: 3_000 }, ..Demonstration::default() }
}

#[test]
fn every_conversation_is_spoken_to_its_end_and_nobody_waits_in_vain() {
    let folder = VoiceFolder::read(&voices()).unwrap();
    let plan = Demonstration { inbound: false, ..demonstration(4, 1) };
    let (exchange, stations) = plan.with(&folder).unwrap();
    let mut switch = Switch::new(exchange, stations);
    switch.run(12 * 60_000);
    let mut whole = 0;
    for conversation in &folder.conversations {
        if matches!(conversation.kind, Kind::Greeting | Kind::Ringback) {
            continue;
        }
        let turns = conversation.turns.iter().filter(|turn| turn.speaker == Side::Customer);
        let files: Vec<&str> = turns.map(|turn| turn.file.as_str()).collect();
        let spoken = switch.log.entries().into_iter().filter(|entry| {
            matches!(&entry.deed, Deed::SpeechBegan(name) if files.contains(&name.as_str()))
        });
        let spoken = spoken.count();
        let announced = matches!(conversation.kind, Kind::Announcement | Kind::Intercept);
        assert!(announced || spoken >= files.len(), "{}: {spoken} of {files:?}", conversation.id);
        whole += usize::from(!announced);
    }
    assert!(whole >= 25);
}

#[test]
fn turns_follow_one_another_within_two_seconds_of_silence() {
    let plan = Demonstration { inbound: false, ..demonstration(1, 1) };
    let (exchange, stations) = plan.open(&voices()).unwrap();
    let mut switch = Switch::new(exchange, stations);
    switch.run(120_000);
    let deeds = switch.log.of_line(0);
    let heard: Vec<u64> =
        deeds.iter().filter(|(_, deed)| *deed == Deed::Listened).map(|(at, _)| *at).collect();
    assert!(heard.len() >= 4, "{deeds:?}");
    for at in heard {
        // What was listened to is followed by the customer's own words, or by the farewell.
        let next = deeds.iter().find(|(after, deed)| {
            *after >= at
                && matches!(deed, Deed::SpeechBegan(_) | Deed::FarEndReleased | Deed::LoopOpened)
        });
        assert!(next.is_none_or(|(after, _)| after - at < 16_000), "{at}: {next:?}");
    }
}

#[test]
fn a_customer_who_calls_in_is_answered_and_spoken_with() {
    let plan = Demonstration { pace: Pace::OnlyAnswers, ..demonstration(2, 1) };
    let (exchange, stations) = plan.open(&voices()).unwrap();
    let mut switch = Switch::new(exchange, stations);
    switch.run(700_000);
    // Line 0 has its caller's identity by FSK between the rings, line 1 by DTMF before them.
    for line in 0..2 {
        let deeds: Vec<Deed> = switch.log.of_line(line).into_iter().map(|(_, deed)| deed).collect();
        let when = |wanted: &Deed| deeds.iter().position(|deed| deed == wanted);
        let taken = when(&Deed::Taken);
        let spoke = deeds.iter().position(|deed| matches!(deed, Deed::SpeechBegan(_)));
        let listened = when(&Deed::Listened);
        assert!(taken.is_some() && taken < listened && listened < spoke, "{deeds:?}");
        let over = [when(&Deed::FarEndReleased), when(&Deed::LoopOpened)];
        assert!(over.into_iter().any(|over| over > spoke), "{deeds:?}");
        assert_eq!(when(&Deed::IdentitySent) < when(&Deed::Ring), line == 1);
    }
}

#[test]
fn one_seed_gives_one_afternoon() {
    let log = |seed| {
        let (exchange, stations) = demonstration(3, seed).open(&voices()).unwrap();
        let mut switch = Switch::new(exchange, stations);
        switch.run(150_000);
        switch.log.entries()
    };
    assert_eq!(log(5), log(5));
    assert_ne!(log(5), log(6));
}
