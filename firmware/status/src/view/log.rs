//! The access log: who touched what, when, from where and why.

use super::{clock, layout};
use crate::{LogPage, Logged, Tongue};
use maud::{Markup, html};

/// What the filters hold, as typed.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(crate) struct LogFilters {
    /// A person's name.
    pub(crate) who: String,
    /// A word of [`KINDS`].
    pub(crate) what: String,
    /// A call's identity.
    pub(crate) call: String,
    /// The page, from 1; empty for the first.
    pub(crate) page: String,
}

/// The words of the log, in Mandarin and English, each with its colour class.
const KINDS: &[(&str, &str, &str, &str)] = &[
    ("signed_in", "登录", "Signed in", "calm"),
    ("signed_out", "退出登录", "Signed out", "calm"),
    ("sign_in_refused", "登录被拒", "Refused at sign-in", "warn"),
    ("listed", "浏览通话列表", "Listed calls", "calm"),
    ("viewed", "查看记录", "Looked at a record", "calm"),
    ("number_revealed", "查看完整号码", "Revealed the number", "busy"),
    ("listened", "收听录音", "Listened", "busy"),
    ("audio_exported", "导出录音", "Exported audio", "busy"),
    ("vcon_exported", "导出 vCon", "Exported a vCon", "busy"),
    ("list_exported", "导出列表", "Exported a list", "busy"),
    ("log_read", "查看访问日志", "Read this log", "calm"),
    ("held", "保留通话", "Held a call", "warn"),
    ("released", "解除保留", "Lifted a hold", "warn"),
    ("erased", "删除通话", "Erased a call", "bad"),
    ("retire", "到期清除", "Let past days go", "calm"),
    ("set_up", "首次设置", "Set the page up", "warn"),
    ("password_changed", "修改自己的密码", "Changed their password", "calm"),
    ("person_added", "添加人员", "Added a person", "warn"),
    ("role_changed", "更改角色", "Changed a role", "warn"),
    ("password_reset", "重设密码", "Reset a password", "warn"),
    ("person_removed", "移除人员", "Removed a person", "warn"),
    ("read", "在命令行查看", "Read on the command line", "busy"),
    ("export", "在命令行导出", "Exported on the command line", "busy"),
    ("configure", "更改配置", "Changed the configuration", "warn"),
    ("start", "启动", "Started", "calm"),
    ("stop", "停止", "Stopped", "calm"),
    ("line_test", "测试线路", "Tested a line", "calm"),
];

/// A word of the log in both languages, and its colour class; `None` if it is none.
pub(crate) fn words(what: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let found = KINDS.iter().find(|(word, ..)| *word == what);
    found.map(|&(_, zh, en, tone)| (zh, en, tone))
}

/// The whole page.
pub(crate) fn page(filters: &LogFilters, found: &LogPage, at: u32, tongue: Tongue) -> Markup {
    html! {
        div.title { h1 { (tongue.pick("访问日志", "Access log")) } }
        p.subtitle { (tongue.pick("每一次查看、收听、导出和管理，按时间倒序。日志在封存的链中，改动会被 tipring verify 发现。", "Every look, listening, export and change, newest first. The log is part of the sealed chain: tipring verify shows if it was touched.")) }
        (form(filters, tongue))
        @if found.entries.is_empty() {
            p.empty { (tongue.pick("没有符合条件的条目。", "No entry matches.")) " " a href="/log" { (tongue.pick("清除筛选", "Clear the filters")) } }
        } @else {
            ol.log { @for entry in &found.entries { (one(entry, tongue)) } }
        }
        @if at > 0 || found.more {
            nav.pages aria-label=(tongue.pick("翻页", "Pages")) {
                @if at > 0 { a.button rel="prev" href=(href(filters, at)) { (tongue.pick("← 较新", "← Newer")) } } @else { span {} }
                span { (tongue.pick("第 ", "Page ")) (at + 1) (tongue.pick(" 页", "")) }
                @if found.more { a.button rel="next" href=(href(filters, at + 2)) { (tongue.pick("较早 →", "Older →")) } } @else { span {} }
            }
        }
    }
}

fn form(filters: &LogFilters, tongue: Tongue) -> Markup {
    html! {
        form.filters method="get" action="/log" role="search" {
            div.field {
                label for="who" { (tongue.pick("人员", "Person")) }
                input #who name="who" value=(filters.who) maxlength="40";
            }
            div.field {
                label for="what" { (tongue.pick("事项", "What")) }
                select #what name="what" {
                    option value="" { (tongue.pick("全部", "All")) }
                    @for &(word, zh, en, _) in KINDS {
                        option value=(word) selected[filters.what == word] { (tongue.pick(zh, en)) }
                    }
                }
            }
            div.field {
                label for="call" { (tongue.pick("通话编号", "Call")) }
                input #call name="call" value=(filters.call) maxlength="26" spellcheck="false";
            }
            button type="submit" { (tongue.pick("筛选", "Filter")) }
        }
    }
}

fn one(entry: &Logged, tongue: Tongue) -> Markup {
    let (zh, en, tone) = words(&entry.what).unwrap_or(("其他", "Something else", "calm"));
    html! {
        li {
            span.when { span { (clock::date(entry.at, tongue)) } time datetime=(entry.at) { (clock::time(entry.at)) } }
            span.who {
                @if entry.who.is_empty() { span.dim { (tongue.pick("未登录", "not signed in")) } } @else { span { (entry.who) } }
                @if !entry.from.is_empty() { span.where { (entry.from) } }
            }
            span.what {
                span.chip.(tone) { (tongue.pick(zh, en)) }
                @if let Some(call) = entry.call { a href={ "/calls/" (call) } { code { (call) } } }
                @if !entry.note.is_empty() { span.note { (entry.note) } }
            }
        }
    }
}

/// The address of another page of the same list.
fn href(filters: &LogFilters, page: u32) -> String {
    let pairs = [("who", &filters.who), ("what", &filters.what), ("call", &filters.call)];
    pairs
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .fold(format!("/log?page={page}"), |address, (name, value)| {
            format!("{address}&{name}={}", layout::encode(value))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::What;
    use call::CallId;

    #[test]
    fn everything_that_is_done_on_the_page_has_its_words() {
        let call = CallId::new(1, 1);
        for what in [
            What::SetUp,
            What::SignedIn,
            What::SignInRefused,
            What::SignedOut,
            What::PasswordChanged,
            What::Listed,
            What::Viewed(call),
            What::NumberRevealed(call),
            What::Listened(call),
            What::AudioExported(call),
            What::VconExported(call),
            What::ListExported,
            What::LogRead,
            What::Held(call),
            What::Released(call),
            What::Erased(call),
            What::PersonAdded,
            What::RoleChanged,
            What::PasswordReset,
            What::PersonRemoved,
        ] {
            assert!(words(what.word()).is_some(), "{what:?}");
        }
        assert_eq!(words("danced"), None);
    }
}
