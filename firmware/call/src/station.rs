//! The agent's side: a handset, a SIP phone, a browser.

use crate::{CallerId, Cause, Number};

/// What the person at a station asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StationRequest {
    /// Place a call.
    Dial(Number),
    /// Answer the call that rings here.
    Answer,
    /// Send DTMF digits.
    SendDigits(String),
    /// Give the line a hook flash.
    Flash,
    /// End the call, or stop placing it.
    HangUp,
}

/// What a station is told of its call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StationNews {
    /// A call rings here.
    Ringing(CallerId),
    /// The far end is being rung.
    Alerting,
    /// The parties can talk.
    Connected,
    /// The call is over, and why.
    Released(Cause),
}

/// One agent's station. The call engine moves audio through it block by block, in step with the
/// line; what rings it and what it asks for pass between blocks.
pub trait Station: Send {
    /// The name that records and the page show, as configured.
    fn name(&self) -> &str;

    /// Moves one block: `heard` (what the agent hears) in, `spoken` (what they say) out.
    /// Both are linear 16-bit samples at 8 kHz, of one length. Called also while no call stands,
    /// with silence, so that a station has a clock.
    fn exchange(&mut self, heard: &[i16], spoken: &mut [i16]);

    /// The next thing the person wants, if any.
    fn next_request(&mut self) -> Option<StationRequest>;

    /// Tells the station what became of its call.
    fn tell(&mut self, news: StationNews);
}
