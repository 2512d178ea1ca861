//! A card on a kernel that answers as the real one does, and as it does when something is wrong.

// What the lints allow in a test they do not allow in what tests share.
#![allow(clippy::unwrap_used)]

mod kernel;

use dahdi::{Card, EchoCanceller, Settings, Supervision, abi};
use kernel::{Channel, Kernel, fxo};
use line::{BLOCK, Hook, LineCard, LineError, LineInterface, Signal};
use nix::libc;

/// A card, and what has passed through its ports.
struct Bench {
    kernel: Kernel,
    card: Card<Kernel>,
    sent: i16,
}

impl Bench {
    fn of(kernel: Kernel, channels: &[u32]) -> Bench {
        Bench::with(kernel, channels, Settings::default())
    }

    fn with(kernel: Kernel, channels: &[u32], settings: Settings) -> Bench {
        let card = Card::on(kernel.clone(), channels, &settings);
        Bench { kernel, card, sent: 0 }
    }

    /// One round: what each port gave.
    fn round(&mut self) -> Vec<Result<i16, LineError>> {
        self.card.wait().unwrap();
        self.sent += 1;
        let ports = 0..self.card.ports();
        let exchange = |index| {
            let mut heard = [0; BLOCK];
            let port = self.card.port(index).unwrap();
            port.exchange(&[self.sent; BLOCK], &mut heard).map(|()| heard[0])
        };
        ports.map(exchange).collect()
    }

    fn rounds(&mut self, count: usize) -> Vec<Vec<Result<i16, LineError>>> {
        (0..count).map(|_| self.round()).collect()
    }

    fn port(&mut self, index: usize) -> &mut dyn LineInterface {
        self.card.port(index).unwrap()
    }

    fn signals(&mut self, index: usize) -> Vec<Signal> {
        std::iter::from_fn(|| self.port(index).next_event()).map(|event| event.what).collect()
    }

    /// What a port says when it was tried again.
    fn after_a_second(&mut self, index: usize) -> Result<i16, LineError> {
        self.rounds(110).pop().unwrap()[index]
    }
}

#[test]
fn blocks_pass_both_ways_once_and_in_order() {
    let mut bench = Bench::of(Kernel::with(&[1, 2]), &[1, 2]);
    let heard: Vec<i16> =
        bench.rounds(20).iter().map(|ports| *ports[1].as_ref().unwrap()).collect();
    let first = heard[0];
    assert_eq!(heard, (first..first + 20).collect::<Vec<i16>>());
    let sent: Vec<i16> =
        bench.kernel.channel(2, |channel| channel.sent.iter().flatten().copied().collect());
    assert_eq!(sent[..6], [0, 0, 1, 2, 3, 4], "two silent blocks ahead, then ours");
    let counters = bench.card.counters(1).unwrap();
    assert_eq!((counters.missed, counters.unsent, counters.underruns), (0, 0, 0));
}

#[test]
fn a_channel_that_nobody_configured_is_configured_and_a_card_without_numbers_gets_them() {
    let kernel = Kernel::default();
    kernel.lock().unassigned.insert(3, Channel { signalling: 0, ..fxo() });
    let settings = Settings { supervision: Supervision::LoopStart, ..Settings::default() };
    let mut bench = Bench::with(kernel, &[3], settings);
    assert!(bench.round()[0].is_ok());
    assert_eq!(bench.kernel.channel(3, |channel| channel.signalling), 0x2001);
}

#[test]
fn a_port_that_another_program_holds_is_left_alone_until_it_is_free() {
    let kernel = Kernel::with(&[1, 2]);
    kernel.channel(1, |channel| (channel.open, channel.signalling) = (true, 0x2001));
    let mut bench = Bench::of(kernel, &[1, 2]);
    let round = bench.round();
    assert_eq!(round[0], Err(LineError::Busy));
    assert!(round[1].is_ok());
    assert_eq!(bench.kernel.channel(1, |channel| channel.signalling), 0x2001);
    bench.kernel.channel(1, |channel| channel.open = false);
    assert!(bench.after_a_second(0).is_ok());
}

#[test]
fn what_is_wrong_is_named_and_the_other_ports_go_on() {
    let kernel = Kernel::with(&[1]);
    kernel.lock().channels.insert(5, Channel { capabilities: 0x1020, ..fxo() });
    let mut bench = Bench::of(kernel, &[1, 5, 9]);
    let round = bench.round();
    assert!(round[0].is_ok());
    assert_eq!(round[1..], [Err(LineError::NotFxo), Err(LineError::Missing)]);
}

#[test]
fn a_missing_driver_a_missing_right_and_another_version_are_told_apart() {
    for (answer, says) in [
        (libc::ENOENT, LineError::NoDriver),
        (libc::EACCES, LineError::Denied),
        (libc::ENOMEM, LineError::Driver(libc::ENOMEM)),
    ] {
        let kernel = Kernel::with(&[1]);
        kernel.lock().no_node = answer;
        assert_eq!(Bench::of(kernel, &[1]).round()[0], Err(says));
    }
    for code in [abi::GET_PARAMS.code(), abi::SET_BUFFERS.code()] {
        let kernel = Kernel::with(&[1]);
        kernel.lock().unknown.push(code);
        assert_eq!(Bench::of(kernel, &[1]).round()[0], Err(LineError::Incompatible));
    }
}

#[test]
fn a_gain_and_an_echo_canceller_that_are_not_there_are_named() {
    let gain = abi::SET_HARDWARE_GAIN.code();
    let without_gain = || {
        let kernel = Kernel::with(&[1]);
        kernel.lock().unknown.push(gain);
        kernel
    };
    assert!(Bench::of(without_gain(), &[1]).round()[0].is_ok());
    let louder = Settings { gain_from_line: 30, ..Settings::default() };
    assert_eq!(Bench::with(without_gain(), &[1], louder).round()[0], Err(LineError::NoGain));
    let canceller = Some(EchoCanceller { name: "mg2".into(), taps: 128 });
    let settings = Settings { echo_canceller: canceller, ..Settings::default() };
    let round = Bench::with(Kernel::with(&[1]), &[1], settings).round();
    assert_eq!(round[0], Err(LineError::NoEchoCanceller));
}

#[test]
fn a_card_that_is_pulled_is_told_and_comes_back_by_itself() {
    let mut bench = Bench::of(Kernel::with(&[1, 2]), &[1, 2]);
    bench.rounds(3);
    bench.kernel.channel(1, |channel| channel.events.push_back(20));
    let round = bench.round();
    assert_eq!(round[0], Err(LineError::Vanished));
    assert!(round[1].is_ok());
    bench.kernel.channel(2, |channel| channel.broken = libc::ENODEV);
    assert_eq!(bench.round(), [Err(LineError::Vanished), Err(LineError::Vanished)]);
    bench.kernel.channel(2, |channel| channel.broken = 0);
    bench.rounds(210);
    assert!(bench.round().iter().all(Result::is_ok));
    assert_eq!(bench.card.counters(1).unwrap().opened, 2);
}

#[test]
fn a_port_without_audio_counts_as_stalled_and_delays_no_other() {
    let mut bench = Bench::of(Kernel::with(&[1, 2]), &[1, 2]);
    bench.rounds(3);
    bench.kernel.channel(1, |channel| channel.stalled = true);
    let before = bench.kernel.channel(2, |channel| channel.sent.len());
    let rounds = bench.rounds(60);
    assert!(rounds.iter().all(|ports| ports[1].is_ok()));
    let passed = bench.kernel.channel(2, |channel| channel.sent.len()) - before;
    assert!((60..=61).contains(&passed), "{passed} blocks passed in 60 rounds");
    assert_eq!(rounds[59][0], Err(LineError::Stalled));
    // It stays so until audio comes, however often it is opened anew.
    assert_eq!(bench.after_a_second(0), Err(LineError::Stalled));
    bench.kernel.channel(1, |channel| channel.stalled = false);
    bench.rounds(110);
    assert!(bench.after_a_second(0).is_ok());
}

#[test]
fn events_are_taken_before_audio_and_become_signals() {
    let mut bench = Bench::of(Kernel::with(&[1]), &[1]);
    bench.rounds(3);
    bench.kernel.channel(1, |channel| {
        channel.events.extend([17, 12, 18]);
        channel.received = 3;
    });
    assert!(bench.round()[0].is_ok());
    assert_eq!(bench.signals(0), [Signal::PolarityReversed, Signal::RingOn]);
    bench.kernel.channel(1, |channel| channel.received = 0);
    bench.round();
    assert_eq!(bench.signals(0), [Signal::RingOff, Signal::BatteryLost]);
}

#[test]
fn a_late_thread_leaves_a_gap_and_no_lasting_delay() {
    let mut bench = Bench::of(Kernel::with(&[1]), &[1]);
    bench.port(0).set_hook(Hook::Off).unwrap();
    bench.rounds(10);
    for _ in 0..5 {
        bench.kernel.lock().pass_block();
    }
    bench.rounds(40);
    let sent = bench.kernel.channel(1, |channel| channel.sent.clone());
    // From when it was written to when it went out: as before the gap.
    let delay = |sent: &[Option<i16>], block: i16| {
        sent.iter().position(|&passed| passed == Some(block)).unwrap() as i16 - block
    };
    let (early, late) = (delay(&sent, 5), delay(&sent, 40));
    assert_eq!(late, early, "{sent:?}");
    let counters = bench.card.counters(0).unwrap();
    assert_eq!((counters.underruns, counters.missed), (1, 0));
}

#[test]
fn a_flash_has_its_length_and_waits_until_the_kernel_is_ready_for_it() {
    let mut bench = Bench::of(Kernel::with(&[1]), &[1]);
    bench.rounds(3);
    bench.port(0).set_hook(Hook::Off).unwrap();
    bench.kernel.channel(1, |channel| channel.flash_busy = 3);
    bench.port(0).flash(60).unwrap();
    bench.rounds(5);
    let (hooks, ms) = bench.kernel.channel(1, |channel| (channel.hooks.clone(), channel.flash_ms));
    assert_eq!((hooks[hooks.len() - 2..].to_vec(), ms), (vec![1, 3], 60));
}

#[test]
fn a_card_that_is_dropped_leaves_every_line_on_hook() {
    let kernel = Kernel::with(&[1]);
    let mut bench = Bench::of(kernel.clone(), &[1]);
    bench.rounds(3);
    bench.port(0).set_hook(Hook::Off).unwrap();
    drop(bench);
    assert_eq!(
        kernel.channel(1, |channel| (channel.open, channel.hooks.last().copied())),
        (false, Some(0))
    );
}
