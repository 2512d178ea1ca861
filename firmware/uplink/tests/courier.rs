//! Whatever the line and the collector do: nothing lost, nothing twice.

mod world;

use std::time::Duration;
use uplink::{Step, Trouble, Unreachable};
use world::{Chance, Fault, World};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn a_good_line_delivers_in_order_and_once() {
    let mut world = World::new(20);
    let mut order = Vec::new();
    world.live(HOUR, |sequence, _| {
        order.push(sequence);
        None
    });
    world.assert_all_delivered(20);
    assert_eq!(order, (1..=20).collect::<Vec<_>>());
    let health = world.health();
    assert_eq!((health.delivered, health.waiting, health.trouble), (20, 0, None));
    assert_eq!(health.last_receipt.unwrap().sequence, 20);
}

#[test]
fn a_line_dead_for_an_hour_is_tried_seldom_and_loses_nothing() {
    let mut world = World::new(30);
    world.live(HOUR, |_, now| (now < HOUR).then_some(Fault::Dead));
    assert_eq!(world.outbox.waiting.len(), 30);
    let health = world.health();
    assert_eq!(health.trouble, Some(Trouble::Unreachable(Unreachable::Connection)));
    assert!(health.troubled_for > HOUR / 2, "{:?}", health.troubled_for);
    assert!(world.sends < 40, "{} tries in an hour", world.sends);
    world.live(DAY, |_, _| None);
    world.assert_all_delivered(30);
    assert!(world.now < HOUR + Duration::from_secs(600), "back within minutes: {:?}", world.now);
    assert_eq!(world.health().trouble, None);
}

#[test]
fn a_collector_killed_after_its_commit_keeps_the_record_once() {
    let mut world = World::new(5);
    let mut first = true;
    world.live(HOUR, |sequence, _| {
        (sequence == 2 && std::mem::take(&mut first)).then_some(Fault::AnswerLost)
    });
    world.assert_all_delivered(5);
    assert_eq!(world.sends, 6, "the second record was sent twice");
}

#[test]
fn an_appliance_killed_before_it_kept_the_receipt_sends_the_same_envelope_again() {
    let mut world = World::new(3);
    // The receipt of the first record comes, and the process dies before keeping it.
    world.outbox.fail_keeping = 1;
    world.live(Duration::from_millis(30), |_, _| None);
    assert!(world.collector.stored.contains_key(&1) && world.outbox.receipts.is_empty());
    world.restart_appliance(99);
    world.live(HOUR, |_, _| None);
    world.assert_all_delivered(3);
}

#[test]
fn a_journal_that_cannot_keep_a_receipt_gets_it_again() {
    let mut world = World::new(3);
    world.outbox.fail_keeping = 4;
    world.live(HOUR, |_, _| None);
    world.assert_all_delivered(3);
}

#[test]
fn no_receipt_but_the_right_one_is_believed() {
    for (fault, trouble) in [
        (Fault::Garbage, Trouble::Garbage(200)),
        (Fault::ReceiptByAnother, Trouble::Receipt(vault::receipt::ReceiptError::Signature)),
        (Fault::ReceiptForAnother, Trouble::OtherReceipt),
        (Fault::Status(302), Trouble::Garbage(302)),
        (Fault::WrongCertificate, Trouble::Unreachable(Unreachable::Certificate)),
        (Fault::Status(403), Trouble::NotEnrolled),
        (Fault::Status(507), Trouble::Full),
        (Fault::Status(429), Trouble::Busy),
        (Fault::Status(500), Trouble::Failing(500)),
    ] {
        let mut world = World::new(4);
        world.live(HOUR, |_, _| Some(fault));
        assert_eq!(world.outbox.waiting.len(), 4, "{fault:?} emptied the outbox");
        assert!(world.outbox.receipts.is_empty(), "{fault:?} left a receipt");
        assert_eq!(world.health().trouble, Some(trouble), "{fault:?}");
        world.live(world.now + DAY, |_, _| None);
        world.assert_all_delivered(4);
    }
}

#[test]
fn one_refused_record_is_set_aside_and_the_others_go_on() {
    for (status, trouble) in [
        (409, Trouble::Conflict(2)),
        (413, Trouble::Refused { sequence: 2, status: 413 }),
        (400, Trouble::Refused { sequence: 2, status: 400 }),
    ] {
        let mut world = World::new(6);
        world.live(HOUR, |sequence, _| (sequence == 2).then_some(Fault::Status(status)));
        assert_eq!(world.outbox.waiting.keys().copied().collect::<Vec<_>>(), [2]);
        assert_eq!(world.collector.stored.len(), 5);
        let health = world.health();
        assert_eq!((health.set_aside, health.trouble), (1, Some(trouble)));
        // Headquarters mends its collector; the record is tried again by itself.
        world.live(world.now + DAY, |_, _| None);
        world.assert_all_delivered(6);
        assert_eq!(world.health().set_aside, 0);
    }
}

#[test]
fn a_record_that_makes_the_collector_fail_does_not_stop_the_queue_for_good() {
    let mut world = World::new(5);
    world.live(HOUR, |sequence, _| (sequence == 1).then_some(Fault::StoredThenFails));
    assert_eq!(world.outbox.waiting.keys().copied().collect::<Vec<_>>(), [1]);
    world.live(world.now + DAY, |_, _| None);
    world.assert_all_delivered(5);
}

#[test]
fn slow_answers_are_waited_for() {
    let mut world = World::new(5);
    world.live(HOUR, |_, _| Some(Fault::Slow(45)));
    world.assert_all_delivered(5);
    assert_eq!(world.sends, 5);
}

#[test]
fn a_record_erased_while_it_stood_aside_is_forgotten() {
    let mut world = World::new(3);
    let refuse = |sequence: u64, _: Duration| (sequence == 2).then_some(Fault::Status(413));
    world.live(Duration::from_secs(60), refuse);
    assert_eq!(world.health().set_aside, 1);
    world.outbox.waiting.remove(&2);
    world.outbox.waiting.insert(4, b"record 4".to_vec());
    world.courier.woken();
    world.live(world.now + HOUR, |_, _| None);
    let health = world.health();
    assert_eq!((health.set_aside, health.trouble, health.waiting), (0, None, 0));
}

#[test]
fn whatever_goes_wrong_in_whatever_order_everything_arrives_once() {
    for seed in 0..16 {
        let mut chance = Chance::new(seed);
        let mut world = World::new(60);
        for life in 0..3 {
            let end = world.now + HOUR;
            world.live(end, |_, _| {
                const FAULTS: [Fault; 12] = [
                    Fault::Dead,
                    Fault::WrongCertificate,
                    Fault::AnswerLost,
                    Fault::StoredThenFails,
                    Fault::Garbage,
                    Fault::ReceiptByAnother,
                    Fault::ReceiptForAnother,
                    Fault::Status(400),
                    Fault::Status(409),
                    Fault::Status(507),
                    Fault::Status(503),
                    Fault::Slow(30),
                ];
                (chance.below(3) == 0).then(|| FAULTS[chance.below(12) as usize])
            });
            world.restart_appliance(seed + life);
        }
        world.live(world.now + DAY, |_, _| None);
        world.assert_all_delivered(60);
    }
}

#[test]
fn a_resting_courier_is_not_hurried_by_new_records() {
    let mut world = World::new(1);
    world.live(HOUR, |_, now| (now < HOUR).then_some(Fault::Dead));
    let midway = world.now - Duration::from_secs(1);
    for _ in 0..100 {
        world.courier.woken();
        assert_eq!(world.courier.step(midway), Step::Wait { until: world.now });
    }
}
