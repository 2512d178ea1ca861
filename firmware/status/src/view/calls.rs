//! The list of calls and its filters.

use super::label::Label;
use super::{clock, layout};
use crate::{Listing, Receipt, Row, Tongue};
use call::{Interest, Outcome, SpeechState};
use maud::{Markup, html};

/// What the filters hold, as typed.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Filters {
    /// The words or the number searched.
    pub(crate) text: String,
    /// The first day, `2026-11-23`.
    pub(crate) since: String,
    /// The last day.
    pub(crate) until: String,
    /// An outcome as the labels spell it.
    pub(crate) outcome: String,
    /// An interest as the labels spell it.
    pub(crate) interest: String,
    /// A line's name.
    pub(crate) line: String,
    /// The page, from 1; empty for the first.
    pub(crate) page: String,
}

impl Filters {
    fn any(&self) -> bool {
        [&self.text, &self.since, &self.until, &self.outcome, &self.interest, &self.line]
            .iter()
            .any(|filter| !filter.is_empty())
    }

    /// The address of the same list as a table.
    fn table(&self) -> String {
        let query = self.query();
        format!("/calls.csv{}{query}", if query.is_empty() { "" } else { "?" })
    }

    /// The address of another page of the same list.
    fn href(&self, page: u32) -> String {
        let query = self.query();
        format!("/calls?page={page}{}{query}", if query.is_empty() { "" } else { "&" })
    }

    /// The filters as a query.
    fn query(&self) -> String {
        let pairs = [
            ("text", &self.text),
            ("since", &self.since),
            ("until", &self.until),
            ("outcome", &self.outcome),
            ("interest", &self.interest),
            ("line", &self.line),
        ];
        let set = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let set: Vec<String> =
            set.map(|(name, value)| format!("{name}={}", layout::encode(value))).collect();
        set.join("&")
    }
}

/// The whole page; `takes`: whether the list may be taken away.
pub(crate) fn page(
    filters: &Filters,
    listing: &Listing,
    at: u32,
    lines: &[String],
    takes: bool,
    tongue: Tongue,
) -> Markup {
    html! {
        div.title {
            h1 { (tongue.pick("通话", "Calls")) }
            @if let Some(total) = listing.total {
                span.count { (total) " " (tongue.pick("条记录", "records")) }
            }
            @if takes && !listing.rows.is_empty() {
                a.button.quiet.take href=(filters.table()) download title=(tongue.pick("按当前筛选，号码隐去；会写入访问日志", "As filtered, numbers masked; written into the access log")) { (tongue.pick("导出 CSV", "Export CSV")) }
            }
        }
        (form(filters, lines, tongue))
        @if listing.rows.is_empty() {
            p.empty {
                @if filters.any() {
                    (tongue.pick("没有符合条件的通话。", "No call matches.")) " "
                    a href="/calls" { (tongue.pick("清除筛选", "Clear the filters")) }
                } @else {
                    (tongue.pick("还没有通话记录。", "There is no record yet."))
                }
            }
        } @else {
            (table(&listing.rows, tongue))
        }
        @if at > 0 || listing.more {
            nav.pages aria-label=(tongue.pick("翻页", "Pages")) {
                @if at > 0 { a.button rel="prev" href=(filters.href(at)) { (tongue.pick("← 较新", "← Newer")) } } @else { span {} }
                span { (tongue.pick("第 ", "Page ")) (at + 1) (tongue.pick(" 页", "")) }
                @if listing.more { a.button rel="next" href=(filters.href(at + 2)) { (tongue.pick("较早 →", "Older →")) } } @else { span {} }
            }
        }
    }
}

fn form(filters: &Filters, lines: &[String], tongue: Tongue) -> Markup {
    let every = tongue.pick("全部", "All");
    html! {
        form.filters method="get" action="/calls" role="search" {
            div.field.grow {
                label for="text" { (tongue.pick("搜索", "Search")) }
                input #text name="text" type="search" value=(filters.text) maxlength="100" placeholder=(tongue.pick("摘要、关键词或完整号码", "Summary, keywords or a whole number"));
            }
            div.field {
                label for="since" { (tongue.pick("从", "From")) }
                input #since name="since" type="date" value=(filters.since);
            }
            div.field {
                label for="until" { (tongue.pick("到", "To")) }
                input #until name="until" type="date" value=(filters.until);
            }
            div.field {
                label for="outcome" { (tongue.pick("结果", "Outcome")) }
                select #outcome name="outcome" {
                    option value="" { (every) }
                    @for &one in Outcome::ALL {
                        option value=(one.as_str()) selected[filters.outcome == one.as_str()] { (one.tell(tongue)) }
                    }
                }
            }
            div.field {
                label for="interest" { (tongue.pick("意向", "Interest")) }
                select #interest name="interest" {
                    option value="" { (every) }
                    @for &one in Interest::ALL {
                        option value=(one.as_str()) selected[filters.interest == one.as_str()] { (one.tell(tongue)) }
                    }
                }
            }
            div.field {
                label for="line" { (tongue.pick("线路", "Line")) }
                select #line name="line" {
                    option value="" { (every) }
                    @for line in lines {
                        option value=(line) selected[filters.line == *line] { (line) }
                    }
                }
            }
            button type="submit" { (tongue.pick("筛选", "Filter")) }
        }
    }
}

/// A list of records: a table on a desk, cards on a telephone.
pub(crate) fn table(rows: &[Row], tongue: Tongue) -> Markup {
    html! {
        ol.records {
            @for row in rows {
                li id={ "row-" (row.call) } {
                    a.record href={ "/calls/" (row.call) } {
                        span.when {
                            span { (clock::date(row.opened_at, tongue)) }
                            time datetime=(row.opened_at) { (clock::time(row.opened_at)) }
                        }
                        span.who {
                            span.number { @if row.customer.is_empty() { (tongue.pick("未知号码", "Unknown number")) } @else { (row.customer) } }
                            span.where { (row.direction.tell(tongue)) " · " (row.line) }
                        }
                        span.what {
                            span.chips { (chips(row, tongue)) }
                            @if !row.summary.is_empty() { span.summary { (row.summary) } }
                        }
                        span.length {
                            @match row.talk_ms {
                                Some(ms) => (clock::span(ms)),
                                None => span.dim { "–" },
                            }
                        }
                        (receipt(&row.receipt, false, tongue))
                    }
                }
            }
        }
    }
}

fn chips(row: &Row, tongue: Tongue) -> Markup {
    html! {
        @if let Some(outcome) = row.outcome {
            span.chip.(outcome.tone()) { (outcome.tell(tongue)) }
        } @else if row.talk_ms.is_none() {
            span.chip.(row.cause.tone()) { (row.cause.tell(tongue)) }
        } @else if row.speech != SpeechState::Done {
            span.chip.(row.speech.tone()) { (row.speech.tell(tongue)) }
        }
        @if let Some(interest) = row.interest.filter(|&interest| interest != Interest::Unknown) {
            span.chip.outline.(interest.tone()) { (interest.tell(tongue)) }
        }
    }
}

/// Whether headquarters has a record: a sign, and where there is room for it (`told`) in words.
pub(crate) fn receipt(receipt: &Receipt, told: bool, tongue: Tongue) -> Markup {
    let (class, icon, text) = match receipt {
        Receipt::Local => {
            ("local", "M4 12h16", tongue.pick("仅保存在本机", "kept here only").to_owned())
        }
        Receipt::Queued => (
            "queued",
            "M12 7v5l3 2M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z",
            tongue.pick("等待送达总部", "waiting for headquarters").to_owned(),
        ),
        Receipt::Delivered(at) => ("delivered", "M3 12.500l4 4L15 8M11 15.500l1 1L21 8", {
            let signed = tongue.pick("总部已签收", "headquarters signed for it");
            at.map_or_else(|| signed.to_owned(), |at| format!("{signed} {}", clock::time(at)))
        }),
    };
    html! {
        span.receipt.(class) title=(text) {
            svg viewBox="0 0 24 24" aria-hidden="true" { path d=(icon) {} }
            span.sr[!told] { (text) }
        }
    }
}
