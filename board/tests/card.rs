//! A card of Si3050s without any: what is told.

// What the lints allow in a test they do not allow in what tests share.
#![allow(clippy::unwrap_used)]

use board::Profile;
use board::linux::{DaaCard, DaaError, Paced, open_daas};
use embedded_hal::spi::{ErrorType, Operation, SpiDevice};
use line::{BLOCK, Block, LineCard, LineError, Pcm};
use si3050::{Country, Fault, Port, Settings, Unwired};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A slot that counts the blocks of its highway.
#[derive(Clone, Default)]
struct Slot(Arc<AtomicU32>);

impl Pcm for Slot {
    fn exchange(&mut self, _: &Block, from_line: &mut Block) -> Result<(), LineError> {
        *from_line = [0; BLOCK];
        Ok(())
    }
}

impl Paced for Slot {
    fn wait(&self) -> Result<(), LineError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// A bus with nobody on it.
struct Open;

impl ErrorType for Open {
    type Error = core::convert::Infallible;
}

impl SpiDevice for Open {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), Self::Error> {
        for operation in operations {
            if let Operation::Read(answer) = operation {
                answer.fill(0xff);
            }
        }
        Ok(())
    }
}

#[test]
fn a_card_of_which_no_chip_answers_says_so_before_long() {
    let slot = Slot::default();
    let settings = Settings::new(Country::China, 0);
    let ports = vec![Port::new(Open, Unwired, slot.clone(), settings)];
    let error = DaaCard::start(ports, None).err().unwrap();
    assert!(matches!(error, DaaError::Silent(Fault::Absent(0xff))), "{error}");
    assert!(slot.0.load(Ordering::Relaxed) < 10, "it is not waited for");
}

#[test]
fn an_spi_device_that_is_not_there_and_a_slot_that_the_highway_lacks_are_named() {
    let mut profile = Profile::load(Path::new("arm-si3050")).unwrap();
    profile.lines.chip.iter_mut().for_each(|chip| chip.spi = "/nowhere/spidev0.0".into());
    let slots = || vec![Slot::default(), Slot::default()];
    let error = open_daas(&profile.lines, Country::China, slots()).err().unwrap();
    assert!(matches!(error, DaaError::Spi { line: 1, .. }), "{error}");
    assert!(error.to_string().contains("/nowhere/spidev0.0"));
    profile.lines.chip[0].slot = 7;
    let error = open_daas(&profile.lines, Country::China, slots()).err().unwrap();
    assert!(error.to_string().contains("2 slots, and a chip is in slot 7"), "{error}");
}

#[test]
fn a_card_without_ports_has_nothing_to_wait_for() {
    let mut card = DaaCard::<Open, Slot>::start(Vec::new(), None).unwrap();
    assert_eq!((card.ports(), card.wait()), (0, Ok(())));
    assert!(card.port(0).is_none());
}
