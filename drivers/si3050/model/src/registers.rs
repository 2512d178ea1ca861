//! What each register holds after reset, and which of its bits can be written. Reserved bits and
//! registers read 0.

/// After reset.
pub(crate) const RESET: [u8; 60] = {
    let mut registers = [0; 60];
    registers[2] = 0b0000_0011;
    registers[6] = 0b0001_0000;
    registers[22] = 0b1001_0110;
    registers[23] = 0b0010_1101;
    registers[24] = 0b0001_1001;
    registers[31] = 0b0010_0000;
    registers
};

/// What can be written.
pub(crate) const WRITABLE: [u8; 60] = {
    let mut bits = [0; 60];
    bits[1] = 0b1011_1010;
    bits[2] = 0b1101_0111;
    bits[3] = 0xff;
    bits[5] = 0b0001_1001;
    bits[6] = 0b0001_1000;
    bits[7] = 0b0000_1000;
    bits[10] = 0b0000_0001;
    bits[14] = 0b0000_0010;
    bits[15] = 0b1000_1000;
    bits[16] = 0b1111_0011;
    bits[17] = 0xff;
    bits[18] = 0b0000_0010;
    bits[20] = 0xff;
    bits[21] = 0xff;
    bits[22] = 0xff;
    bits[23] = 0xff;
    bits[24] = 0b1011_1111;
    bits[25] = 0b0110_1111;
    bits[26] = 0b1111_0011;
    bits[30] = 0b0001_1111;
    bits[31] = 0b1110_1011;
    bits[32] = 0b0000_0011;
    bits[33] = 0b1111_1011;
    bits[34] = 0xff;
    bits[35] = 0b0000_0011;
    bits[36] = 0xff;
    bits[37] = 0b0000_0011;
    let mut number = 38;
    while number < 42 {
        bits[number] = 0b0001_1111;
        number += 1;
    }
    bits[42] = 0b0000_1111;
    bits[43] = 0xff;
    bits[44] = 0b0000_1111;
    let mut number = 45;
    while number < 53 {
        bits[number] = 0xff;
        number += 1;
    }
    bits[59] = 0b0101_0110;
    bits
};
