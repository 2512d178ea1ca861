//! The exact bytes and pins: what a logic analyser would show.

use embedded_hal_mock::eh1::delay::NoopDelay;
use embedded_hal_mock::eh1::digital::{Mock as Pin, State, Transaction as Level};
use embedded_hal_mock::eh1::spi::{Mock as Spi, Transaction};
use line::{BLOCK, Block, Hook, LineError, LineInterface, Pcm};
use si3050::bus::Bus;
use si3050::registers::Register;
use si3050::{Country, Port, Position, Reset, ResetAndInterrupt, Settings};

struct Silence;

impl Pcm for Silence {
    fn exchange(&mut self, _: &Block, from_line: &mut Block) -> Result<(), LineError> {
        *from_line = [0; BLOCK];
        Ok(())
    }
}

/// A byte with a chip select of its own.
fn sent(byte: u8) -> [Transaction<u8>; 3] {
    [Transaction::transaction_start(), Transaction::write(byte), Transaction::transaction_end()]
}

fn write(register: u8, value: u8) -> Vec<Transaction<u8>> {
    [sent(0x20), sent(register), sent(value)].concat()
}

fn read(register: u8, value: u8) -> Vec<Transaction<u8>> {
    let answer = [
        Transaction::transaction_start(),
        Transaction::read(value),
        Transaction::transaction_end(),
    ];
    [sent(0x60), sent(register), answer].concat()
}

/// Writes that are proved by reading back, on a chip that keeps them.
fn settle(register: u8, value: u8) -> Vec<Transaction<u8>> {
    [write(register, value), read(register, value)].concat()
}

/// From the first byte until the line side answers: a Si3019 for China, linear words in slot 1.
fn power_up() -> Vec<Transaction<u8>> {
    let mut all = [settle(36, 0x5a), settle(36, 0xa5)].concat();
    for (register, value) in [
        (34, 16),
        (35, 0),
        (36, 16),
        (37, 0),
        (33, 0x38),
        (16, 0x20),
        (17, 0),
        (18, 0),
        (22, 14),
        (23, 0x11),
        (24, 0x91),
        (26, 0xc0),
        (30, 10),
        (31, 0x22),
        (59, 0),
        (38, 0),
        (40, 0),
        (39, 0),
        (41, 0),
        (45, 0),
        (46, 0),
        (47, 0),
        (48, 0),
        (49, 0),
        (50, 0),
        (51, 0),
        (52, 0),
        (2, 0x87),
        (3, 0x2c),
        (6, 0),
    ] {
        all.extend(settle(register, value));
    }
    all.extend(read(12, 0));
    all.extend(read(12, 0x40));
    all.extend(read(11, 0x34));
    all.extend(settle(31, 0xa2));
    all.extend(write(5, 0x08));
    all.extend(read(4, 0x20));
    all.extend(write(4, 0xdf));
    all
}

#[test]
fn power_up_is_reset_settings_line_side_and_on_hook_monitor() {
    let mut spi = Spi::new(&[power_up(), write(5, 0x08)].concat());
    let mut reset = Pin::new(&[Level::set(State::Low), Level::set(State::High)]);
    let settings = Settings::new(Country::China, 1);
    let mut port = Port::new(spi.clone(), Reset(reset.clone()), Silence, settings);
    port.start(&mut NoopDelay::new()).unwrap();
    drop(port);
    spi.done();
    reset.done();
}

#[test]
fn a_block_on_hook_reads_hook_and_voltage_and_off_hook_the_current_too() {
    let on_hook = [read(5, 0x08), read(29, 48)].concat();
    let go_off = [read(17, 0), write(17, 0), write(5, 0x09)].concat();
    let off_hook = [read(5, 0x09), read(29, 6), read(28, 27)].concat();
    let protect = [read(17, 0), write(17, 0x08)].concat();
    let hang_up = write(5, 0x08);
    let three = [off_hook.clone(), off_hook.clone(), off_hook.clone()].concat();
    let all = [power_up(), on_hook, go_off, three, protect, off_hook, hang_up].concat();
    let mut spi = Spi::new(&all);
    let mut reset = Pin::new(&[Level::set(State::Low), Level::set(State::High)]);
    // The interrupt pin is high: nothing is pending, and the source register is left alone.
    let mut interrupt = Pin::new(&vec![Level::get(State::High); 5]);
    let pins = ResetAndInterrupt(reset.clone(), interrupt.clone());
    let mut port = Port::new(spi.clone(), pins, Silence, Settings::new(Country::China, 1));
    port.start(&mut NoopDelay::new()).unwrap();
    port.exchange(&[0; BLOCK], &mut [0; BLOCK]).unwrap();
    port.set_hook(Hook::Off).unwrap();
    for _ in 0..4 {
        port.exchange(&[0; BLOCK], &mut [0; BLOCK]).unwrap();
    }
    drop(port);
    spi.done();
    reset.done();
    interrupt.done();
}

#[test]
fn a_pending_interrupt_is_read_and_its_bit_alone_cleared() {
    let block = [read(5, 0x08), read(4, 0x01), write(4, 0xfe), read(29, 0xd0)].concat();
    let mut spi = Spi::new(&[power_up(), block, write(5, 0x08)].concat());
    let reset = Pin::new(&[Level::set(State::Low), Level::set(State::High)]);
    let interrupt = Pin::new(&[Level::get(State::Low)]);
    let (mut watched, mut pulled) = (reset.clone(), interrupt.clone());
    let pins = ResetAndInterrupt(reset, interrupt);
    let mut port = Port::new(spi.clone(), pins, Silence, Settings::new(Country::China, 1));
    port.start(&mut NoopDelay::new()).unwrap();
    port.exchange(&[0; BLOCK], &mut [0; BLOCK]).unwrap();
    drop(port);
    spi.done();
    watched.done();
    pulled.done();
}

#[test]
fn a_position_in_the_chain_stands_in_the_control_byte_and_a_broadcast_has_a_bit_of_its_own() {
    let expected = [sent(0x28), sent(33), sent(0x20), sent(0xa0), sent(33), sent(0x28)].concat();
    let mut spi = Spi::new(&expected);
    let mut bus = Bus::new(spi.clone(), Position::new(1).unwrap());
    bus.write(Register::PCM_SPI_MODE_SELECT, 0x20).unwrap();
    bus.broadcast(Register::PCM_SPI_MODE_SELECT, 0x28).unwrap();
    spi.done();
}
