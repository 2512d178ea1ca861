//! The lines in full.

use super::label::Label;
use super::{clock, line_tests, overview, sounds};
use crate::{Snapshot, Tongue};
use maud::{Markup, html};

/// The whole page; `form` is the token for whoever may test lines.
pub(crate) fn page(now: &Snapshot, tongue: Tongue, form: Option<&str>) -> Markup {
    html! {
        div.title {
            h1 { (tongue.pick("线路", "Lines")) }
            span.live { (tongue.pick("实时", "Live")) }
        }
        @if let Some(form) = form { (line_tests::form(form, tongue)) }
        div #line-cards.cards { (cards(now, tongue)) }
    }
}

/// One card a line, then one a sound card.
pub(crate) fn cards(now: &Snapshot, tongue: Tongue) -> Markup {
    html! {
        @if now.lines.is_empty() {
            p.empty { (tongue.pick("没有配置线路。请在配置文件中添加线路后重新启动。", "No line is configured. Add lines to the configuration file and start again.")) }
        }
        @for line in &now.lines {
            article.card.line id={ "line-" (line.name) } {
                header {
                    h2 { (line.name) }
                    span.chip.(line.state.tone()) { (line.state.tell(tongue)) }
                }
                p.dim { (line.card) }
                @if let Some(fault) = &line.fault {
                    p.mistake { (fault.tell(tongue)) }
                }
                @let call = now.running.iter().find(|running| Some(running.call) == line.call);
                p.now {
                    @if let Some(call) = call {
                        span.number { (call.customer) } " "
                        (overview::since(line))
                    } @else {
                        span.dim { (tongue.pick("自 ", "since ")) (clock::time(line.since)) }
                    }
                }
                dl.figures {
                    (figure(tongue.pick("呼出", "Placed"), line.counters.placed))
                    (figure(tongue.pick("呼入", "Received"), line.counters.received))
                    (figure(tongue.pick("接通", "Answered"), line.counters.answered))
                    (figure(tongue.pick("故障", "Faults"), line.counters.faults))
                }
                (line_tests::of(line, tongue))
            }
        }
        (sounds::cards(now, tongue))
    }
}

fn figure(name: &str, value: u64) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}
