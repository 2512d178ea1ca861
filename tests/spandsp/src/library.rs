//! The library itself. The declarations follow spandsp 0.0.6's headers dtmf.h, adsi.h,
//! super_tone_rx.h and echo.h.

#![allow(unsafe_code, reason = "a C library is wrapped here and nowhere else")]

use crate::{TONES, Tone};
use core::ffi::{c_char, c_int, c_void};
use dsp::dtmf::DtmfLimits;
use dsp::fsk::FskStandard;
use dsp::plan::Country;
use dsp::tone::FOREVER;

type DigitsCallback = unsafe extern "C" fn(*mut c_void, *const c_char, c_int);
type MessageCallback = unsafe extern "C" fn(*mut c_void, *const u8, c_int);
type ToneCallback = unsafe extern "C" fn(*mut c_void, c_int, c_int, c_int);

unsafe extern "C" {
    fn dtmf_rx_init(s: *mut c_void, callback: DigitsCallback, user: *mut c_void) -> *mut c_void;
    fn dtmf_rx_parms(
        s: *mut c_void,
        filter_dialtone: c_int,
        twist: c_int,
        reverse_twist: c_int,
        threshold: c_int,
    );
    fn dtmf_rx(s: *mut c_void, amp: *const i16, samples: c_int) -> c_int;
    fn dtmf_rx_free(s: *mut c_void) -> c_int;

    fn adsi_rx_init(
        s: *mut c_void,
        standard: c_int,
        put_msg: MessageCallback,
        user: *mut c_void,
    ) -> *mut c_void;
    fn adsi_rx(s: *mut c_void, amp: *const i16, len: c_int) -> c_int;
    fn adsi_rx_free(s: *mut c_void) -> c_int;

    fn super_tone_rx_make_descriptor(desc: *mut c_void) -> *mut c_void;
    fn super_tone_rx_free_descriptor(desc: *mut c_void) -> c_int;
    fn super_tone_rx_add_tone(desc: *mut c_void) -> c_int;
    fn super_tone_rx_add_element(
        desc: *mut c_void,
        tone: c_int,
        f1: c_int,
        f2: c_int,
        min: c_int,
        max: c_int,
    ) -> c_int;
    fn super_tone_rx_init(
        s: *mut c_void,
        desc: *mut c_void,
        callback: ToneCallback,
        user: *mut c_void,
    ) -> *mut c_void;
    fn super_tone_rx(s: *mut c_void, amp: *const i16, samples: c_int) -> c_int;
    fn super_tone_rx_free(s: *mut c_void) -> c_int;

    fn echo_can_init(len: c_int, adaption_mode: c_int) -> *mut c_void;
    fn echo_can_update(s: *mut c_void, tx: i16, rx: i16) -> i16;
    fn echo_can_free(s: *mut c_void) -> c_int;
}

unsafe extern "C" {
    /// The C library's standard output; Rust's own does not go through it.
    static mut stdout: *mut c_void;

    fn fopen(path: *const c_char, mode: *const c_char) -> *mut c_void;
    fn fclose(stream: *mut c_void) -> c_int;
}

/// `ADSI_STANDARD_CLASS` and `ADSI_STANDARD_CLIP`.
const CLASS: c_int = 1;
const CLIP: c_int = 2;
/// `ECHO_CAN_USE_ADAPTION`: the filter alone, as ours is measured; no non-linear processor.
const ADAPTION: c_int = 1;

/// What callbacks write to: an address that stays while the detector lives.
#[derive(Debug)]
struct Gathered<T>(*mut Vec<T>);

impl<T> Gathered<T> {
    fn new() -> Self {
        Gathered(Box::into_raw(Box::default()))
    }

    fn user(&self) -> *mut c_void {
        self.0.cast()
    }

    fn take(&mut self) -> Vec<T> {
        // SAFETY: the pointer comes from `Box::into_raw`; callbacks run only within `push`, which
        // holds the detector mutably as this does.
        unsafe { core::mem::take(&mut *self.0) }
    }
}

impl<T> Drop for Gathered<T> {
    fn drop(&mut self) {
        // SAFETY: from `Box::into_raw`, freed once, after the detector that wrote to it.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

unsafe extern "C" fn gather_digits(user: *mut c_void, digits: *const c_char, len: c_int) {
    // SAFETY: `user` is the `Gathered<u8>` that the detector was made with; the library hands over
    // `len` characters.
    unsafe {
        let digits = core::slice::from_raw_parts(digits.cast::<u8>(), len.max(0) as usize);
        (*user.cast::<Vec<u8>>()).extend(digits);
    }
}

unsafe extern "C" fn gather_message(user: *mut c_void, octets: *const u8, len: c_int) {
    // SAFETY: `user` is the `Gathered<Vec<u8>>` that the detector was made with; the library hands
    // over `len` octets.
    unsafe {
        let octets = core::slice::from_raw_parts(octets, len.max(0) as usize);
        (*user.cast::<Vec<Vec<u8>>>()).push(octets.to_vec());
    }
}

unsafe extern "C" fn gather_tone(user: *mut c_void, code: c_int, _level: c_int, _delay: c_int) {
    // SAFETY: `user` is the `Gathered<c_int>` that the detector was made with.
    unsafe { (*user.cast::<Vec<c_int>>()).push(code) }
}

/// spandsp's DTMF receiver.
#[derive(Debug)]
pub struct Dtmf {
    state: *mut c_void,
    heard: Gathered<u8>,
}

impl Dtmf {
    /// A receiver with the limits of ours, dial tone filtered out as ours does; `None` if it cannot
    /// be made.
    pub fn new() -> Option<Self> {
        let heard = Gathered::new();
        // SAFETY: a null state makes the library allocate one.
        let state = unsafe { dtmf_rx_init(core::ptr::null_mut(), gather_digits, heard.user()) };
        if state.is_null() {
            return None;
        }
        let DtmfLimits { lowest_dbm0, twist_db, reverse_twist_db } = DtmfLimits::default();
        let [twist, reverse, lowest] =
            [twist_db, reverse_twist_db, lowest_dbm0].map(|db| db.round() as c_int);
        // SAFETY: the state was just made; the numbers are plain.
        unsafe { dtmf_rx_parms(state, 1, twist, reverse, lowest) };
        Some(Dtmf { state, heard })
    }

    /// Takes samples in.
    pub fn push(&mut self, samples: &[i16]) {
        // SAFETY: the state lives as long as `self`; the slice is as long as is said.
        unsafe { dtmf_rx(self.state, samples.as_ptr(), samples.len() as c_int) };
    }

    /// The digits heard since the last call.
    pub fn digits(&mut self) -> String {
        self.heard.take().into_iter().map(char::from).collect()
    }
}

impl Drop for Dtmf {
    fn drop(&mut self) {
        // SAFETY: made by `dtmf_rx_init`, freed once.
        unsafe { dtmf_rx_free(self.state) };
    }
}

/// spandsp's caller-identity receiver over FSK (ADSI).
#[derive(Debug)]
pub struct CallerId {
    state: *mut c_void,
    heard: Gathered<Vec<u8>>,
}

impl CallerId {
    /// A receiver for one standard; `None` if it cannot be made.
    pub fn new(standard: FskStandard) -> Option<Self> {
        let standard = match standard {
            FskStandard::Bell202 => CLASS,
            FskStandard::V23 => CLIP,
        };
        let heard = Gathered::new();
        // SAFETY: a null state makes the library allocate one.
        let state =
            unsafe { adsi_rx_init(core::ptr::null_mut(), standard, gather_message, heard.user()) };
        (!state.is_null()).then_some(CallerId { state, heard })
    }

    /// Takes samples in.
    pub fn push(&mut self, samples: &[i16]) {
        // SAFETY: the state lives as long as `self`; the slice is as long as is said.
        unsafe { adsi_rx(self.state, samples.as_ptr(), samples.len() as c_int) };
    }

    /// The messages heard since the last call, as the library hands them over: without checksum.
    pub fn messages(&mut self) -> Vec<Vec<u8>> {
        self.heard.take()
    }
}

impl Drop for CallerId {
    fn drop(&mut self) {
        // SAFETY: made by `adsi_rx_init`, freed once.
        unsafe { adsi_rx_free(self.state) };
    }
}

/// spandsp's supervisory tone detector, given a country's dial, ringback, busy and congestion tone
/// with the tolerance of ours (10 %).
#[derive(Debug)]
pub struct CallProgress {
    state: *mut c_void,
    descriptor: *mut c_void,
    heard: Gathered<c_int>,
}

impl CallProgress {
    /// A detector for a country; `None` if it cannot be made.
    pub fn new(country: Country) -> Option<Self> {
        let heard = Gathered::new();
        // SAFETY: a null descriptor makes the library allocate one.
        let descriptor = unsafe { super_tone_rx_make_descriptor(core::ptr::null_mut()) };
        if descriptor.is_null() {
            return None;
        }
        let plan = country.tones();
        for tone in [plan.dial, plan.ringback, plan.busy, plan.congestion] {
            // SAFETY: the descriptor was just made; the numbers are plain.
            unsafe {
                let number = super_tone_rx_add_tone(descriptor);
                for segment in tone.segments {
                    // The header says -1 for none; the library takes 0 for it.
                    let hz = |at: usize| segment.hz.get(at).map_or(0, |hz| hz.round() as c_int);
                    let (least, most) = match segment.ms {
                        FOREVER => (1200, 0),
                        ms => (ms as c_int * 9 / 10 - 12, ms as c_int * 11 / 10 + 12),
                    };
                    super_tone_rx_add_element(descriptor, number, hz(0), hz(1), least, most);
                }
            }
        }
        // SAFETY: a null state makes the library allocate one; the descriptor outlives it.
        let state = unsafe {
            super_tone_rx_init(core::ptr::null_mut(), descriptor, gather_tone, heard.user())
        };
        (!state.is_null()).then_some(CallProgress { state, descriptor, heard })
    }

    /// Takes samples in.
    pub fn push(&mut self, samples: &[i16]) {
        let mut rest = samples;
        while !rest.is_empty() {
            // SAFETY: the state lives as long as `self`; the slice is as long as is said.
            let taken = unsafe { super_tone_rx(self.state, rest.as_ptr(), rest.len() as c_int) };
            // The library may stop at the end of a block of its own.
            let taken = usize::try_from(taken).unwrap_or(0);
            if taken == 0 {
                break;
            }
            rest = &rest[taken.min(rest.len())..];
        }
    }

    /// The tones that began to be heard since the last call.
    pub fn tones(&mut self) -> Vec<Tone> {
        let numbers = self.heard.take();
        numbers
            .into_iter()
            .filter_map(|number| TONES.get(usize::try_from(number).ok()?).copied())
            .collect()
    }
}

impl Drop for CallProgress {
    fn drop(&mut self) {
        // SAFETY: each made by the library, freed once, the detector before what it refers to.
        unsafe {
            super_tone_rx_free(self.state);
            super_tone_rx_free_descriptor(self.descriptor);
        }
    }
}

/// spandsp's line echo canceller: the filter, without its non-linear processor.
///
/// Debian builds it with two `printf` in its innermost loop. While it works, the C library's
/// standard output is a stream that cannot be written to, so that each returns at once, unformatted.
/// One thread at a time may use it.
#[derive(Debug)]
pub struct EchoCanceller {
    state: *mut c_void,
    deaf: *mut c_void,
}

impl EchoCanceller {
    /// A canceller that reaches so many samples back; `None` if it cannot be made.
    pub fn new(taps: usize) -> Option<Self> {
        // SAFETY: both strings end with a zero.
        let deaf = unsafe { fopen(c"/dev/null".as_ptr(), c"r".as_ptr()) };
        if deaf.is_null() {
            return None;
        }
        // SAFETY: plain numbers.
        let state = unsafe { echo_can_init(c_int::try_from(taps).ok()?, ADAPTION) };
        if state.is_null() {
            // SAFETY: opened above, closed once.
            unsafe { fclose(deaf) };
            return None;
        }
        Some(EchoCanceller { state, deaf })
    }

    /// Takes what was sent and what was received at the same time; adds to `out` what was received
    /// without the echo.
    pub fn push(&mut self, sent: &[i16], received: &[i16], out: &mut Vec<i16>) {
        // SAFETY: the stream is open as long as `self`, and put back before this returns; only
        // the library writes to C's standard output in this program.
        let heard = unsafe { stdout };
        // SAFETY: as above.
        unsafe { stdout = self.deaf };
        for (&sent, &received) in sent.iter().zip(received) {
            // SAFETY: the state lives as long as `self`.
            out.push(unsafe { echo_can_update(self.state, sent, received) });
        }
        // SAFETY: as above.
        unsafe { stdout = heard };
    }
}

impl Drop for EchoCanceller {
    fn drop(&mut self) {
        // SAFETY: each made once and freed once; the stream is not C's standard output here.
        unsafe {
            echo_can_free(self.state);
            fclose(self.deaf);
        }
    }
}
