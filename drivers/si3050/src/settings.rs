//! What a board and a country decide about one chip, and the register values that say so.

use crate::bus::Position;
use crate::country::{Country, OnHookSpeed, RingThreshold, Termination};
use crate::registers::{
    Register, control_2, daa_control_5, dc_termination, gain, international_1, international_2,
    pcm_spi_mode, ring_validation_3, spark_quenching,
};

/// The settings of one chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its place in the chain on its chip select.
    pub position: Position,
    /// The line's termination.
    pub termination: Termination,
    /// What is a ring.
    pub ring: RingDetector,
    /// Where its audio is on the PCM highway.
    pub highway: Highway,
    /// Gain of what goes to the line (TGA2, TXG2, TGA3, TXG3).
    pub to_line: Gain,
    /// Gain of what comes from the line (RGA2, RXG2, RGA3, RXG3).
    pub from_line: Gain,
    /// The coefficients HYB1 to HYB8 of the digital hybrid; all 0: it takes nothing away.
    pub hybrid: [i8; 8],
    /// What is a telephone elsewhere on the same line.
    pub parallel: Parallel,
}

impl Settings {
    /// A country's settings for the chip in a slot of the highway.
    pub const fn new(country: Country, slot: u8) -> Settings {
        Settings {
            position: Position::FIRST,
            termination: country.termination(),
            ring: RingDetector::WIDE,
            highway: Highway {
                slot,
                format: Format::Linear,
                double_clock: false,
                release_on_negative_edge: false,
            },
            to_line: Gain::NONE,
            from_line: Gain::NONE,
            hybrid: [0; 8],
            parallel: Parallel { on_hook_volts: 20, off_hook_percent: 70 },
        }
    }

    /// The registers that are written before the line side is powered, in the data sheet's order,
    /// and which of their bits must read back.
    pub(crate) fn registers(&self) -> [(Register, u8, u8); 29] {
        let Termination { impedance, dc_volts, least_current, .. } = self.termination;
        let termination = self.termination;
        let (ohs, ohs2, sq) = termination.on_hook_speed.bits();
        let (rt, rt2) = termination.threshold.bits();
        let [rv1, rv2, rv3] = self.ring.registers();
        let start = self.highway.start().to_le_bytes();
        let hybrid = |index: u8| {
            let coefficient = self.hybrid[usize::from(index)].cast_unsigned();
            (Register(Register::HYBRID_1.0 + index), coefficient, ALL)
        };
        let act = if impedance == 0 { 0 } else { international_1::ACT };
        [
            (Register::PCM_TRANSMIT_START_LOW, start[0], ALL),
            (Register::PCM_TRANSMIT_START_HIGH, start[1], ALL),
            (Register::PCM_RECEIVE_START_LOW, start[0], ALL),
            (Register::PCM_RECEIVE_START_HIGH, start[1], ALL),
            (Register::PCM_SPI_MODE_SELECT, self.highway.mode(), ALL),
            (
                Register::INTERNATIONAL_CONTROL_1,
                act | ohs | rt | on(termination.ringer, international_1::RZ),
                ALL,
            ),
            (Register::INTERNATIONAL_CONTROL_2, rt2, international_2::RT2 | international_2::OPE),
            (Register::INTERNATIONAL_CONTROL_3, 0, ALL),
            (Register::RING_VALIDATION_CONTROL_1, rv1, ALL),
            (Register::RING_VALIDATION_CONTROL_2, rv2, ALL),
            (Register::RING_VALIDATION_CONTROL_3, rv3, ALL),
            (
                Register::DC_TERMINATION_CONTROL,
                dc_volts << dc_termination::DCV_SHIFT
                    | least_current << dc_termination::MINI_SHIFT
                    | on(termination.limited, dc_termination::ILIM)
                    | on(termination.dc_resistance, dc_termination::DCR),
                ALL,
            ),
            (Register::AC_TERMINATION_CONTROL, impedance, ALL),
            (Register::DAA_CONTROL_5, daa_control_5::FOH_128_MS | daa_control_5::FILT | ohs2, ALL),
            (Register::SPARK_QUENCHING_CONTROL, sq, spark_quenching::SQ1 | spark_quenching::SQ0),
            (Register::TX_GAIN_CONTROL_2, self.to_line.whole(), ALL),
            (Register::TX_GAIN_CONTROL_3, self.to_line.tenths(), ALL),
            (Register::RX_GAIN_CONTROL_2, self.from_line.whole(), ALL),
            (Register::RX_GAIN_CONTROL_3, self.from_line.tenths(), ALL),
            hybrid(0),
            hybrid(1),
            hybrid(2),
            hybrid(3),
            hybrid(4),
            hybrid(5),
            hybrid(6),
            hybrid(7),
            (
                Register::CONTROL_2,
                control_2::INTE | control_2::RDI | control_2::HBE | control_2::RXE,
                ALL,
            ),
            (Register::INTERRUPT_MASK, crate::port::INTERRUPTS, ALL),
        ]
    }
}

const ALL: u8 = 0xff;

const fn on(set: bool, bits: u8) -> u8 {
    if set { bits } else { 0 }
}

impl RingThreshold {
    /// RT in register 16 and RT2 in register 17.
    const fn bits(self) -> (u8, u8) {
        match self {
            RingThreshold::Volts15 => (0, 0),
            RingThreshold::Volts21 => (0, international_2::RT2),
            RingThreshold::Volts45 => (international_1::RT, international_2::RT2),
        }
    }
}

impl OnHookSpeed {
    /// OHS in register 16, OHS2 in register 31, SQ in register 59.
    pub(crate) const fn bits(self) -> (u8, u8, u8) {
        match self {
            OnHookSpeed::HalfMillisecond => (0, 0, 0),
            OnHookSpeed::ThreeMilliseconds => (0, daa_control_5::OHS2, 0),
            OnHookSpeed::TwentySixMilliseconds => {
                let sq = spark_quenching::SQ1 | spark_quenching::SQ0;
                (international_1::OHS, daa_control_5::OHS2, sq)
            }
        }
    }
}

/// What is a ring: the chip counts the time between crossings of the threshold (RAS, RMX) and for
/// how long they keep coming (RCC), and takes the ring for over when none came for a while (RTO).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingDetector {
    /// The lowest frequency, 4 Hz and more.
    pub least_hz: u8,
    /// The highest frequency.
    pub most_hz: u8,
    /// RCC: how long it must keep coming.
    pub confirm: Confirm,
    /// RTO: when it is over, in steps of 128 ms, 1 to 15.
    pub timeout: u8,
}

/// For how long a ring must keep coming before it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the times")]
pub enum Confirm {
    Ms100,
    Ms150,
    Ms200,
    Ms256,
    Ms384,
    Ms512,
    Ms640,
    Ms1024,
}

impl RingDetector {
    /// Every ring of every country: 15 Hz to 68 Hz, told early; what lasts long enough to be a ring
    /// is the line machine's to say.
    pub const WIDE: RingDetector =
        RingDetector { least_hz: 15, most_hz: 68, confirm: Confirm::Ms150, timeout: 2 };

    /// Registers 22 to 24. The threshold is crossed twice a period; RAS counts half the lowest
    /// frequency's period in steps of 2 ms, and RMX is RAS less that of the highest. RDLY is 0: the
    /// ring is told when it is confirmed.
    fn registers(self) -> [u8; 3] {
        let least = u16::from(self.least_hz.max(4));
        let most = u16::from(self.most_hz).max(least);
        let ras = 250u16.div_ceil(least).min(63);
        let rmx = ras - (250 / most).min(ras);
        let rcc = self.confirm as u8;
        [rmx as u8, (self.timeout.clamp(1, 15) << 3) | rcc, ring_validation_3::RNGV | ras as u8]
    }
}

/// Where a port's samples are on the PCM highway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Highway {
    /// The time slot after FSYNC, counted in words of the format.
    pub slot: u8,
    /// How a sample is written.
    pub format: Format,
    /// PHCF: two clocks to a bit.
    pub double_clock: bool,
    /// TRI: DTX is released on the negative edge of PCLK, for highways with many talkers.
    pub release_on_negative_edge: bool,
}

/// How a sample is written (PCMF).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A-law, 8 bits (ITU-T G.711).
    ALaw,
    /// µ-law, 8 bits (ITU-T G.711).
    MuLaw,
    /// Two's complement, 16 bits.
    Linear,
}

impl Highway {
    /// The clocks from FSYNC to the slot, 10 bits (TXS, RXS).
    fn start(self) -> u16 {
        let bits = if self.format == Format::Linear { 16 } else { 8 };
        (u16::from(self.slot) * bits).min(0x3ff)
    }

    fn mode(self) -> u8 {
        let format = match self.format {
            Format::ALaw => 0,
            Format::MuLaw => 1,
            Format::Linear => 3,
        };
        pcm_spi_mode::PCME
            | format << pcm_spi_mode::PCMF_SHIFT
            | on(self.double_clock, pcm_spi_mode::PHCF)
            | on(self.release_on_negative_edge, pcm_spi_mode::TRI)
    }
}

/// A gain in tenths of a decibel, from −15.9 dB to +12.9 dB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gain(i16);

impl Gain {
    /// 0 dB.
    pub const NONE: Gain = Gain(0);

    /// Tenths of a decibel; `None` out of range.
    pub const fn from_tenths(tenths: i16) -> Option<Gain> {
        if tenths >= -159 && tenths <= 129 { Some(Gain(tenths)) } else { None }
    }

    const fn sign(self) -> u8 {
        if self.0 < 0 { gain::GA } else { 0 }
    }

    const fn whole(self) -> u8 {
        self.sign() | (self.0.unsigned_abs() / 10) as u8
    }

    const fn tenths(self) -> u8 {
        self.sign() | (self.0.unsigned_abs() % 10) as u8
    }
}

/// What is a telephone elsewhere on the same line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parallel {
    /// On hook: the line is in use below this voltage.
    pub on_hook_volts: u8,
    /// Off hook: somebody lifted a telephone beside us when the loop current falls below this part
    /// of what it was.
    pub off_hook_percent: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ring_validation_counts_half_periods_in_steps_of_two_milliseconds() {
        let band = |least_hz, most_hz| {
            let detector = RingDetector { least_hz, most_hz, ..RingDetector::WIDE };
            let [rv1, _, rv3] = detector.registers();
            (rv3 & 0x3f, rv1 & 0x3f)
        };
        // The chip's own defaults are 10 Hz to 83 Hz; the manufacturer's tool gives 15 Hz to 50 Hz.
        assert_eq!(band(10, 83), (25, 22));
        assert_eq!(band(15, 50), (17, 12));
        assert_eq!(band(0, 0), (63, 1));
    }

    #[test]
    fn confirmation_and_timeout_stand_in_the_second_ring_register() {
        let detector = RingDetector { confirm: Confirm::Ms640, timeout: 11, ..RingDetector::WIDE };
        assert_eq!(detector.registers()[1], 11 << 3 | 6);
    }

    #[test]
    fn a_slot_begins_after_the_words_before_it() {
        let highway = |slot, format| Highway {
            slot,
            format,
            double_clock: false,
            release_on_negative_edge: false,
        };
        assert_eq!(highway(3, Format::ALaw).start(), 24);
        assert_eq!(highway(3, Format::Linear).start(), 48);
        assert_eq!(highway(255, Format::Linear).start(), 0x3ff);
        assert_eq!(highway(0, Format::ALaw).mode(), 0x20);
        assert_eq!(highway(0, Format::MuLaw).mode(), 0x28);
        assert_eq!(highway(0, Format::Linear).mode(), 0x38);
    }

    #[test]
    fn a_gain_is_split_in_whole_decibels_and_tenths_with_one_sign() {
        let gain = |tenths| Gain::from_tenths(tenths).map(|gain| (gain.whole(), gain.tenths()));
        assert_eq!(gain(35), Some((3, 5)));
        assert_eq!(gain(-31), Some((0x13, 0x11)));
        assert_eq!(gain(0), Some((0, 0)));
        assert_eq!((gain(-160), gain(130)), (None, None));
    }

    #[test]
    fn each_country_has_the_termination_that_its_rules_ask() {
        let value = |country, register| {
            let registers = Settings::new(country, 0).registers();
            registers.iter().find(|(number, ..)| *number == register).unwrap().1
        };
        let set = |country| {
            [
                value(country, Register::INTERNATIONAL_CONTROL_1),
                value(country, Register::DC_TERMINATION_CONTROL),
                value(country, Register::AC_TERMINATION_CONTROL),
                value(country, Register::DAA_CONTROL_5) & daa_control_5::OHS2,
            ]
        };
        assert_eq!(set(Country::UnitedStates), [0, 0xc0, 0, 0]);
        assert_eq!(set(Country::China), [0x20, 0xc0, 10, 0]);
        assert_eq!(set(Country::UnitedKingdom), [0x20, 0xc2, 5, 8]);
        assert_eq!(set(Country::Germany), [0x20, 0xc2, 3, 8]);
        assert_eq!(set(Country::Etsi), [0x20, 0xc2, 2, 8]);
    }
}
