//! Who asks, in which language, and from where.

use super::{Fault, Site};
use crate::access::{Session, Token};
use crate::view::layout::{Frame, Place};
use crate::{Deed, Role, Snapshot, Tongue, What};
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, Form, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use maud::Markup;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

/// The cookie of a session.
pub(crate) const SESSION: &str = "tipring-session";
/// The cookie that the forms before sign-in belong to.
pub(crate) const FORM: &str = "tipring-form";
/// The cookie of the language chosen.
pub(crate) const TONGUE: &str = "tipring-tongue";

/// The one who asks.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) tongue: Tongue,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) session: Option<Session>,
    /// Path and query of the request if it was a `GET` for a page, else `/`.
    pub(crate) path: String,
    /// The token that this visitor's forms carry; none before the first visit's cookie is set.
    pub(crate) form: Option<Token>,
}

impl Visitor {
    /// Reads a request's head.
    pub(crate) fn of(request: &Request, site: &Site) -> Self {
        let headers = request.headers();
        let token = cookie(headers, SESSION).and_then(Token::parse);
        let session = token
            .and_then(|token| site.sessions().of(&token, Instant::now()))
            .filter(|session| site.knows(&session.person));
        let before = cookie(headers, FORM).and_then(Token::parse).map(|token| token.derive("form"));
        let form = session.as_ref().map(|session| session.form.clone()).or(before);
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let path = if request.method() == axum::http::Method::GET {
            request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned()
        } else {
            "/".to_owned()
        };
        Visitor { tongue: tongue(headers), peer, session, path, form }
    }

    /// The session of who may do this.
    pub(crate) fn allowed(&self, right: fn(Role) -> bool) -> Result<&Session, Fault> {
        let session = self.session.as_ref().ok_or(Fault::SignedOut)?;
        if right(session.person.role) { Ok(session) } else { Err(Fault::NotAllowed) }
    }

    /// Something that this visitor does.
    pub(crate) fn deed(&self, what: What, note: String) -> Deed {
        let who = self.session.as_ref().map_or("", |session| &session.person.name).to_owned();
        Deed { who, from: self.peer, what, note }
    }

    /// Whether this visitor may do something.
    pub(crate) fn may(&self, right: fn(Role) -> bool) -> bool {
        self.allowed(right).is_ok()
    }

    /// What goes on, as far as this visitor may see it.
    pub(crate) fn sees(&self, site: &Site) -> Snapshot {
        let now = site.live.snapshot();
        if self.may(Role::may_read) { now } else { now.without_calls() }
    }

    /// The token for a form; empty where there is none, which no check lets through.
    pub(crate) fn form_token(&self) -> String {
        self.form.as_ref().map(Token::reveal).unwrap_or_default()
    }

    /// A page in this visitor's frame.
    pub(crate) fn page(
        &self,
        title: &str,
        place: Option<Place>,
        events: &str,
        main: &Markup,
    ) -> Markup {
        let session = self.session.as_ref();
        let now_ms = jiff::Timestamp::now().as_millisecond();
        let path = &self.path;
        Frame { tongue: self.tongue, title, place, session, path, events, now_ms }.page(main)
    }

    /// Whether JSON is wanted rather than a page.
    pub(crate) fn wants_data(uri: &Uri, headers: &HeaderMap) -> bool {
        let path = uri.path();
        path.starts_with("/api/")
            || path.starts_with("/events/")
            || path.ends_with(".json")
            || path.ends_with(".wav")
            || headers
                .get(header::ACCEPT)
                .is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Fault> {
        parts.extensions.get::<Visitor>().cloned().ok_or(Fault::Inside)
    }
}

/// A form whose token was checked.
pub(crate) struct Posted<T>(pub(crate) T);

/// A form that says nothing but that it was sent.
#[derive(Deserialize)]
pub(crate) struct Nothing {}

#[derive(Deserialize)]
struct Sealed<T> {
    #[serde(default)]
    form: String,
    #[serde(flatten)]
    rest: T,
}

impl<T: DeserializeOwned> FromRequest<Site> for Posted<T> {
    type Rejection = Fault;
    async fn from_request(request: Request, site: &Site) -> Result<Self, Fault> {
        let visitor = request.extensions().get::<Visitor>().cloned().ok_or(Fault::Inside)?;
        let Form(sealed) = Form::<Sealed<T>>::from_request(request, site).await.map_err(unclear)?;
        if !visitor.form.as_ref().is_some_and(|token| token.matches(&sealed.form)) {
            return Err(Fault::StaleForm);
        }
        Ok(Posted(sealed.rest))
    }
}

fn unclear(_: FormRejection) -> Fault {
    Fault::Unclear("form", "application/x-www-form-urlencoded, ≤ 16 KiB")
}

/// One cookie's value. Of several with one name, the first.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(known, value)| (known == name).then_some(value))
}

/// The language: chosen, or the first that the browser asks for and the page has, or Mandarin.
fn tongue(headers: &HeaderMap) -> Tongue {
    match cookie(headers, TONGUE) {
        Some("zh") => return Tongue::Mandarin,
        Some("en") => return Tongue::English,
        _ => {}
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let mut best = (0.0, Tongue::default());
    for range in accepted.unwrap_or_default().split(',').take(16) {
        let (tag, quality) = match range.split_once(';') {
            Some((tag, parameter)) => {
                let quality = parameter.trim().strip_prefix("q=").and_then(|q| q.parse().ok());
                (tag.trim(), quality.unwrap_or(0.0))
            }
            None => (range.trim(), 1.0),
        };
        let tongue = match tag.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("zh") => Tongue::Mandarin,
            Some("en") => Tongue::English,
            _ => continue,
        };
        if quality > best.0 {
            best = (quality, tongue);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn spoken(accepted: &'static str) -> Tongue {
        let value = HeaderValue::from_static(accepted);
        tongue(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, value)]))
    }

    #[test]
    fn the_browsers_language_is_taken_where_the_page_has_it() {
        assert_eq!(spoken("en-GB,en;q=0.9,zh;q=0.8"), Tongue::English);
        assert_eq!(spoken("zh-CN,zh;q=0.9,en;q=0.8"), Tongue::Mandarin);
        assert_eq!(spoken("fr-FR, en;q=0.3, zh;q=0.5"), Tongue::Mandarin);
        assert_eq!(spoken("en;q=0.2, zh-TW;q=0.1"), Tongue::English);
    }

    #[test]
    fn mandarin_where_nothing_fits() {
        for accepted in ["", "fr", "*", "e", ",,;;q=", "en;q=0", "en;q=NaN"] {
            assert_eq!(spoken(accepted), Tongue::Mandarin, "{accepted}");
        }
        assert_eq!(tongue(&HeaderMap::new()), Tongue::Mandarin);
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = HeaderMap::from_iter([
            (header::COOKIE, HeaderValue::from_static("a=1; tipring-tongue=en")),
            (header::COOKIE, HeaderValue::from_static("xtipring-session=2; b")),
        ]);
        assert_eq!(cookie(&headers, TONGUE), Some("en"));
        assert_eq!(cookie(&headers, SESSION), None);
    }
}
