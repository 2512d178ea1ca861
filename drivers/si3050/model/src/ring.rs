//! Ringing voltage, and what the chip's ring detector makes of it.

/// Ringing as the exchange sends it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ring {
    /// Its frequency in Hz.
    pub hz: f64,
    /// Its voltage.
    pub volts_rms: f64,
}

impl Ring {
    /// The voltage so many µs after it began.
    pub(crate) fn volts(self, since_us: u64) -> f64 {
        let turns = self.hz * since_us as f64 / 1e6;
        self.volts_rms * f64::sqrt(2.0) * (turns * std::f64::consts::TAU).sin()
    }
}

/// What registers 16 to 24 say of rings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    threshold: f64,
    validated: bool,
    full_wave: bool,
    least_gap_us: u64,
    most_gap_us: u64,
    confirm_us: u64,
    delay_us: u64,
    timeout_us: u64,
    both_ends: bool,
}

impl Settings {
    pub(crate) fn from_registers(registers: &[u8; 60]) -> Settings {
        let volts_rms = match (registers[17] >> 4 & 1, registers[16] & 1) {
            (0, 0) => 15.0,
            (1, 0) => 21.5,
            _ => 45.0,
        };
        let ras = u64::from(registers[24] & 0x3f);
        let rmx = u64::from(registers[22] & 0x3f);
        let rdly = u64::from(registers[22] >> 6 | registers[23] >> 7 << 2);
        let rto = u64::from(registers[23] >> 3 & 0x0f);
        let rcc = usize::from(registers[23] & 7);
        Settings {
            threshold: volts_rms * f64::sqrt(2.0),
            validated: registers[24] & 0x80 != 0,
            full_wave: registers[18] & 2 != 0,
            least_gap_us: ras.saturating_sub(rmx) * 2000,
            most_gap_us: ras * 2000,
            confirm_us: [100, 150, 200, 256, 384, 512, 640, 1024][rcc] * 1000,
            delay_us: rdly * 256_000,
            timeout_us: if rto == 0 { 80_000 } else { rto * 128_000 },
            both_ends: registers[2] & 4 != 0,
        }
    }
}

/// For how long RDT stays after the last ring where rings are not validated.
const ONE_SHOT_US: u64 = 5_000_000;

/// The ring detector.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Validation {
    /// RDTP: above the positive threshold now.
    pub(crate) positive: bool,
    /// RDTN: below the negative threshold now.
    pub(crate) negative: bool,
    /// RDT.
    pub(crate) ringing: bool,
    last: Option<(u64, bool)>,
    good_since: Option<u64>,
}

impl Validation {
    /// The line's alternating voltage at a moment. Returns whether a ring interrupt is due.
    pub(crate) fn see(&mut self, now_us: u64, volts: f64, settings: Settings) -> bool {
        let (positive, negative) = (volts > settings.threshold, volts < -settings.threshold);
        let crossed = positive && !self.positive || negative && !self.negative;
        (self.positive, self.negative) = (positive, negative);
        let before = self.ringing;
        if settings.validated {
            self.validate(now_us, crossed, positive, settings);
        } else {
            self.one_shot(now_us, crossed && (positive || settings.full_wave));
        }
        self.ringing != before && (self.ringing || settings.both_ends)
    }

    fn validate(&mut self, now_us: u64, crossed: bool, positive: bool, settings: Settings) {
        if crossed {
            let good = self.last.is_some_and(|(at, side)| {
                let gap = now_us - at;
                side != positive && (settings.least_gap_us..=settings.most_gap_us).contains(&gap)
            });
            let began = self.last.map_or(now_us, |(at, _)| at);
            self.good_since = good.then(|| self.good_since.unwrap_or(began));
            self.last = Some((now_us, positive));
        }
        if let Some(since) = self.good_since
            && now_us - since >= settings.confirm_us + settings.delay_us
        {
            self.ringing = true;
        }
        if self.last.is_none_or(|(at, _)| now_us - at >= settings.timeout_us) {
            *self =
                Validation { positive: self.positive, negative: self.negative, ..Self::default() };
        }
    }

    fn one_shot(&mut self, now_us: u64, crossed: bool) {
        if crossed {
            self.last = Some((now_us, true));
        }
        self.ringing = self.last.is_some_and(|(at, _)| now_us - at < ONE_SHOT_US);
    }
}
