//! What can break, what is told of it, and that it mends.

use crate::bench::Bench;
use embedded_hal::spi::ErrorKind;
use line::{BLOCK, Hook, LineError, LineInterface};
use proptest::prelude::*;
use si3050::Fault;

#[test]
fn a_bus_that_reads_only_ones_or_zeros_has_no_chip() {
    for silent in [0x00, 0xff] {
        let bench = Bench::new();
        bench.world().stuck = Some(silent);
        assert_eq!(bench.unstarted().start(), Err(Fault::Absent(silent)));
    }
}

#[test]
fn a_register_that_does_not_keep_what_was_written_is_named() {
    let bench = Bench::new();
    bench.world().noise = 0x10;
    let fault = bench.unstarted().start().unwrap_err();
    assert!(
        fault.to_string().contains("register 36 of the Si3050 reads 0x4a after 0x5a"),
        "{fault}"
    );
}

#[test]
fn an_error_of_the_bus_is_told_as_one() {
    let bench = Bench::new();
    bench.world().broken = true;
    let mut port = bench.unstarted();
    assert_eq!(port.start(), Err(Fault::Bus(ErrorKind::Other)));
    assert_eq!(port.block(), Err(LineError::Driver(5)));
}

#[test]
fn a_line_side_that_never_answers_is_given_up_after_a_second() {
    let bench = Bench::new();
    bench.chip(|chip| chip.clocked = false);
    let fault = bench.unstarted().start().unwrap_err();
    assert_eq!(fault, Fault::NoFrame);
    assert!(fault.to_string().contains("PCLK"));
}

#[test]
fn a_port_that_was_not_started_starts_with_its_blocks() {
    let mut port = Bench::new().unstarted();
    assert_eq!(port.block(), Err(LineError::Vanished));
    assert_eq!(port.port.fault(), Some(Fault::Starting));
    let blocks = (0..20).take_while(|_| port.block().is_err()).count();
    assert!((2..10).contains(&blocks), "{blocks}");
    assert_eq!((port.port.fault(), port.port.faults()), (None, 0));
}

#[test]
fn a_running_port_whose_bus_breaks_fails_until_the_bus_is_mended() {
    let mut port = Bench::new().port();
    port.port.set_hook(Hook::Off).unwrap();
    port.run(500);
    port.bench.world().broken = true;
    for _ in 0..300 {
        let mut heard = [1; BLOCK];
        let told = port.port.exchange(&[0; BLOCK], &mut heard);
        assert_eq!((told, heard), (Err(LineError::Driver(5)), [0; BLOCK]));
    }
    assert!(!port.bench.chip(|chip| chip.off_hook()), "the reset pin opened the loop");
    assert_eq!(port.port.set_hook(Hook::Off), Err(LineError::Driver(5)));
    assert_eq!(port.port.flash(100), Err(LineError::Unsupported));
    port.bench.world().broken = false;
    let away = (0..200).take_while(|_| port.block().is_err()).count();
    assert!(away < 120, "{away} blocks");
    assert_eq!(port.port.faults(), 1);
    port.port.set_hook(Hook::Off).unwrap();
    assert!(port.bench.chip(|chip| chip.off_hook()));
}

#[test]
fn a_lost_link_is_found_by_its_interrupt_and_comes_back_with_the_clock() {
    let mut port = Bench::new().port();
    port.run(500);
    port.bench.chip(|chip| chip.clocked = false);
    assert_eq!(port.block(), Err(LineError::Vanished));
    assert_eq!(port.port.fault(), Some(Fault::FrameLost));
    port.bench.chip(|chip| chip.clocked = true);
    assert!((0..200).any(|_| port.block().is_ok()));
}

#[test]
fn a_chip_that_was_reset_behind_our_back_is_set_up_again() {
    let mut port = Bench::new().port();
    port.port.set_hook(Hook::Off).unwrap();
    port.run(500);
    port.bench.chip(|chip| chip.brown_out());
    assert_eq!(port.block(), Err(LineError::Vanished));
    assert_eq!(port.port.fault(), Some(Fault::Restarted));
    assert!((0..200).any(|_| port.block().is_ok()));
    assert_eq!(port.bench.chip(|chip| chip.read(33)), Some(0x38));
}

#[test]
fn single_torn_answers_are_passed_over_and_many_in_a_row_are_not() {
    let mut port = Bench::new().port();
    port.run(500);
    for _ in 0..20 {
        port.bench.world().torn = 1;
        assert_eq!(port.signals(100), []);
    }
    assert_eq!(port.port.faults(), 0);
    port.bench.world().torn = 1000;
    let lasted = (0..20).take_while(|_| port.block().is_ok()).count();
    assert_eq!((lasted, port.port.fault()), (4, Some(Fault::Garbled)));
}

#[test]
fn hook_bits_that_were_lost_alone_are_set_right() {
    let mut port = Bench::new().port();
    port.run(100);
    port.bench.chip(|chip| chip.write(5, 0));
    port.run(20);
    assert!(port.bench.chip(|chip| chip.hears_line()));
    assert_eq!(port.port.faults(), 0);
}

#[test]
fn far_too_much_current_opens_the_loop_and_the_port_rests() {
    let mut port = Bench::new().port();
    port.bench.chip(|chip| chip.line.loop_ohms = 50.0);
    port.port.set_hook(Hook::Off).unwrap();
    let lasted = (0..100).take_while(|_| port.block().is_ok()).count();
    assert!(lasted < 30, "{lasted} blocks");
    assert_eq!(port.port.fault(), Some(Fault::Overload));
    assert!(!port.bench.chip(|chip| chip.off_hook()));
    assert!((0..2900).all(|_| port.block().is_err()), "it rests for 30 s");
    port.bench.chip(|chip| chip.line.loop_ohms = 1400.0);
    assert!((0..300).any(|_| port.block().is_ok()));
}

#[test]
fn every_fault_says_in_a_sentence_what_to_look_at() {
    for fault in [
        Fault::Bus(ErrorKind::Other),
        Fault::Absent(0xff),
        Fault::NoFrame,
        Fault::FrameLost,
        Fault::Restarted,
        Fault::Garbled,
        Fault::Overload,
    ] {
        let text = fault.to_string();
        assert!(text.contains("Si3050") || text.contains("line"), "{text}");
        assert!(text.contains("check") || text.contains("fails"), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_bus_answers_the_port_neither_panics_nor_hangs(
        answers in proptest::collection::vec((any::<u8>(), 0u32..40, any::<bool>(), any::<bool>()), 1..40),
    ) {
        let mut port = Bench::new().unstarted();
        for (noise, torn, broken, off) in answers {
            {
                let mut world = port.bench.world();
                (world.noise, world.torn, world.broken) = (noise, torn, broken);
            }
            let _ = port.port.set_hook(if off { Hook::Off } else { Hook::On });
            for _ in 0..20 {
                let _ = port.block();
                while port.port.next_event().is_some() {}
            }
            let _ = port.port.flash(u16::from(noise));
        }
        {
            let mut world = port.bench.world();
            (world.noise, world.torn, world.broken) = (0, 0, false);
        }
        prop_assert!((0..3500).any(|_| port.block().is_ok()), "it comes back");
    }
}
