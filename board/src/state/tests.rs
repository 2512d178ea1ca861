use super::*;
use crate::Profile;
use proptest::prelude::*;
use std::path::Path;

fn board() -> Board {
    Board::new(&Profile::load(Path::new("arm-si3050")).unwrap())
}

fn s(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// All is well on two lines.
fn well(now: Duration) -> Facts<'static> {
    Facts {
        lines: &[LineUse::Idle, LineUse::Idle],
        recording: Recording::Works,
        beat: Some(now),
        celsius: Some(45.0),
        pressed: false,
        warned: false,
    }
}

/// Steps of 20 ms from one moment to another; what `look` makes of the outputs.
fn run<T>(
    board: &mut Board,
    from: f64,
    to: f64,
    facts: impl Fn(Duration) -> Facts<'static>,
    look: impl Fn(Duration, Outputs) -> T,
) -> Vec<T> {
    let steps = ((to - from) / 0.02).round() as u32;
    (0..steps)
        .map(|step| {
            let now = s(from) + Duration::from_millis(20) * step;
            let outputs = board.step(now, &facts(now));
            look(now, outputs)
        })
        .collect()
}

/// The button is down from one moment to another; what it asked for, and when.
fn pressed(board: &mut Board, from: f64, to: f64, until: f64) -> Vec<(f64, Order)> {
    let facts = |now| Facts { pressed: now >= s(from) && now < s(to), ..well(now) };
    let look = |now: Duration, outputs: Outputs| outputs.order.map(|o| (now.as_secs_f64(), o));
    run(board, 0.0, until, facts, look).into_iter().flatten().collect()
}

#[test]
fn while_all_is_well_the_watchdog_is_fed_the_relay_held_and_the_lights_are_steady() {
    let mut board = board();
    let all = run(&mut board, 0.0, 5.0, well, |_, outputs| outputs);
    assert!(all.iter().all(|now| now.feed && now.serve && now.system && !now.trouble));
    assert!(all.iter().all(|now| now.lines == [true, true] && now.order.is_none()));
}

#[test]
fn a_thread_of_lines_that_hangs_starves_the_watchdog_and_lets_the_relay_fall() {
    let mut board = board();
    let facts = |now: Duration| Facts { beat: Some(now.min(s(10.0))), ..well(now) };
    let all = run(&mut board, 0.0, 20.0, facts, |now, o| (now, o.feed, o.serve));
    for (now, feed, serve) in all {
        let alive = now < s(12.0);
        assert_eq!((feed, serve), (alive, alive), "{now:?}");
    }
    assert!(board.step(s(21.0), &well(s(21.0))).serve, "it is taken back when it lives again");
}

#[test]
fn a_start_is_given_time_and_the_lines_go_through_meanwhile() {
    let mut board = board();
    let facts = |now| Facts { beat: None, ..well(now) };
    let all = run(&mut board, 0.0, 130.0, facts, |now, o| (now, o.feed, o.serve));
    for (now, feed, serve) in all {
        assert_eq!((feed, serve), (now < s(120.0), false), "{now:?}");
    }
}

#[test]
fn a_journal_that_fails_for_long_starves_the_watchdog_and_a_full_disk_does_not() {
    for (recording, fed_at_the_end) in [(Recording::Fails, false), (Recording::NoRoom, true)] {
        let mut board = board();
        let facts = |now| Facts { recording, ..well(now) };
        let fed = run(&mut board, 0.0, 40.0, facts, |_, outputs| outputs.feed);
        assert!(fed[..1490].iter().all(|fed| *fed), "{recording:?}");
        assert_eq!(fed.last(), Some(&fed_at_the_end), "{recording:?}");
        assert!(board.step(s(41.0), &well(s(41.0))).feed);
    }
}

#[test]
fn a_short_press_shows_the_address_when_it_is_let_go() {
    let orders = pressed(&mut board(), 1.0, 1.5, 5.0);
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].1, Order::ShowAddress);
    assert!((1.5..1.6).contains(&orders[0].0));
    assert_eq!(pressed(&mut board(), 1.0, 1.02, 5.0), [], "a bounce is no press");
}

#[test]
fn ten_seconds_reset_to_defaults_at_once_and_only_once() {
    let orders = pressed(&mut board(), 1.0, 30.0, 40.0);
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].1, Order::ResetToDefaults);
    assert!((11.0..11.1).contains(&orders[0].0), "{orders:?}");
}

#[test]
fn a_press_of_almost_ten_seconds_resets_nothing() {
    let orders = pressed(&mut board(), 1.0, 10.9, 20.0);
    assert_eq!(orders.iter().map(|(_, order)| *order).collect::<Vec<_>>(), [Order::Bypass]);
}

#[test]
fn bypass_by_button_lets_the_relay_fall_and_a_second_time_holds_it_again() {
    let mut board = board();
    pressed(&mut board, 1.0, 5.0, 6.0);
    assert!(board.bypassed());
    let outputs = board.step(s(7.0), &well(s(7.0)));
    assert!(!outputs.serve && outputs.feed);
    let mut board_again = board;
    pressed(&mut board_again, 1.0, 5.0, 6.0);
    assert!(!board_again.bypassed());
}

#[test]
fn bypass_waits_for_the_last_call_to_end() {
    let mut board = board();
    let facts = |now: Duration| Facts {
        lines: if now < s(20.0) { &[LineUse::InUse, LineUse::Idle] } else { &[LineUse::Idle; 2] },
        pressed: now >= s(1.0) && now < s(5.0),
        ..well(now)
    };
    let held = run(&mut board, 0.0, 25.0, facts, |now, outputs| (now, outputs.serve));
    for (now, serve) in held {
        assert_eq!(serve, now < s(20.0), "{now:?}");
    }
}

#[test]
fn heat_is_told_in_steps_and_does_not_flutter() {
    let mut board = board();
    let mut felt = |celsius| {
        let facts = Facts { celsius: Some(celsius), ..well(s(1.0)) };
        board.step(s(1.0), &facts);
        board.heat()
    };
    let told = [69.0, 70.0, 68.0, 66.9, 85.0, 83.0, 81.0, 60.0].map(&mut felt);
    use Heat::{Fine, Hot, Warm};
    assert_eq!(told, [Fine, Warm, Warm, Fine, Hot, Hot, Warm, Fine]);
}

#[test]
fn trouble_has_its_own_light_or_blinks_on_the_system_light() {
    let facts = |now| Facts { recording: Recording::Fails, ..well(now) };
    let mut own = board();
    let lit = run(&mut own, 0.0, 2.0, facts, |_, o| (o.system, o.trouble));
    assert!(lit.iter().all(|lit| *lit == (false, true)));
    let mut profile = Profile::load(Path::new("arm-si3050")).unwrap();
    profile.leds.trouble = None;
    let mut shared = Board::new(&profile);
    let lit = run(&mut shared, 0.0, 1.0, facts, |_, outputs| outputs.system);
    let changes = lit.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(changes, 9, "five times a second");
}

#[test]
fn each_use_of_a_line_has_a_light_of_its_own() {
    let mut seen = Vec::new();
    for line in [LineUse::Idle, LineUse::Ringing, LineUse::InUse, LineUse::Faulty] {
        let mut board = board();
        let lit: Vec<bool> = (0..20)
            .map(|tenth| {
                let now = Duration::from_millis(tenth * 50);
                board.step(now, &Facts { lines: &[line], ..well(now) }).lines[0]
            })
            .collect();
        assert!(!seen.contains(&lit), "{line:?}");
        seen.push(lit);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_relay_is_never_held_and_the_dog_never_fed_for_long_without_a_beat(
        steps in proptest::collection::vec((0u64..3000, any::<bool>(), any::<bool>(), 0u8..3), 1..80),
    ) {
        let mut board = board();
        let (mut now, mut beat) = (Duration::ZERO, None);
        for (ms, beats, pressed, recording) in steps {
            now += Duration::from_millis(ms);
            if beats {
                beat = Some(now);
            }
            let recording =
                [Recording::Works, Recording::NoRoom, Recording::Fails][usize::from(recording)];
            let outputs = board.step(now, &Facts { beat, pressed, recording, ..well(now) });
            let silent = beat.map_or(now, |beat| now - beat);
            if outputs.serve {
                prop_assert!(beat.is_some() && silent < HANGS);
            }
            if outputs.feed {
                prop_assert!(silent < HANGS || beat.is_none() && now < STARTS);
            }
        }
    }
}
