//! Line tests: the buttons that begin them, how far they are, what they came to.
//!
//! The cards are renewed by events, which know no form token; so the one form stands beside them,
//! and each card's button belongs to it by its name.

use super::clock;
use super::label::Label;
use crate::{Line, LineTest, TestState, TestVerdict, Tongue};
use maud::{Markup, html};

/// The form that every button on the page belongs to, with the button for all lines.
pub(crate) fn form(token: &str, tongue: Tongue) -> Markup {
    html! {
        form #line-tests.testing method="post" action="/lines/test" {
            input type="hidden" name="form" value=(token);
            button type="submit" name="line" value="" { (tongue.pick("测试全部线路", "Test all lines")) }
            p.dim {
                (tongue.pick(
                    "每条线路约需十秒：摘机、听拨号音、拨一位数字、测量噪声和回声。通话中的线路等空闲后再测；来电优先。",
                    "Some ten seconds a line: off hook, dial tone, one digit, noise, echo. A line in use is tested when it is free; a call that comes in goes first.",
                ))
            }
        }
    }
}

/// A line's own button and its last test.
pub(crate) fn of(line: &Line, tongue: Tongue) -> Markup {
    let goes_on = line.test.as_ref().is_some_and(|test| test.state.goes_on());
    html! {
        div.test {
            button.quiet type="submit" form="line-tests" name="line" value=(line.name) disabled[goes_on] {
                (tongue.pick("测试此线路", "Test this line"))
            }
            @if let Some(test) = &line.test { (result(line, test, tongue)) }
        }
    }
}

fn result(line: &Line, test: &LineTest, tongue: Tongue) -> Markup {
    html! {
        p.outcome {
            span.chip.small.(tone(&test.state)) { (told(&test.state, tongue)) }
            " " span.dim { (clock::time(test.at)) }
        }
        @match &test.state {
            TestState::Running { part, of, says } => {
                progress value=(part) max=(of) aria-label=(tongue.pick("进度", "Progress")) {}
                p.dim { (says.tell(tongue)) }
            }
            TestState::BrokenOff { says } => { p.mistake { (says.tell(tongue)) } }
            _ => {}
        }
        @if !test.rows.is_empty() {
            ul.checks id={ "checks-" (line.name) } {
                @for row in &test.rows {
                    li.(row.verdict.tone()) {
                        span.lamp aria-hidden="true" {}
                        span.who { (row.name.tell(tongue)) }
                        span.found { (row.found.tell(tongue)) }
                        span.sr { (row.verdict.tell(tongue)) }
                        @if let Some(advice) = &row.advice { p.advice { (advice.tell(tongue)) } }
                    }
                }
            }
        }
        @if !test.proposals.is_empty() {
            p.proposals {
                strong { (tongue.pick("建议设置：", "Proposed settings: ")) }
                @for (at, proposal) in test.proposals.iter().enumerate() {
                    @if at > 0 { (tongue.pick("；", "; ")) }
                    (proposal.tell(tongue))
                }
            }
        }
    }
}

fn tone(state: &TestState) -> &'static str {
    match state {
        TestState::Waiting => "calm",
        TestState::Running { .. } => "busy",
        TestState::Passed => "good",
        TestState::Failed => "bad",
        TestState::BrokenOff { .. } => "warn",
    }
}

fn told(state: &TestState, tongue: Tongue) -> &'static str {
    match state {
        TestState::Waiting => tongue.pick("等待线路空闲", "Waits for the line"),
        TestState::Running { .. } => tongue.pick("测试中", "Testing"),
        TestState::Passed => tongue.pick("合格", "Passed"),
        TestState::Failed => tongue.pick("不合格", "Failed"),
        TestState::BrokenOff { .. } => tongue.pick("未完成", "Not finished"),
    }
}

impl Label for TestVerdict {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            TestVerdict::Good => ("合格", "good"),
            TestVerdict::Fair => ("尚可", "fair"),
            TestVerdict::Bad => ("不合格", "bad"),
            TestVerdict::Unknown => ("未测", "not measured"),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            TestVerdict::Good => "good",
            TestVerdict::Fair => "warn",
            TestVerdict::Bad => "bad",
            TestVerdict::Unknown => "calm",
        }
    }
}
