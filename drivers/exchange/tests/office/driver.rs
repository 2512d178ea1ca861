//! A tiny scripted FXO driver: one port, virtual time, everything heard is kept.

use dsp::dtmf::{DtmfGenerator, DtmfSettings};
use exchange::{Deed, Exchange, Log};
use line::{BLOCK, Hook, LineCard, LineEvent, LineInterface};

pub(crate) struct Driver {
    pub(crate) exchange: Exchange,
    pub(crate) log: Log,
    pub(crate) line: usize,
    pub(crate) heard: Vec<i16>,
    pub(crate) events: Vec<LineEvent>,
}

impl Driver {
    pub(crate) fn new(exchange: Exchange, line: usize) -> Self {
        let log = exchange.log();
        Driver { exchange, log, line, heard: Vec::new(), events: Vec::new() }
    }

    pub(crate) fn port(&mut self) -> &mut dyn LineInterface {
        self.exchange.port(self.line).unwrap()
    }

    /// One block each way.
    pub(crate) fn block(&mut self, to_line: &[i16; BLOCK]) {
        self.exchange.wait().unwrap();
        let mut from_line = [0; BLOCK];
        let port = self.exchange.port(self.line).unwrap();
        port.exchange(to_line, &mut from_line).unwrap();
        while let Some(event) = port.next_event() {
            self.events.push(event);
        }
        self.heard.extend(from_line);
    }

    /// Says nothing for some milliseconds; answers what was heard.
    pub(crate) fn wait(&mut self, ms: usize) -> Vec<i16> {
        let from = self.heard.len();
        (0..ms / 10).for_each(|_| self.block(&[0; BLOCK]));
        self.heard[from..].to_vec()
    }

    /// Says something; answers what was heard meanwhile.
    pub(crate) fn say(&mut self, samples: &[i16]) -> Vec<i16> {
        let from = self.heard.len();
        for chunk in samples.chunks(BLOCK) {
            let mut block = [0; BLOCK];
            block[..chunk.len()].copy_from_slice(chunk);
            self.block(&block);
        }
        self.heard[from..].to_vec()
    }

    pub(crate) fn hook(&mut self, hook: Hook) {
        self.port().set_hook(hook).unwrap();
    }

    /// Dials by DTMF, after waiting for dial tone for a second.
    pub(crate) fn dial(&mut self, digits: &str) {
        self.hook(Hook::Off);
        self.wait(1_000);
        self.send(digits);
    }

    pub(crate) fn send(&mut self, digits: &str) {
        let mut generator = DtmfGenerator::new(DtmfSettings::default());
        generator.push(digits).unwrap();
        while !generator.is_idle() {
            let mut block = [0; BLOCK];
            generator.fill(&mut block);
            self.block(&block);
        }
    }

    /// Pulses one digit: 60 ms broken, 40 ms made, then a pause.
    pub(crate) fn pulse(&mut self, digit: u32) {
        for _ in 0..if digit == 0 { 10 } else { digit } {
            self.port().flash(60).unwrap();
            self.wait(100);
        }
        self.wait(600);
    }

    /// When a deed was first done.
    pub(crate) fn when(&self, deed: &Deed) -> Option<u64> {
        self.log.of_line(self.line).into_iter().find(|(_, done)| done == deed).map(|(at, _)| at)
    }

    /// What was done, in order.
    pub(crate) fn deeds(&self) -> Vec<Deed> {
        self.log.of_line(self.line).into_iter().map(|(_, deed)| deed).collect()
    }
}

/// A voice of some milliseconds: a buzz of 120 Hz with harmonics, at about -18 dBm0.
pub(crate) fn voice(ms: usize) -> Vec<i16> {
    let sample = |n: usize| {
        let t = n as f32 / 8_000.0 * core::f32::consts::TAU * 120.0;
        (1..8).map(|k| (t * k as f32).sin()).sum::<f32>() * 1_500.0
    };
    (0..ms * 8).map(|n| sample(n) as i16).collect()
}
