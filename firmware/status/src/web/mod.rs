//! The page over HTTP: who may ask for what, and the answers.

mod api;
pub(crate) mod assets;
mod calls;
mod events;
mod fault;
mod gate;
mod guard;
mod keeping;
mod line_tests;
mod log;
mod metrics;
mod pages;
mod people;
mod site;
mod sound;
mod table;
mod visitor;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
pub(crate) use fault::Fault;
pub(crate) use site::Site;

/// Bytes that a form may have.
const LARGEST_FORM: usize = 16 * 1024;

/// Every way into the page.
pub(crate) fn router(site: Site) -> Router {
    let inside = Router::new()
        .route("/", get(pages::overview))
        .route("/lines", get(pages::lines))
        .route("/lines/test", post(line_tests::begin))
        .route("/system", get(pages::system))
        .route("/account", get(gate::account_page))
        .route("/account/password", post(gate::change_password))
        .route("/sign-out", post(gate::sign_out))
        .route("/log", get(log::page))
        .route("/people", get(people::page))
        .route("/people/add", post(people::add))
        .route("/people/role", post(people::set_role))
        .route("/people/password", post(people::set_password))
        .route("/people/remove", post(people::remove))
        .route("/calls", get(calls::list))
        .route("/calls.csv", get(table::csv))
        .route("/calls/{call}", get(calls::record))
        .route("/calls/{call}/number", post(calls::reveal))
        .route("/calls/{call}/hold", post(keeping::hold))
        .route("/calls/{call}/release", post(keeping::release))
        .route("/calls/{call}/erase", post(keeping::erase))
        .route("/calls/{call}/audio.wav", get(sound::wav))
        .route("/calls/{call}/peaks.json", get(sound::peaks))
        .route("/calls/{call}/vcon.json", get(calls::vcon))
        .route("/events/{place}", get(events::stream))
        .route("/api/state", get(api::state))
        .route("/api/calls", get(api::calls))
        .route("/api/calls/{call}", get(api::record))
        .route_layer(middleware::from_fn(guard::members_only));
    Router::new()
        .merge(inside)
        .route("/sign-in", get(gate::sign_in_page).post(gate::sign_in))
        .route("/set-up", get(gate::set_up_page).post(gate::set_up))
        .route("/language/{tongue}", get(pages::language))
        .route("/assets/{name}", get(assets::serve))
        .route("/favicon.ico", get(assets::icon))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/metrics", get(metrics::serve))
        .fallback(|| async { Fault::NotFound })
        .method_not_allowed_fallback(|| async { Fault::Method })
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(middleware::from_fn_with_state(site.clone(), guard::guard))
        .with_state(site)
}
