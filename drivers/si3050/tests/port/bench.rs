//! A workbench: the driver's bus on one side, the model's registers on the other, and time in
//! between. What the bus does wrong is set here.

// What the lints allow in a test they do not allow in what tests share.
#![allow(clippy::unwrap_used, clippy::panic)]

use embedded_hal::delay::DelayNs;
use embedded_hal::digital;
use embedded_hal::spi::{self, Operation, SpiDevice};
use line::{BLOCK, Block, LineError, LineEvent, LineInterface, Pcm, Signal};
use si3050::{Country, Fault, Port, ResetAndInterrupt, Settings};
use si3050_model::Chip;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// What lies between driver and model.
pub struct World {
    /// The chips on this chip select, in the order of their chain.
    pub chips: Vec<Chip>,
    /// Every answer is this byte.
    pub stuck: Option<u8>,
    /// The bus reports an error.
    pub broken: bool,
    /// So many of the next answers are all ones.
    pub torn: u32,
    /// What floats on the bus when no chip drives it.
    pub floating: u8,
    /// Bits of every answer that are turned over.
    pub noise: u8,
    /// Bytes that went over the bus.
    pub bytes: u64,
    frame: Vec<u8>,
}

/// A handle to the world.
#[derive(Clone)]
pub struct Bench(Arc<Mutex<World>>);

impl Bench {
    pub fn new() -> Bench {
        Bench::chain(vec![Chip::new(3)])
    }

    pub fn chain(chips: Vec<Chip>) -> Bench {
        Bench(Arc::new(Mutex::new(World {
            chips,
            stuck: None,
            broken: false,
            torn: 0,
            floating: 0xff,
            noise: 0,
            bytes: 0,
            frame: Vec::new(),
        })))
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// Changes the first chip or its line.
    pub fn chip<T>(&self, change: impl FnOnce(&mut Chip) -> T) -> T {
        change(&mut self.world().chips[0])
    }

    pub fn advance(&self, time: Duration) {
        self.world().chips.iter_mut().for_each(|chip| chip.advance(time));
    }

    /// A port that has not been started.
    pub fn unstarted(&self) -> TestPort {
        let settings = Settings::new(Country::China, 2);
        let pins = ResetAndInterrupt(ResetPin(self.clone()), InterruptPin(self.clone()));
        let port = Port::new(Spi(self.clone()), pins, Silence::default(), settings);
        TestPort { bench: self.clone(), port, blocks: 0 }
    }

    /// A port that runs.
    pub fn port(&self) -> TestPort {
        let mut port = self.unstarted();
        port.start().unwrap();
        port
    }
}

pub type Driven = Port<Spi, ResetAndInterrupt<ResetPin, InterruptPin>, Silence>;

/// A port with the time that passes at each of its blocks.
pub struct TestPort {
    pub bench: Bench,
    pub port: Driven,
    blocks: u64,
}

impl TestPort {
    pub fn start(&mut self) -> Result<(), Fault> {
        self.port.start(&mut Delay(self.bench.clone()))
    }

    /// One block.
    pub fn block(&mut self) -> Result<(), LineError> {
        self.bench.advance(Duration::from_millis(10));
        self.blocks += 1;
        self.port.exchange(&[0; BLOCK], &mut [0; BLOCK])
    }

    /// So many ms, which must all work; what happened, in blocks since the port was made.
    pub fn run(&mut self, ms: u64) -> Vec<(u64, Signal)> {
        let mut events = Vec::new();
        for _ in 0..ms / 10 {
            self.block().unwrap();
            events.extend(self.events());
        }
        events
    }

    /// What happened, without its time.
    pub fn signals(&mut self, ms: u64) -> Vec<Signal> {
        self.run(ms).into_iter().map(|(_, what)| what).collect()
    }

    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    fn events(&mut self) -> Vec<(u64, Signal)> {
        std::iter::from_fn(|| self.port.next_event())
            .map(|LineEvent { at, what }| (at / BLOCK as u64, what))
            .collect()
    }
}

/// The highway: silence comes in.
#[derive(Debug, Default)]
pub struct Silence {
    pub error: Option<LineError>,
}

impl Pcm for Silence {
    fn exchange(&mut self, _: &Block, from_line: &mut Block) -> Result<(), LineError> {
        *from_line = [7; BLOCK];
        self.error.map_or(Ok(()), Err)
    }
}

/// The driver's end of the bus: three framed bytes reach one register.
pub struct Spi(pub Bench);

#[derive(Debug)]
pub struct BusError;

impl spi::Error for BusError {
    fn kind(&self) -> spi::ErrorKind {
        spi::ErrorKind::Other
    }
}

impl spi::ErrorType for Spi {
    type Error = BusError;
}

impl SpiDevice for Spi {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), BusError> {
        let mut world = self.0.world();
        if world.broken {
            return Err(BusError);
        }
        world.bytes += 1;
        match operations {
            [Operation::Write([byte])] => world.take(*byte),
            [Operation::Read(answer)] if answer.len() == 1 => answer[0] = world.give(),
            other => panic!("one byte to a chip select, not {other:?}"),
        }
        Ok(())
    }
}

impl World {
    fn take(&mut self, byte: u8) {
        self.frame.push(byte);
        if let [control, number, value] = self.frame[..] {
            self.frame.clear();
            assert_eq!(control & 0x70, 0x20, "a write's control byte");
            match self.addressed(control) {
                None => self.chips.iter_mut().for_each(|chip| chip.write(number, value)),
                Some(position) => {
                    if let Some(chip) = self.chips.get_mut(position) {
                        chip.write(number, value);
                    }
                }
            }
        }
    }

    fn give(&mut self) -> u8 {
        let frame = std::mem::take(&mut self.frame);
        let [control, number] = frame[..] else { panic!("read after {frame:?}") };
        assert_eq!(control & 0xf0, 0x60, "a read's control byte");
        if self.torn > 0 {
            self.torn -= 1;
            return 0xff;
        }
        let chip = self.addressed(control).and_then(|position| self.chips.get(position));
        let answer = chip.and_then(|chip| chip.read(number)).unwrap_or(self.floating);
        self.stuck.unwrap_or(answer ^ self.noise)
    }

    /// The chip that a control byte names; none: all of them.
    fn addressed(&self, control: u8) -> Option<usize> {
        let lowest_first = [control >> 3 & 1, control >> 2 & 1, control >> 1 & 1, control & 1];
        let position = lowest_first.iter().rev().fold(0, |sum, bit| sum << 1 | usize::from(*bit));
        (control & 0x80 == 0).then_some(position)
    }
}

/// RESET, active low.
pub struct ResetPin(Bench);

impl digital::ErrorType for ResetPin {
    type Error = core::convert::Infallible;
}

impl digital::OutputPin for ResetPin {
    fn set_low(&mut self) -> Result<(), Self::Error> {
        self.0.world().chips.iter_mut().for_each(|chip| chip.hold_reset(true));
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Self::Error> {
        self.0.world().chips.iter_mut().for_each(|chip| chip.hold_reset(false));
        Ok(())
    }
}

/// AOUT/INT, active low.
pub struct InterruptPin(Bench);

impl digital::ErrorType for InterruptPin {
    type Error = core::convert::Infallible;
}

impl digital::InputPin for InterruptPin {
    fn is_high(&mut self) -> Result<bool, Self::Error> {
        Ok(!self.0.chip(|chip| chip.interrupting()))
    }

    fn is_low(&mut self) -> Result<bool, Self::Error> {
        self.is_high().map(|high| !high)
    }
}

/// Waiting is the model's time.
pub struct Delay(pub Bench);

impl DelayNs for Delay {
    fn delay_ns(&mut self, ns: u32) {
        self.0.advance(Duration::from_nanos(ns.into()));
    }
}
