//! Sound by ALSA: the audio half of a DAA card, handsets, line taps and a monitor loudspeaker.
//!
//! * [`TdmDevice`] opens the I2S or TDM bus of a card with Si3050s: one capture and one playback
//!   stream at 8 kHz, a channel for each slot. Each port gets a [`Slot`], which is a [`line::Pcm`];
//!   the bus is the lines' clock, so nothing is resampled and every sample is the wire's own.
//! * [`Microphone`] and [`Speaker`] are sound cards with clocks of their own, 8 to 192 kHz, brought to
//!   the lines' clock by [`elastic`]: a [`Handset`] is a [`call::Station`] over both, a [`Vox`] tells
//!   when a tapped line is in use, a [`Monitor`] plays what a line's two sides say.
//!
//! Promises:
//! * The thread of the lines never waits for a sound card. It waits for the TDM bus, which paces it,
//!   some blocks' time at most.
//! * An xrun is mended and counted, never an error; on the bus, what was missed comes as silence, so
//!   that samples keep counting time. A device that is gone is named and tried once a second.
//! * Two clocks that are up to 1000 ppm apart neither gap nor grow.
//! * What moves samples is apart from what decides ([`Highway`], [`pump`]); the deciding parts take
//!   time as an argument and are tested over hours of virtual time.
//!
//! ALSA's xruns come as EPIPE, ESTRPIPE and POLLERR (alsa-lib, `snd_pcm_wait`, `snd_pcm_readi`).

mod bus;
mod device;
mod drift;
mod elastic;
mod handset;
mod monitor;
pub mod pump;
mod sound;
mod tdm;
mod trouble;
mod vox;

pub use bus::{Bus, BusCounters, Highway, MOST_SLOTS, Slot};
pub use drift::{Drift, LIMIT_PPM};
pub use elastic::{Between, BetweenError, FILTER_MS, Flow, Inlet, Outlet, RATES, elastic};
pub use handset::{Acoustics, Handset, HandsetSettings, HandsetSwitch, Press, PressError};
pub use monitor::{Loudspeaker, Monitor, MonitorSwitch};
pub use sound::{Microphone, SoundSettings, Speaker, Standing, State, Watch};
pub use tdm::{TdmDevice, TdmSettings};
pub use trouble::{AudioError, Fault, Refused, Trouble, Way};
pub use vox::{Change, Vox, VoxSettingError, VoxSettings};
