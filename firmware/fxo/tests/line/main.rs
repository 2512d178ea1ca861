//! The line machine against an exchange in software, in virtual time.

mod bench;
mod faults;
mod incoming;
mod outgoing;
mod release;
mod sound;
