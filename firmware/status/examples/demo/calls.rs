//! Made-up calls: those that are over, and one that runs for ever anew.

use call::{
    Act, AnswerSign, AudioTrack, CallId, CallerId, Cause, Cdr, Codec, DeviceId, Direction, Finding,
    Findings, Interest, Language, ModelIdentity, Need, Number, Outcome, Record, Samples, Sensitive,
    SensitiveKind, Sentiment, Side, Software, SpeechState, Utterance, UtteranceFindings, WallTime,
};
use status::{
    CallState, Counters, Identity, Line, LineState, Live, ModelStanding, ModelState, RunningCall,
    Saying, Speech, Storage, Uplink, Words,
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DEVICE: DeviceId = DeviceId([0x5e; 16]);

type Turn = (Side, &'static str, &'static [Act]);
const A: Side = Side::Agent;
const C: Side = Side::Customer;

const LOAN: &[Turn] = &[
    (A, "您好，请问是王女士吗？我是诚信贷款的客户经理小李。", &[]),
    (C, "是我，什么事？", &[Act::Affirm]),
    (A, "我们最近有一款信用贷款，年利率三点六起，最高可以贷三十万，您有资金需求吗？", &[]),
    (C, "利率倒是不高，我最近正好想换一辆车。", &[Act::StateNeed]),
    (A, "那太好了，您方便的话可以带身份证来我们网点办理。", &[]),
    (C, "都要带什么资料？多久能放款？", &[Act::AskProcess]),
    (A, "身份证和银行流水就可以，当天就能放款。", &[]),
    (C, "行，那我明天下午三点过去找你，我的手机是幺三八零零幺三八零零零。", &[Act::Book]),
    (A, "好的，我等您，再见。", &[]),
];
const REFUSES: &[Turn] = &[
    (A, "Good morning, this is Anna from Harbour Energy. Do you have a minute?", &[]),
    (C, "What is it about?", &[Act::AskIdentity]),
    (A, "We have a new tariff that is some twelve per cent cheaper than the usual one.", &[]),
    (C, "No thank you, we have just signed with somebody else.", &[Act::Refuse]),
    (A, "I understand. Thank you for your time.", &[]),
    (C, "Goodbye.", &[Act::Close]),
];
const STOP: &[Turn] = &[
    (A, "您好，我是装修公司的，请问您最近有装修的打算吗？", &[]),
    (C, "怎么又是你们，别再打了，再打我投诉。", &[Act::StopCalling, Act::Complain]),
    (A, "非常抱歉打扰您，我们马上登记，再见。", &[]),
];

fn number(text: &str) -> Number {
    text.parse().expect("a made-up number is a number")
}

fn now() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime { unix_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX), offset_min: 480 }
}

fn before(minutes: i64) -> WallTime {
    let now = now();
    WallTime { unix_ms: now.unix_ms - minutes * 60_000, ..now }
}

fn found<T>(value: T, p: f32, evidence: &[u32]) -> Finding<T> {
    Finding { value, p, evidence: evidence.to_vec(), model: 1 }
}

fn masked(text: &str) -> String {
    text.replace("幺三八零零幺三八零零零", "***********")
}

fn talked(turns: &[Turn], language: Language) -> (Vec<Utterance>, Vec<UtteranceFindings>) {
    let mut at = Samples::from_ms(9_200);
    let mut said = Vec::new();
    let mut found_in = Vec::new();
    for (side, text, acts) in turns {
        let count = text.chars().count() as u64;
        let ms = if language == Language::Mandarin { count * 190 } else { count * 62 };
        let end = at + Samples::from_ms(ms);
        said.push(Utterance {
            side: *side,
            start: at,
            end,
            text: (*text).to_owned(),
            p: 0.91,
            language,
            model: 0,
        });
        let hidden = masked(text);
        let sensitive = if hidden == *text {
            Vec::new()
        } else {
            vec![Sensitive { kind: SensitiveKind::Mobile, start: 17, end: 28 }]
        };
        found_in.push(UtteranceFindings {
            acts: acts.iter().map(|&act| found(act, 0.94, &[])).collect(),
            sensitive,
            masked: hidden,
        });
        at = end + Samples::from_ms(650);
    }
    (said, found_in)
}

fn record(minutes: i64, line: &str, digits: &str, cause: Cause) -> Record {
    let opened_at = before(minutes);
    let released_at = Samples::from_ms(24_000);
    Record {
        call: CallId::new(opened_at.unix_ms, u128::from(minutes.unsigned_abs())),
        device: DEVICE,
        revision: 1,
        cdr: Cdr {
            direction: Direction::Outbound,
            line: line.to_owned(),
            station: "坐席 01".to_owned(),
            customer: Some(number(digits)),
            caller: CallerId::default(),
            opened_at,
            dialled_at: Some(Samples::from_ms(2_300)),
            rang_at: Some(Samples::from_ms(4_100)),
            answered_at: None,
            answer_sign: None,
            released_at,
            cause,
        },
        audio: [A, C]
            .map(|side| AudioTrack {
                side,
                codec: Codec::ALaw,
                start: Samples::ZERO,
                samples: released_at.0,
                missing: 0,
            })
            .to_vec(),
        speech: SpeechState::NothingSaid,
        utterances: Vec::new(),
        findings: None,
        software: Software { version: "tipring 0.1.0".to_owned() },
        models: vec![
            ModelIdentity { name: "whisper-base-q8_0".to_owned(), sha256: [0xa7; 32] },
            ModelIdentity { name: "intent-small".to_owned(), sha256: [0x3c; 32] },
        ],
    }
}

fn conversation(
    mut record: Record,
    turns: &[Turn],
    language: Language,
    mut findings: Findings,
) -> Record {
    let (utterances, found_in) = talked(turns, language);
    let end = utterances.last().map_or(Samples::ZERO, |last| last.end) + Samples::from_ms(900);
    record.cdr.answered_at = Some(Samples::from_ms(8_400));
    record.cdr.answer_sign = Some(AnswerSign::Polarity);
    record.cdr.released_at = end;
    record.audio.iter_mut().for_each(|track| track.samples = end.0);
    record.speech = SpeechState::Done;
    record.utterances = utterances;
    findings.utterances = found_in;
    record.findings = Some(findings);
    record
}

fn loan(minutes: i64, line: &str, digits: &str) -> Record {
    let opened = before(minutes);
    let day = (opened.unix_ms + 480 * 60_000).div_euclid(86_400_000) + 1;
    let follow_up = WallTime { unix_ms: day * 86_400_000 + 7 * 3_600_000, offset_min: 480 };
    conversation(
        record(minutes, line, digits, Cause::CustomerReleased),
        LOAN,
        Language::Mandarin,
        Findings {
            interest: Some(found(Interest::High, 0.96, &[3, 5, 7])),
            outcome: Some(found(Outcome::Agreed, 0.97, &[7])),
            sentiment: Some(found(Sentiment::Positive, 0.81, &[7])),
            needs: vec![found(Need::Product, 0.88, &[3]), found(Need::Process, 0.95, &[5])],
            follow_up_at: Some(found(follow_up, 0.93, &[7])),
            summary:
                "客户想换车，对信用贷款意向高，询问资料和放款时间，约定明天 15:00 到网点办理。"
                    .to_owned(),
            suggestion: "明天 15:00 前准备好申请表，并提醒客户带身份证和银行流水。".to_owned(),
            keywords: ["信用贷款", "换车", "利率", "资料"].map(str::to_owned).to_vec(),
            ..Findings::default()
        },
    )
}

fn refuses(minutes: i64, line: &str, digits: &str) -> Record {
    conversation(
        record(minutes, line, digits, Cause::AgentReleased),
        REFUSES,
        Language::English,
        Findings {
            interest: Some(found(Interest::Low, 0.94, &[3])),
            outcome: Some(found(Outcome::Refused, 0.95, &[3])),
            sentiment: Some(found(Sentiment::Neutral, 0.77, &[3, 5])),
            needs: vec![found(Need::Competitor, 0.9, &[3])],
            summary:
                "The customer has just signed with another supplier and refused the new tariff."
                    .to_owned(),
            suggestion: "Do not call again about this tariff; ask when the other contract ends."
                .to_owned(),
            keywords: ["tariff", "supplier"].map(str::to_owned).to_vec(),
            ..Findings::default()
        },
    )
}

fn stop(minutes: i64, line: &str, digits: &str) -> Record {
    conversation(
        record(minutes, line, digits, Cause::CustomerReleased),
        STOP,
        Language::Mandarin,
        Findings {
            interest: Some(found(Interest::Low, 0.98, &[1])),
            outcome: Some(found(Outcome::DoNotCall, 0.99, &[1])),
            sentiment: Some(found(Sentiment::Negative, 0.96, &[1])),
            needs: vec![found(Need::Privacy, 0.8, &[1])],
            summary: "客户要求不再致电，并表示会投诉。".to_owned(),
            suggestion: "登记为勿再致电，今后不得拨打。".to_owned(),
            keywords: ["投诉", "装修"].map(str::to_owned).to_vec(),
            ..Findings::default()
        },
    )
}

/// Calls that are over.
pub(crate) fn records() -> Vec<Record> {
    let mut pending = record(2, "line-2", "13955667788", Cause::CustomerReleased);
    pending.cdr.answered_at = Some(Samples::from_ms(8_000));
    pending.speech = SpeechState::Pending;
    let mut inbound = record(26, "line-4", "02088776655", Cause::RingAbandoned);
    inbound.cdr.direction = Direction::Inbound;
    inbound.cdr.caller = CallerId {
        number: inbound.cdr.customer.take(),
        name: Some("<script>alert(1)</script>".to_owned()),
        withheld: false,
    };
    inbound.cdr.station.clear();
    let mut all = vec![
        pending,
        loan(5, "line-1", "13800138000"),
        stop(9, "line-3", "13700001111"),
        record(13, "line-2", "13612345678", Cause::Busy),
        refuses(18, "line-1", "02079460123"),
        inbound,
        record(31, "line-3", "13322221111", Cause::NoAnswer),
    ];
    for more in 0..60_i64 {
        let line = format!("line-{}", more % 4 + 1);
        let digits = format!("138{:08}", more * 7_654_321 % 100_000_000);
        let minutes = 40 + more * 23;
        all.push(match more % 5 {
            0 => loan(minutes, &line, &digits),
            1 => refuses(minutes, &line, &digits),
            2 => record(minutes, &line, &digits, Cause::NoAnswer),
            3 => stop(minutes, &line, &digits),
            _ => record(minutes, &line, &digits, Cause::Unobtainable),
        });
    }
    all
}

/// What stands while the demonstration runs.
pub(crate) fn tell_standing(live: &Live) {
    for (port, state) in [LineState::Idle, LineState::Idle, LineState::Idle, LineState::Faulty]
        .into_iter()
        .enumerate()
    {
        live.line(Line {
            name: format!("line-{}", port + 1),
            card: format!("exchange in software, port {}", port + 1),
            state,
            since: before(7),
            call: None,
            fault: (state == LineState::Faulty).then(|| {
                Saying::new(
                    "没有馈电电压。请检查该线路的插头和墙上的插座。",
                    "There is no battery on the line. Check its plug and the socket in the wall.",
                )
            }),
            counters: Counters {
                placed: 21 + port as u64,
                received: 3,
                answered: 15,
                faults: u64::from(port == 3),
            },
            test: None,
        });
    }
    live.uplink(Uplink {
        endpoint: "hq.example:8443".to_owned(),
        waiting: 3,
        delivered: 214,
        last_success: Some(before(12)),
        error: Some(Saying::new(
            "连接 hq.example:8443 被拒绝，30 秒后重试。请检查网络和总部的服务。",
            "hq.example:8443 refused the connection; trying again in 30 s. Check the network and the collector.",
        )),
    });
    live.storage(Storage {
        free: 41_200_000_000,
        total: 64_000_000_000,
        journal: 9_870_000_000,
        commit_p99_ms: Some(11.4),
        recovered: Some(Saying::new(
            "上次启动没有需要恢复的内容。",
            "The last start had nothing to recover.",
        )),
        error: None,
    });
    live.speech(Speech { waiting: 1, ..Speech::default() });
    live.identity(Identity {
        device: DEVICE.to_string(),
        software: "tipring 0.1.0".to_owned(),
        started_at: before(3_000),
        models: vec![
            ModelState {
                name: "whisper-base-q8_0".to_owned(),
                sha256: "a7".repeat(32),
                standing: ModelStanding::Ready,
            },
            ModelState {
                name: "silero-vad".to_owned(),
                sha256: "91".repeat(32),
                standing: ModelStanding::Ready,
            },
            ModelState {
                name: "intent-small".to_owned(),
                sha256: "3c".repeat(32),
                standing: ModelStanding::Ready,
            },
        ],
    });
}

/// Two calls run for ever anew on the first two lines.
pub(crate) async fn act(live: Live) {
    tokio::join!(
        one_line(live.clone(), "line-1", LOAN, "13612345678"),
        one_line(live, "line-2", REFUSES, "02079460456")
    );
}

async fn one_line(live: Live, line: &str, turns: &[Turn], digits: &str) {
    let pause = |ms| tokio::time::sleep(Duration::from_millis(ms));
    for round in 0_u128.. {
        let at = now();
        // Both lines may begin in the same millisecond.
        let call = CallId::new(at.unix_ms, round << 8 | u128::from(line.as_bytes()[5]));
        let set = |state: LineState, running: bool| {
            live.line_changed(line, |one| {
                one.state = state;
                one.since = now();
                one.call = running.then_some(call);
            });
        };
        live.call_opened(RunningCall::new(&call::entry::Opened {
            call,
            device: DEVICE,
            at,
            direction: Direction::Outbound,
            line: line.to_owned(),
            station: "坐席 01".to_owned(),
            customer: Some(number(digits)),
        }));
        set(LineState::Dialling, true);
        pause(1200).await;
        live.call_changed(call, |running| running.state = CallState::Ringing);
        set(LineState::Alerting, true);
        pause(1500).await;
        live.call_answered(call, now());
        set(LineState::Talking, true);
        let mut start = Samples::from_ms(3_000);
        for (side, text, _) in turns {
            let letters: Vec<char> = masked(text).chars().collect();
            for shown in (4..letters.len()).step_by(5) {
                let text = letters[..shown].iter().collect();
                live.words(call, Words { side: *side, start, text, settled: false });
                pause(420).await;
            }
            live.words(
                call,
                Words { side: *side, start, text: letters.iter().collect(), settled: true },
            );
            pause(600).await;
            start += Samples::from_ms(letters.len() as u64 * 110);
        }
        live.call_released(call, now());
        set(LineState::Idle, false);
        pause(2500).await;
        live.call_dropped(call);
        pause(2500).await;
    }
}
