//! What a line does, and what the port tells of it.

use crate::bench::Bench;
use line::{BLOCK, Hook, Impedance, LineError, LineInterface, LoopState, Signal};
use si3050::LineSide;
use si3050_model::Ring;

#[test]
fn a_started_port_is_on_hook_and_hears_the_line() {
    let port = Bench::new().port();
    assert_eq!((port.port.fault(), port.port.line_side()), (None, Some(LineSide::Si3019)));
    port.bench.chip(|chip| {
        assert!(chip.hears_line() && !chip.off_hook());
        // A-law would be 0x20: the highway carries linear words, the third slot after two of them.
        assert_eq!([33, 34, 36, 6].map(|n| chip.read(n).unwrap()), [0x38, 32, 32, 0]);
        assert_eq!(chip.read(31), Some(0xa2), "full scale of the Si3019");
    });
}

#[test]
fn an_idle_line_tells_nothing() {
    let mut port = Bench::new().port();
    assert_eq!(port.signals(5000), []);
    assert!(!port.port.watch().in_use_elsewhere());
}

#[test]
fn a_ring_is_told_when_it_begins_and_when_it_is_over() {
    let mut port = Bench::new().port();
    port.run(500);
    for hz in [16.7, 20.0, 25.0, 50.0] {
        port.bench.chip(|chip| chip.line.ring = Some(Ring { hz, volts_rms: 75.0 }));
        let began = port.blocks();
        let events = port.run(1000);
        assert_eq!(events.len(), 1, "{hz} Hz: {events:?}");
        let (at, what) = events[0];
        assert_eq!(what, Signal::RingOn);
        assert!((15..=25).contains(&(at - began)), "{hz} Hz: told after {} blocks", at - began);
        port.bench.chip(|chip| chip.line.ring = None);
        let ended = port.blocks();
        let events = port.run(1000);
        assert_eq!(events.len(), 1, "{hz} Hz: {events:?}");
        assert_eq!(events[0].1, Signal::RingOff);
        // At 50 Hz every look may fall on a zero crossing: the chip's own timeout ends the ring.
        let most = if hz < 40.0 { 10 } else { 30 };
        assert!(events[0].0 - ended <= most, "{hz} Hz: off after {}", events[0].0 - ended);
    }
}

#[test]
fn a_reversal_is_no_ring_and_is_told_once() {
    let mut port = Bench::new().port();
    port.run(500);
    port.bench.chip(|chip| chip.line.reversed = true);
    assert_eq!(port.signals(1000), [Signal::PolarityReversed]);
    port.bench.chip(|chip| chip.line.reversed = false);
    assert_eq!(port.signals(1000), [Signal::PolarityReversed]);
}

#[test]
fn a_reversal_off_hook_is_told_within_fifty_milliseconds() {
    let mut port = Bench::new().port();
    port.port.set_hook(Hook::Off).unwrap();
    assert_eq!(port.signals(2000), []);
    port.bench.chip(|chip| chip.line.reversed = true);
    let before = port.blocks();
    let events = port.run(500);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].1, Signal::PolarityReversed);
    assert!(events[0].0 - before <= 5);
}

#[test]
fn battery_that_goes_and_comes_back_is_told_on_hook_and_off() {
    for hook in [Hook::On, Hook::Off] {
        let mut port = Bench::new().port();
        port.port.set_hook(hook).unwrap();
        assert_eq!(port.signals(1000), []);
        port.bench.chip(|chip| chip.line.battery_volts = 0.0);
        assert_eq!(port.signals(300), [Signal::BatteryLost], "{hook:?}");
        assert!(!port.port.watch().battery());
        port.bench.chip(|chip| chip.line.battery_volts = 48.0);
        assert_eq!(port.signals(300), [Signal::BatteryPresent], "{hook:?}");
    }
}

#[test]
fn off_hook_closes_the_loop_and_stops_a_ring() {
    let mut port = Bench::new().port();
    port.run(300);
    port.bench.chip(|chip| chip.line.ring = Some(Ring { hz: 25.0, volts_rms: 75.0 }));
    assert_eq!(port.signals(500), [Signal::RingOn]);
    port.port.set_hook(Hook::Off).unwrap();
    assert!(port.bench.chip(|chip| chip.off_hook()));
    port.bench.chip(|chip| chip.line.ring = None);
    assert_eq!(port.signals(1000), [Signal::RingOff]);
    assert!(port.bench.chip(|chip| chip.loop_milliamperes()) > 20.0);
    port.port.set_hook(Hook::On).unwrap();
    assert!(!port.bench.chip(|chip| chip.off_hook()));
    assert_eq!(port.signals(1000), []);
}

#[test]
fn a_flash_opens_the_loop_for_as_long_as_asked_and_tells_nothing() {
    for (ms, blocks) in [(60, 6), (100, 10), (95, 10), (600, 60), (1, 1)] {
        let mut port = Bench::new().port();
        port.port.set_hook(Hook::Off).unwrap();
        port.run(1000);
        port.port.flash(ms).unwrap();
        let mut open = 0;
        for _ in 0..100 {
            if port.bench.chip(|chip| !chip.off_hook()) {
                open += 1;
            }
            port.block().unwrap();
        }
        assert_eq!(open, blocks, "{ms} ms");
        assert_eq!(port.port.next_event(), None);
        assert!(port.bench.chip(|chip| chip.off_hook()));
    }
}

#[test]
fn dial_pulses_shorten_the_off_hook_counter_until_the_next_call() {
    let mut port = Bench::new().port();
    let pulsing = |port: &crate::bench::TestPort| {
        port.bench.chip(|chip| [17, 25, 31].map(|n| chip.read(n).unwrap() & 0x60))
    };
    port.port.set_hook(Hook::Off).unwrap();
    port.run(1000);
    assert_eq!(pulsing(&port), [0, 0, 0x20]);
    for _ in 0..3 {
        port.port.flash(60).unwrap();
        port.run(100);
    }
    assert_eq!(pulsing(&port), [0x20, 0x20, 0x60]);
    port.port.set_hook(Hook::On).unwrap();
    port.port.set_hook(Hook::Off).unwrap();
    assert_eq!(pulsing(&port), [0, 0, 0x20]);
}

#[test]
fn a_flash_on_hook_is_refused() {
    let mut port = Bench::new().port();
    assert_eq!(port.port.flash(100), Err(LineError::Unsupported));
    assert!(!port.bench.chip(|chip| chip.off_hook()));
}

#[test]
fn a_telephone_elsewhere_on_the_line_is_seen_before_we_go_off_hook() {
    let mut port = Bench::new().port();
    port.run(500);
    port.bench.chip(|chip| chip.line.parallel_ohms = Some(300.0));
    port.run(500);
    assert!(port.port.watch().in_use_elsewhere());
    assert!(port.port.watch().battery(), "the line in use is no dead line");
    port.bench.chip(|chip| chip.line.parallel_ohms = None);
    port.run(500);
    assert!(!port.port.watch().in_use_elsewhere());
}

#[test]
fn a_telephone_that_is_lifted_beside_us_is_seen_by_the_current_it_takes() {
    let mut port = Bench::new().port();
    port.port.set_hook(Hook::Off).unwrap();
    port.run(2000);
    assert!(!port.port.watch().in_use_elsewhere());
    port.bench.chip(|chip| chip.line.parallel_ohms = Some(300.0));
    port.run(500);
    assert!(port.port.watch().in_use_elsewhere());
    port.bench.chip(|chip| chip.line.parallel_ohms = None);
    port.run(500);
    assert!(!port.port.watch().in_use_elsewhere());
}

#[test]
fn what_comes_from_the_highway_is_what_the_port_gives() {
    let mut port = Bench::new().port();
    let mut heard = [0; BLOCK];
    port.port.exchange(&[0; BLOCK], &mut heard).unwrap();
    assert_eq!(heard, [7; BLOCK]);
}

#[test]
fn a_block_costs_few_bytes_on_the_bus() {
    let mut port = Bench::new().port();
    port.run(1000);
    let before = port.bench.world().bytes;
    port.run(1000);
    let a_block = (port.bench.world().bytes - before) / 100;
    assert!(a_block <= 7, "{a_block} bytes on hook");
}

#[test]
fn dropping_a_port_puts_the_line_on_hook() {
    let bench = Bench::new();
    let mut port = bench.port();
    port.port.set_hook(Hook::Off).unwrap();
    port.run(100);
    assert!(bench.chip(|chip| chip.off_hook()));
    drop(port);
    assert!(!bench.chip(|chip| chip.off_hook()));
}

#[test]
fn the_loop_is_measured_on_hook_and_off() {
    let mut port = Bench::new().port();
    port.bench.chip(|chip| chip.line.reversed = true);
    port.run(500);
    let idle = LoopState { millivolts: Some(-48_000), microamps: Some(0) };
    assert_eq!(port.port.loop_state(), idle);
    port.port.set_hook(Hook::Off).unwrap();
    port.run(1000);
    let closed = LoopState { millivolts: Some(-6_000), microamps: Some(29_000) };
    assert_eq!(port.port.loop_state(), closed);
}

#[test]
fn another_impedance_is_presented_and_kept_through_a_restart() {
    let mut port = Bench::new().port();
    assert_eq!(port.bench.chip(|chip| chip.read(30)), Some(10));
    port.port.set_impedance(Impedance::UK).unwrap();
    assert_eq!(port.port.impedance(), Some(Impedance::UK));
    assert_eq!(port.bench.chip(|chip| chip.read(30)), Some(4));
    port.bench.chip(|chip| chip.brown_out());
    assert!(port.block().is_err());
    assert!((0..200).any(|_| port.block().is_ok()));
    assert_eq!(port.bench.chip(|chip| chip.read(30)), Some(4));
    let unknown = Impedance::complex(1, 2, 3);
    assert_eq!(port.port.set_impedance(unknown), Err(LineError::Unsupported));
}
