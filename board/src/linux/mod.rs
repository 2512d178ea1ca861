//! The board on Linux: thin shells over files and devices. Where they lie is an argument, so that a
//! test can put a folder in the place of `/sys`.

mod card;
mod leds;
mod pin;
mod shell;
mod thermal;
mod watchdog;

pub use card::{DaaCard, DaaError, Paced, open_daas};
pub use leds::Led;
pub use pin::{Input, Output, PinError};
pub use shell::{Inputs, Places, Shell};
pub use thermal::Thermometer;
pub use watchdog::{Feeder, WatchdogError};
