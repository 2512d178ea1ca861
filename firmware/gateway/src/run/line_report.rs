//! A line's test in words, in both languages: what was found, what is allowed, what to do.

use fxo::line_test::{Abort, Advice, Found, Item, Part, Proposal, Report, Verdict, limits};
use fxo::{CallerIdKind, Refused};
use status::{Saying, TestRow, TestState, TestVerdict};

/// What a part does.
pub fn part(part: Part) -> Saying {
    match part {
        Part::Battery => Saying::new("检查馈电", "looking for battery"),
        Part::DialTone => Saying::new("摘机，听拨号音", "off hook, listening for dial tone"),
        Part::Digit => Saying::new("拨一位数字", "sending a digit"),
        Part::Noise => Saying::new("测量噪声", "measuring noise"),
        Part::Echo => Saying::new("测量回声", "measuring echo"),
    }
}

/// What a test came to.
pub fn state(report: &Report) -> TestState {
    match report.aborted {
        Some(why) => TestState::BrokenOff { says: aborted(why) },
        None if report.passed() => TestState::Passed,
        None => TestState::Failed,
    }
}

fn aborted(why: Abort) -> Saying {
    match why {
        Abort::Ring => Saying::new(
            "有来电，测试让路；请稍后重测",
            "a call came in and was taken; test again later",
        ),
        Abort::Fault => Saying::new(
            "线路或端口中断：请检查插头、线缆和板卡",
            "the line or its port failed: check plug, cable and card",
        ),
        Abort::Stopped => Saying::new("设备停止运行，测试中断", "the appliance was stopped"),
    }
}

/// Why a test did not begin in time.
pub fn not_begun(why: Refused) -> Saying {
    Saying::new(
        "两分钟内线路一直占用，未测试；请稍后重测",
        format!("not tested in two minutes: {why}"),
    )
}

/// One item as a row.
pub fn row(item: &Item) -> TestRow {
    let (name, limit) = head(&item.found);
    TestRow {
        name,
        found: found(&item.found),
        limit,
        verdict: match item.verdict {
            Verdict::Good => TestVerdict::Good,
            Verdict::Fair => TestVerdict::Fair,
            Verdict::Bad => TestVerdict::Bad,
            Verdict::NotMeasured => TestVerdict::Unknown,
        },
        advice: item.advice.map(advice),
    }
}

/// What is tested, and what is allowed.
fn head(found: &Found) -> (Saying, Saying) {
    let none = || Saying::from("");
    match found {
        Found::Battery { .. } => {
            let (least, most) = (limits::BATTERY_V.start(), limits::BATTERY_V.end());
            (Saying::new("馈电", "battery"), format!("{least:.0}–{most:.0} V").into())
        }
        Found::DialTone { .. } => (
            Saying::new("拨号音", "dial tone"),
            format!("≤ {:.1} s", limits::DIAL_TONE_MS as f32 / 1_000.0).into(),
        ),
        Found::Plan { .. } => (Saying::new("音频制式", "tone plan"), none()),
        Found::Level { .. } => {
            let (least, most) = (limits::LOSS_DB.start(), limits::LOSS_DB.end());
            (Saying::new("环路损耗", "loop loss"), format!("{least:.0} – {most:.0} dB").into())
        }
        Found::Digits { .. } => (
            Saying::new("拨号", "digits"),
            format!("≤ {:.1} s", limits::BREAK_MS as f32 / 1_000.0).into(),
        ),
        Found::Noise(_) => {
            (Saying::new("噪声", "noise"), format!("≤ {:.0} dBm0p", limits::NOISE_DBM0P).into())
        }
        Found::Echo { .. } => (
            Saying::new("回声损耗", "echo return loss"),
            format!("≥ {:.0} dB", limits::ERL_DB).into(),
        ),
        Found::CallerId { .. } => (Saying::new("来电显示", "caller identity"), none()),
        Found::Answer { .. } => (Saying::new("应答信号", "answer"), none()),
        Found::Release { .. } => (Saying::new("挂机信号", "release"), none()),
    }
}

fn found(found: &Found) -> Saying {
    match found {
        Found::Battery { present: false, .. } => Saying::new("无", "none"),
        Found::Battery { volts: None, .. } => Saying::new("有", "present"),
        Found::Battery { volts: Some(volts), .. } => format!("{:.1} V", volts.abs()).into(),
        Found::DialTone { after_ms: Some(ms), .. } => {
            let s = f64::from(*ms) / 1_000.0;
            Saying::new(format!("{s:.1} 秒后"), format!("after {s:.1} s"))
        }
        Found::DialTone { interrupted: true, .. } => {
            Saying::new("断续音，不是拨号音", "a tone that comes and goes instead")
        }
        Found::DialTone { .. } => Saying::new("没有", "none"),
        Found::Plan { hz, set, fits } => {
            let hz: Vec<String> = hz.iter().map(|hz| format!("{hz:.0}")).collect();
            let hz = hz.join(" + ");
            let (zh, en) = match fits.is_empty() {
                true => ("不属于已知制式".to_owned(), "of no known plan".to_owned()),
                false => {
                    (format!("符合 {}", fits.join("、")), format!("as in {}", fits.join(", ")))
                }
            };
            Saying::new(
                format!("{hz} Hz，{zh}（设置为 {set}）"),
                format!("{hz} Hz, {en} (set: {set})"),
            )
        }
        Found::Level { dbm0, loss_db } => Saying::new(
            format!("{loss_db:.1} dB（拨号音 {dbm0:.1} dBm0）"),
            format!("{loss_db:.1} dB (dial tone {dbm0:.1} dBm0)"),
        ),
        Found::Digits { tones_ms: Some(ms), .. } => {
            Saying::new(format!("双音频有效，{ms} 毫秒"), format!("by tones, {ms} ms"))
        }
        Found::Digits { pulses_ms: Some(_), .. } => {
            Saying::new("双音频无效，脉冲有效", "not by tones, but by pulses")
        }
        Found::Digits { .. } => Saying::new("双音频和脉冲均无效", "neither by tones nor by pulses"),
        Found::Noise(noise) => Saying::new(
            format!(
                "{:.1} dBm0p（平坦 {:.1}，工频 {:.1}）",
                noise.psophometric, noise.flat, noise.hum
            ),
            format!(
                "{:.1} dBm0p (flat {:.1}, mains hum {:.1})",
                noise.psophometric, noise.flat, noise.hum
            ),
        ),
        Found::Echo { response, .. } => Saying::new(
            format!(
                "{:.1} dB（{:.0} Hz 处最差 {:.1} dB，延时 {:.1} 毫秒）",
                response.loss_db, response.worst_hz, response.worst_db, response.delay_ms
            ),
            format!(
                "{:.1} dB (worst {:.1} dB at {:.0} Hz, delay {:.1} ms)",
                response.loss_db, response.worst_db, response.worst_hz, response.delay_ms
            ),
        ),
        Found::CallerId { kind } => match kind {
            None => unseen(),
            Some(CallerIdKind::Bell202) => "FSK, Bell 202".into(),
            Some(CallerIdKind::V23) => "FSK, V.23".into(),
            Some(CallerIdKind::Dtmf) => "DTMF".into(),
        },
        Found::Answer { polarity: 0, sound: 0 } => unseen(),
        Found::Answer { polarity, sound } => Saying::new(
            format!("反极 {polarity} 次，仅凭声音 {sound} 次"),
            format!("by polarity {polarity}, by sound alone {sound}"),
        ),
        Found::Release { polarity: 0, loop_drop: 0, tone: 0, .. } => unseen(),
        Found::Release { polarity, loop_drop, tone, .. } => Saying::new(
            format!("反极 {polarity} 次，断环 {loop_drop} 次，仅忙音 {tone} 次"),
            format!("by polarity {polarity}, by loop drop {loop_drop}, by tone alone {tone}"),
        ),
    }
}

fn unseen() -> Saying {
    Saying::new("尚无通话可学习", "no call has shown it yet")
}

fn advice(advice: Advice) -> Saying {
    let (zh, en) = match advice {
        Advice::CheckPair => {
            ("检查插头、线对和交换机端口", "check plug, pair and the exchange's port")
        }
        Advice::LowBattery => (
            "电压过低：是否有并联话机摘机，或适配器供电不足",
            "low voltage: is another set on this pair off hook, or the adapter too weak?",
        ),
        Advice::HighBattery => ("电压过高：检查供电端", "high voltage: see what feeds this line"),
        Advice::AskOperator => (
            "有馈电而无拨号音：向运营商确认线路已开通",
            "battery but no dial tone: ask the operator whether the line is in service",
        ),
        Advice::TestAgain => (
            "交换机仍占用该线路：一分钟后重测",
            "the exchange was still busy with the line: test again in a minute",
        ),
        Advice::SlowDialTone => (
            "拨号音来得慢：增大 dial_tone_timeout_ms，并告知运营商",
            "slow: raise dial_tone_timeout_ms, and tell the operator",
        ),
        Advice::SetCountry => (
            "这是另一国家的拨号音：修改 [fxo] country",
            "another country's dial tone: set [fxo] country",
        ),
        Advice::UnknownPlan => (
            "未知拨号音：设置 [fxo] dial_without_tone = true；忙音会自动学习",
            "nobody's dial tone: set [fxo] dial_without_tone = true; busy tones are learnt",
        ),
        Advice::TooSoft => (
            "信号偏弱：调高板卡增益，或检查线路长度和接头",
            "soft: raise the card's gains, or look for a long loop or a bad joint",
        ),
        Advice::TooLoud => ("信号偏强：调低板卡增益", "loud: lower the card's gains"),
        Advice::DialByPulse => (
            "线路只收脉冲：设置 [fxo] dialling = \"pulse\"",
            "this line takes pulses only: set [fxo] dialling = \"pulse\"",
        ),
        Advice::NoDigits => (
            "交换机收不到拨号：请运营商检查收号器，本机请检查发送电平",
            "the exchange hears no digit: have its receiver checked, and our transmit level",
        ),
        Advice::Hum => (
            "工频干扰：远离电源线，检查接地和屏蔽",
            "mains hum: keep the cable away from power, check earth and screen",
        ),
        Advice::Noise => (
            "噪声大：检查接头、受潮和 DSL 滤波器",
            "noise: look for bad joints, damp, a missing DSL filter",
        ),
        Advice::OtherImpedance => ("换用下面建议的阻抗", "set the impedance proposed below"),
        Advice::Echo => (
            "回声大：检查并联话机、支线和线路接头",
            "echo: look for a second set, a bridged tap, a bad joint",
        ),
        Advice::NoAnswerSignal => (
            "应答只能凭声音判断：请运营商开通反极信号",
            "answers are known by sound alone: ask the operator for polarity reversal",
        ),
        Advice::ToneReleaseOnly => (
            "挂机只能凭忙音判断，会晚几秒：请运营商开通反极或断环信号",
            "hang-ups are known by busy tone alone, some seconds late: ask the operator for loop drop or polarity",
        ),
        Advice::PlaceCalls => (
            "打入一次并接听，再打出一次，然后重测",
            "call this line and answer, place a call, then test again",
        ),
    };
    Saying::new(zh, en)
}

/// A setting that would suit better.
pub fn proposal(proposal: &Proposal) -> Saying {
    match proposal {
        Proposal::Country(codes) => Saying::new(
            format!("[fxo] country = {}", codes.join(" 或 ")),
            format!("[fxo] country = {}", codes.join(" or ")),
        ),
        Proposal::ReceiveGain(db) => {
            Saying::new(format!("接收增益 {db:+.0} dB"), format!("receive gain {db:+.0} dB"))
        }
        Proposal::TransmitGain(db) => {
            Saying::new(format!("发送增益 {db:+.0} dB"), format!("transmit gain {db:+.0} dB"))
        }
        Proposal::Impedance(impedance) => {
            Saying::new(format!("阻抗 {impedance}"), format!("impedance {impedance}"))
        }
        Proposal::DialByPulse => "[fxo] dialling = \"pulse\"".into(),
        Proposal::DialWithoutTone => "[fxo] dial_without_tone = true".into(),
        Proposal::BusyTone(tone) => {
            let hz: Vec<String> =
                tone.hz.iter().filter(|hz| **hz > 0).map(ToString::to_string).collect();
            let (hz, on, off) = (hz.join(" + "), tone.on_ms, tone.off_ms);
            Saying::new(
                format!("已学会忙音 {hz} Hz，{on}/{off} 毫秒（已启用）"),
                format!("busy tone learnt, in use: {hz} Hz, {on} ms on, {off} ms off"),
            )
        }
    }
}
