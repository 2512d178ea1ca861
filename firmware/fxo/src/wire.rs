//! What the wire did, without its chatter: rings, battery and polarity, debounced.
//!
//! Raw events come with the port's sample count; here they are brought onto the machine's clock.
//! While we open the loop ourselves (a flash, dial pulses, the hook itself) what is seen of battery
//! and polarity is our own doing, and the wire is [`Wire::blank`].

use call::Samples;
use line::{LineEvent, Signal};

/// Ringing whose pauses are shorter than this is one ring: at 16 Hz a detector that follows the
/// voltage sees some 30 ms between its halves; the shortest pause of a cadence is 200 ms (UK).
const RING_GAP: Samples = Samples::from_ms(120);

/// Something that certainly happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// A ring has lasted long enough to be one; it began at `began`.
    Ring { began: Samples },
    /// That ring is over; its last voltage was seen at `ended`.
    RingOver { ended: Samples },
    /// Ringing voltage was there, too short for a ring.
    ShortRing,
    /// Polarity changed at `at`, and stayed.
    Reversed { at: Samples },
    /// Polarity changed and went back at once.
    ReversedBriefly,
    /// Battery came back; it had been away since `since`, for `lasted`.
    BatteryBack { since: Samples, lasted: Samples },
}

/// How long things must last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Debounce {
    pub(crate) ring: Samples,
    pub(crate) polarity: Samples,
}

/// One port's wire.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    debounce: Debounce,
    /// The machine's clock less the port's; `None` until the first event.
    offset: Option<i128>,
    ring: Option<Ring>,
    ring_told: bool,
    reversed: bool,
    steady: bool,
    polarity_since: Samples,
    lost_since: Option<Samples>,
    back_since: Samples,
    blank_until: Samples,
}

#[derive(Clone, Copy, Debug)]
struct Ring {
    began: Samples,
    /// When the voltage went off; `None` while it is on.
    off: Option<Samples>,
}

impl Wire {
    pub(crate) fn new(debounce: Debounce) -> Self {
        Wire {
            debounce,
            offset: None,
            ring: None,
            ring_told: false,
            reversed: false,
            steady: false,
            polarity_since: Samples::ZERO,
            lost_since: None,
            back_since: Samples::ZERO,
            blank_until: Samples::ZERO,
        }
    }

    /// Whether there is ringing voltage, be it for how short.
    pub(crate) fn rings(&self) -> bool {
        self.ring.is_some()
    }

    /// How long battery (or loop current) has been away.
    pub(crate) fn without_battery(&self, now: Samples) -> Samples {
        self.lost_since.map_or(Samples::ZERO, |since| now.since(since.max(self.blank_until)))
    }

    /// How long battery has been there.
    pub(crate) fn with_battery(&self, now: Samples) -> Samples {
        if self.lost_since.is_some() { Samples::ZERO } else { now.since(self.back_since) }
    }

    /// When battery went away.
    pub(crate) fn battery_lost_at(&self) -> Option<Samples> {
        self.lost_since.map(|since| since.max(self.blank_until))
    }

    /// We disturb the wire ourselves until `until`.
    pub(crate) fn blank(&mut self, until: Samples) {
        self.blank_until = self.blank_until.max(until);
    }

    /// A call begins: its polarity is what it is now.
    pub(crate) fn settle_polarity(&mut self) {
        self.steady = self.reversed;
    }

    /// Takes one raw event of the block that lies between `start` and `end`.
    pub(crate) fn take(
        &mut self,
        event: LineEvent,
        start: Samples,
        end: Samples,
        news: &mut impl FnMut(News),
    ) {
        let at = self.on_our_clock(event.at, start, end);
        match event.what {
            Signal::RingOn => match &mut self.ring {
                Some(ring) => ring.off = None,
                None => self.ring = Some(Ring { began: at, off: None }),
            },
            Signal::RingOff => {
                if let Some(ring) = &mut self.ring {
                    ring.off = Some(at);
                }
            }
            Signal::PolarityReversed => {
                let brief = self.reversed != self.steady;
                self.reversed = !self.reversed;
                if at < self.blank_until {
                    self.steady = self.reversed;
                } else if brief {
                    news(News::ReversedBriefly);
                }
                self.polarity_since = at;
            }
            Signal::BatteryLost => self.lost_since = self.lost_since.or(Some(at)),
            Signal::BatteryPresent => {
                if let Some(since) = self.battery_lost_at()
                    && at > since
                {
                    news(News::BatteryBack { since, lasted: at.since(since) });
                }
                self.lost_since = None;
                self.back_since = at;
            }
        }
    }

    /// Time has passed up to `now`.
    pub(crate) fn pass(&mut self, now: Samples, news: &mut impl FnMut(News)) {
        if let Some(ring) = self.ring {
            let seen = ring.off.unwrap_or(now);
            if !self.ring_told && seen.since(ring.began) >= self.debounce.ring {
                self.ring_told = true;
                news(News::Ring { began: ring.began });
            }
            if let Some(off) = ring.off
                && now.since(off) >= RING_GAP
            {
                news(if self.ring_told { News::RingOver { ended: off } } else { News::ShortRing });
                self.ring = None;
                self.ring_told = false;
            }
        }
        if self.reversed != self.steady && now.since(self.polarity_since) >= self.debounce.polarity
        {
            self.steady = self.reversed;
            news(News::Reversed { at: self.polarity_since });
        }
    }

    /// The port's count as an instant within the block. A count that fits no more (the card came
    /// back and counts anew) is taken for the block's end, and what follows is counted from there.
    fn on_our_clock(&mut self, port: u64, start: Samples, end: Samples) -> Samples {
        let place = |offset: i128| i128::from(port) + offset;
        let earliest = i128::from(start.0) - i128::from(end.since(start).0);
        if let Some(offset) = self.offset
            && (earliest..=i128::from(end.0)).contains(&place(offset))
        {
            return Samples(u64::try_from(place(offset)).unwrap_or(end.0));
        }
        // The two clocks usually are one.
        let same = (earliest..=i128::from(end.0)).contains(&i128::from(port));
        self.offset = Some(if same { 0 } else { i128::from(end.0) - i128::from(port) });
        if same { Samples(port) } else { end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds raw events at their ms, and gives the news with the ms at which they came out.
    fn run(events: &[(u64, Signal)], until_ms: u64) -> Vec<(u64, News)> {
        let debounce = Debounce { ring: Samples::from_ms(64), polarity: Samples::from_ms(40) };
        let mut wire = Wire::new(debounce);
        let mut events = events.iter().copied().peekable();
        let mut seen = Vec::new();
        for ms in (0..until_ms).step_by(10) {
            let (start, end) = (Samples::from_ms(ms), Samples::from_ms(ms + 10));
            let mut news = |news| seen.push((ms + 10, news));
            while let Some((at, what)) = events.next_if(|(at, _)| *at < ms + 10) {
                wire.take(LineEvent { at: at * 8, what }, start, end, &mut news);
            }
            wire.pass(end, &mut news);
        }
        seen
    }

    #[test]
    fn ringing_shorter_than_the_debounce_is_no_ring() {
        use Signal::{RingOff, RingOn};
        let news = run(&[(100, RingOn), (150, RingOff)], 1000);
        assert_eq!(news, [(270, News::ShortRing)]);
    }

    #[test]
    fn a_detector_that_follows_the_ringing_voltage_gives_one_ring() {
        let mut events = Vec::new();
        for half in 0..40 {
            let what = if half % 2 == 0 { Signal::RingOn } else { Signal::RingOff };
            events.push((100 + half * 25, what));
        }
        let news = run(&events, 2000);
        let began = Samples::from_ms(100);
        let ended = Samples::from_ms(1075);
        assert_eq!(news, [(170, News::Ring { began }), (1200, News::RingOver { ended })]);
    }

    #[test]
    fn polarity_that_flickers_is_no_reversal() {
        let reversed = Signal::PolarityReversed;
        let news = run(&[(100, reversed), (120, reversed), (500, reversed)], 1000);
        let at = Samples::from_ms(500);
        assert_eq!(news, [(130, News::ReversedBriefly), (540, News::Reversed { at })]);
    }

    #[test]
    fn battery_that_goes_and_comes_tells_for_how_long() {
        let events = [(100, Signal::BatteryLost), (350, Signal::BatteryPresent)];
        let lasted = Samples::from_ms(250);
        let since = Samples::from_ms(100);
        assert_eq!(run(&events, 1000), [(360, News::BatteryBack { since, lasted })]);
    }

    #[test]
    fn a_card_that_counts_anew_is_followed() {
        let mut wire =
            Wire::new(Debounce { ring: Samples::from_ms(64), polarity: Samples::from_ms(40) });
        let (start, end) = (Samples(80_000), Samples(80_080));
        let at = wire.on_our_clock(7, start, end);
        assert_eq!(at, end);
        assert_eq!(wire.on_our_clock(87, end, Samples(80_160)), Samples(80_160));
        assert_eq!(wire.on_our_clock(u64::MAX, end, Samples(80_160)), Samples(80_160));
    }
}
