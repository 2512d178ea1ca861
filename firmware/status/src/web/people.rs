//! The people: who may sign in, in which role. Only for who manages them.

use super::gate::{hash, told};
use super::visitor::{Posted, Visitor};
use super::{Fault, Site};
use crate::view::layout::Place;
use crate::view::people as view;
use crate::{AccountFault, Person, Role, Secret, Tongue, What};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use zeroize::Zeroizing;

#[derive(Deserialize)]
pub(crate) struct New {
    name: String,
    role: String,
    password: Zeroizing<String>,
}

#[derive(Deserialize)]
pub(crate) struct OtherRole {
    name: String,
    role: String,
}

#[derive(Deserialize)]
pub(crate) struct OtherPassword {
    name: String,
    password: Zeroizing<String>,
}

#[derive(Deserialize)]
pub(crate) struct Leaving {
    name: String,
}

/// Everybody.
pub(crate) async fn page(State(site): State<Site>, visitor: Visitor) -> Result<Response, Fault> {
    visitor.allowed(Role::may_manage)?;
    Ok(show(&site, &visitor, None))
}

/// Somebody new.
pub(crate) async fn add(
    State(site): State<Site>,
    visitor: Visitor,
    Posted(New { name, role, password }): Posted<New>,
) -> Result<Response, Fault> {
    visitor.allowed(Role::may_manage)?;
    let role = parsed(&role)?;
    let done = hash(&site, move |access| {
        let secret = Secret::of(&password)?;
        access.add(&name, role, secret)
    });
    finish(&site, &visitor, What::PersonAdded, done.await?).await
}

/// Another role.
pub(crate) async fn set_role(
    State(site): State<Site>,
    visitor: Visitor,
    Posted(OtherRole { name, role }): Posted<OtherRole>,
) -> Result<Response, Fault> {
    visitor.allowed(Role::may_manage)?;
    let done = site.settings.access.set_role(&name, parsed(&role)?);
    finish(&site, &visitor, What::RoleChanged, done).await
}

/// Another password, for who has forgotten theirs.
pub(crate) async fn set_password(
    State(site): State<Site>,
    visitor: Visitor,
    Posted(OtherPassword { name, password }): Posted<OtherPassword>,
) -> Result<Response, Fault> {
    visitor.allowed(Role::may_manage)?;
    let done = hash(&site, move |access| {
        let secret = Secret::of(&password)?;
        access.set_password(&name, secret)
    });
    finish(&site, &visitor, What::PasswordReset, done.await?).await
}

/// Somebody leaves.
pub(crate) async fn remove(
    State(site): State<Site>,
    visitor: Visitor,
    Posted(Leaving { name }): Posted<Leaving>,
) -> Result<Response, Fault> {
    visitor.allowed(Role::may_manage)?;
    let done = site.settings.access.remove(&name);
    finish(&site, &visitor, What::PersonRemoved, done).await
}

async fn finish(
    site: &Site,
    visitor: &Visitor,
    what: What,
    done: Result<Person, AccountFault>,
) -> Result<Response, Fault> {
    match done {
        Ok(person) => {
            let note = format!("{} ({})", person.name, person.role);
            site.note(visitor, what, note).await?;
            Ok(Redirect::to("/people").into_response())
        }
        Err(fault) => {
            let wrong = reason(&fault, visitor.tongue);
            let page = show(site, visitor, Some(&wrong));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

fn show(site: &Site, visitor: &Visitor, fault: Option<&str>) -> Response {
    let (tongue, people) = (visitor.tongue, site.settings.access.people());
    let me = visitor.session.as_ref().map_or("", |session| &session.person.name);
    let main = view::page(&people, me, &visitor.form_token(), fault, tongue);
    visitor.page(tongue.pick("人员", "People"), Some(Place::People), "", &main).into_response()
}

fn parsed(role: &str) -> Result<Role, Fault> {
    role.parse().map_err(|_| {
        Fault::Unclear("role", "agent, supervisor, compliance, installer, administrator")
    })
}

/// What is wrong with an account, in the visitor's language.
fn reason(fault: &AccountFault, tongue: Tongue) -> String {
    told(fault, "", tongue)
}
