//! The hybrid's echo: what comes back of one's own signal where two wires meet four.
//!
//! The impulse responses are the eight hybrid models of ITU-T G.168 Annex D (D.2 to D.9): the
//! response is 10^(-ERL/20) · K · m(k), K being the model's gain there.

use line::{BLOCK, Block};
use serde::{Deserialize, Serialize};

/// An echo path.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Echo {
    /// Which impulse response.
    pub path: EchoPath,
    /// Echo return loss in dB.
    pub erl_db: f32,
    /// Pure delay in front of it, in ms; at most [`LONGEST_DELAY_MS`].
    #[serde(default)]
    pub delay_ms: u32,
}

/// The longest pure delay.
pub const LONGEST_DELAY_MS: u32 = 64;

/// An impulse response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EchoPath {
    /// One reflection, all frequencies alike.
    Flat,
    /// G.168 D.2.
    G168D2,
    /// G.168 D.3.
    G168D3,
    /// G.168 D.4.
    G168D4,
    /// G.168 D.5.
    G168D5,
    /// G.168 D.6.
    G168D6,
    /// G.168 D.7.
    G168D7,
    /// G.168 D.8.
    G168D8,
    /// G.168 D.9.
    G168D9,
}

impl EchoPath {
    /// The eight of G.168.
    pub const G168: [EchoPath; 8] = [
        EchoPath::G168D2,
        EchoPath::G168D3,
        EchoPath::G168D4,
        EchoPath::G168D5,
        EchoPath::G168D6,
        EchoPath::G168D7,
        EchoPath::G168D8,
        EchoPath::G168D9,
    ];

    /// The model's coefficients m(k) and gain K.
    pub const fn model(self) -> (&'static [i32], f32) {
        match self {
            EchoPath::Flat => (&[1], 1.0),
            EchoPath::G168D2 => (&D2, 1.39e-5),
            EchoPath::G168D3 => (&D3, 1.44e-5),
            EchoPath::G168D4 => (&D4, 1.52e-5),
            EchoPath::G168D5 => (&D5, 1.77e-5),
            EchoPath::G168D6 => (&D6, 9.33e-6),
            EchoPath::G168D7 => (&D7, 1.51e-5),
            EchoPath::G168D8 => (&D8, 2.33e-5),
            EchoPath::G168D9 => (&D9, 1.33e-5),
        }
    }
}

/// An echo path at work.
pub(crate) struct EchoState {
    taps: Box<[f32]>,
    /// `delay + taps - 1` samples of the past, then the block.
    past: Box<[f32]>,
}

impl EchoState {
    pub(crate) fn new(echo: &Echo) -> Self {
        let (model, gain) = echo.path.model();
        let gain = gain * dsp::level::gain(-echo.erl_db);
        let delay = echo.delay_ms.min(LONGEST_DELAY_MS) as usize * 8;
        EchoState {
            taps: model.iter().map(|&m| m as f32 * gain).collect(),
            past: vec![0.0; delay + model.len() - 1 + BLOCK].into(),
        }
    }

    /// Adds the echo of `own` to `bench`.
    pub(crate) fn add(&mut self, own: &Block, bench: &mut [f32; BLOCK]) {
        let old = self.past.len() - BLOCK;
        self.past.copy_within(BLOCK.., 0);
        for (past, &sample) in self.past[old..].iter_mut().zip(own) {
            *past = f32::from(sample);
        }
        // Tap by tap over the whole block, which the compiler turns into vectors.
        let newest = self.taps.len() - 1;
        for (k, &tap) in self.taps.iter().enumerate() {
            let from = &self.past[newest - k..newest - k + BLOCK];
            bench.iter_mut().zip(from).for_each(|(value, &past)| *value += tap * past);
        }
    }
}

/// Model D.2.
const D2: [i32; 64] = [
    -436, -829, -2797, -4208, -17968, -11215, 46150, 34480, -10427, 9049, -1309, -6320, 390, -8191,
    -1751, -6051, -3796, -4055, -3948, -2557, -3372, -1808, -2259, -1300, -1098, -618, -340, -61,
    323, 419, 745, 716, 946, 880, 1014, 976, 1033, 1091, 1053, 1042, 794, 831, 899, 716, 390, 313,
    304, 304, 73, -119, -109, -176, -359, -407, -512, -580, -704, -618, -685, -791, -772, -820,
    -839, -724,
];

/// Model D.3.
const D3: [i32; 96] = [
    -381, 658, 1730, -51, -3511, -1418, 7660, 8861, -8106, -21370, -5307, 23064, 24020, 1020,
    -12374, -16296, -19524, -7480, 13509, 17115, 13952, 13952, 97, -9326, -9046, -15208, -9853,
    -3858, -1979, 6029, 5616, 7214, 6820, 3935, 3919, 921, 1316, -693, -759, -1517, -2176, -2028,
    -2654, -1814, -2077, -1468, -1221, -842, -463, -298, -68, 64, 493, 723, 789, 954, 756, 839,
    872, 1020, 789, 822, 558, 658, 476, 377, 377, 262, 97, -68, -183, -232, -331, -347, -430, -314,
    -430, -463, -463, -414, -381, -479, -479, -512, -479, -397, -430, -397, -298, -265, -249, -216,
    -249, -265, -166, -232,
];

/// Model D.4.
const D4: [i32; 96] = [
    -448, -436, 2230, 2448, -4178, -7050, 5846, 18581, 2322, -26261, -16249, 21637, 25649, -2267,
    -10311, -4693, -12690, -7428, 14164, 13467, 4438, 8627, 456, -11879, -6352, -5104, -7496, 3271,
    6566, 4277, 11131, 7562, 1475, 3728, -3525, -7301, -3101, -9269, -6146, -2553, -6272, 811, 124,
    788, 5147, 2172, 5387, 4598, 3535, 4004, 2311, 2150, 1017, 330, -139, -573, -1100, -1157,
    -1180, -1455, -1123, -1386, -1123, -1066, -1020, -1100, -1008, -1077, -1088, -917, -917, -963,
    -814, -871, -734, -642, -562, -356, -379, -345, -230, -233, -333, -356, -390, -310, -265, -368,
    -310, -310, -390, -482, -459, -482, -551, -573,
];

/// Model D.5.
const D5: [i32; 128] = [
    160, 312, -241, -415, 897, 908, -1326, -1499, 2405, 3347, -3624, -7733, 4041, 14484, -1477,
    -21739, -4470, 25356, 11458, -19696, -11800, 5766, 789, 6633, 14624, -6975, -17156, -187, 149,
    1515, 14907, 4345, -7128, -2757, -10185, -7083, 6850, 3944, 6969, 8694, -4068, -3852, -5793,
    -9371, 453, 1060, 3965, 9463, 2393, 2784, -892, -7366, -3376, -5847, -2399, 3011, 1537, 6623,
    4205, 1602, 1592, -4752, -3646, -5207, -5577, -501, -1174, 4041, 5647, 4628, 7252, 2123, 2654,
    -881, -4113, -3244, -7289, -3830, -4600, -2508, 431, -144, 4184, 2372, 4617, 3576, 2382, 2839,
    -404, 539, -1803, -1401, -1705, -2269, -783, -1608, -220, -306, 257, 615, 225, 561, 8, 344,
    127, -57, 182, 41, 203, -111, 95, -79, 30, 84, -13, -68, -241, -68, -24, 19, -57, -24, 30, -68,
    84, -155, -68, 19,
];

/// Model D.6.
const D6: [i32; 96] = [
    293, 268, 475, 460, 517, 704, 581, 879, 573, 896, 604, 787, 561, 538, 440, 97, 265, -385, 20,
    -938, -523, -1438, -1134, -1887, -1727, -1698, -4266, -22548, -43424, 2743, 25897, 7380, 21499,
    11983, 10400, 11667, 3889, 7241, 925, 2018, -821, -2068, -2236, -4283, -3406, -5022, -4039,
    -4842, -4104, -4089, -3582, -2978, -2734, -1805, -1608, -645, -495, 279, 471, 947, 1186, 1438,
    1669, 1640, 1901, 1687, 1803, 1543, 1566, 1342, 1163, 963, 733, 665, 323, 221, -14, -107, -279,
    -379, -468, -513, -473, -588, -612, -652, -616, -566, -515, -485, -404, -344, -290, -202, -180,
    -123,
];

/// Model D.7.
const D7: [i32; 120] = [
    29, 109, -83, 198, -294, -135, -415, -202, -444, -337, -313, -450, -105, -503, 145, -490, 267,
    -231, 340, 77, 343, 783, 158, 1341, 195, 1798, 344, 1845, 629, 1604, 1182, 940, 5163, 19522,
    8421, -50953, -9043, 18046, -13553, 13336, -3471, -107, 1788, -7409, 2469, -7994, 490, -3860,
    -837, 490, -636, 3682, 1141, 5019, 2635, 5025, 3946, 4414, 4026, 3005, 3380, 1616, 2007, 158,
    388, -1198, -1117, -2134, -2547, -2589, -3310, -2778, -3427, -2779, -3116, -2502, -2399, -1956,
    -1539, -1239, -570, -377, 251, 331, 964, 1177, 1449, 1564, 1724, 1871, 1767, 1802, 1630, 1632,
    1379, 1271, 1063, 856, 711, 482, 289, 54, -137, -321, -490, -638, -764, -836, -800, -859, -838,
    -837, -834, -740, -673, -581, -493, -436, -327, -201,
];

/// Model D.8.
const D8: [i32; 96] = [
    258, -111, 337, -319, 347, -434, 192, -450, -108, -343, -596, -177, -1187, -52, -1781, -147,
    -1959, -326, -1601, -1389, -13620, -720, 33818, -10683, -6742, 12489, -9862, 8950, -1574, 758,
    3526, -3118, 2421, -8966, -4901, 11385, 18072, -14410, -7473, 19836, -16854, -3115, 9483,
    -17799, 7399, -4342, -7415, 7929, -10726, 6239, -2526, -1317, 5345, -4565, 6868, -2195, 3425,
    1969, -109, 3963, -1275, 3087, -892, 1239, 2, -427, 596, -1184, 551, -1244, 141, -743, -415,
    -372, -769, -183, -785, -270, -659, -377, -523, -325, -245, -255, -60, 35, 218, 149, 340, 233,
    365, 303, 251, 230, 209, 179,
];

/// Model D.9.
const D9: [i32; 99] = [
    80, 31, 4, 42, 42, -61, -81, -64, -121, -102, -26, 1002, -9250, -22562, 39321, 35681, -35289,
    25312, -1457, -229, 15659, -6786, 16791, 3860, 2239, -28730, -11885, 33871, -176, -16421,
    18173, -9669, -10163, 9941, -19365, 3592, -5907, -10257, 5336, -12933, 4348, -4802, -1791,
    3035, -4433, 5553, -2596, 3992, 1255, 1450, 4079, 324, 4340, 1059, 3083, 1917, 1756, 2478,
    1027, 1871, 845, 1284, 813, 806, 869, 471, 646, 438, 449, 432, 473, 394, 452, 538, 717, 723,
    850, 756, 753, 899, 555, 669, 619, 500, 650, 615, 516, 492, 427, 291, 356, 147, 107, -50, -88,
    -59, -238, -165, -183,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn response(echo: &Echo) -> Vec<f32> {
        let mut state = EchoState::new(echo);
        let mut own = [0; BLOCK];
        own[0] = 10_000;
        let mut all = Vec::new();
        for _ in 0..10 {
            let mut bench = [0.0; BLOCK];
            state.add(&own, &mut bench);
            all.extend(bench.map(|value| value / 10_000.0));
            own[0] = 0;
        }
        all
    }

    #[test]
    fn an_impulse_comes_back_as_the_model_says_after_its_delay() {
        for path in EchoPath::G168 {
            let (model, gain) = path.model();
            let heard = response(&Echo { path, erl_db: 6.0, delay_ms: 16 });
            assert!(heard[..128].iter().all(|&value| value == 0.0), "{path:?}");
            for (k, &m) in model.iter().enumerate() {
                let meant = m as f32 * gain * dsp::level::gain(-6.0);
                assert!((heard[128 + k] - meant).abs() < 1e-6, "{path:?} tap {k}");
            }
            assert!(heard[128 + model.len()..].iter().all(|&value| value == 0.0));
        }
    }

    #[test]
    fn each_model_loses_about_what_is_asked_for() {
        // The gains of annex D make the loss come true for speech; on white noise it is near.
        for path in EchoPath::G168 {
            let echo = Echo { path, erl_db: 20.0, delay_ms: 0 };
            let energy: f32 = response(&echo).iter().map(|tap| tap * tap).sum();
            let loss = -10.0 * energy.log10();
            assert!((16.0..25.0).contains(&loss), "{path:?}: {loss} dB on white noise");
        }
    }
}
