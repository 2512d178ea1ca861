//! The events that a channel queues (`DAHDI_EVENT_*` of `include/dahdi/user.h`).

/// One event. What it means depends on the port: [`Event::RingOffHook`] is the end of a ring at an
/// FXO port, and a telephone that was taken up at an FXS port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// FXO: battery or loop current went away. FXS: the telephone was hung up.
    OnHook,
    /// FXO: a ring is over. FXS: the telephone was taken up.
    RingOffHook,
    /// FXS: a hook flash.
    Flash,
    /// An alarm came up, or changed.
    Alarm,
    /// No alarm any more.
    NoAlarm,
    /// FXS: ringing voltage is on.
    RingerOn,
    /// FXS: ringing voltage is off.
    RingerOff,
    /// A flash of ours is done.
    HookComplete,
    /// FXS: the first break of a pulsed digit.
    PulseStart,
    /// FXO: tip and ring changed places.
    Polarity,
    /// FXO: a ring began.
    RingBegin,
    /// The card is being pulled, or its driver unloaded.
    Removed,
    /// FXO: the lamp of waiting messages went on or off.
    MessagesWaiting(bool),
    /// Received samples were lost: they were not read in time.
    ReadOverrun,
    /// Silence was sent: nothing was written in time.
    WriteUnderrun,
    /// FXS: a digit was dialled in pulses.
    PulseDigit(char),
    /// Anything else; this driver does without.
    Other(i32),
}

impl Event {
    /// What the kernel's number means; `None`: there is no event.
    pub fn decode(code: i32) -> Option<Event> {
        const PULSE_DIGIT: i32 = 1 << 16;
        Some(match code {
            0 => return None,
            1 => Event::OnHook,
            2 => Event::RingOffHook,
            3 => Event::Flash,
            4 => Event::Alarm,
            5 => Event::NoAlarm,
            10 => Event::RingerOn,
            11 => Event::RingerOff,
            12 => Event::HookComplete,
            14 => Event::PulseStart,
            17 => Event::Polarity,
            18 => Event::RingBegin,
            20 => Event::Removed,
            21 => Event::MessagesWaiting(true),
            22 => Event::MessagesWaiting(false),
            29 => Event::ReadOverrun,
            30 => Event::WriteUnderrun,
            other => match u8::try_from(other ^ PULSE_DIGIT) {
                Ok(digit @ (b'0'..=b'9' | b'*' | b'#')) => Event::PulseDigit(char::from(digit)),
                _ => Event::Other(other),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_numbers_have_their_meaning() {
        assert_eq!(Event::decode(0), None);
        assert_eq!(Event::decode(17), Some(Event::Polarity));
        assert_eq!(Event::decode(0x1_0000 | 0x37), Some(Event::PulseDigit('7')));
        assert_eq!(Event::decode(0x2_0000 | 0x37), Some(Event::Other(0x2_0037)));
        assert_eq!(Event::decode(-1), Some(Event::Other(-1)));
    }

    proptest::proptest! {
        #[test]
        fn no_number_but_nought_is_no_event(code: i32) {
            assert_eq!(Event::decode(code).is_none(), code == 0);
        }
    }
}
