//! Sealing frames in memory on one core, and what its parts cost.

use crate::{load, table};
use call::entry::Audio;
use call::{CallId, Codec, Samples, Side};
use journal::frame::{Chain, Draft, Kind, Position};
use std::error::Error;
use std::hint::black_box;
use vault::CallKey;

/// What a batch holds: as much as one commit takes.
const BATCH: usize = 8 << 20;
/// How much is sealed for one figure.
const VOLUME: usize = 256 << 20;
/// Calls whose frames follow each other.
const CALLS: usize = 100;
/// What sealed append should reach on one core, MB/s.
pub const TARGET: f64 = 200.0;

/// Megabytes in some octets.
pub fn mb(octets: usize) -> f64 {
    octets as f64 / 1e6
}

/// Prints how fast frames of audio are sealed onto a batch, by the length of their payload.
pub fn main() -> crate::Done {
    table::heading(
        "sealed append in memory, one core",
        "octets of audio per second of this thread's processor time; frames of 100 calls by turns, \
         batches of 8 MiB, each frame under its call's key, chained by BLAKE3, checked by CRC32C",
    );
    let keys = (0..CALLS).map(|_| CallKey::generate()).collect::<Result<Vec<_>, _>>()?;
    for (octets, what) in [
        (800, "800 octets: 100 ms of one side, as journalled"),
        (1_600, "1,600 octets"),
        (4_096, "4 kB"),
        (65_536, "64 kB"),
        (1 << 20, "1 MB"),
    ] {
        let speed = seal(&keys, octets)?;
        table::row(what, format!("{speed:.0} MB/s"), table::of_target(speed, TARGET, " MB/s"));
    }
    parts(&keys[0])
}

fn seal(keys: &[CallKey], octets: usize) -> Result<f64, Box<dyn Error>> {
    let ids: Vec<CallId> =
        (0..keys.len()).map(|n| CallId::new(1_795_392_000_000, n as u128)).collect();
    let audio = Audio {
        side: Side::Customer,
        at: Samples(80_000),
        codec: Codec::ALaw,
        payload: (0..octets).map(|at| (at * 31 % 251) as u8).collect(),
    };
    let mut buffer = Vec::with_capacity(BATCH + octets + 4_096);
    let mut sequence = 0;
    let mut refused = None;
    let mut batches = Vec::new();
    for _ in 0..VOLUME / BATCH {
        let mut frames = 0usize;
        let seconds = load::cpu_seconds(|| {
            buffer.clear();
            let next = Position { segment: 1, offset: 0 };
            let mut chain =
                Chain { salt: 1, sequence, previous: [0; 32], next, begins_commit: true };
            while buffer.len() < BATCH && refused.is_none() {
                let nth = frames % keys.len();
                let draft = Draft {
                    kind: Kind::Audio,
                    revision: 0,
                    call: ids[nth],
                    delivery: 0,
                    back: Position::NONE,
                };
                let sealed = chain.seal(&mut buffer, &keys[nth], draft, |out| {
                    journal::audio_into(&audio, out);
                });
                refused = sealed.err();
                frames += 1;
            }
            sequence = chain.sequence;
            black_box(&buffer);
        });
        batches.push(mb(frames * octets) / seconds);
    }
    match refused {
        Some(refused) => Err(refused.into()),
        None => Ok(table::median(&mut batches)),
    }
}

/// What each part of sealing an audio frame of 800 octets costs by itself.
fn parts(key: &CallKey) -> crate::Done {
    const FRAME: usize = 96 + 808 + 16;
    table::heading("what sealing 800 octets is made of", "the same octets by each part alone");
    let mut text = vec![7u8; FRAME];
    let rounds = (64 << 20) / FRAME;
    let speed = |seconds: f64| mb(rounds * 800) / seconds;
    let mut broken = false;
    let mut count = 0u64;
    let cipher = load::cpu_seconds(|| {
        for _ in 0..rounds {
            count += 1;
            let mut nonce = [0; 12];
            nonce[..8].copy_from_slice(&count.to_le_bytes());
            broken |= key.seal(&nonce, &[0; 92], black_box(&mut text[..808])).is_err();
        }
    });
    let hash = load::cpu_seconds(|| {
        for _ in 0..rounds {
            black_box(blake3::hash(black_box(&text)));
        }
    });
    let check = load::cpu_seconds(|| {
        for _ in 0..rounds {
            black_box(crc32c::crc32c(black_box(&text)));
        }
    });
    let all = cipher + hash + check;
    for (what, seconds) in [("ChaCha20-Poly1305", cipher), ("BLAKE3", hash), ("CRC32C", check)] {
        let share = format!("{:.0} % of the three", 100.0 * seconds / all);
        table::row(what, format!("{:.0} MB/s", speed(seconds)), share);
    }
    table::row("the three after each other", format!("{:.0} MB/s", speed(all)), "");
    if broken { Err("a seal was refused".into()) } else { Ok(()) }
}
