//! The line machine against an exchange in software, in virtual time.

#[cfg(test)]
mod bench;
mod faults;
mod incoming;
#[cfg(test)]
mod learning;
mod outgoing;
mod release;
mod sound;
#[cfg(test)]
mod testing;
