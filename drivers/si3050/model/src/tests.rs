use super::*;

fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

/// A chip whose line side answers.
fn linked() -> Chip {
    let mut chip = Chip::new(3);
    chip.write(6, 0);
    chip.advance(ms(LINK_MS + 5));
    assert_eq!(chip.read(12), Some(0x40));
    chip
}

#[test]
fn after_reset_the_registers_hold_their_defaults_and_the_line_side_is_off() {
    let mut chip = Chip::new(3);
    chip.advance(ms(5));
    assert_eq!([2, 5, 6, 24, 31].map(|n| chip.read(n).unwrap()), [3, 0, 0x10, 0x19, 0x20]);
    assert_eq!([11, 12, 13, 29].map(|n| chip.read(n).unwrap()), [4, 0, 0x40, 0]);
}

#[test]
fn the_line_side_answers_some_time_after_it_is_powered_and_only_while_the_clock_runs() {
    let mut chip = Chip::new(3);
    chip.clocked = false;
    chip.write(6, 0);
    chip.advance(ms(500));
    assert_eq!(chip.read(12), Some(0));
    chip.clocked = true;
    chip.advance(ms(LINK_MS));
    assert_eq!(chip.read(12), Some(0));
    chip.advance(ms(5));
    assert_eq!((chip.read(12), chip.read(11)), (Some(0x40), Some(0x34)));
    chip.clocked = false;
    chip.advance(ms(1));
    assert_eq!(chip.read(12), Some(0));
}

#[test]
fn nothing_answers_in_reset_and_software_reset_clears_itself() {
    let mut chip = linked();
    chip.write(33, 0x38);
    chip.write(1, 0x80);
    assert_eq!([1, 33, 6].map(|n| chip.read(n).unwrap()), [0, 0, 0x10]);
    chip.hold_reset(true);
    assert_eq!(chip.read(2), None);
    chip.hold_reset(false);
    assert_eq!(chip.read(2), Some(3));
}

#[test]
fn line_voltage_and_loop_current_follow_ohms_law() {
    let mut chip = linked();
    assert_eq!((chip.read(29), chip.read(28)), (Some(48), Some(0)));
    chip.write(5, 9);
    chip.advance(ms(120));
    assert_eq!(chip.read(28), Some(0), "the off-hook counter runs");
    chip.advance(ms(10));
    // (48 − 4) V over 1450 Ω is 30.3 mA, 27 steps of 1.1 mA; 4 V + 50 Ω × 30.3 mA is 5.5 V.
    assert_eq!((chip.read(29), chip.read(28), chip.read(12)), (Some(6), Some(27), Some(0x49)));
    chip.line.parallel_ohms = Some(200.0);
    chip.advance(ms(1));
    assert!(chip.read(28).unwrap() < 10);
    chip.line.battery_volts = 0.0;
    chip.advance(ms(1));
    assert_eq!([28, 29, 19].map(|n| chip.read(n).unwrap()), [0, 0, 2]);
}

#[test]
fn a_reversal_changes_the_sign_and_stays_pending_until_it_is_cleared() {
    let mut chip = linked();
    chip.write(4, 0);
    chip.line.reversed = true;
    chip.advance(ms(1));
    assert_eq!(chip.read(29), Some(0xd0));
    assert_eq!(chip.read(4), Some(POL));
    chip.write(4, !POL);
    assert_eq!(chip.read(4), Some(0));
}

#[test]
fn an_interrupt_pulls_the_pin_only_where_it_is_let() {
    let mut chip = linked();
    assert!(!chip.interrupting());
    chip.write(3, FDT);
    assert!(!chip.interrupting());
    chip.write(2, 0x83);
    assert!(chip.interrupting());
    chip.write(4, !FDT);
    assert!(!chip.interrupting());
}

#[test]
fn a_ring_is_validated_by_its_frequency_and_told_once_confirmed() {
    let ring = |hz| {
        let mut chip = linked();
        // 15 Hz to 50 Hz, confirmed after 150 ms, over after 256 ms.
        chip.write(22, 12);
        chip.write(23, 2 << 3 | 1);
        chip.write(24, 0x80 | 17);
        chip.line.ring = Some(Ring { hz, volts_rms: 75.0 });
        let rung: Vec<bool> = (0..40)
            .map(|_| {
                chip.advance(ms(10));
                chip.read(5).unwrap() & 4 != 0
            })
            .collect();
        chip.line.ring = None;
        chip.advance(ms(300));
        assert_eq!(chip.read(5).unwrap() & 4, 0);
        rung
    };
    let at_25 = ring(25.0);
    assert!(!at_25[10] && at_25[20]);
    assert!(ring(10.0).iter().chain(&ring(100.0)).all(|ringing| !ringing));
}

#[test]
fn without_validation_one_swing_counts_for_five_seconds() {
    let mut chip = linked();
    chip.line.ring = Some(Ring { hz: 25.0, volts_rms: 75.0 });
    chip.advance(ms(20));
    chip.line.ring = None;
    chip.advance(ms(4900));
    assert_eq!(chip.read(5).unwrap() & 4, 4);
    chip.advance(ms(200));
    assert_eq!(chip.read(5).unwrap() & 4, 0);
}

#[test]
fn overload_protection_opens_the_loop_where_it_is_on() {
    let mut chip = linked();
    chip.line.loop_ohms = 100.0;
    chip.write(5, 9);
    chip.advance(ms(200));
    assert!(chip.off_hook());
    chip.write(17, 0x08);
    chip.advance(ms(1));
    assert!(!chip.off_hook());
    assert_eq!(chip.read(19).unwrap() & 1, 1);
}

#[test]
fn reserved_bits_and_registers_cannot_be_written() {
    let mut chip = Chip::new(1);
    for number in 0..=255 {
        chip.write(number, 0x7f);
    }
    assert_eq!([8, 9, 27, 53, 60, 255].map(|n| chip.read(n).unwrap()), [0; 6]);
    assert_eq!(chip.read(18), Some(2));
}
