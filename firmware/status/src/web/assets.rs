//! The style sheet, the script and the icon, from within the binary.

use super::Fault;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;

/// Kept by browsers for good: an asset's address changes with its content.
pub(crate) const CACHE: &str = "public, max-age=31536000, immutable";

/// One file.
pub(crate) struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
    version: LazyLock<String>,
}

impl Asset {
    /// Its address, with its content's hash.
    pub(crate) fn href(&self) -> String {
        format!("/assets/{}?{}", self.name, *self.version)
    }
}

fn version(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

macro_rules! asset {
    ($file:literal, $kind:literal) => {
        Asset {
            name: $file,
            kind: $kind,
            text: include_str!(concat!("../../assets/", $file)),
            version: LazyLock::new(|| version(include_str!(concat!("../../assets/", $file)))),
        }
    };
}

/// The style sheet.
pub(crate) static STYLE: Asset = asset!("page.css", "text/css; charset=utf-8");
/// The script.
pub(crate) static SCRIPT: Asset = asset!("page.js", "text/javascript; charset=utf-8");
/// The icon.
pub(crate) static ICON: Asset = asset!("icon.svg", "image/svg+xml");

/// Serves one of them.
pub(crate) async fn serve(Path(name): Path<String>) -> Result<Response, Fault> {
    let asset = [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.name == name);
    let asset = asset.ok_or(Fault::NotFound)?;
    Ok(([(header::CONTENT_TYPE, asset.kind)], asset.text).into_response())
}

/// Browsers ask for it whatever the page says.
pub(crate) async fn icon() -> Response {
    ([(header::CONTENT_TYPE, ICON.kind)], ICON.text).into_response()
}
