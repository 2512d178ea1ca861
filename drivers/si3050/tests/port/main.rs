//! The driver on the model of the chip, over a bus that can be broken.

mod bench;
mod chain;
mod faults;
mod machine;
mod on_the_line;
