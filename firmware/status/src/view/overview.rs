//! The overview: what is wrong, the day's figures, the lines, the calls that run, the newest
//! records.

use super::label::Label;
use super::{calls, clock, health};
use crate::{CallState, Line, RunningCall, Snapshot, Today, Tongue};
use call::Direction;
use maud::{Markup, html};

/// The whole page. Each part with an `id` is replaced by events as it changes.
pub(crate) fn page(now: &Snapshot, tongue: Tongue) -> Markup {
    html! {
        div.title {
            h1 { (tongue.pick("总览", "Overview")) }
            span.live { (tongue.pick("实时", "Live")) }
        }
        div #health aria-live="polite" { (health::panel(now, tongue)) }
        div #today.tiles { (today(&now.today, tongue)) }
        div.columns.overview {
            div.wide {
                section aria-labelledby="running-title" {
                    h2 #running-title { (tongue.pick("进行中的通话", "Running calls")) }
                    div #running { (running(now, tongue)) }
                }
                section.last aria-labelledby="newest-title" {
                    div.heading {
                        h2 #newest-title { (tongue.pick("最新记录", "Newest records")) }
                        a href="/calls" { (tongue.pick("全部通话", "All calls")) }
                    }
                    div #newest { (newest(now, tongue)) }
                }
            }
            div.narrow {
                section aria-labelledby="lines-title" {
                    div.heading {
                        h2 #lines-title { (tongue.pick("线路", "Lines")) }
                        a href="/lines" { (tongue.pick("详情", "Details")) }
                    }
                    div #lines { (lines(now, tongue)) }
                }
                section aria-labelledby="state-title" {
                    div.heading {
                        h2 #state-title { (tongue.pick("设备", "Appliance")) }
                        a href="/system" { (tongue.pick("详情", "Details")) }
                    }
                    div #state { (state(now, tongue)) }
                }
            }
        }
    }
}

/// The day's figures.
pub(crate) fn today(today: &Today, tongue: Tongue) -> Markup {
    let rate = (today.answered * 100).checked_div(today.calls);
    let tile = |name: &str, value: String, more: String| {
        html! {
            div.tile {
                span.name { (name) }
                strong { (value) }
                span.more { (more) }
            }
        }
    };
    let mean = today.talk_ms.checked_div(today.answered);
    html! {
        (tile(tongue.pick("今日通话", "Calls today"), today.calls.to_string(), today.day.map(|day| clock::date(day, tongue)).unwrap_or_default()))
        (tile(tongue.pick("接通", "Answered"), today.answered.to_string(), rate.map(|rate| format!("{rate} %")).unwrap_or_default()))
        (tile(tongue.pick("通话时长", "Talk time"), clock::long_span(today.talk_ms, tongue), mean.map(|mean| format!("{} {}", tongue.pick("平均", "mean"), clock::span(mean))).unwrap_or_default()))
        (tile(tongue.pick("高意向", "High interest"), today.interested.to_string(), match today.agreed {
            0 => String::new(),
            agreed => format!("{agreed} {}", tongue.pick("已达成", "agreed")),
        }))
    }
}

/// The lines, small.
pub(crate) fn lines(now: &Snapshot, tongue: Tongue) -> Markup {
    html! {
        @if now.lines.is_empty() {
            p.empty { (tongue.pick("没有配置线路。", "No line is configured.")) }
        } @else {
            ul.lines {
                @for line in &now.lines {
                    li.(line.state.tone()) {
                        span.lamp aria-hidden="true" {}
                        span.who { (line.name) }
                        span.state { (line.state.tell(tongue)) }
                        (since(line))
                    }
                }
            }
        }
    }
}

/// A stop watch that the script keeps running.
pub(crate) fn since(line: &Line) -> Markup {
    let busy = !matches!(line.state, crate::LineState::Idle | crate::LineState::Guard);
    html! { @if busy { time.ticking data-since=(line.since.unix_ms) {} } }
}

/// The calls that run, with their words.
pub(crate) fn running(now: &Snapshot, tongue: Tongue) -> Markup {
    html! {
        @if now.running.is_empty() {
            p.empty { (tongue.pick("现在没有通话。", "No call is running.")) }
        }
        @let (over, on): (Vec<_>, Vec<_>) = now.running.iter().partition(|call| call.state == CallState::Finishing);
        div.calls #calls-on { @for call in on { (one_running(call, tongue)) } }
        div.calls.over #calls-over { @for call in over { (one_running(call, tongue)) } }
    }
}

fn one_running(call: &RunningCall, tongue: Tongue) -> Markup {
    let clock_from = call.answered_at.unwrap_or(call.opened_at);
    html! {
        article.running id={ "call-" (call.call) } {
            header {
                span.number { @if call.customer.is_empty() { (tongue.pick("未知号码", "Unknown number")) } @else { (call.customer) } }
                span.where {
                    (way(call.direction, tongue)) (call.line)
                    @if !call.station.is_empty() { " · " (call.station) }
                }
                @match call.released_at {
                    Some(end) => time.ticking { (clock::span(u64::try_from(end.unix_ms - clock_from.unix_ms).unwrap_or(0))) },
                    None => time.ticking data-since=(clock_from.unix_ms) {},
                }
                span.chip.(call.state.tone()) { (call.state.tell(tongue)) }
            }
            ol.words tabindex="0" aria-label=(tongue.pick("正在说的话", "Words as they are spoken")) data-follow {
                @for words in &call.words {
                    li.(words.side.tone()).partial[!words.settled] id={ "w-" (call.call) "-" (words.start.0) "-" (words.side.tone()) } {
                        span.by { (words.side.tell(tongue)) " " (clock::span(words.start.ms())) }
                        p { (words.text) @if !words.settled { span.more aria-hidden="true" { "…" } } }
                    }
                }
                @if call.words.is_empty() {
                    li.hint id={ "hint-" (call.call) } { (hint(call.state, tongue)) }
                }
            }
        }
    }
}

/// Which way a call goes, as an arrow.
fn way(direction: Direction, tongue: Tongue) -> Markup {
    let path = match direction {
        Direction::Outbound => "M7 17L17 7M9 7h8v8",
        Direction::Inbound => "M17 7L7 17M15 17H7V9",
    };
    html! {
        svg.way viewBox="0 0 24 24" aria-hidden="true" { path d=(path) {} }
        span.sr { (direction.tell(tongue)) " " }
    }
}

fn hint(state: CallState, tongue: Tongue) -> &'static str {
    match state {
        CallState::Dialling => tongue.pick("正在拨号……", "Dialling…"),
        CallState::Ringing => tongue.pick("等待接听……", "Waiting for an answer…"),
        CallState::Talking => tongue.pick("正在听……", "Listening…"),
        CallState::Finishing => tongue.pick("正在整理记录……", "Writing the record…"),
    }
}

/// The newest records.
pub(crate) fn newest(now: &Snapshot, tongue: Tongue) -> Markup {
    html! {
        @if now.newest.is_empty() {
            p.empty { (tongue.pick("通话结束后，记录会出现在这里。", "Records appear here when calls end.")) }
        } @else {
            (calls::table(&now.newest, tongue))
        }
    }
}

/// Uplink, storage, speech: one line each.
pub(crate) fn state(now: &Snapshot, tongue: Tongue) -> Markup {
    let row = |tone: &str, name: &str, value: String, more: String| {
        html! {
            li.(tone) {
                span.lamp aria-hidden="true" {}
                span.who { (name) }
                span.state { (value) }
                span.more { (more) }
            }
        }
    };
    let over = now.running.iter().filter(|call| call.state == CallState::Finishing).count() as u64;
    let unknown = || tongue.pick("未知", "unknown").to_owned();
    html! {
        ul.lines.parts {
            @match &now.uplink {
                Some(uplink) => (row(
                    if uplink.error.is_some() { "warn" } else { "good" },
                    tongue.pick("总部", "Headquarters"),
                    match (&uplink.error, uplink.waiting) {
                        (None, 0) => tongue.pick("全部送达", "all delivered").to_owned(),
                        (None, waiting) => format!("{waiting} {}", tongue.pick("条发送中", "on the way")),
                        (Some(_), waiting) => format!("{waiting} {}", tongue.pick("条等待", "waiting")),
                    },
                    uplink.last_success.map(clock::time).unwrap_or_default(),
                )),
                None => (row("calm", tongue.pick("总部", "Headquarters"), tongue.pick("未配置", "not configured").to_owned(), String::new())),
            }
            @match &now.storage {
                Some(storage) => (row(
                    if storage.error.is_some() { "bad" } else { "good" },
                    tongue.pick("存储", "Storage"),
                    format!("{} {}", clock::bytes(storage.free), tongue.pick("可用", "free")),
                    String::new(),
                )),
                None => (row("calm", tongue.pick("存储", "Storage"), unknown(), String::new())),
            }
            @match &now.speech {
                Some(speech) => (row(
                    if speech.error.is_some() || health::is_late(speech) { "warn" } else { "good" },
                    tongue.pick("语音识别", "Speech"),
                    match (&speech.error, speech.waiting.saturating_add(over)) {
                        (Some(_), _) => tongue.pick("未工作", "not working").to_owned(),
                        (None, 0) => tongue.pick("无积压", "up to date").to_owned(),
                        (None, waiting) => format!("{waiting} {}", tongue.pick("个通话待完成", "to finish")),
                    },
                    String::new(),
                )),
                None => (row("calm", tongue.pick("语音识别", "Speech"), unknown(), String::new())),
            }
        }
    }
}
