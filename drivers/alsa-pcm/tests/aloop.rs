//! The kernel's own loopback card (`snd-aloop`): what is played on one side is captured on the
//! other, by a real ALSA driver with a clock, buffers and xruns.
//!
//! `tests/aloop/run` boots Debian's kernel with it and runs this there; elsewhere it is skipped.

// What the lints allow in a test they do not allow in what tests share.
#![allow(clippy::unwrap_used)]

use alsa_pcm::{Microphone, Slot, SoundSettings, Speaker, State, TdmDevice, TdmSettings};
use line::{BLOCK, Block, Pcm};
use std::f64::consts::TAU;
use std::time::{Duration, Instant};

const SLOTS: usize = 8;
const LEAD: usize = 3;

/// Whether the loopback card is there, and a word about it where it is not.
fn wanted(test: &str) -> bool {
    let wanted = std::env::var_os("TIPRING_ALOOP").is_some();
    if !wanted {
        eprintln!("SKIPPED {test}: no snd-aloop (tests/aloop/run has it in a guest)");
    }
    wanted
}

/// A bus that hears what it says, over the loopback card's device of this number.
fn bus(subdevice: u32) -> Vec<Slot<TdmDevice>> {
    let capture = format!("hw:Loopback,1,{subdevice}");
    let playback = format!("hw:Loopback,0,{subdevice}");
    TdmDevice::open(TdmSettings { capture, playback, slots: SLOTS, lead: LEAD }).unwrap()
}

/// Never zero, and no two within a slot alike for four seconds.
fn sample(slot: usize, at: usize) -> i16 {
    (at % 32_000 + 1) as i16 * if slot.is_multiple_of(2) { 1 } else { -1 }
}

/// One block said on every slot, which begins at `at`; what was heard on each.
fn block(ports: &mut [Slot<TdmDevice>], at: usize) -> Vec<Block> {
    ports[0].wait().unwrap();
    let exchange = |(slot, port): (usize, &mut Slot<TdmDevice>)| {
        let said: Block = std::array::from_fn(|offset| sample(slot, at + offset));
        let mut heard = [0; BLOCK];
        port.exchange(&said, &mut heard).unwrap();
        heard
    };
    ports.iter_mut().enumerate().map(exchange).collect()
}

#[test]
fn a_minute_on_a_real_driver_loses_and_doubles_nothing_and_is_as_late_as_the_lead() {
    if !wanted("a_minute_on_a_real_driver") {
        return;
    }
    let mut ports = bus(0);
    let mut heard: Vec<Vec<i16>> = vec![Vec::new(); SLOTS];
    for turn in 0..6_000 {
        for (slot, block) in block(&mut ports, turn * BLOCK).into_iter().enumerate() {
            heard[slot].extend(block);
        }
    }
    let counters = ports[0].counters();
    println!("{counters:?}");
    let late = heard[0].iter().position(|value| *value == sample(0, 0)).unwrap();
    println!("heard {:.1} ms after it was said, there and back", late as f64 / 8.0);
    assert!(late <= (LEAD + 2) * BLOCK, "{late} samples");
    for (slot, heard) in heard.iter().enumerate() {
        let wrong = heard[late..].iter().enumerate().find(|(at, v)| **v != sample(slot, *at));
        assert_eq!(wrong, None, "slot {slot}");
    }
    assert_eq!((counters.overruns, counters.underruns, counters.missed), (0, 0, 0));
}

#[test]
fn a_starved_bus_goes_on_and_its_samples_keep_to_time() {
    if !wanted("a_starved_bus") {
        return;
    }
    let mut ports = bus(1);
    let begun = Instant::now();
    for turn in 0..200 {
        block(&mut ports, turn * BLOCK);
    }
    std::thread::sleep(Duration::from_millis(600));
    let mut last = Vec::new();
    for turn in 200..500 {
        last = block(&mut ports, turn * BLOCK);
    }
    let (counters, passed) = (ports[0].counters(), begun.elapsed());
    println!("{counters:?} in {passed:?}");
    assert!(counters.overruns >= 1 && counters.losses == 0, "{counters:?}");
    assert!((58..=63).contains(&counters.missed), "60 blocks were missed: {counters:?}");
    let due = passed.as_millis() as u64 / 10;
    assert!(due.abs_diff(counters.blocks) <= 3, "{due} blocks are due: {counters:?}");
    assert!(last[0].iter().all(|value| *value > 0), "sound comes again");
}

#[test]
fn a_device_in_use_is_busy() {
    if !wanted("a_device_in_use") {
        return;
    }
    let _ports = bus(2);
    let (capture, playback) = ("hw:Loopback,1,2".to_owned(), "hw:Loopback,0,3".to_owned());
    let settings = TdmSettings { capture, playback, slots: SLOTS, lead: LEAD };
    let error = TdmDevice::open(settings).err().unwrap();
    assert_eq!(error.trouble, alsa_pcm::Trouble::Busy);
}

#[test]
fn a_loudspeaker_and_a_microphone_on_a_card_of_its_own_clock_carry_a_tone() {
    if !wanted("a_loudspeaker_and_a_microphone") {
        return;
    }
    let settings = |device: &str| SoundSettings { device: device.into(), channel: 1 };
    let mut speaker = Speaker::open(settings("hw:Loopback,0,4"), 10).unwrap();
    let mut microphone = Microphone::open(settings("hw:Loopback,1,4")).unwrap();
    let (mut heard, mut phase) = (Vec::new(), 0.0f64);
    // Twenty seconds of the lines' clock.
    let begun = Instant::now();
    for turn in 0..2_000u32 {
        let said: Block = std::array::from_fn(|_| {
            phase = (phase + 700.0 / 8_000.0).fract();
            (8_000.0 * (TAU * phase).sin()).round() as i16
        });
        speaker.write(&said);
        let mut block = [0; BLOCK];
        microphone.read(&mut block);
        heard.extend(block);
        let due = Duration::from_millis(10) * (turn + 1);
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
    }
    for watch in [speaker.watch(), microphone.watch()] {
        let standing = watch.standing();
        println!("{standing:?}");
        assert!(matches!(standing.state, State::Running { .. }));
        let flow = standing.flow.unwrap();
        assert_eq!((standing.xruns, standing.losses, flow.gaps(), flow.skipped()), (0, 0, 0, 0));
    }
    // The last ten seconds are one tone without a seam: 700 Hz is predictable from two samples.
    let turn = 2.0 * (TAU * 700.0 / 8_000.0).cos();
    let rough = heard[80_000..].windows(3).map(|three| {
        (f64::from(three[2]) - turn * f64::from(three[1]) + f64::from(three[0])).abs()
    });
    let rough = rough.fold(0.0, f64::max);
    let level = dsp::level::of(&heard[80_000..]);
    println!("{level:.1} dBm0, {rough:.1} off a tone at most");
    // 8,000 of 32,768 are 12.2 dB below the full scale of 3.14 dBm0.
    assert!(rough < 25.0 && (level + 9.1).abs() < 0.2, "{rough}, {level} dBm0");
}
