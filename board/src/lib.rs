//! What a gateway's board has beside its processor, and what is done with it: lights, button,
//! watchdog, bypass relay, temperature, and the chips at the lines.
//!
//! * [`Profile`] says what a board has. It is data: TOML files in `board/profiles`, and anybody's own.
//! * [`Board`] decides, without I/O and with the time as an argument: from [`Facts`] to [`Outputs`].
//! * [`linux`] does: LED class, GPIO character devices or files, `/dev/watchdog`, thermal zones,
//!   spidev.
//!
//! Promises:
//! * The watchdog is fed only while calls can be recorded: the journal takes entries, and the thread
//!   of the lines is alive. A disk that is merely full does not starve it: a restart frees no space.
//! * The bypass relay is held only while the lines are served; a panic, an end, a thread that hangs, a
//!   power cut: each lets it fall, and the line goes through to the telephone behind it. Asked by the
//!   button, it falls when no call runs, so that none is cut.
//! * What a profile names and the machine does not have is told, and the rest works.

mod light;
pub mod linux;
mod profile;
mod state;

pub use light::Light;
pub use profile::{
    Button, Bypass, Chip, Driver, Leds, Lines, Pin, Profile, ProfileError, Temperature, Watchdog,
};
pub use state::{Board, Facts, Heat, LineUse, Order, Outputs, Recording};
