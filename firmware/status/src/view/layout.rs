//! The frame around every page.

use crate::access::Session;
use crate::view::label::Label;
use crate::{Role, Tongue};
use maud::{DOCTYPE, Markup, html};

/// Where in the site a page belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The overview.
    Overview,
    /// Calls and one call.
    Calls,
    /// Lines.
    Lines,
    /// The system.
    System,
    /// The access log.
    Log,
    /// The people.
    People,
}

/// What the frame needs to know.
pub(crate) struct Frame<'a> {
    /// The page's language.
    pub(crate) tongue: Tongue,
    /// The page's name.
    pub(crate) title: &'a str,
    /// Where it belongs; none for errors and sign-in.
    pub(crate) place: Option<Place>,
    /// Who looks.
    pub(crate) session: Option<&'a Session>,
    /// The page's own path and query, to come back to after a change of language.
    pub(crate) path: &'a str,
    /// Which events keep the page up to date; empty for none.
    pub(crate) events: &'a str,
    /// The appliance's clock, in milliseconds since the Unix epoch: the browser's may be wrong.
    pub(crate) now_ms: i64,
}

impl Frame<'_> {
    /// The whole document.
    pub(crate) fn page(&self, main: &Markup) -> Markup {
        let tongue = self.tongue;
        html! {
            (DOCTYPE)
            html lang=(tongue.pick("zh-Hans", "en")) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                    meta name="color-scheme" content="light dark";
                    meta name="robots" content="noindex";
                    title { (self.title) " · Tipring" }
                    link rel="icon" type="image/svg+xml" href=(crate::web::assets::ICON.href());
                    link rel="stylesheet" href=(crate::web::assets::STYLE.href());
                    script src=(crate::web::assets::SCRIPT.href()) defer {}
                }
                body class=(if self.session.is_some() { "inside" } else { "outside" })
                    data-events=(self.events) data-now=(self.now_ms)
                    data-lost=(tongue.pick("连接中断，正在重连……", "Connection lost, reconnecting…"))
                    data-over=(tongue.pick("登录已过期，请重新登录。", "Your session is over. Please sign in again.")) {
                    a.skip href="#main" { (tongue.pick("跳到内容", "Skip to content")) }
                    @if let Some(session) = self.session {
                        (self.side(session))
                    } @else {
                        header.plain { (brand()) (self.languages()) }
                    }
                    p #connection role="status" hidden {}
                    main #main tabindex="-1" { (main) }
                }
            }
        }
    }

    fn side(&self, session: &Session) -> Markup {
        let (tongue, person) = (self.tongue, &session.person);
        html! {
            header.side {
                a.home href="/" aria-label=(tongue.pick("Tipring 总览", "Tipring overview")) { (brand()) }
                nav aria-label=(tongue.pick("主导航", "Main")) {
                    @for (place, href, name, icon) in self.entries(person.role) { (self.entry(place, href, name, icon)) }
                }
                div.foot {
                    a.me href="/account" aria-current=[(self.path == "/account").then_some("page")] {
                        svg viewBox="0 0 24 24" aria-hidden="true" { path d="M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 20c1-4 4-5 8-5s7 1 8 5" {} }
                        span { span.who { (person.name) } span.role { (person.role.tell(tongue)) } }
                    }
                    (self.languages())
                    form method="post" action="/sign-out" {
                        input type="hidden" name="form" value=(session.form.reveal());
                        button.quiet type="submit" {
                            svg viewBox="0 0 24 24" aria-hidden="true" { path d="M10 4H5v16h5M14 8l4 4-4 4M18 12H9" {} }
                            span { (tongue.pick("退出登录", "Sign out")) }
                        }
                    }
                }
            }
        }
    }

    /// Where somebody in this role may go: place, address, name, icon.
    fn entries(&self, role: Role) -> Vec<(Place, &'static str, &'static str, &'static str)> {
        let tongue = self.tongue;
        let all = [
            (
                role.may_read(),
                Place::Overview,
                "/",
                tongue.pick("总览", "Overview"),
                "M4 5h7v7H4zM13 5h7v4h-7zM13 11h7v8h-7zM4 14h7v5H4z",
            ),
            (
                role.may_read(),
                Place::Calls,
                "/calls",
                tongue.pick("通话", "Calls"),
                "M6 3h3l2 5-2 1.5a11 11 0 0 0 5.500 5.500L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z",
            ),
            (
                true,
                Place::Lines,
                "/lines",
                tongue.pick("线路", "Lines"),
                "M3 8c5 0 5 8 9 8s4-8 9-8M3 16c5 0 5-8 9-8s4 8 9 8",
            ),
            (
                true,
                Place::System,
                "/system",
                tongue.pick("系统", "System"),
                "M5 4h14v6H5zM5 14h14v6H5zM8 7h.01M8 17h.01M12 7h4M12 17h4",
            ),
            (
                role.may_answer_for(),
                Place::Log,
                "/log",
                tongue.pick("日志", "Log"),
                "M6 3h9l4 4v14H6zM14 3v5h5M9 12h6M9 16h6",
            ),
            (
                role.may_manage(),
                Place::People,
                "/people",
                tongue.pick("人员", "People"),
                "M9 5a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7zM2.500 20c.5-4 3-5 6.500-5s6 1 6.500 5M16 5.500a3.500 3.500 0 0 1 0 6.500M18 15.500c2 .5 3 2 3.500 4.500",
            ),
        ];
        let open = all.into_iter().filter(|(may, ..)| *may);
        open.map(|(_, place, href, name, icon)| (place, href, name, icon)).collect()
    }

    fn entry(&self, place: Place, href: &str, name: &str, icon: &str) -> Markup {
        let current = (self.place == Some(place)).then_some("page");
        html! {
            a href=(href) aria-current=[current] {
                svg viewBox="0 0 24 24" aria-hidden="true" { path d=(icon) {} }
                span { (name) }
            }
        }
    }

    fn languages(&self) -> Markup {
        let to = encode(self.path);
        let choice = |tongue: Tongue, code: &str, lang: &str, name: &str| {
            html! {
                a href={ "/language/" (code) "?to=" (to) } lang=(lang) hreflang=(lang)
                    aria-current=[(self.tongue == tongue).then_some("true")] { (name) }
            }
        };
        html! {
            div.languages role="group" aria-label=(self.tongue.pick("语言", "Language")) {
                (choice(Tongue::Mandarin, "zh", "zh-Hans", "中文"))
                (choice(Tongue::English, "en", "en", "English"))
            }
        }
    }
}

/// The sign and the name: a pair of wires, tip green and ring copper.
fn brand() -> Markup {
    html! {
        span.brand {
            svg viewBox="0 0 32 32" aria-hidden="true" {
                path.tip d="M4 11c7 0 8 10 14 10 4 0 5-4 10-4" {}
                path.ring d="M4 21c7 0 8-10 14-10 4 0 5 4 10 4" {}
            }
            "Tipring"
        }
    }
}

/// Percent-encodes for one value of a query (RFC 3986 §2.3: all but the unreserved).
pub(crate) fn encode(text: &str) -> String {
    use core::fmt::Write;
    let mut coded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            coded.push(char::from(byte));
        } else {
            // A `String` takes what is written to it.
            let _ = write!(coded, "%{byte:02X}");
        }
    }
    coded
}
