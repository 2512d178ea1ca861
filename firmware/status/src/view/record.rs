//! One record: what came of the call, the words it rests on, its sound.

use super::label::Label;
use super::{calls, clock, mask, sign_in, system};
use crate::{Entry, Tongue};
use call::{CallId, Finding, Findings, Number, Record, Samples, Side, SpeechState, Utterance};
use maud::{Markup, html};

/// What the page shows beside the record itself.
pub(crate) struct Shown<'a> {
    /// The page's language.
    pub(crate) tongue: Tongue,
    /// The token of its forms.
    pub(crate) form: &'a str,
    /// The customer's number in full, once revealed.
    pub(crate) number: Option<&'a Number>,
    /// Whether the viewer may listen, take away and reveal the number.
    pub(crate) may_listen: bool,
    /// Whether a vCon can be had.
    pub(crate) vcon: bool,
    /// Whether the call is held; unknown to who may not hold or erase it.
    pub(crate) held: Option<bool>,
    /// Why it could not be held, released or erased.
    pub(crate) fault: Option<&'a str>,
}

/// The whole page.
pub(crate) fn page(entry: &Entry, shown: &Shown<'_>) -> Markup {
    let (record, tongue) = (&entry.record, shown.tongue);
    html! {
        p.back { a href="/calls" { "← " (tongue.pick("通话", "Calls")) } }
        div #record data-call=(record.call) data-revision=(record.revision)
            data-state={ (record.revision) " " (entry.receipt.word()) } {
            (head(entry, shown))
            div.columns {
                div.wide {
                    (meaning(record, tongue))
                    @if shown.may_listen && record.audio.iter().any(|track| track.samples > 0) {
                        (player(record, shown))
                    }
                    (transcript(record, tongue))
                }
                div.narrow {
                    (findings(record, tongue))
                    (cdr(record, tongue))
                    (provenance(record, tongue))
                    @if let Some(held) = shown.held { (keeping(record, held, shown)) }
                }
            }
        }
    }
}

fn customer(record: &Record) -> Option<&Number> {
    record.cdr.customer.as_ref().or(record.cdr.caller.number.as_ref())
}

fn head(entry: &Entry, shown: &Shown<'_>) -> Markup {
    let (record, tongue) = (&entry.record, shown.tongue);
    let found = record.findings.as_ref();
    html! {
        div.title {
            h1.number #number {
                @match (shown.number, customer(record)) {
                    (Some(number), _) => (number.digits()),
                    (None, Some(number)) => (number.masked()),
                    (None, None) => (if record.cdr.caller.withheld { tongue.pick("号码保密", "Number withheld") } else { tongue.pick("未知号码", "Unknown number") }),
                }
            }
            @if shown.may_listen && shown.number.is_none() && customer(record).is_some() {
                form #reveal method="post" action={ "/calls/" (record.call) "/number" } {
                    input type="hidden" name="form" value=(shown.form);
                    button.quiet type="submit" title=(tongue.pick("查看会写入访问日志", "Looking is written into the access log")) { (tongue.pick("显示号码", "Show number")) }
                }
            }
            span.chips {
                @if let Some(outcome) = found.and_then(|all| all.outcome.as_ref()) { span.chip.(outcome.value.tone()) { (outcome.value.tell(tongue)) } }
                @else { span.chip.(record.cdr.cause.tone()) { (record.cdr.cause.tell(tongue)) } }
                @if let Some(interest) = found.and_then(|all| all.interest.as_ref()) { span.chip.outline.(interest.value.tone()) { (interest.value.tell(tongue)) } }
            }
        }
        p.subtitle {
            (record.cdr.direction.tell(tongue)) " · " (clock::full(record.cdr.opened_at, tongue)) " · " (record.cdr.line)
            @if !record.cdr.station.is_empty() { " · " (record.cdr.station) }
            (calls::receipt(&entry.receipt, true, tongue))
        }
    }
}

fn meaning(record: &Record, tongue: Tongue) -> Markup {
    let found = record.findings.as_ref();
    let summary = found.map_or("", |all| all.summary.as_str());
    let suggestion = found.map_or("", |all| all.suggestion.as_str());
    html! {
        section.card.meaning aria-labelledby="meaning-title" {
            h2 #meaning-title { (tongue.pick("摘要", "Summary")) }
            @if summary.is_empty() {
                p.dim { (unsaid(record, tongue)) }
            } @else {
                p.summary { (summary) }
            }
            @if !suggestion.is_empty() {
                p.next { strong { (tongue.pick("下一步", "Next step")) } (suggestion) }
            }
            @if let Some(keywords) = found.map(|all| &all.keywords).filter(|words| !words.is_empty()) {
                ul.keywords aria-label=(tongue.pick("关键词", "Keywords")) {
                    @for word in keywords { li { (word) } }
                }
            }
        }
    }
}

fn unsaid(record: &Record, tongue: Tongue) -> &'static str {
    match record.speech {
        SpeechState::Pending => {
            tongue.pick("正在识别，稍后自动补全。", "Being transcribed; this fills in by itself.")
        }
        SpeechState::Failed => tongue.pick(
            "未能识别，录音已完整保留。",
            "It could not be transcribed; the audio is kept in full.",
        ),
        SpeechState::NothingSaid => {
            tongue.pick("这通电话里没有人说话。", "Nobody spoke on this call.")
        }
        SpeechState::Done => tongue.pick("没有可总结的内容。", "There is nothing to sum up."),
    }
}

fn findings(record: &Record, tongue: Tongue) -> Markup {
    let Some(found) = &record.findings else { return html! {} };
    html! {
        section.card.findings aria-labelledby="findings-title" {
            h2 #findings-title { (tongue.pick("结论与依据", "Findings and evidence")) }
            dl {
                (label(record, tongue.pick("意向", "Interest"), found.interest.as_ref(), tongue))
                (label(record, tongue.pick("结果", "Outcome"), found.outcome.as_ref(), tongue))
                (label(record, tongue.pick("情绪", "Sentiment"), found.sentiment.as_ref(), tongue))
                @if let Some(follow_up) = &found.follow_up_at {
                    (finding(record, tongue.pick("再联系", "Follow-up"), &clock::appointment(follow_up.value, tongue), "busy", follow_up, tongue))
                }
                @if !found.needs.is_empty() {
                    div.finding {
                        dt { (tongue.pick("需求", "Needs")) }
                        @for need in &found.needs {
                            (value(record, need.value.tell(tongue), need.value.tone(), need, tongue))
                        }
                    }
                }
            }
        }
    }
}

fn label<L: Label>(
    record: &Record,
    name: &str,
    found: Option<&Finding<L>>,
    tongue: Tongue,
) -> Markup {
    html! {
        @if let Some(found) = found {
            (finding(record, name, found.value.tell(tongue), found.value.tone(), found, tongue))
        }
    }
}

fn finding<T>(
    record: &Record,
    name: &str,
    shown: &str,
    tone: &str,
    found: &Finding<T>,
    tongue: Tongue,
) -> Markup {
    html! {
        div.finding {
            dt { (name) }
            (value(record, shown, tone, found, tongue))
        }
    }
}

/// A value, its probability, and the way to the words it rests on.
fn value<T>(
    record: &Record,
    shown: &str,
    tone: &str,
    found: &Finding<T>,
    tongue: Tongue,
) -> Markup {
    let percent = (found.p.clamp(0.0, 1.0) * 100.0).round();
    let model = record.models.get(usize::from(found.model)).map_or("", |model| model.name.as_str());
    let starts = found.evidence.iter().take(3).filter_map(|&at| record.utterances.get(at as usize));
    let starts: Vec<_> = starts.map(|utterance| clock::span(utterance.start.ms())).collect();
    html! {
        dd {
            span.chip.(tone) { (shown) }
            span.p title=(model) { (percent) " %" }
            @if let Some(first) = found.evidence.first() {
                a.evidence href={ "#u" (first) } data-evidence=(list(&found.evidence)) {
                    (tongue.pick("依据", "evidence")) " " (starts.join(", "))
                    @if found.evidence.len() > 3 { " …" }
                }
            }
        }
    }
}

fn list(evidence: &[u32]) -> String {
    evidence.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}

fn player(record: &Record, shown: &Shown<'_>) -> Markup {
    let tongue = shown.tongue;
    let call = record.call;
    html! {
        section.card.player #player data-peaks={ "/calls/" (call) "/peaks.json" } aria-label=(tongue.pick("录音", "Audio")) {
            div.wave #wave role="slider" tabindex="0" hidden
                aria-label=(tongue.pick("播放位置", "Position"))
                aria-valuemin="0" aria-valuemax=(record.cdr.released_at.ms() / 1000) aria-valuenow="0" {
                svg #waveform viewBox="0 0 800 120" preserveAspectRatio="none" aria-hidden="true" {}
                span.lane.agent { (Side::Agent.tell(tongue)) }
                span.lane.customer { (Side::Customer.tell(tongue)) }
            }
            audio #audio controls preload="none" src={ "/calls/" (call) "/audio.wav" } {}
            div.controls hidden #controls {
                button #play type="button" aria-pressed="false" data-play=(tongue.pick("播放", "Play")) data-pause=(tongue.pick("暂停", "Pause")) {
                    svg viewBox="0 0 24 24" aria-hidden="true" { path.go d="M8 5l11 7-11 7z" {} path.halt d="M8 5v14M16 5v14" {} }
                    span { (tongue.pick("播放", "Play")) }
                }
                span.clock { span #position { "0:00" } " / " span { (clock::span(record.cdr.released_at.ms())) } }
                label.speed { span.sr { (tongue.pick("速度", "Speed")) }
                    select #speed {
                        option value="1" { "1×" } option value="1.25" { "1.25×" } option value="1.5" { "1.5×" } option value="2" { "2×" }
                    }
                }
            }
            p.downloads {
                a href={ "/calls/" (call) "/audio.wav?download=1" } download { (tongue.pick("下载录音", "Download audio")) }
                @if shown.vcon { a href={ "/calls/" (call) "/vcon.json" } download { (tongue.pick("下载 vCon", "Download vCon")) } }
                span.dim { (tongue.pick("收听与下载会写入访问日志", "Listening and downloads are logged")) }
            }
        }
    }
}

fn transcript(record: &Record, tongue: Tongue) -> Markup {
    html! {
        section.card aria-labelledby="words-title" {
            h2 #words-title { (tongue.pick("对话", "Conversation")) }
            @if record.utterances.is_empty() {
                p.dim { (unsaid(record, tongue)) }
            } @else {
                ol.words.whole {
                    @for (at, utterance) in record.utterances.iter().enumerate() {
                        (one_utterance(record, at, utterance, tongue))
                    }
                }
            }
        }
    }
}

fn one_utterance(record: &Record, at: usize, utterance: &Utterance, tongue: Tongue) -> Markup {
    let found = record.findings.as_ref().and_then(|all| all.utterances.get(at));
    html! {
        li.(utterance.side.tone()) id={ "u" (at) } data-start=(utterance.start.ms()) data-end=(utterance.end.ms()) {
            span.by {
                (utterance.side.tell(tongue)) " "
                a.seek href={ "#u" (at) } title=(tongue.pick("从这里播放", "Play from here")) { (clock::span(utterance.start.ms())) }
            }
            p lang=(match utterance.language { call::Language::Mandarin => "zh-Hans", call::Language::English => "en" }) { (shown_words(record.findings.as_ref(), at, utterance)) }
            @if let Some(found) = found.filter(|found| !found.acts.is_empty() || !found.sensitive.is_empty()) {
                span.acts {
                    @for act in &found.acts { span.chip.small.(act.value.tone()) title=(format!("{:.0} %", act.p * 100.0)) { (act.value.tell(tongue)) } }
                    @for sensitive in &found.sensitive { span.chip.small.outline.warn { (tongue.pick("已隐藏", "hidden: ")) (sensitive.kind.tell(tongue)) } }
                }
            }
        }
    }
}

/// An utterance as it is shown: masked by insight, or, before insight has read it, with every
/// longer number hidden.
pub(crate) fn shown_words(findings: Option<&Findings>, at: usize, utterance: &Utterance) -> String {
    match findings.and_then(|all| all.utterances.get(at)) {
        Some(found) => found.masked.clone(),
        None => mask::digits(&utterance.text),
    }
}

fn cdr(record: &Record, tongue: Tongue) -> Markup {
    let cdr = &record.cdr;
    let at = |instant: Samples| {
        format!("{} (+{})", clock::time(cdr.opened_at.after(instant)), clock::span(instant.ms()))
    };
    html! {
        section.card aria-labelledby="cdr-title" {
            h2 #cdr-title { (tongue.pick("话单", "Call detail")) }
            dl.facts {
                (system::fact(tongue.pick("开始", "Opened"), &clock::time(cdr.opened_at)))
                @if let Some(dialled) = cdr.dialled_at { (system::fact(tongue.pick("拨号完成", "Dialled"), &at(dialled))) }
                @if let Some(rang) = cdr.rang_at { (system::fact(tongue.pick("振铃", "Ringing"), &at(rang))) }
                @if let Some(answered) = cdr.answered_at { (system::fact(tongue.pick("接通", "Answered"), &at(answered))) }
                @if let Some(sign) = cdr.answer_sign { (system::fact(tongue.pick("接通判据", "Answer known by"), sign.tell(tongue))) }
                (system::fact(tongue.pick("释放", "Released"), &at(cdr.released_at)))
                (system::fact(tongue.pick("原因", "Cause"), &format!("{} (Q.850 {})", cdr.cause.tell(tongue), cdr.cause.q850())))
                @if let Some(answered) = cdr.answered_at {
                    (system::fact(tongue.pick("通话时长", "Talk time"), &clock::span(cdr.released_at.since(answered).ms())))
                }
                (system::fact(tongue.pick("线路", "Line"), &cdr.line))
                @if !cdr.station.is_empty() { (system::fact(tongue.pick("话机", "Station"), &cdr.station)) }
                @if let Some(name) = &cdr.caller.name { (system::fact(tongue.pick("来电名称", "Caller's name"), name)) }
                @let missing: u64 = record.audio.iter().map(|track| track.missing).sum();
                @if missing > 0 { (system::fact(tongue.pick("录音缺失", "Audio missing"), &format!("{} ms", Samples(missing).ms()))) }
            }
        }
    }
}

fn provenance(record: &Record, tongue: Tongue) -> Markup {
    html! {
        details.card {
            summary { (tongue.pick("来源：软件与模型", "Made by: software and models")) }
            dl.facts {
                (system::fact(tongue.pick("通话编号", "Call"), &record.call.to_string()))
                (system::fact(tongue.pick("修订", "Revision"), &record.revision.to_string()))
                (system::fact(tongue.pick("软件", "Software"), &record.software.version))
                (system::fact(tongue.pick("设备", "Device"), &record.device.to_string()))
                @for model in &record.models {
                    @let hash = hex(&model.sha256);
                    div { dt { (model.name) } dd { code title=(hash) { (system::short(&hash)) } } }
                }
            }
        }
    }
}

/// Holding the call and erasing it.
fn keeping(record: &Record, held: bool, shown: &Shown<'_>) -> Markup {
    let (call, tongue) = (record.call, shown.tongue);
    let deed = |what: &str, id: &str, label: &str, button: &str, tone: &str| {
        html! {
            form.reason method="post" action={ "/calls/" (call) "/" (what) } {
                input type="hidden" name="form" value=(shown.form);
                label for=(id) { (label) }
                input id=(id) name="why" required maxlength="200" autocomplete="off";
                button.quiet.(tone) type="submit" { (button) }
            }
        }
    };
    html! {
        section.card.keeping aria-labelledby="keeping-title" {
            h2 #keeping-title { (tongue.pick("保留与删除", "Holding and erasing")) }
            (sign_in::mistake(shown.fault))
            @if held {
                p { span.chip.busy { (tongue.pick("已保留", "Held")) } " " (tongue.pick("保留期间既不会删除，也不会到期清除。", "Neither erasing nor retention touches it.")) }
                (deed("release", "why-release", tongue.pick("解除保留的原因", "Why the hold is lifted"), tongue.pick("解除保留", "Lift the hold"), ""))
            } @else {
                (deed("hold", "why-hold", tongue.pick("保留的原因（如案号）", "Why it is held (a case number, say)"), tongue.pick("保留这通电话", "Hold this call"), ""))
                details {
                    summary { (tongue.pick("永久删除……", "Erase for good…")) }
                    p.dim { (tongue.pick("销毁这通电话的密钥：录音、文字和号码从此无法读取，也无法恢复。曾有此通话的证明保留。已送达总部的记录由总部删除。", "The call's key is destroyed: audio, words and number can never be read again. The proof that there was a call stays. What headquarters already has is headquarters' to erase.")) }
                    (deed("erase", "why-erase", tongue.pick("删除的原因", "Why it is erased"), tongue.pick("永久删除", "Erase for good"), "danger"))
                }
            }
            p { a href={ "/log?call=" (call) } { (tongue.pick("谁动过这通电话", "Who touched this call")) } }
        }
    }
}

/// What stands in a call's place once it is erased.
pub(crate) fn erased(call: CallId, tongue: Tongue) -> Markup {
    html! {
        section.gate {
            h1 { (tongue.pick("通话已删除", "The call is erased")) }
            p { (tongue.pick("密钥已销毁，内容无法再读取。谁在何时因何删除，写在访问日志里。", "Its key is destroyed and nothing of it can be read. Who erased it, when and why stands in the access log.")) }
            p { a.button href={ "/log?call=" (call) } { (tongue.pick("查看访问日志", "See the access log")) } }
            p { a href="/calls" { (tongue.pick("回到通话列表", "Back to the calls")) } }
        }
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
