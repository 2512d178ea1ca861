//! The numbers of DAHDI's user interface: request codes, sizes, and what their integers mean.
//!
//! As in `include/dahdi/user.h` of DAHDI-Linux 2.11. A [`Request`] carries the size of its argument
//! in its type, so that no call can hand the kernel a buffer of another size. Codes and sizes are
//! checked against the header's when this crate is compiled: every one below was printed by a C
//! program that includes that header.

/// DAHDI's letter among the kernel's ioctls.
const DAHDI: u8 = 0xda;

/// One ioctl with an argument of `N` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<const N: usize>(u32);

impl<const N: usize> Request<N> {
    const fn read(number: u8) -> Self {
        Request(nix::request_code_read!(DAHDI, number, N) as u32)
    }

    const fn write(number: u8) -> Self {
        Request(nix::request_code_write!(DAHDI, number, N) as u32)
    }

    const fn both(number: u8) -> Self {
        Request(nix::request_code_readwrite!(DAHDI, number, N) as u32)
    }

    /// The code that the kernel knows it by.
    pub const fn code(self) -> u32 {
        self.0
    }
}

/// An argument that is one `int`.
pub const INT: usize = 4;

/// Makes an unbound descriptor a channel's.
pub const SPECIFY: Request<INT> = Request::write(38);
/// Samples in a block.
pub const SET_BLOCK_SIZE: Request<INT> = Request::write(1);
/// Throws away what is queued; see [`Flush`].
pub const FLUSH: Request<INT> = Request::write(3);
/// All about a channel.
pub const GET_PARAMS: Request<136> = Request::both(5);
/// Changes a channel's times.
pub const SET_PARAMS: Request<136> = Request::write(5);
/// The hook switch; see [`HookState`].
pub const HOOK: Request<INT> = Request::write(7);
/// Takes the oldest event.
pub const GET_EVENT: Request<INT> = Request::read(8);
/// All about a span.
pub const SPAN_STATUS: Request<314> = Request::both(10);
/// Sets a channel's signalling and law; on the control device.
pub const CHANNEL_CONFIG: Request<76> = Request::write(19);
/// Gives the kernel a country's tones and ringing.
pub const LOAD_ZONE: Request<112> = Request::write(25);
/// Which zone a channel uses.
pub const SET_TONE_ZONE: Request<INT> = Request::write(22);
/// How many buffers of which size, and when they are sent.
pub const SET_BUFFERS: Request<24> = Request::write(27);
/// Switches the channel's echo canceller: its taps, or 0.
pub const ECHO_CANCEL: Request<INT> = Request::write(33);
/// µ-law or A-law.
pub const SET_LAW: Request<INT> = Request::write(39);
/// Whether samples are linear.
pub const SET_LINEAR: Request<INT> = Request::write(40);
/// An FXS port sends audio on hook for so many ms.
pub const ON_HOOK_TRANSFER: Request<INT> = Request::write(51);
/// Version and echo canceller of the driver.
pub const GET_VERSION: Request<160> = Request::read(57);
/// Which echo canceller a channel has; on the control device.
pub const ATTACH_ECHO_CANCELLER: Request<20> = Request::write(59);
/// The analog gain, where the chip has one.
pub const SET_HARDWARE_GAIN: Request<8> = Request::write(86);
/// An FXS port turns tip and ring round.
pub const SET_POLARITY: Request<INT> = Request::write(92);
/// An FXS port lights the lamp of so many waiting messages.
pub const MESSAGES_WAITING: Request<INT> = Request::both(94);
/// By which means it does.
pub const MESSAGES_WAITING_CONFIG: Request<INT> = Request::write(95);
/// Starts a span; on the control device.
pub const STARTUP: Request<INT> = Request::write(99);
/// Whether lost blocks become events.
pub const BUFFER_EVENTS: Request<INT> = Request::write(105);

const _: () = {
    assert!(SPECIFY.code() == 0x4004_da26);
    assert!(SET_BLOCK_SIZE.code() == 0x4004_da01);
    assert!(FLUSH.code() == 0x4004_da03);
    assert!(GET_PARAMS.code() == 0xc088_da05);
    assert!(SET_PARAMS.code() == 0x4088_da05);
    assert!(HOOK.code() == 0x4004_da07);
    assert!(GET_EVENT.code() == 0x8004_da08);
    assert!(SPAN_STATUS.code() == 0xc13a_da0a);
    assert!(CHANNEL_CONFIG.code() == 0x404c_da13);
    assert!(LOAD_ZONE.code() == 0x4070_da19);
    assert!(SET_TONE_ZONE.code() == 0x4004_da16);
    assert!(SET_BUFFERS.code() == 0x4018_da1b);
    assert!(ECHO_CANCEL.code() == 0x4004_da21);
    assert!(SET_LAW.code() == 0x4004_da27);
    assert!(SET_LINEAR.code() == 0x4004_da28);
    assert!(ON_HOOK_TRANSFER.code() == 0x4004_da33);
    assert!(GET_VERSION.code() == 0x80a0_da39);
    assert!(ATTACH_ECHO_CANCELLER.code() == 0x4014_da3b);
    assert!(SET_HARDWARE_GAIN.code() == 0x4008_da56);
    assert!(SET_POLARITY.code() == 0x4004_da5c);
    assert!(MESSAGES_WAITING.code() == 0xc004_da5e);
    assert!(MESSAGES_WAITING_CONFIG.code() == 0x4004_da5f);
    assert!(STARTUP.code() == 0x4004_da63);
    assert!(BUFFER_EVENTS.code() == 0x4004_da69);
};

/// What the hook switch can be told (`DAHDI_ONHOOK` and on). On an FXS port it speaks of the
/// telephone: `Ring` rings it, `OnHook` drops the battery for half a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum HookState {
    /// Loop open.
    OnHook = 0,
    /// Loop closed.
    OffHook = 1,
    /// Loop opened for the channel's flash time, and closed again.
    Flash = 3,
    /// Ringing, in the zone's cadence.
    Ring = 5,
    /// No ringing.
    RingOff = 6,
}

/// How a channel signals (`DAHDI_SIG_*`). A port is signalled as what it faces: an FXO port as FXS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Signalling {
    /// FXO port, loop start: the exchange's battery tells nothing.
    FxsLoopStart = 0x2001,
    /// FXO port, kewlstart: the exchange drops the battery when the caller is gone.
    FxsKewlstart = 0x2004,
    /// FXS port, kewlstart: we are the exchange.
    FxoKewlstart = 0x1020,
}

impl Signalling {
    /// The bit that all FXO ports' signallings share.
    pub const FXS: i32 = 0x2000;
}

/// How samples are coded between driver and card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i32)]
pub enum Law {
    /// As the card's driver has it.
    #[default]
    Default = 0,
    /// µ-law.
    MuLaw = 1,
    /// A-law.
    ALaw = 2,
}

/// What [`FLUSH`] throws away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Flush {
    /// What was received.
    Read = 1,
    /// What is to be sent.
    Write = 2,
    /// All, events too.
    All = 7,
}

/// The alarm of a line without battery.
pub const ALARM_RED: i32 = 8;

/// `read` and `write` answer with this as long as events are queued.
pub const ELAST: i32 = 500;
