//! The appliance on the real kernel driver: Debian's own DAHDI modules in a guest under qemu, with a
//! virtual analog card whose FXO ports are wired to FXS ports.
//!
//! `tests/dahdi/setup` makes the guest from Debian's packages, `tests/dahdi/boot` runs a folder with
//! a `test.sh` in it, on a virtual clock. In the guest the appliance drives the FXO ports, and the
//! programs of this crate stand behind the FXS ports: `central-office` is the exchange in software
//! ([`exchange`]) carried onto them by [`bridge`], and `line-figures` measures. [`boots`] runs a boot
//! and reads what came of it.

pub mod boots;
pub mod bridge;
pub mod fxs;
pub mod pattern;
