//! The chip's SPI protocol.
//!
//! A register is reached by three bytes, each framed by chip select of its own: control, register
//! number, data. So each byte is one transaction of the [`SpiDevice`], in mode 3 (SCLK idles high,
//! which at the end of reset also selects SPI instead of GCI), most significant bit first.
//!
//! The control byte is `BRCT R/W̅ 1 0 CID[0..3]`. Up to 16 chips hang in a chain on one chip select;
//! each lets the byte pass with the position counted down, so the position is sent with its lowest
//! bit first. Single chips are at position 0. The bytes 0x20 and 0x60 for position 0 are what every
//! public driver sends; the broadcast bit and the bit order of further positions could not be
//! verified, and want a look with two chips before they are relied on.

use crate::fault::Fault;
use crate::registers::Register;
use embedded_hal::spi::{Error, SpiDevice};

const BROADCAST: u8 = 1 << 7;
const READ: u8 = 1 << 6;
const ALWAYS: u8 = 1 << 5;

/// A chip's place in the chain on its chip select, 0 to 15.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position(u8);

impl Position {
    /// The only chip, or the first of a chain.
    pub const FIRST: Position = Position(0);

    /// A place in the chain; `None` beyond 15.
    pub const fn new(place: u8) -> Option<Position> {
        if place < 16 { Some(Position(place)) } else { None }
    }

    /// The field CID of the control byte: lowest bit first.
    const fn cid(self) -> u8 {
        self.0.reverse_bits() >> 4
    }
}

/// One chip's registers over SPI.
#[derive(Debug)]
pub struct Bus<SPI> {
    spi: SPI,
    position: Position,
}

impl<SPI: SpiDevice> Bus<SPI> {
    /// The chip at a position of the chain on this chip select.
    pub fn new(spi: SPI, position: Position) -> Self {
        Bus { spi, position }
    }

    /// Reads a register.
    pub fn read(&mut self, register: Register) -> Result<u8, Fault> {
        self.send(READ | ALWAYS | self.position.cid())?;
        self.send(register.0)?;
        let mut answer = [0];
        self.spi.read(&mut answer).map_err(|error| Fault::Bus(error.kind()))?;
        Ok(answer[0])
    }

    /// Writes a register.
    pub fn write(&mut self, register: Register, value: u8) -> Result<(), Fault> {
        self.send(ALWAYS | self.position.cid())?;
        self.send(register.0)?;
        self.send(value)
    }

    /// Writes a register of every chip of the chain.
    pub fn broadcast(&mut self, register: Register, value: u8) -> Result<(), Fault> {
        self.send(BROADCAST | ALWAYS)?;
        self.send(register.0)?;
        self.send(value)
    }

    /// Writes a register and proves that the bits of `mask` were taken.
    pub fn settle(&mut self, register: Register, value: u8, mask: u8) -> Result<(), Fault> {
        self.write(register, value)?;
        let read = self.read(register)?;
        if (read ^ value) & mask == 0 {
            Ok(())
        } else {
            Err(Fault::Disagrees { register, wrote: value, read })
        }
    }

    fn send(&mut self, byte: u8) -> Result<(), Fault> {
        self.spi.write(&[byte]).map_err(|error| Fault::Bus(error.kind()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_sent_with_its_lowest_bit_first() {
        let cid = |place| Position::new(place).unwrap().cid();
        assert_eq!([cid(0), cid(1), cid(2), cid(3), cid(8), cid(15)], [0, 8, 4, 12, 1, 15]);
        assert_eq!(Position::new(16), None);
    }
}
