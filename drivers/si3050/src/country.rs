//! What each country asks of a telephone's end of the line.
//!
//! The data sheet has a table of country settings (OHS, OHS2, RZ, RT, ILIM, DCV, MINI, ACIM). It was
//! not at hand as a whole, and its public copies differ between revisions. Taken are the values of
//! the manufacturer's later configuration tool where it has the country (China, United States,
//! Germany's line rules, United Kingdom), which also fit the national impedances: GB/T 15279 asks
//! 200 Ω + (680 Ω ∥ 100 nF), the United Kingdom 320 Ω + (1050 Ω ∥ 230 nF). Older copies give China
//! ACIM 15, DCV 0, MINI 3, and Germany ACIM 2. To be held against the data sheet of the revision
//! that is fitted, before a board is certified.

use line::Impedance;

/// What a Si3019 can present to the line, in the order of ACIM. The last five of its sixteen have a
/// capacitor in series, or are the global impedance, and no other name.
pub const IMPEDANCES: [Impedance; 11] = [
    Impedance::OHM_600,
    Impedance::OHM_900,
    Impedance::EUROPE,
    Impedance::complex(220, 820, 120),
    Impedance::UK,
    Impedance::complex(320, 1050, 230),
    Impedance::complex(370, 820, 110),
    Impedance::complex(275, 780, 115),
    Impedance::complex(120, 820, 110),
    Impedance::complex(350, 1000, 210),
    Impedance::CHINA,
];

/// Whose rules the port keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Country {
    /// Mainland China.
    China,
    /// United States and Canada (FCC part 68, TIA-968).
    UnitedStates,
    /// United Kingdom.
    UnitedKingdom,
    /// Germany.
    Germany,
    /// The European set of ETSI TBR 21.
    Etsi,
}

/// From which voltage on a ring is a ring (RT2 and RT).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingThreshold {
    /// 13.5 V to 16.5 V.
    Volts15,
    /// 19.35 V to 23.65 V.
    Volts21,
    /// 40.5 V to 49.5 V.
    Volts45,
}

/// How fast the loop opens (OHS, OHS2 and SQ).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnHookSpeed {
    /// Below 0.5 ms.
    HalfMillisecond,
    /// 3 ms ± 10 % (ETSI).
    ThreeMilliseconds,
    /// 26 ms ± 10 % (Australia's spark quenching).
    TwentySixMilliseconds,
}

/// The line's termination and what is seen of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Termination {
    /// ACIM, 0 to 15: the impedance of a Si3019. A Si3018 takes 600 Ω for 0, and the global complex
    /// impedance otherwise (ACT).
    pub impedance: u8,
    /// RZ: a synthesised ringer impedance, for countries that ask one.
    pub ringer: bool,
    /// RT and RT2.
    pub threshold: RingThreshold,
    /// DCV, 0 to 3: 3.1, 3.2, 3.35, 3.5 V.
    pub dc_volts: u8,
    /// MINI, 0 to 3: 10, 12, 14, 16 mA.
    pub least_current: u8,
    /// ILIM: the loop current is limited to 60 mA.
    pub limited: bool,
    /// DCR: 800 Ω instead of 50 Ω.
    pub dc_resistance: bool,
    /// OHS, OHS2, SQ.
    pub on_hook_speed: OnHookSpeed,
}

impl Country {
    /// What its rules ask.
    pub const fn termination(self) -> Termination {
        let base = Termination {
            impedance: 0,
            ringer: false,
            threshold: RingThreshold::Volts15,
            dc_volts: 3,
            least_current: 0,
            limited: false,
            dc_resistance: false,
            on_hook_speed: OnHookSpeed::HalfMillisecond,
        };
        let europe =
            Termination { limited: true, on_hook_speed: OnHookSpeed::ThreeMilliseconds, ..base };
        match self {
            Country::China => Termination { impedance: 10, ..base },
            Country::UnitedStates => base,
            Country::UnitedKingdom => Termination { impedance: 5, ..europe },
            Country::Germany => Termination { impedance: 3, ..europe },
            Country::Etsi => Termination { impedance: 2, ..europe },
        }
    }
}
