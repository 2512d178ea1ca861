//! What stands before and behind every request: the names that the page goes by, the origin of
//! what is posted, the headers, the pages of mistakes.

use super::visitor::{FORM, Visitor};
use super::{Fault, Site, assets};
use crate::access::Token;
use crate::view::sign_in;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header, uri::Authority};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::atomic::Ordering::Relaxed;

/// Bytes that path and query may have.
const LONGEST_ADDRESS: usize = 4096;

/// Scripts, styles, pictures and sound from here and nowhere else, none in the page's own text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// Before and behind every request.
pub(crate) async fn guard(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    site.counts.requests.fetch_add(1, Relaxed);
    let visitor = Visitor::of(&request, &site);
    let data = Visitor::wants_data(request.uri(), request.headers());
    let stored = request.uri().path().starts_with("/assets/");
    // A browser that has no token yet gets one, and the page that it asks for already uses it.
    let fresh = if visitor.form.is_none() && request.method() == Method::GET && !data && !stored {
        Token::random().ok()
    } else {
        None
    };
    let mut visitor = visitor;
    if let Some(token) = &fresh {
        visitor.form = Some(token.derive("form"));
    }
    request.extensions_mut().insert(visitor.clone());

    let response = match admit(&site, &request) {
        Ok(()) => next.run(request).await,
        Err(fault) => fault.into_response(),
    };
    let mut response = dress(&site, &visitor, data, response);
    if let Some(token) = &fresh
        && response.status() != StatusCode::MISDIRECTED_REQUEST
    {
        set_cookie(&mut response, &site, FORM, &token.reveal(), None);
    }
    secure(&mut response, stored);
    response
}

/// For the pages inside: only for who has signed in.
pub(crate) async fn members_only(visitor: Visitor, request: Request, next: Next) -> Response {
    if visitor.session.is_none() {
        return Fault::SignedOut.into_response();
    }
    next.run(request).await
}

/// Whether the request may come in at all.
fn admit(site: &Site, request: &Request) -> Result<(), Fault> {
    let headers = request.headers();
    let host = authority(request).ok_or(Fault::ForeignHost)?;
    if !is_ours(&host, &site.settings.hosts) {
        return Err(Fault::ForeignHost);
    }
    if request.uri().path_and_query().is_some_and(|path| path.as_str().len() > LONGEST_ADDRESS) {
        return Err(Fault::TooLong);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) && !same_origin(headers, &host) {
        return Err(Fault::ForeignOrigin);
    }
    Ok(())
}

/// The name asked for. Exactly one `Host` counts.
fn authority(request: &Request) -> Option<Authority> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next()?;
    if hosts.next().is_some() {
        return None;
    }
    Authority::try_from(host.as_bytes()).ok()
}

/// `localhost`, an IP address, or a configured name. A page that was bound to our address under a
/// foreign name (DNS rebinding) arrives with that name; it can never arrive with an IP address.
fn is_ours(host: &Authority, names: &[String]) -> bool {
    let name = host.host().trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok()
        || names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether what is posted comes from a page of ours: browsers always say the origin of a post.
fn same_origin(headers: &HeaderMap, host: &Authority) -> bool {
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return false;
    }
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let Some((scheme, authority)) = origin.and_then(|origin| origin.split_once("://")) else {
        return false;
    };
    matches!(scheme, "http" | "https") && authority.eq_ignore_ascii_case(host.as_str())
}

/// Turns a fault into what the visitor can read.
fn dress(site: &Site, visitor: &Visitor, data: bool, mut response: Response) -> Response {
    let Some(fault) = response.extensions_mut().remove::<Fault>() else { return response };
    site.counts.refused.fetch_add(1, Relaxed);
    let (what, advice) = fault.tell(visitor.tongue);
    let mut told = if data {
        Json(serde_json::json!({ "error": what, "advice": advice })).into_response()
    } else if fault == Fault::SignedOut {
        let gate = if site.settings.access.is_set_up() { "/sign-in" } else { "/set-up" };
        let to = crate::view::layout::encode(&visitor.path);
        let address = if visitor.path == "/" { gate.to_owned() } else { format!("{gate}?to={to}") };
        return axum::response::Redirect::to(&address).into_response();
    } else {
        let main = sign_in::mishap(visitor.tongue, fault.status().as_u16(), &what, &advice);
        visitor.page(&what, None, "", &main).into_response()
    };
    *told.status_mut() = response.status();
    for name in [header::RETRY_AFTER, header::CONTENT_RANGE] {
        if let Some(value) = response.headers_mut().remove(&name) {
            told.headers_mut().insert(name, value);
        }
    }
    told
}

/// The headers that every answer carries.
fn secure(response: &mut Response, stored: bool) {
    let cache =
        if stored && response.status() == StatusCode::OK { assets::CACHE } else { "no-store" };
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: with it browsers would hide the origin of our own posts.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, cache),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            header::HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}

/// Sets a cookie that scripts do not see and other sites do not send. `seconds`: how long the
/// browser keeps it; `None` until it is closed, `Some(0)` removes it.
pub(crate) fn set_cookie(
    response: &mut Response,
    site: &Site,
    name: &str,
    value: &str,
    seconds: Option<u32>,
) {
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let secure = if site.settings.https { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{age}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(host: &str) -> bool {
        let names = ["gateway.branch.example".to_owned()];
        host.parse::<Authority>().is_ok_and(|host| is_ours(&host, &names))
    }

    #[test]
    fn only_names_that_are_ours_are_answered() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:8080",
            "[::1]:8080",
            "192.168.1.20",
            "gateway.branch.example:80",
            "localhost.",
        ] {
            assert!(ours(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "xgateway.branch.example",
            "",
        ] {
            assert!(!ours(host), "{host}");
        }
    }

    #[test]
    fn what_is_posted_must_say_that_it_comes_from_here() {
        let host: Authority = "127.0.0.1:8080".parse().unwrap();
        let headers = |pairs: &[(&'static str, &'static str)]| {
            let pair = |&(name, value)| {
                (header::HeaderName::from_static(name), HeaderValue::from_static(value))
            };
            pairs.iter().map(pair).collect::<HeaderMap>()
        };
        assert!(same_origin(&headers(&[("origin", "http://127.0.0.1:8080")]), &host));
        for pairs in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "http://evil.example")],
            &[("origin", "http://127.0.0.1:8081")],
            &[("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "cross-site")],
        ] {
            assert!(!same_origin(&headers(pairs), &host), "{pairs:?}");
        }
    }
}
