//! Calls to write down.

use call::{
    CallId, Cause, Cdr, Codec, DeviceId, Direction, LegEvent, Record, Samples, Side, Software,
    SpeechState, WallTime, entry,
};
use journal::Options;
use std::sync::Arc;
use std::time::Duration;
use vault::{DeviceKey, MasterKey, Vault};

pub(crate) const NOW: WallTime = WallTime { unix_ms: 1_795_392_000_000, offset_min: 480 };

pub(crate) fn vault() -> Arc<Vault> {
    Arc::new(Vault {
        device: DeviceKey::from_seed(&[1; 32]),
        master: MasterKey::from_bytes(&[2; 32]),
    })
}

pub(crate) fn software() -> Software {
    Software { version: "tipring 0.1.0".into() }
}

pub(crate) fn options() -> Options {
    Options {
        segment: 1 << 20,
        reserve: 0,
        low: 0,
        lag: Duration::ZERO,
        index: false,
        ..Options::default()
    }
}

pub(crate) fn call_id(n: u64) -> CallId {
    CallId::new(NOW.unix_ms + i64::try_from(n).unwrap() * 1000, u128::from(n))
}

pub(crate) fn opened(n: u64) -> entry::Opened {
    entry::Opened {
        call: call_id(n),
        device: DeviceId([1; 16]),
        at: WallTime { unix_ms: call_id(n).unix_ms(), ..NOW },
        direction: Direction::Outbound,
        line: format!("line {}", n % 4),
        station: "desk".into(),
        customer: Some(format!("1380000{n:04}").parse().unwrap()),
    }
}

/// The `block`th 100 ms of one side; its octets tell which.
pub(crate) fn audio(side: Side, block: u64) -> entry::Audio {
    let octet = u8::try_from(block % 200).unwrap() + u8::from(side == Side::Agent);
    entry::Audio { side, at: Samples(block * 800), codec: Codec::ALaw, payload: vec![octet; 800] }
}

pub(crate) fn event(at: u64, event: LegEvent) -> entry::Event {
    entry::Event { at: Samples(at), side: Side::Customer, event }
}

pub(crate) fn record(n: u64, revision: u16) -> Record {
    let opened = opened(n);
    Record {
        call: opened.call,
        device: opened.device,
        revision,
        cdr: Cdr { cause: Cause::CustomerReleased, ..Cdr::of(&opened, &[], Samples(8000)) },
        audio: Vec::new(),
        speech: SpeechState::Done,
        utterances: Vec::new(),
        findings: None,
        software: software(),
        models: Vec::new(),
    }
}
