//! The bus on a card in virtual time: what its lines say is counted, sample by sample.

use super::*;
use std::collections::VecDeque;

/// A TDM card. Slot `s` says the count of frames plus 1000 times `s`; what it is told is kept.
/// Time passes only where the bus waits, or where a test lets it.
struct Card {
    now_ns: u64,
    /// Frames captured up to `now`, and read.
    captured: u64,
    read: u64,
    running: bool,
    gone: bool,
    stopped: bool,
    slots: usize,
    /// Frames on their way out.
    queue: VecDeque<i16>,
    told: Vec<i16>,
    silence_heard: u64,
    restarts: u32,
}

const SAMPLE_NS: u64 = 125_000;
/// The device's buffer each way, frames.
const BUFFER: u64 = 1_280;

impl Card {
    fn shared(slots: usize) -> Shared {
        Shared(Arc::new(Mutex::new(Card {
            now_ns: 0,
            captured: 0,
            read: 0,
            running: false,
            gone: false,
            stopped: false,
            slots,
            queue: VecDeque::new(),
            told: Vec::new(),
            silence_heard: 0,
            restarts: 0,
        })))
    }

    fn pass(&mut self, ns: u64) {
        let frames = (self.now_ns + ns) / SAMPLE_NS - self.now_ns / SAMPLE_NS;
        self.now_ns += ns;
        if !self.running || self.stopped {
            return;
        }
        self.captured += frames;
        for _ in 0..frames * self.slots as u64 {
            match self.queue.pop_front() {
                Some(sample) => self.told.push(sample),
                None => self.silence_heard += 1,
            }
        }
    }
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Card>>);

impl Shared {
    fn card(&self) -> MutexGuard<'_, Card> {
        self.0.lock().unwrap()
    }

    fn pass_ms(&self, ms: u64) {
        self.card().pass(ms * 1_000_000);
    }
}

impl Highway for Shared {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.card().now_ns)
    }

    fn wait(&mut self) -> Result<bool, Fault> {
        let mut card = self.card();
        if card.gone {
            return Err(Fault::Gone);
        }
        for _ in 0..2 {
            if card.captured - card.read >= 40 {
                return Ok(true);
            }
            card.pass(5_000_000);
        }
        Ok(card.captured - card.read >= 40)
    }

    fn read(&mut self, frames: &mut [i16]) -> Result<usize, Fault> {
        let mut card = self.card();
        if card.gone {
            return Err(Fault::Gone);
        }
        if card.captured - card.read > BUFFER {
            return Err(Fault::Xrun);
        }
        let slots = card.slots;
        let count = frames.len().min((card.captured - card.read) as usize * slots);
        for (index, sample) in frames[..count].iter_mut().enumerate() {
            let frame = card.read + (index / slots) as u64;
            *sample = (frame % 1_000) as i16 + 1_000 * (index % slots) as i16;
        }
        card.read += (count / slots) as u64;
        Ok(count)
    }

    fn write(&mut self, frames: &[i16]) -> Result<usize, Fault> {
        let mut card = self.card();
        if card.gone {
            return Err(Fault::Gone);
        }
        if card.queue.is_empty() {
            return Err(Fault::Xrun);
        }
        let room = BUFFER as usize * card.slots - card.queue.len();
        let count = frames.len().min(room);
        card.queue.extend(&frames[..count]);
        Ok(count)
    }

    fn restart_playback(&mut self, lead: &[i16]) -> Result<(), Fault> {
        self.card().queue = lead.iter().copied().collect();
        Ok(())
    }

    fn restart(&mut self, lead: &[i16]) -> Result<(), Fault> {
        self.restart_playback(lead)?;
        let mut card = self.card();
        if card.gone {
            return Err(Fault::Gone);
        }
        card.restarts += 1;
        card.running = true;
        card.read = card.captured;
        Ok(())
    }

    fn idle(&mut self) {
        self.pass_ms(10);
    }
}

/// One block of every slot; each slot says its own number.
fn block(ports: &mut [Slot<Shared>]) -> Result<Vec<Block>, LineError> {
    let mut heard = Vec::new();
    for (index, port) in ports.iter_mut().enumerate() {
        let mut from_line = [-1; BLOCK];
        port.exchange(&[index as i16 + 1; BLOCK], &mut from_line)?;
        heard.push(from_line);
    }
    Ok(heard)
}

#[test]
fn every_slot_hears_its_own_line_and_no_sample_is_lost_or_doubled_in_ten_minutes() {
    let card = Card::shared(24);
    let mut ports = Bus::on(card.clone(), 24, 3);
    let mut next = 0;
    for _ in 0..60_000 {
        // A card paces itself by waiting before it asks its ports.
        ports[0].wait().unwrap();
        let heard = block(&mut ports).unwrap();
        for (slot, from_line) in heard.iter().enumerate() {
            for (offset, sample) in from_line.iter().enumerate() {
                let expected = ((next + offset) % 1_000 + 1_000 * slot) as i16;
                assert_eq!(*sample, expected, "slot {slot}, sample {}", next + offset);
            }
        }
        next += BLOCK;
    }
    let counters = ports[0].counters();
    assert_eq!(counters, BusCounters { blocks: 60_000, ..BusCounters::default() });
    let card = card.card();
    let lead = 3 * BLOCK * 24;
    assert!(card.told[..lead].iter().all(|sample| *sample == 0), "the lead is silence");
    let said = card.told[lead..].iter().enumerate();
    assert!(said.clone().all(|(at, sample)| *sample == (at % 24) as i16 + 1));
    assert!(said.count() >= (60_000 - 4) * BLOCK * 24 && card.silence_heard == 0);
}

#[test]
fn ports_that_are_not_waited_for_pace_themselves() {
    let card = Card::shared(2);
    let mut ports = Bus::on(card.clone(), 2, 2);
    for _ in 0..100 {
        block(&mut ports).unwrap();
    }
    assert_eq!(ports[1].counters().blocks, 100);
    assert_eq!(card.now(), Duration::from_secs(1));
}

#[test]
fn what_a_port_says_reaches_its_line_within_the_lead_and_a_block() {
    let card = Card::shared(1);
    let mut ports = Bus::on(card.clone(), 1, 3);
    for _ in 0..50 {
        block(&mut ports).unwrap();
    }
    // The block that goes in now is heard after what is queued before it: 20 ms, and 10 for itself.
    let before = card.card().told.len();
    let sent = before + card.card().queue.len();
    ports[0].exchange(&[77; BLOCK], &mut [0; BLOCK]).unwrap();
    block(&mut ports).unwrap();
    block(&mut ports).unwrap();
    block(&mut ports).unwrap();
    block(&mut ports).unwrap();
    let first = card.card().told.iter().position(|sample| *sample == 77).unwrap();
    assert!(first >= sent && first - before <= 3 * BLOCK, "{first} {sent} {before}");
}

#[test]
fn a_thread_that_was_late_by_less_than_the_buffer_loses_nothing_that_was_heard() {
    let card = Card::shared(1);
    let mut ports = Bus::on(card.clone(), 1, 2);
    let mut heard: Vec<i16> = Vec::new();
    for round in 0..200 {
        if round == 100 {
            card.pass_ms(120);
        }
        heard.extend(block(&mut ports).unwrap()[0]);
    }
    assert!(heard.iter().enumerate().all(|(at, sample)| *sample == (at % 1_000) as i16));
    let counters = ports[0].counters();
    assert_eq!((counters.overruns, counters.underruns, counters.missed), (0, 1, 0));
}

#[test]
fn an_xrun_starts_the_streams_anew_and_the_count_of_samples_keeps_to_time() {
    let card = Card::shared(1);
    let mut ports = Bus::on(card.clone(), 1, 2);
    for _ in 0..100 {
        block(&mut ports).unwrap();
    }
    card.pass_ms(700);
    let silent = (0..100).filter(|_| block(&mut ports).unwrap()[0] == [0; BLOCK]).count();
    let counters = ports[0].counters();
    assert_eq!((counters.overruns, counters.losses, card.card().restarts), (1, 0, 2));
    assert!((69..=71).contains(&silent), "{silent} blocks of silence for 700 ms");
    assert_eq!(counters.missed, silent as u64);
    let due = card.now().as_millis() as u64 / 10;
    assert!(due.abs_diff(counters.blocks) <= 1, "{due} blocks are due, {counters:?}");
}

#[test]
fn a_highway_that_runs_slower_than_our_clock_is_not_taken_for_a_gap() {
    let card = Card::shared(1);
    let mut ports = Bus::on(card.clone(), 1, 2);
    // Ten minutes at -400 ppm: our clock gains 4 µs a block.
    for _ in 0..60_000 {
        block(&mut ports).unwrap();
        card.card().now_ns += 4_000;
    }
    card.pass_ms(300);
    block(&mut ports).unwrap();
    let owed = (0..60).take_while(|_| block(&mut ports).unwrap()[0] == [0; BLOCK]).count();
    assert!((28..=31).contains(&owed), "{owed} blocks for 300 ms");
}

#[test]
fn a_card_that_is_pulled_is_told_to_every_port_and_comes_back_when_it_is_there() {
    let card = Card::shared(2);
    let mut ports = Bus::on(card.clone(), 2, 2);
    block(&mut ports).unwrap();
    card.card().gone = true;
    for _ in 0..250 {
        for port in &mut ports {
            let mut from_line = [-1; BLOCK];
            assert_eq!(port.exchange(&[0; BLOCK], &mut from_line), Err(LineError::Vanished));
            assert_eq!(from_line, [0; BLOCK], "nothing is heard of it");
        }
    }
    assert_eq!(ports[0].counters().losses, 1);
    card.card().gone = false;
    let back = (0..250).position(|_| block(&mut ports).is_ok());
    assert!(back.is_some_and(|tries| tries <= 101), "tried once a second: {back:?}");
    assert!(block(&mut ports).is_ok());
}

#[test]
fn a_bus_whose_clock_has_stopped_is_a_fault_and_not_an_endless_wait() {
    let card = Card::shared(1);
    let mut ports = Bus::on(card.clone(), 1, 2);
    block(&mut ports).unwrap();
    card.card().stopped = true;
    let begun = card.now();
    let failed = (0..100).position(|_| block(&mut ports).is_err()).unwrap();
    assert!(card.now() - begun < Duration::from_secs(1), "{failed} blocks, {:?}", card.now());
    assert_eq!(block(&mut ports), Err(LineError::Stalled));
    card.card().stopped = false;
    assert!((0..150).any(|_| block(&mut ports).is_ok()));
}
