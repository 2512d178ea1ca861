//! The line machine against an exchange in software, in virtual time.

#[cfg(test)]
mod bench;
mod faults;
mod incoming;
mod outgoing;
mod release;
mod sound;
