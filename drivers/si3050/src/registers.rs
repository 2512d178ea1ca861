//! The register file of the Si3050 with a Si3011, Si3018 or Si3019 line side, as its data sheet has
//! it: number, name, bits. Bits are given as masks in their register.
//!
//! Numbers, names and bit places agree in every public source that was read: the manufacturer's
//! published register list and driver, the kernel's drivers for cards with this chip, and pages of
//! the data sheet of the Si3056, which shares the line side and most of the register file. The data
//! sheet of the Si3050 itself was not at hand as a whole. What rests on one source only says so.

/// The number of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Register(pub u8);

/// The registers by their names.
#[allow(missing_docs, reason = "the names are the data sheet's; their bits are explained below")]
impl Register {
    pub const CONTROL_1: Register = Register(1);
    pub const CONTROL_2: Register = Register(2);
    pub const INTERRUPT_MASK: Register = Register(3);
    pub const INTERRUPT_SOURCE: Register = Register(4);
    pub const DAA_CONTROL_1: Register = Register(5);
    pub const DAA_CONTROL_2: Register = Register(6);
    pub const SAMPLE_RATE_CONTROL: Register = Register(7);
    pub const DAA_CONTROL_3: Register = Register(10);
    pub const DEVICE_REVISION: Register = Register(11);
    pub const LINE_SIDE_STATUS: Register = Register(12);
    pub const LINE_SIDE_REVISION: Register = Register(13);
    pub const DAA_CONTROL_4: Register = Register(14);
    pub const TX_RX_GAIN_CONTROL_1: Register = Register(15);
    pub const INTERNATIONAL_CONTROL_1: Register = Register(16);
    pub const INTERNATIONAL_CONTROL_2: Register = Register(17);
    pub const INTERNATIONAL_CONTROL_3: Register = Register(18);
    pub const INTERNATIONAL_CONTROL_4: Register = Register(19);
    pub const CALL_PROGRESS_RX_ATTENUATION: Register = Register(20);
    pub const CALL_PROGRESS_TX_ATTENUATION: Register = Register(21);
    pub const RING_VALIDATION_CONTROL_1: Register = Register(22);
    pub const RING_VALIDATION_CONTROL_2: Register = Register(23);
    pub const RING_VALIDATION_CONTROL_3: Register = Register(24);
    pub const RESISTOR_CALIBRATION: Register = Register(25);
    pub const DC_TERMINATION_CONTROL: Register = Register(26);
    pub const LOOP_CURRENT_STATUS: Register = Register(28);
    pub const LINE_VOLTAGE_STATUS: Register = Register(29);
    pub const AC_TERMINATION_CONTROL: Register = Register(30);
    pub const DAA_CONTROL_5: Register = Register(31);
    pub const GROUND_START_CONTROL: Register = Register(32);
    pub const PCM_SPI_MODE_SELECT: Register = Register(33);
    pub const PCM_TRANSMIT_START_LOW: Register = Register(34);
    pub const PCM_TRANSMIT_START_HIGH: Register = Register(35);
    pub const PCM_RECEIVE_START_LOW: Register = Register(36);
    pub const PCM_RECEIVE_START_HIGH: Register = Register(37);
    pub const TX_GAIN_CONTROL_2: Register = Register(38);
    pub const RX_GAIN_CONTROL_2: Register = Register(39);
    pub const TX_GAIN_CONTROL_3: Register = Register(40);
    pub const RX_GAIN_CONTROL_3: Register = Register(41);
    pub const GCI_CONTROL: Register = Register(42);
    pub const CURRENT_VOLTAGE_THRESHOLD: Register = Register(43);
    pub const CURRENT_VOLTAGE_INTERRUPT: Register = Register(44);
    /// The first of the eight coefficients of the digital hybrid, HYB1; they lie in a row.
    pub const HYBRID_1: Register = Register(45);
    pub const SPARK_QUENCHING_CONTROL: Register = Register(59);
}

/// Register 1: Control 1.
pub mod control_1 {
    /// Software reset: all registers go to their defaults; clears itself.
    pub const SR: u8 = 1 << 7;
    /// The call progress output is driven.
    pub const PWME: u8 = 1 << 3;
    /// Isolation digital loopback.
    pub const IDL: u8 = 1 << 1;
}

/// Register 2: Control 2. After reset: RXE and HBE.
pub mod control_2 {
    /// AOUT/INT is the interrupt pin.
    pub const INTE: u8 = 1 << 7;
    /// The interrupt pin is active high.
    pub const INTP: u8 = 1 << 6;
    /// Watchdog: a chip whose registers are not touched for some seconds goes on hook.
    pub const WDTEN: u8 = 1 << 4;
    /// A ring interrupt at the end of a ring too, not only at its beginning.
    pub const RDI: u8 = 1 << 2;
    /// The digital hybrid works.
    pub const HBE: u8 = 1 << 1;
    /// The receive path works.
    pub const RXE: u8 = 1 << 0;
}

/// Registers 3 and 4: Interrupt Mask and Interrupt Source, bit for bit. A source stays until 0 is
/// written to its bit; writing 1 leaves it.
pub mod interrupt {
    /// Ring detected.
    pub const RDT: u8 = 1 << 7;
    /// Receive overload.
    pub const ROV: u8 = 1 << 6;
    /// Frame detect lost or found: the link to the line side.
    pub const FDT: u8 = 1 << 5;
    /// Billing tone.
    pub const BTD: u8 = 1 << 4;
    /// The line's supply dropped out while off hook.
    pub const DOD: u8 = 1 << 3;
    /// Overload of the loop current sense.
    pub const LCSO: u8 = 1 << 2;
    /// Tip to ground detected (ground start).
    pub const TGD: u8 = 1 << 1;
    /// The sign of the line voltage changed: tip and ring changed places.
    pub const POL: u8 = 1 << 0;
}

/// Register 5: DAA Control 1.
pub mod daa_control_1 {
    /// Ringing now, below the negative threshold.
    pub const RDTN: u8 = 1 << 6;
    /// Ringing now, above the positive threshold.
    pub const RDTP: u8 = 1 << 5;
    /// On-hook line monitor: the receive path hears the line while on hook (caller ID).
    pub const ONHM: u8 = 1 << 3;
    /// A ring was detected; stays some time after the last one.
    pub const RDT: u8 = 1 << 2;
    /// Off hook.
    pub const OH: u8 = 1 << 0;
    /// What reads as 0 in a chip that answers.
    pub const RESERVED: u8 = 1 << 7 | 1 << 1;
}

/// Register 6: DAA Control 2. After reset: PDL.
pub mod daa_control_2 {
    /// The line side is powered down.
    pub const PDL: u8 = 1 << 4;
    /// The chip is powered down; a reset wakes it.
    pub const PDN: u8 = 1 << 3;
}

/// Register 11: System-Side and Line-Side Device Revision.
pub mod device_revision {
    /// The kind of the line side.
    pub const LSID: u8 = 0xf0;
    /// The revision of the system side.
    pub const REVA: u8 = 0x0f;
}

/// Register 12: Line-Side Device Status.
pub mod line_side_status {
    /// Frame detect: the link over the isolation capacitors runs.
    pub const FDT: u8 = 1 << 6;
    /// Loop current in steps of 3.3 mA; all ones is overload.
    pub const LCS: u8 = 0x1f;
}

/// Register 13: Line-Side Device Revision.
pub mod line_side_revision {
    /// Reads as 1 in every chip of the family.
    pub const ONE: u8 = 1 << 6;
    /// The revision of the line side.
    pub const REVB: u8 = 0x3c;
}

/// Register 16: International Control 1.
pub mod international_1 {
    /// AC termination of the Si3018, with ACT.
    pub const ACT2: u8 = 1 << 7;
    /// On-hook speed, with OHS2 and SQ.
    pub const OHS: u8 = 1 << 6;
    /// AC termination of the Si3018: complex instead of 600 Ω.
    pub const ACT: u8 = 1 << 5;
    /// Infinite impulse response filters instead of finite ones.
    pub const IIRE: u8 = 1 << 4;
    /// Synthesised ringer impedance.
    pub const RZ: u8 = 1 << 1;
    /// Ring threshold, with RT2.
    pub const RT: u8 = 1 << 0;
}

/// Register 17: International Control 2.
pub mod international_2 {
    /// Clears the calibration of the ADC.
    pub const CALZ: u8 = 1 << 7;
    /// Starts a calibration by hand.
    pub const MCAL: u8 = 1 << 6;
    /// No calibration at each off-hook.
    pub const CALD: u8 = 1 << 5;
    /// Ring threshold, with RT.
    pub const RT2: u8 = 1 << 4;
    /// Overload protection works.
    pub const OPE: u8 = 1 << 3;
    /// Billing tone detection works.
    pub const BTE: u8 = 1 << 2;
    /// Receive overload happened; 0 clears it.
    pub const ROV: u8 = 1 << 1;
    /// A billing tone happened; 0 clears it.
    pub const BTD: u8 = 1 << 0;
}

/// Register 18: International Control 3.
pub mod international_3 {
    /// Full-wave ring detection. With RNGV: thresholds instead of the ring's envelope.
    pub const RFWE: u8 = 1 << 1;
}

/// Register 19: International Control 4, read only.
pub mod international_4 {
    /// Receive overload now.
    pub const OVL: u8 = 1 << 2;
    /// The line's supply has dropped out.
    pub const DOD: u8 = 1 << 1;
    /// Overload protection has opened the loop.
    pub const OPD: u8 = 1 << 0;
}

/// Register 24: Ring Validation Control 3.
pub mod ring_validation_3 {
    /// Rings are validated.
    pub const RNGV: u8 = 1 << 7;
}

/// Register 25: Resistor Calibration.
pub mod resistor_calibration {
    /// No calibration at each off-hook.
    pub const RCALD: u8 = 1 << 5;
}

/// Register 26: DC Termination Control.
pub mod dc_termination {
    /// Where DCV, the voltage between tip and ring, begins: 3.1, 3.2, 3.35, 3.5 V.
    pub const DCV_SHIFT: u8 = 6;
    /// Where MINI, the least loop current, begins: 10, 12, 14, 16 mA.
    pub const MINI_SHIFT: u8 = 4;
    /// Limits the loop current to 60 mA (TBR 21).
    pub const ILIM: u8 = 1 << 1;
    /// 800 Ω instead of 50 Ω.
    pub const DCR: u8 = 1 << 0;
}

/// Register 30: AC Termination Control.
pub mod ac_termination {
    /// Twice the full scale (Si3019).
    pub const FULL2: u8 = 1 << 4;
    /// The impedance (Si3019).
    pub const ACIM: u8 = 0x0f;
}

/// Register 31: DAA Control 5. After reset: FOH is 128 ms.
pub mod daa_control_5 {
    /// Full scale is +3.2 dBm (Si3019).
    pub const FULL: u8 = 1 << 7;
    /// Off-hook counter of 128 ms.
    pub const FOH_128_MS: u8 = 1 << 5;
    /// Off-hook counter of 8 ms: for dial pulses.
    pub const FOH_8_MS: u8 = 3 << 5;
    /// On-hook speed, with OHS and SQ.
    pub const OHS2: u8 = 1 << 3;
    /// The receive path begins at 200 Hz instead of 5 Hz (Si3019).
    pub const FILT: u8 = 1 << 1;
    /// Line voltages below 3 V are shown, not forced to 0 (Si3019).
    pub const LVFD: u8 = 1 << 0;
}

/// Register 33: PCM/SPI Mode Select.
pub mod pcm_spi_mode {
    /// PCM loopback.
    pub const PCML: u8 = 1 << 7;
    /// The PCM highway works.
    pub const PCME: u8 = 1 << 5;
    /// Where PCMF, the format, begins.
    pub const PCMF_SHIFT: u8 = 3;
    /// Two clocks to a bit.
    pub const PHCF: u8 = 1 << 1;
    /// DTX is released on the negative edge of PCLK.
    pub const TRI: u8 = 1 << 0;
}

/// Registers 38 and 39: TX and RX Gain Control 2, in 1 dB; 40 and 41: Control 3, in 0.1 dB.
pub mod gain {
    /// Attenuates instead of amplifies.
    pub const GA: u8 = 1 << 4;
}

/// Register 59: Spark Quenching Control.
pub mod spark_quenching {
    /// On-hook speed, with OHS.
    pub const SQ1: u8 = 1 << 6;
    /// On-hook speed, with OHS.
    pub const SQ0: u8 = 1 << 4;
}
