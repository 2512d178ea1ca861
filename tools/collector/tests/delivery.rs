//! A branch and a collector over real HTTPS: what is delivered, and what cannot be lost on the way.

// Clippy knows a test by its attribute only; this is for what tests share.
#![allow(clippy::unwrap_used, clippy::panic)]

mod house;

use call::entry::{Reason, Unrecorded};
use call::{CallId, Cause, Outcome, WallTime};
use house::{House, Records, record};
use small_disk::Small;
use std::time::Duration;
use uplink::{Answer, Parcel, Transport, Trouble, Unreachable};
use vault::DeviceKey;
use vault::envelope::{EnvelopeHash, Kind, Letter, MAX_ENVELOPE, Sealer};
use vault::receipt::Receipt;

fn lines(output: &std::process::Output) -> Vec<serde_json::Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn records_arrive_are_signed_for_and_are_found_again() {
    let mut house = House::new();
    house.serve(&[]);
    let calls =
        [(1, 8000, None), (2, 8001, Some(Outcome::Refused)), (1, 8000, Some(Outcome::Agreed))];
    let records =
        Records::with((1..).zip(
            calls.map(|(minute, customer, outcome)| record(&house, minute, customer, outcome)),
        ));
    let uplink = house.uplink(&records);
    records.wait_for(3, &uplink);
    let health = uplink.health();
    assert_eq!((health.delivered, health.trouble, health.clock_differs), (3, None, false));
    uplink.stop();

    let all = house.run(&["query", "--json"]);
    assert_eq!(all.status.code(), Some(0));
    let all = lines(&all);
    assert_eq!(all.len(), 2, "a later revision replaces the one before");
    assert_eq!(all[0]["record"]["findings"]["outcome"]["value"], "agreed");

    for number in ["13800138000", "+8613800138000", "0086 138 0013 8000"] {
        let found = lines(&house.run(&["query", "--json", "--number", number]));
        assert_eq!(found.len(), 1, "{number}");
        assert_eq!(found[0]["record"]["cdr"]["customer"], "13800138000");
    }
    let found = |arguments: &[&str]| lines(&house.run(arguments)).len();
    assert_eq!(found(&["query", "--json", "--outcome", "refused"]), 1);
    assert_eq!(found(&["query", "--json", "--since", "2026-03-02T10:02:00+08:00"]), 1);
    assert_eq!(found(&["query", "--json", "--until", "2026-03-02T10:02:00+08:00"]), 1);
    assert_eq!(found(&["query", "--json", "--device", &"0".repeat(32)]), 0);

    let table = String::from_utf8(house.run(&["query"]).stdout).unwrap();
    assert!(table.contains("138******00") && !table.contains("13800138000"), "{table}");
    assert_eq!(house.run(&["query", "--missing"]).status.code(), Some(0));
    assert_eq!(house.run(&["query", "--outcome", "sold"]).status.code(), Some(2));

    let call = record(&house, 1, 8000, None).call.to_string();
    let vcon = house.run(&["export", &call, "--vcon", "-"]);
    let vcon: serde_json::Value = serde_json::from_slice(&vcon.stdout).unwrap();
    assert_eq!(vcon["parties"][1]["tel"], "tel:13800138000;phone-context=+86");
    let unknown = record(&house, 9, 0, None).call.to_string();
    assert_eq!(house.run(&["export", &unknown, "--vcon", "-"]).status.code(), Some(1));
}

#[test]
fn a_collector_killed_in_the_middle_loses_nothing_it_signed_for_and_keeps_nothing_twice() {
    let mut house = House::new();
    house.serve(&[]);
    let records = Records::with((1..=150).map(|n| (n, record(&house, n, n, None))));
    let uplink = house.uplink(&records);
    for receipts in [20, 60] {
        records.wait_for(receipts, &uplink);
        house.kill();
        let kept = records.look(|shelves| shelves.receipts.clone());
        house.serve(&[]);
        let there = lines(&house.run(&["query", "--json"]));
        for sequence in kept.keys() {
            assert!(there.iter().any(|found| found["sequence"] == *sequence), "{sequence} is gone");
        }
    }
    records.wait_for(150, &uplink);
    uplink.stop();
    assert_eq!(lines(&house.run(&["query", "--json"])).len(), 150);
    let missing = house.run(&["query", "--missing", "--json"]);
    assert_eq!((missing.status.code(), missing.stdout.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn a_full_collector_acknowledges_nothing_it_did_not_keep_and_goes_on_when_there_is_room() {
    let mut house = House::new();
    house.serve(&["--max-bytes", "131072"]);
    let records = Records::with((1..=300).map(|n| (n, record(&house, n, n, None))));
    let uplink = house.uplink(&records);
    let full = (0..3000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        uplink.health().trouble == Some(Trouble::Full)
    });
    assert!(full, "{:?}", uplink.health());
    let kept = records.look(|shelves| shelves.receipts.len());
    assert!(kept > 0 && kept < 300, "{kept}");
    house.kill();
    house.serve(&[]);
    records.wait_for(300, &uplink);
    uplink.stop();
    assert_eq!(lines(&house.run(&["query", "--json"])).len(), 300);
}

#[test]
fn a_collector_on_a_full_disk_goes_on_by_itself_when_there_is_room_and_starts_on_it_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Small::mount(&folder.path().join("hq"), 8) else { return };
    let mut house = House::within(folder);
    house.serve(&[]);
    let records = Records::with((1..=20).map(|n| (n, record(&house, n, n, None))));
    let uplink = house.uplink(&records);
    records.wait_for(20, &uplink);
    let mut given = 20;
    for killed in [false, true, false] {
        disk.fill(0).unwrap();
        let more = given + 40;
        records.look(|shelves| {
            shelves.waiting.extend((given + 1..=more).map(|n| (n, record(&house, n, n, None))));
        });
        uplink.wake();
        let full = (0..3000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            uplink.health().trouble == Some(Trouble::Full)
        });
        assert!(full, "killed {killed}: {:?}", uplink.health());
        if killed {
            house.kill();
            house.serve(&[]);
            // Full it is still, and it still says so.
            let sealer = Sealer::new(&house.vault.device, house.enrolment().sealing.clone());
            let letter =
                Letter { kind: Kind::Record, sequence: 900, unix_ms: 0, customer: None, body: b"" };
            let answer = house.https().send(&sealer.seal(&letter).unwrap());
            assert!(matches!(answer, Answer::Http { status: 507, .. }), "{answer:?}");
        }
        let kept = records.look(|shelves| shelves.receipts.len());
        assert!(kept < more as usize, "{kept} receipts from a full disk");
        disk.free().unwrap();
        given = more;
        // The uplink rests for some seconds first.
        (0..4).find(|_| records.come(given as usize));
        records.wait_for(given as usize, &uplink);
    }
    uplink.stop();
    assert_eq!(lines(&house.run(&["query", "--json"])).len(), given as usize);
    let missing = house.run(&["query", "--missing", "--json"]);
    assert_eq!((missing.status.code(), missing.stdout.as_slice()), (Some(0), &b""[..]));
    house.kill();
}

#[test]
fn a_collector_with_another_authority_s_certificate_gets_nothing() {
    let mut house = House::new();
    house.serve(&[]);
    let mut enrolment = house.enrolment();
    enrolment.ca_certificate = House::new().enrolment().ca_certificate;
    let records = Records::with([(1, record(&house, 1, 1, None))]);
    let uplink = house.uplink_as(&records, enrolment);
    let refused = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        uplink.health().trouble == Some(Trouble::Unreachable(Unreachable::Certificate))
    });
    assert!(refused, "{:?}", uplink.health());
    assert_eq!(records.look(|shelves| shelves.waiting.len()), 1);
    assert_eq!(lines(&house.run(&["query", "--json"])).len(), 0);
}

#[test]
fn every_answer_of_the_interface_is_what_its_page_says() {
    let mut house = House::new();
    house.serve(&[]);
    let (mut https, enrolment) = (house.https(), house.enrolment());
    let sealer = Sealer::new(&house.vault.device, enrolment.sealing.clone());
    let seal = |sequence, body: &[u8]| {
        let (kind, customer) = (Kind::Record, None);
        sealer.seal(&Letter { kind, sequence, unix_ms: 0, customer, body }).unwrap()
    };
    let mut send = |envelope: &[u8]| match https.send(envelope) {
        Answer::Http { status, body, .. } => (status, body),
        Answer::Unreachable(why) => panic!("{why:?}"),
    };

    let envelope = seal(3, b"one");
    let (status, receipt) = send(&envelope);
    assert_eq!(status, 201);
    let read = Receipt::verify(&receipt, &enrolment.receipts).unwrap();
    assert_eq!((read.sequence, read.hash), (3, EnvelopeHash::of(&envelope)));
    assert_eq!(send(&envelope), (200, receipt), "the same envelope, the same receipt");

    let refused = |(status, body): (u16, Vec<u8>), expected: u16, code: &str| {
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((status, &body["error"]), (expected, &serde_json::json!(code)), "{body}");
        assert!(body["message"].as_str().is_some_and(|sentence| sentence.len() > 20));
    };
    refused(send(&seal(3, b"two")), 409, "conflict");
    refused(send(b"no envelope"), 400, "malformed");
    refused(send(&vec![0; MAX_ENVELOPE + 1]), 413, "too_large");
    let mut forged = envelope.clone();
    forged[130] ^= 1;
    refused(send(&forged), 403, "bad_signature");
    let stranger = DeviceKey::from_seed(&[9; 32]);
    let letter = Letter { kind: Kind::Record, sequence: 1, unix_ms: 0, customer: None, body: b"" };
    let strange = Sealer::new(&stranger, enrolment.sealing.clone()).seal(&letter).unwrap();
    refused(send(&strange), 403, "not_enrolled");

    let missing = house.run(&["query", "--missing", "--json"]);
    assert_eq!(missing.status.code(), Some(1));
    let missing = lines(&missing);
    assert_eq!(missing[0]["missing"], serde_json::json!({ "from": 1, "to": 2 }));
    assert_eq!(missing[1]["conflict"]["sequence"], 3);
}

#[test]
fn a_call_that_has_no_record_is_counted_at_headquarters_all_the_same() {
    let mut house = House::new();
    house.serve(&[]);
    let (mut https, enrolment) = (house.https(), house.enrolment());
    let opened = WallTime::parse("2026-03-02T10:00:00+08:00").unwrap();
    let reason = Reason { cause: Cause::Interrupted, at: opened };
    let unrecorded = Unrecorded { call: CallId::new(opened.unix_ms, 7), reason };
    let parcel = Parcel::unrecorded(1, &unrecorded);
    let sealer = Sealer::new(&house.vault.device, enrolment.sealing.clone());
    let envelope = sealer.seal(&parcel.letter(&enrolment.lookup)).unwrap();
    let answer = https.send(&envelope);
    assert!(matches!(answer, Answer::Http { status: 201, .. }), "{answer:?}");

    let told = lines(&house.run(&["query", "--json"]));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["without_record"]["call"], unrecorded.call.to_string());
    assert_eq!(told[0]["without_record"]["reason"]["cause"], "interrupted");
    let table = String::from_utf8(house.run(&["query"]).stdout).unwrap();
    assert!(table.contains("closed without a record"), "{table}");
    assert_eq!(lines(&house.run(&["query", "--json", "--outcome", "agreed"])).len(), 0);
    assert_eq!(house.run(&["query", "--missing"]).status.code(), Some(0));
}

#[test]
fn a_clock_that_is_years_off_is_told_and_changes_nothing_else() {
    let mut house = House::new();
    house.serve(&[]);
    let mut future = record(&house, 1, 1, None);
    future.cdr.opened_at.unix_ms += 100 * 365 * 86_400_000;
    let records = Records::with([(1, future)]);
    let uplink = house.uplink(&records);
    records.wait_for(1, &uplink);
    let flagged = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        uplink.health().clock_differs
    });
    assert!(flagged);
}

#[test]
fn a_folder_that_holds_no_collector_and_a_key_that_is_none_get_a_sentence() {
    let house = House::new();
    let empty = tempfile::tempdir().unwrap();
    let serve = std::process::Command::new(env!("CARGO_BIN_EXE_tipring-collector"))
        .args(["serve", "--data"])
        .arg(empty.path())
        .output()
        .unwrap();
    assert_eq!(serve.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&serve.stderr).contains("init"));
    let wrong = house.data().join("receipt.key");
    let query = house.run(&["query", "--key", wrong.to_str().unwrap()]);
    assert_eq!(query.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&query.stderr).contains("another kind of key"));
    std::fs::write(house.data().join("collector.sqlite"), vec![7; 5000]).unwrap();
    let query = house.run(&["query"]);
    assert_eq!(query.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&query.stderr).contains("no database"), "{query:?}");
}
