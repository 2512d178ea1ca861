//! Setting up, signing in and out, changing the password.

use super::guard::set_cookie;
use super::visitor::{Nothing, Posted, SESSION, Visitor};
use super::{Fault, Site, pages};
use crate::access::{Role, Token};
use crate::view::sign_in as view;
use crate::{PasswordFault, Tongue, What};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;
use zeroize::Zeroizing;

/// Where to go afterwards.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Onward {
    to: String,
}

#[derive(Deserialize)]
pub(crate) struct FirstPassword {
    code: Zeroizing<String>,
    password: Zeroizing<String>,
    again: Zeroizing<String>,
}

#[derive(Deserialize)]
pub(crate) struct Password {
    password: Zeroizing<String>,
    #[serde(default)]
    to: String,
}

#[derive(Deserialize)]
pub(crate) struct NewPassword {
    old: Zeroizing<String>,
    new: Zeroizing<String>,
}

/// The form of the first run.
pub(crate) async fn set_up_page(State(site): State<Site>, visitor: Visitor) -> Response {
    if site.settings.access.is_set_up() {
        return Redirect::to("/sign-in").into_response();
    }
    set_up_form(&visitor, None)
}

fn set_up_form(visitor: &Visitor, fault: Option<&str>) -> Response {
    let tongue = visitor.tongue;
    let main = view::set_up(tongue, &visitor.form_token(), fault);
    visitor.page(tongue.pick("设置密码", "Set the password"), None, "", &main).into_response()
}

/// The first password.
pub(crate) async fn set_up(
    State(site): State<Site>,
    visitor: Visitor,
    Posted(form): Posted<FirstPassword>,
) -> Result<Response, Fault> {
    let tongue = visitor.tongue;
    if form.password != form.again {
        let fault = tongue.pick("两次输入的密码不同。", "The two passwords differ.");
        return Ok(refused(set_up_form(&visitor, Some(fault))));
    }
    begin_attempt(&site, &visitor)?;
    let answer = hash(&site, move |access| access.set_up(&form.code, &form.password)).await?;
    match answer {
        Ok(()) => {
            site.audit(&visitor, What::SetUp).await?;
            enter(&site, &visitor, "/").await
        }
        Err(fault) => {
            note_wrong(&site, &visitor, &fault).await?;
            let wrong = tongue.pick(
                "设置码不正确。请查看设备控制台上的最新设置码。",
                "The set-up code is wrong. Look for the newest one on the appliance's console.",
            );
            Ok(refused(set_up_form(&visitor, Some(&told(&fault, wrong, tongue)))))
        }
    }
}

/// The form for signing in.
pub(crate) async fn sign_in_page(
    State(site): State<Site>,
    visitor: Visitor,
    onward: Result<Query<Onward>, QueryRejection>,
) -> Response {
    if !site.settings.access.is_set_up() {
        return Redirect::to("/set-up").into_response();
    }
    let to = onward.map(|Query(onward)| onward.to).unwrap_or_default();
    if visitor.session.is_some() {
        return Redirect::to(pages::here(&to)).into_response();
    }
    sign_in_form(&visitor, &to, None)
}

fn sign_in_form(visitor: &Visitor, to: &str, fault: Option<&str>) -> Response {
    let tongue = visitor.tongue;
    let main = view::sign_in(tongue, &visitor.form_token(), pages::here(to), fault);
    visitor.page(tongue.pick("登录", "Sign in"), None, "", &main).into_response()
}

/// Signing in.
pub(crate) async fn sign_in(
    State(site): State<Site>,
    visitor: Visitor,
    Posted(form): Posted<Password>,
) -> Result<Response, Fault> {
    begin_attempt(&site, &visitor)?;
    let to = form.to.clone();
    let right = hash(&site, move |access| access.verify(&form.password)).await?;
    if right {
        return enter(&site, &visitor, &to).await;
    }
    note_wrong(&site, &visitor, &PasswordFault::Wrong).await?;
    let fault = visitor.tongue.pick("密码不正确。", "The password is wrong.");
    Ok(refused(sign_in_form(&visitor, &to, Some(fault))))
}

/// Signing out.
pub(crate) async fn sign_out(
    State(site): State<Site>,
    visitor: Visitor,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, Fault> {
    let session = visitor.session.as_ref().ok_or(Fault::SignedOut)?;
    site.sessions().end(&session.key);
    // Signing out works even where the access log does not.
    let _ = site.audit(&visitor, What::SignedOut).await;
    let mut response = Redirect::to("/sign-in").into_response();
    set_cookie(&mut response, &site, SESSION, "", Some(0));
    Ok(response)
}

/// Another password.
pub(crate) async fn change_password(
    State(site): State<Site>,
    visitor: Visitor,
    Posted(form): Posted<NewPassword>,
) -> Result<Response, Fault> {
    let session = visitor.session.clone().ok_or(Fault::SignedOut)?;
    if !session.role.may_reveal() {
        return Err(Fault::NotAllowed);
    }
    begin_attempt(&site, &visitor)?;
    let tongue = visitor.tongue;
    match hash(&site, move |access| access.change(&form.old, &form.new)).await? {
        Ok(()) => {
            forgive(&site, &visitor);
            site.sessions().end_others(&session.key);
            site.audit(&visitor, What::PasswordChanged).await?;
            Ok(pages::system_page(&site, &visitor, Ok(true)))
        }
        Err(fault) => {
            note_wrong(&site, &visitor, &fault).await?;
            let wrong = tongue.pick("当前密码不正确。", "The present password is wrong.");
            let told = told(&fault, wrong, tongue);
            Ok(refused(pages::system_page(&site, &visitor, Err(&told))))
        }
    }
}

/// Begins a session and goes where the visitor wanted.
async fn enter(site: &Site, visitor: &Visitor, to: &str) -> Result<Response, Fault> {
    forgive(site, visitor);
    let token = Token::random().map_err(|_| Fault::Inside)?;
    let now = Instant::now();
    site.sessions().begin(&token, Role::Supervisor, now);
    let mut signed = visitor.clone();
    signed.session = site.sessions().of(&token, now);
    if let Err(fault) = site.audit(&signed, What::SignedIn).await {
        site.sessions().end(&token.fingerprint());
        return Err(fault);
    }
    let mut response = Redirect::to(pages::here(to)).into_response();
    set_cookie(&mut response, site, SESSION, &token.reveal(), None);
    Ok(response)
}

/// Who has no address (a test without a socket) counts as one.
fn address(visitor: &Visitor) -> IpAddr {
    visitor.peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

fn begin_attempt(site: &Site, visitor: &Visitor) -> Result<(), Fault> {
    let wait = site.attempts().begin(address(visitor), Instant::now());
    wait.map_err(|wait| Fault::Wait(wait.as_secs().saturating_add(1)))
}

fn forgive(site: &Site, visitor: &Visitor) {
    site.attempts().succeeded(address(visitor));
}

async fn note_wrong(site: &Site, visitor: &Visitor, fault: &PasswordFault) -> Result<(), Fault> {
    match fault {
        PasswordFault::Wrong => {
            site.counts.wrong_passwords.fetch_add(1, Relaxed);
            site.audit(visitor, What::SignInRefused).await
        }
        PasswordFault::Access(error) => {
            tracing::error!(%error, "the page's password cannot be kept");
            Ok(())
        }
        // Not a guess.
        PasswordFault::Short | PasswordFault::Long => {
            forgive(site, visitor);
            Ok(())
        }
    }
}

fn told(fault: &PasswordFault, wrong: &str, tongue: Tongue) -> String {
    match fault {
        PasswordFault::Wrong => wrong.to_owned(),
        PasswordFault::Short => tongue
            .pick("密码至少需要 10 个字符。", "A password has at least 10 characters.")
            .to_owned(),
        PasswordFault::Long => tongue.pick("密码太长。", "The password is too long.").to_owned(),
        PasswordFault::Access(error) => error.to_string(),
    }
}

/// Hashes off the runtime's threads, one at a time.
async fn hash<T: Send + 'static>(
    site: &Site,
    work: impl FnOnce(&crate::Access) -> T + Send + 'static,
) -> Result<T, Fault> {
    let _turn = site.hashing.acquire().await.map_err(|_| Fault::Inside)?;
    let access = Arc::clone(&site.settings.access);
    tokio::task::spawn_blocking(move || work(&access)).await.map_err(|_| Fault::Inside)
}

fn refused(mut page: Response) -> Response {
    *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    page
}
