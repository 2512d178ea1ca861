//! Setting up, signing in and out, one's own account.

use super::guard::set_cookie;
use super::visitor::{Nothing, Posted, SESSION, Visitor};
use super::{Fault, Site, pages};
use crate::access::Token;
use crate::view::{account, sign_in as view};
use crate::{AccountFault, FIRST, Person, SecretError, Tongue, What};
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
    #[serde(default)]
    name: String,
    password: Zeroizing<String>,
    again: Zeroizing<String>,
}

#[derive(Deserialize)]
pub(crate) struct Password {
    /// Empty where there is one person only.
    #[serde(default)]
    name: String,
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
    let name = if form.name.trim().is_empty() { FIRST.to_owned() } else { form.name };
    let answer =
        hash(&site, move |access| access.set_up(&form.code, &name, &form.password)).await?;
    match answer {
        Ok(person) => {
            site.note(&visitor, What::SetUp, person.name.clone()).await?;
            enter(&site, &visitor, person, "/").await
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
    sign_in_form(&site, &visitor, &to, None)
}

fn sign_in_form(site: &Site, visitor: &Visitor, to: &str, fault: Option<&str>) -> Response {
    let tongue = visitor.tongue;
    let named = site.settings.access.people().len() > 1;
    let main = view::sign_in(tongue, &visitor.form_token(), pages::here(to), named, fault);
    visitor.page(tongue.pick("登录", "Sign in"), None, "", &main).into_response()
}

/// Signing in.
pub(crate) async fn sign_in(
    State(site): State<Site>,
    visitor: Visitor,
    Posted(form): Posted<Password>,
) -> Result<Response, Fault> {
    begin_attempt(&site, &visitor)?;
    let Password { name, password, to } = form;
    if let Some(person) = hash(&site, move |access| access.verify(&name, &password)).await? {
        return enter(&site, &visitor, person, &to).await;
    }
    note_wrong(&site, &visitor, &AccountFault::Wrong).await?;
    let fault = visitor.tongue.pick("姓名或密码不正确。", "Name or password is wrong.");
    Ok(refused(sign_in_form(&site, &visitor, &to, Some(fault))))
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

/// One's own account.
pub(crate) async fn account_page(visitor: Visitor) -> Result<Response, Fault> {
    account_form(&visitor, Ok(false))
}

fn account_form(visitor: &Visitor, told: Result<bool, &str>) -> Result<Response, Fault> {
    let (tongue, form) = (visitor.tongue, visitor.form_token());
    let session = visitor.session.as_ref().ok_or(Fault::SignedOut)?;
    let main = account::page(&session.person, &form, told, tongue);
    Ok(visitor.page(tongue.pick("我的账户", "My account"), None, "", &main).into_response())
}

/// Another password of one's own.
pub(crate) async fn change_password(
    State(site): State<Site>,
    visitor: Visitor,
    Posted(form): Posted<NewPassword>,
) -> Result<Response, Fault> {
    let session = visitor.session.clone().ok_or(Fault::SignedOut)?;
    begin_attempt(&site, &visitor)?;
    let tongue = visitor.tongue;
    let name = session.person.name;
    match hash(&site, move |access| access.change(&name, &form.old, &form.new)).await? {
        Ok(person) => {
            forgive(&site, &visitor);
            // This session goes on; the person's others were begun under the old password.
            site.sessions().renew(&session.key, person);
            site.audit(&visitor, What::PasswordChanged).await?;
            account_form(&visitor, Ok(true))
        }
        Err(fault) => {
            note_wrong(&site, &visitor, &fault).await?;
            let wrong = tongue.pick("当前密码不正确。", "The present password is wrong.");
            let told = told(&fault, wrong, tongue);
            account_form(&visitor, Err(&told)).map(refused)
        }
    }
}

/// Begins a session and goes where the visitor wanted.
async fn enter(
    site: &Site,
    visitor: &Visitor,
    person: Person,
    to: &str,
) -> Result<Response, Fault> {
    forgive(site, visitor);
    let token = Token::random().map_err(|_| Fault::Inside)?;
    let now = Instant::now();
    site.sessions().begin(&token, person, now);
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

async fn note_wrong(site: &Site, visitor: &Visitor, fault: &AccountFault) -> Result<(), Fault> {
    match fault {
        AccountFault::Wrong => {
            site.counts.wrong_passwords.fetch_add(1, Relaxed);
            site.audit(visitor, What::SignInRefused).await
        }
        AccountFault::Access(error) => {
            tracing::error!(%error, "the page's accounts cannot be kept");
            Ok(())
        }
        // Not a guess.
        _ => {
            forgive(site, visitor);
            Ok(())
        }
    }
}

/// Why an account was not made or changed; `wrong` where it was a wrong code or password.
pub(super) fn told(fault: &AccountFault, wrong: &str, tongue: Tongue) -> String {
    let plain = |zh: &str, en: &str| tongue.pick(zh, en).to_owned();
    match fault {
        AccountFault::Wrong => wrong.to_owned(),
        AccountFault::Password(SecretError::Short) => {
            plain("密码至少需要 10 个字符。", "A password has at least 10 characters.")
        }
        AccountFault::Password(SecretError::Long) => {
            plain("密码太长。", "The password is too long.")
        }
        AccountFault::Name => plain(
            "姓名为 1 至 40 个字符：文字、数字、空格和 . _ - @ ·",
            "A name has 1 to 40 letters, digits, spaces and . _ - @",
        ),
        AccountFault::Taken(name) => match tongue {
            Tongue::Mandarin => format!("已有名为“{name}”的人员。"),
            Tongue::English => format!("There is somebody named {name} already."),
        },
        AccountFault::Unknown(name) => match tongue {
            Tongue::Mandarin => format!("没有名为“{name}”的人员。"),
            Tongue::English => format!("There is nobody named {name}."),
        },
        AccountFault::LastAdministrator(name) => match tongue {
            Tongue::Mandarin => format!("“{name}”是最后一位管理员，请先指定另一位管理员。"),
            Tongue::English => {
                format!("{name} is the last administrator; make somebody else one first.")
            }
        },
        AccountFault::Password(SecretError::NoHash)
        | AccountFault::Full
        | AccountFault::Access(_) => fault.to_string(),
    }
}

/// Hashes off the runtime's threads, one at a time.
pub(super) async fn hash<T: Send + 'static>(
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
