//! The structures that pass between the kernel and us, byte for byte.
//!
//! Offsets are those of `struct dahdi_*` in `include/dahdi/user.h` of DAHDI-Linux 2.11 on a machine
//! with 32-bit `int`; integers are in the machine's own order. Whatever the kernel puts into them,
//! reading does not fail and does not panic.

use crate::abi::{ALARM_RED, Law, Signalling};

/// `struct dahdi_params`: all about a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params([u8; 136]);

impl Params {
    const CHANNEL: usize = 0;
    const SPAN: usize = 4;
    const SIGNALLING: usize = 12;
    const CAPABILITIES: usize = 16;
    const RECEIVED: usize = 36;
    const PRE_FLASH_MS: usize = 92;
    const FLASH_MS: usize = 100;
    const DEBOUNCE_MS: usize = 116;
    const ALARMS: usize = 132;

    /// Asks for a channel, counted from 1.
    pub fn of(channel: u32) -> Self {
        let mut bytes = [0; 136];
        put(&mut bytes, Self::CHANNEL, channel.cast_signed());
        Params(bytes)
    }

    /// What the kernel wrote.
    pub fn from_bytes(bytes: [u8; 136]) -> Self {
        Params(bytes)
    }

    /// The bytes, for the kernel to read and write.
    pub fn bytes_mut(&mut self) -> &mut [u8; 136] {
        &mut self.0
    }

    /// The channel's number.
    pub fn channel(&self) -> i32 {
        int(&self.0, Self::CHANNEL)
    }

    /// The span that it belongs to; 0: none.
    pub fn span(&self) -> i32 {
        int(&self.0, Self::SPAN)
    }

    /// As what it is signalled; see [`Signalling`]. 0: not configured.
    pub fn signalling(&self) -> i32 {
        int(&self.0, Self::SIGNALLING)
    }

    /// Whether it can be signalled as a port that faces an exchange.
    pub fn is_fxo(&self) -> bool {
        int(&self.0, Self::CAPABILITIES) & Signalling::FXS != 0
    }

    /// What the card sees on the wire now.
    pub fn received(&self) -> Received {
        match int(&self.0, Self::RECEIVED) {
            0 => Received::NoBattery,
            1 | 2 => Received::Battery,
            3 => Received::Ringing,
            _ => Received::Unknown,
        }
    }

    /// Whether the card raised the alarm of a line without battery.
    pub fn red_alarm(&self) -> bool {
        int(&self.0, Self::ALARMS) & ALARM_RED != 0
    }

    /// Sets how long the loop stays closed before a flash, and open in it.
    pub fn set_flash(&mut self, before_ms: u16, ms: u16) {
        put(&mut self.0, Self::PRE_FLASH_MS, i32::from(before_ms));
        put(&mut self.0, Self::FLASH_MS, i32::from(ms));
    }

    /// How long the loop is open in a flash, in ms.
    pub fn flash_ms(&self) -> i32 {
        int(&self.0, Self::FLASH_MS)
    }

    /// Sets for how long after the loop was closed the driver takes no notice.
    pub fn set_debounce(&mut self, ms: u16) {
        put(&mut self.0, Self::DEBOUNCE_MS, i32::from(ms));
    }
}

/// What an FXO port sees on its wire (`enum dahdi_rxsig`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// No battery, or no loop current.
    NoBattery,
    /// Battery, or loop current.
    Battery,
    /// Ringing voltage.
    Ringing,
    /// Nothing was looked at yet, or the card does not tell.
    Unknown,
}

/// `struct dahdi_spaninfo`, packed: what a card is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanStatus([u8; 314]);

impl SpanStatus {
    const NUMBER: usize = 0;
    const DEVICE: usize = 260;

    /// Asks for a span, counted from 1.
    pub fn of(span: i32) -> Self {
        let mut bytes = [0; 314];
        put(&mut bytes, Self::NUMBER, span);
        SpanStatus(bytes)
    }

    /// What the kernel wrote.
    pub fn from_bytes(bytes: [u8; 314]) -> Self {
        SpanStatus(bytes)
    }

    /// The bytes, for the kernel to read and write.
    pub fn bytes_mut(&mut self) -> &mut [u8; 314] {
        &mut self.0
    }

    /// What the card's maker calls it.
    pub fn device(&self) -> String {
        text(&self.0, Self::DEVICE, 40)
    }
}

/// `struct dahdi_versioninfo`: the driver's version. 80 bytes of it, then 80 of the echo canceller.
pub fn version(bytes: &[u8; 160]) -> String {
    text(bytes, 0, 80)
}

/// `struct dahdi_chanconfig`: a channel is its own master.
pub fn channel_config(channel: u32, signalling: Signalling, law: Law) -> [u8; 76] {
    let mut bytes = [0; 76];
    put(&mut bytes, 0, channel.cast_signed());
    put(&mut bytes, 44, signalling as i32);
    put(&mut bytes, 48, law as i32);
    put(&mut bytes, 52, channel.cast_signed());
    bytes
}

/// `struct dahdi_bufferinfo`: so many buffers each way, sent and handed over at once.
pub fn buffers(count: u8, samples: u16) -> [u8; 24] {
    let mut bytes = [0; 24];
    put(&mut bytes, 8, i32::from(count));
    put(&mut bytes, 12, i32::from(samples));
    bytes
}

/// `struct dahdi_attach_echocan`: a canceller's name for a channel; empty: none. A name longer than
/// the field is cut, and then the kernel does not know it.
pub fn echo_canceller(channel: u32, name: &str) -> [u8; 20] {
    let mut bytes = [0; 20];
    put(&mut bytes, 0, channel.cast_signed());
    let room = &mut bytes[4..19];
    let length = name.len().min(room.len());
    room[..length].copy_from_slice(&name.as_bytes()[..length]);
    bytes
}

/// `struct dahdi_hwgain`: tenths of a decibel, and which way.
pub fn hardware_gain(tenths: i16, to_line: bool) -> [u8; 8] {
    let mut bytes = [0; 8];
    put(&mut bytes, 0, i32::from(tenths));
    put(&mut bytes, 4, i32::from(to_line));
    bytes
}

/// `struct dahdi_tone_def_header` of a zone without tones: ringing on and off, in ms.
pub fn ringing_zone(zone: i32, cadence: [i32; 2]) -> [u8; 112] {
    let mut bytes = [0; 112];
    put(&mut bytes, 4, zone);
    put(&mut bytes, 8, cadence[0]);
    put(&mut bytes, 12, cadence[1]);
    bytes[72..79].copy_from_slice(b"ringing");
    bytes
}

fn int<const N: usize>(bytes: &[u8; N], at: usize) -> i32 {
    let field = bytes.get(at..at + 4).and_then(|field| field.try_into().ok());
    field.map_or(0, i32::from_ne_bytes)
}

fn put<const N: usize>(bytes: &mut [u8; N], at: usize, value: i32) {
    if let Some(field) = bytes.get_mut(at..at + 4) {
        field.copy_from_slice(&value.to_ne_bytes());
    }
}

/// Text up to its first NUL; what is no UTF-8 is replaced.
fn text(bytes: &[u8], at: usize, room: usize) -> String {
    let field = bytes.get(at..at + room).unwrap_or_default();
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    /// An FXO port of a running card, as the kernel of DAHDI 2.11.1 gave it.
    const PARAMS: &[u8; 136] = include_bytes!("../testing/params-fxo.bin");

    #[test]
    fn what_the_kernel_said_of_a_port_is_read_field_by_field() {
        let params = Params::from_bytes(*PARAMS);
        assert_eq!((params.channel(), params.span()), (1, 1));
        assert_eq!(params.signalling(), Signalling::FxsKewlstart as i32);
        assert_eq!(params.received(), Received::Battery);
        assert_eq!((params.is_fxo(), params.red_alarm(), params.flash_ms()), (true, false, 750));
    }

    /// The span of that port.
    const SPAN: &[u8; 314] = include_bytes!("../testing/span-status.bin");

    #[test]
    fn what_the_kernel_said_of_a_card_and_itself_is_read() {
        assert_eq!(SpanStatus::from_bytes(*SPAN).device(), "Virtual FXO+FXS pair");
        let mut bytes = [0; 160];
        bytes[..6].copy_from_slice(b"2.11.1");
        assert_eq!(version(&bytes), "2.11.1");
    }

    #[test]
    fn a_flash_s_length_and_nothing_else_changes() {
        let mut params = Params::from_bytes(*PARAMS);
        params.set_flash(1, 100);
        let changed: Vec<usize> =
            (0..136).filter(|&at| params.bytes_mut()[at] != PARAMS[at]).collect();
        assert_eq!(changed, [92, 100, 101]);
        assert_eq!(params.flash_ms(), 100);
    }

    #[test]
    fn what_is_told_to_the_kernel_has_its_golden_bytes() {
        let config = channel_config(3, Signalling::FxsKewlstart, Law::ALaw);
        let mut expected = [0; 76];
        (expected[0], expected[44], expected[45]) = (3, 0x04, 0x20);
        (expected[48], expected[52]) = (2, 3);
        assert_eq!(config, expected);

        let mut expected = [0; 24];
        (expected[8], expected[12]) = (6, 80);
        assert_eq!(buffers(6, 80), expected);

        assert_eq!(&echo_canceller(2, "oslec"), b"\x02\0\0\0oslec\0\0\0\0\0\0\0\0\0\0\0");
        assert_eq!(echo_canceller(2, "a name that is too long")[19], 0);
        assert_eq!(hardware_gain(-35, true), [0xdd, 0xff, 0xff, 0xff, 1, 0, 0, 0]);

        let zone = ringing_zone(31, [1_000, 4_000]);
        assert_eq!(&zone[..16], b"\0\0\0\0\x1f\0\0\0\xe8\x03\0\0\xa0\x0f\0\0");
        assert_eq!(&zone[72..80], b"ringing\0");
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_kernel_writes_is_read(bytes: [u8; 32], start in 0usize..300) {
            let mut status = [0xff; 314];
            for (at, byte) in status.iter_mut().skip(start).zip(bytes) {
                *at = byte;
            }
            let params: [u8; 136] = std::array::from_fn(|at| status[at]);
            let params = Params::from_bytes(params);
            let _ = (params.received(), params.is_fxo(), params.red_alarm());
            assert!(SpanStatus::from_bytes(status).device().chars().count() <= 40);
        }
    }
}
