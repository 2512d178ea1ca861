//! The caller-identity receiver: FSK of both standards and DTMF, whichever comes.

use super::{Message, ParseError, parse, parse_dtmf};
use crate::dtmf::DtmfDetector;
use crate::fsk::{FskDemodulator, FskEvent, FskStandard};
use call::Samples;
use std::collections::VecDeque;

/// How a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Means {
    /// As FSK octets.
    Fsk(FskStandard),
    /// As DTMF digits.
    Dtmf,
}

/// A message that came, or one that came damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The sample after its last bit or digit, since the receiver was made.
    pub at: Samples,
    /// How it came.
    pub means: Means,
    /// What it says, or why it cannot be read.
    pub message: Result<Message, ParseError>,
}

/// The longest message: type, length, 255 octets, checksum.
const LONGEST_OCTETS: usize = 258;
/// The longest run of digits: start, 32 of a number, end.
const LONGEST_DIGITS: usize = 34;
/// Digits further apart than this belong to no one message; senders take some 140 ms for each.
const DIGIT_GAP: Samples = Samples::from_ms(600);
/// A start code by itself is somebody's key; with this many digits after it, a damaged message.
const DAMAGED_DIGITS: usize = 3;

/// Listens for caller identity of every kind at once, whenever it comes.
#[derive(Clone, Debug)]
pub struct CallerIdReceiver {
    fsk: FskDemodulator,
    dtmf: DtmfDetector,
    clock: u64,
    /// The standard whose mark was heard, until its message is over.
    standard: Option<FskStandard>,
    octets: Vec<u8>,
    digits: String,
    last_digit: Samples,
    heard: VecDeque<Heard>,
    damaged: u64,
}

impl Default for CallerIdReceiver {
    fn default() -> Self {
        Self::new()
    }
}

impl CallerIdReceiver {
    /// A receiver at sample 0.
    pub fn new() -> Self {
        CallerIdReceiver {
            fsk: FskDemodulator::new(),
            dtmf: DtmfDetector::new(),
            clock: 0,
            standard: None,
            octets: Vec::with_capacity(LONGEST_OCTETS),
            digits: String::with_capacity(LONGEST_DIGITS),
            last_digit: Samples::ZERO,
            heard: VecDeque::with_capacity(4),
            damaged: 0,
        }
    }

    /// Takes any number of samples in.
    pub fn push(&mut self, samples: &[i16]) {
        // In steps, so that a digit's silence is seen where it is.
        for block in samples.chunks(80) {
            self.clock += block.len() as u64;
            self.fsk.push(block);
            while let Some(event) = self.fsk.next_event() {
                self.take_fsk(event);
            }
            self.dtmf.push(block);
            while let Some(digit) = self.dtmf.next_digit() {
                self.take_digit(digit.digit, digit.start + digit.duration);
            }
            if self.dtmf.sounding().is_none()
                && Samples(self.clock).since(self.last_digit) > DIGIT_GAP
            {
                self.drop_digits();
            }
        }
    }

    /// The next message, in order.
    pub fn next_message(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }

    /// Messages that came damaged, since the receiver was made.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    fn take_fsk(&mut self, event: FskEvent) {
        match event {
            FskEvent::Mark(standard) => {
                self.break_off();
                self.standard = Some(standard);
            }
            FskEvent::Octet { octet, at } => self.take_octet(octet, at),
            FskEvent::Lost(_) => {
                self.break_off();
                self.standard = None;
            }
        }
    }

    fn take_octet(&mut self, octet: u8, at: Samples) {
        let Some(standard) = self.standard else { return };
        // A stray octet is noise; every message there is begins with one of these
        // (EN 300 659-3, GR-30).
        if self.octets.is_empty() && !matches!(octet, 0x04 | 0x06 | 0x80..=0x8f) {
            self.standard = None;
            return;
        }
        self.octets.push(octet);
        let whole = self.octets.get(1).map_or(LONGEST_OCTETS, |&length| usize::from(length) + 3);
        if self.octets.len() >= whole {
            let message = parse(&self.octets);
            self.octets.clear();
            self.standard = None;
            if message.is_ok() || !self.is_keyed() {
                self.tell(at, Means::Fsk(standard), message);
            }
        }
    }

    /// The carrier went, or a new message begins, within one.
    fn break_off(&mut self) {
        if let (Some(standard), false) = (self.standard, self.octets.is_empty()) {
            self.octets.clear();
            if !self.is_keyed() {
                self.tell(Samples(self.clock), Means::Fsk(standard), Err(ParseError::Truncated));
            }
        }
    }

    /// A digit sounds: its high tone may pass for a mark, and its end for octets.
    fn is_keyed(&self) -> bool {
        self.dtmf.sounding().is_some()
    }

    fn take_digit(&mut self, digit: char, ended: Samples) {
        self.last_digit = ended;
        match digit {
            'A' | 'B' | 'D' => {
                self.drop_digits();
                self.digits.push(digit);
            }
            _ if self.digits.is_empty() => {}
            _ => {
                self.digits.push(digit);
                if matches!(digit, 'C' | '#') {
                    let message = parse_dtmf(&self.digits).ok_or(ParseError::Layout);
                    self.digits.clear();
                    self.tell(ended, Means::Dtmf, message);
                } else if self.digits.len() >= LONGEST_DIGITS {
                    self.drop_digits();
                }
            }
        }
    }

    /// Digits that have no end.
    fn drop_digits(&mut self) {
        let message_like = self.digits.len() > DAMAGED_DIGITS;
        self.digits.clear();
        if message_like {
            self.tell(self.last_digit, Means::Dtmf, Err(ParseError::Truncated));
        }
    }

    fn tell(&mut self, at: Samples, means: Means, message: Result<Message, ParseError>) {
        self.damaged += u64::from(message.is_err());
        self.heard.push_back(Heard { at, means, message });
    }
}
