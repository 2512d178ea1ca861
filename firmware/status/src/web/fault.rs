//! What can go wrong with a request. The guard turns it into a page, or JSON, in the visitor's
//! language.

use crate::{SourceError, Tongue};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Why a request is not answered as wished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No such page.
    NotFound,
    /// No call of this identity, or it was erased.
    NoSuchCall,
    /// The call has no audio.
    NoAudio,
    /// A page that exists, asked in a way it does not know.
    Method,
    /// A part of the request that means nothing: its name, and what is allowed.
    Unclear(&'static str, &'static str),
    /// A range of bytes that the audio does not have; its length is given.
    Range(u64),
    /// The address is too long.
    TooLong,
    /// Not signed in.
    SignedOut,
    /// Signed in, and not allowed.
    NotAllowed,
    /// The form's token is missing or old.
    StaleForm,
    /// Sent by another site's page.
    ForeignOrigin,
    /// Asked for under a name that is not ours.
    ForeignHost,
    /// Too many wrong passwords; how many seconds to wait.
    Wait(u64),
    /// Too many browsers watch.
    TooManyWatchers,
    /// The journal cannot be read, or the access log not written.
    Source(SourceError),
    /// A mistake of ours.
    Inside,
}

impl From<SourceError> for Fault {
    fn from(error: SourceError) -> Self {
        if !matches!(error, SourceError::Refused(_)) {
            tracing::error!(%error, "the page got no answer from the journal");
        }
        Fault::Source(error)
    }
}

impl Fault {
    /// The status code of HTTP.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Fault::NotFound | Fault::NoSuchCall | Fault::NoAudio => StatusCode::NOT_FOUND,
            Fault::Method => StatusCode::METHOD_NOT_ALLOWED,
            Fault::Unclear(..) => StatusCode::BAD_REQUEST,
            Fault::Range(_) => StatusCode::RANGE_NOT_SATISFIABLE,
            Fault::TooLong => StatusCode::URI_TOO_LONG,
            Fault::SignedOut => StatusCode::UNAUTHORIZED,
            Fault::NotAllowed | Fault::StaleForm | Fault::ForeignOrigin => StatusCode::FORBIDDEN,
            Fault::ForeignHost => StatusCode::MISDIRECTED_REQUEST,
            Fault::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
            Fault::Source(SourceError::Refused(_)) => StatusCode::CONFLICT,
            Fault::TooManyWatchers | Fault::Source(_) => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Inside => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What happened, and what to do.
    pub(crate) fn tell(&self, tongue: Tongue) -> (String, String) {
        let (what, advice) = match self {
            Fault::NotFound => (
                tongue.pick("没有这个页面", "There is no such page"),
                tongue.pick("请检查地址，或从总览重新进入。", "Check the address, or start from the overview."),
            ),
            Fault::NoSuchCall => (
                tongue.pick("没有这通电话", "There is no such call"),
                tongue.pick("通话编号有误，或记录已被删除。请从通话列表中查找。", "The identity is wrong, or the call was erased. Look in the list of calls."),
            ),
            Fault::NoAudio => (
                tongue.pick("没有录音", "There is no audio"),
                tongue.pick("这通电话没有保存录音，或保留期限已过。", "None was kept of this call, or its time is over."),
            ),
            Fault::Method => (
                tongue.pick("请求方式不对", "This page cannot be asked that way"),
                tongue.pick("请使用页面上的按钮和链接。", "Use the buttons and links of the page."),
            ),
            Fault::Unclear(name, allowed) => {
                return match tongue {
                    Tongue::Mandarin => ("看不懂这个请求".to_owned(), format!("参数 {name} 的值无效。允许的值：{allowed}")),
                    Tongue::English => ("The request is not clear".to_owned(), format!("The value of {name} means nothing here. Allowed: {allowed}")),
                };
            }
            Fault::Range(length) => {
                return match tongue {
                    Tongue::Mandarin => ("录音没有这一段".to_owned(), format!("文件长 {length} 字节，请求的范围无效。")),
                    Tongue::English => ("The audio has no such part".to_owned(), format!("It has {length} bytes, and the range asked for is not one of it.")),
                };
            }
            Fault::TooLong => (
                tongue.pick("地址太长", "The address is too long"),
                tongue.pick("请缩短搜索内容，最多 100 个字符。", "Search for less: at most 100 characters."),
            ),
            Fault::SignedOut => (
                tongue.pick("尚未登录", "Not signed in"),
                tongue.pick("请先登录。", "Sign in first."),
            ),
            Fault::NotAllowed => (
                tongue.pick("没有权限", "Not allowed"),
                tongue.pick("您的角色不能执行此操作，请联系管理员。", "Your role may not do this. Ask an administrator."),
            ),
            Fault::StaleForm => (
                tongue.pick("表单已过期", "The form is too old"),
                tongue.pick("请返回、刷新页面后重试。浏览器需要允许 Cookie。", "Go back, reload the page and try again. The browser has to allow cookies."),
            ),
            Fault::ForeignOrigin => (
                tongue.pick("请求来自其他网站", "The request came from another site"),
                tongue.pick("请直接在本页面上操作。", "Use this page directly."),
            ),
            Fault::ForeignHost => (
                tongue.pick("此名称不属于本设备", "This appliance does not go by that name"),
                tongue.pick("请用 IP 地址访问，或把该名称加入配置的 hosts。", "Use its IP address, or add the name to the hosts in the configuration."),
            ),
            Fault::Wait(seconds) => {
                return match tongue {
                    Tongue::Mandarin => ("尝试次数过多".to_owned(), format!("请在 {seconds} 秒后重试。")),
                    Tongue::English => ("Too many attempts".to_owned(), format!("Try again in {seconds} seconds.")),
                };
            }
            Fault::TooManyWatchers => (
                tongue.pick("同时查看的页面太多", "Too many pages are watching"),
                tongue.pick("请关闭一些页面后刷新。", "Close some of them and reload."),
            ),
            Fault::Source(SourceError::Unreadable(_)) => (
                tongue.pick("无法读取通话日志", "The journal cannot be read"),
                tongue.pick("录音不受影响。请查看系统页面，并运行 tipring verify 检查。", "Recording goes on. Look at the system page, and run tipring verify."),
            ),
            Fault::Source(SourceError::Unwritable(_)) => (
                tongue.pick("无法写入访问日志", "The access log cannot be written"),
                tongue.pick("为保证可追溯，在恢复之前不能查看记录。请检查系统页面上的存储状态。", "So that every look is accounted for, nothing is shown until it can be. See the storage on the system page."),
            ),
            Fault::Source(SourceError::Refused(why)) => (
                tongue.pick("现在不能这样做", "That cannot be done now"),
                why.tell(tongue),
            ),
            Fault::Inside => (
                tongue.pick("页面内部出错", "The page made a mistake"),
                tongue.pick("通话不受影响。请重试；若仍出现，请把设备日志交给维护人员。", "Calls are not affected. Try again; if it stays, give the appliance's log to its maintainer."),
            ),
        };
        (what.to_owned(), advice.to_owned())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        match self {
            Fault::Wait(seconds) => {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Fault::Range(length) => {
                if let Ok(value) = HeaderValue::from_str(&format!("bytes */{length}")) {
                    response.headers_mut().insert(header::CONTENT_RANGE, value);
                }
            }
            _ => {}
        }
        response.extensions_mut().insert(self);
        response
    }
}
