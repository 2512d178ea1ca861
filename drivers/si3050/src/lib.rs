//! An FXO port of a Silicon Labs (Skyworks) Si3050 with a Si3018 or Si3019 line side: control over
//! SPI, audio over a PCM highway.
//!
//! [`Port`] is a [`line::LineInterface`]. It takes an SPI device and pins by embedded-hal, and its
//! audio as a [`line::Pcm`], so that a microcontroller can use it as well as Linux. It is `no_std`,
//! allocates nothing and never waits, [`Port::start`] excepted.
//!
//! | module | is |
//! |---|---|
//! | [`registers`] | the register file: numbers, names, bits |
//! | [`bus`] | the SPI protocol |
//! | [`country`] | what each country asks of the line's termination |
//! | [`settings`] | what a board decides, as register values |
//! | [`chip`] | the chip as an instrument |
//! | [`watch`] | from readings to events; pure |
//! | [`port`] | power-up, hook switch, faults |
//! | [`pins`], [`fault`] | the two pins; what can be wrong |
//!
//! Promises:
//! * On hook the line is heard (ONHM), so caller ID before and between rings comes through.
//! * Dropping a port, and every fault, opens the loop: by register, or else by the reset pin.
//! * A bus that answers only zeros or ones, a register that does not keep what was written, a line
//!   side that does not answer, a chip that restarts: each is told as what it is ([`Fault`]), and the
//!   port comes back by itself. Nothing loops without an end.
//!
//! # What could not be verified
//! No chip was at hand, and the data sheet only in parts. To be checked on the first board, in this
//! order: the broadcast bit and the order of the position's bits in a chain ([`bus`]); the country
//! table ([`country`]); how long the line side's link takes (1 s is waited, the kernel's drivers wait
//! 2 s); whether RDTP and RDTN show raw voltage while RNGV is on (assumed: yes, and RDT the validated
//! ring); which direction TX names in the gain registers (assumed: to the line); 1.1 mA a step of
//! LCS2, 1 V a step of LVS.

#![no_std]

pub mod bus;
pub mod chip;
pub mod country;
pub mod fault;
pub mod pins;
pub mod port;
pub mod registers;
pub mod settings;
pub mod watch;

pub use bus::Position;
pub use chip::LineSide;
pub use country::Country;
pub use fault::Fault;
pub use pins::{Pins, Reset, ResetAndInterrupt, Unwired};
pub use port::Port;
pub use settings::{Format, Gain, Highway, Parallel, RingDetector, Settings};
