//! Storage, uplink, speech, models, version; and the password.

use super::{clock, health, sign_in};
use crate::{Snapshot, Tongue};
use maud::{Markup, html};

/// The whole page. `form` is the token of its form, `told` what became of a change of password.
pub(crate) fn page(now: &Snapshot, tongue: Tongue, form: &str, told: Result<bool, &str>) -> Markup {
    html! {
        div.title { h1 { (tongue.pick("系统", "System")) } }
        div #health aria-live="polite" { (health::panel(now, tongue)) }
        div #parts.cards.two { (parts(now, tongue)) }
        div #identity { (identity(now, tongue)) }
        (password(tongue, form, told))
    }
}

/// Storage, uplink and speech.
pub(crate) fn parts(now: &Snapshot, tongue: Tongue) -> Markup {
    html! {
        @if let Some(storage) = &now.storage {
            article.card {
                header { h2 { (tongue.pick("存储", "Storage")) } (state(storage.error.is_none(), tongue)) }
                @let used = storage.total.saturating_sub(storage.free);
                meter min="0" max="100" value=(used.saturating_mul(100).checked_div(storage.total).unwrap_or(0)) high="90"
                    aria-label=(tongue.pick("已用空间", "Space used")) {}
                dl.facts {
                    (fact(tongue.pick("可用", "Free"), &format!("{} / {}", clock::bytes(storage.free), clock::bytes(storage.total))))
                    (fact(tongue.pick("通话日志", "Journal"), &clock::bytes(storage.journal)))
                    @if let Some(delay) = storage.commit_p99_ms {
                        (fact(tongue.pick("落盘延迟（第 99 百分位）", "Commit delay (99th percentile)"), &format!("{delay:.1} ms")))
                    }
                    @if let Some(recovered) = &storage.recovered {
                        (fact(tongue.pick("上次启动", "Last start"), recovered.tell(tongue)))
                    }
                }
                @if let Some(error) = &storage.error { p.mistake { (error.tell(tongue)) } }
            }
        }
        @if let Some(uplink) = &now.uplink {
            article.card {
                header { h2 { (tongue.pick("总部", "Headquarters")) } (state(uplink.error.is_none(), tongue)) }
                dl.facts {
                    (fact(tongue.pick("地址", "Address"), &uplink.endpoint))
                    (fact(tongue.pick("等待回执", "Waiting for a receipt"), &uplink.waiting.to_string()))
                    (fact(tongue.pick("本次启动后已送达", "Delivered since the start"), &uplink.delivered.to_string()))
                    (fact(tongue.pick("最近回执", "Last receipt"), &uplink.last_success.map_or_else(|| "–".to_owned(), |at| clock::full(at, tongue))))
                }
                @if let Some(error) = &uplink.error { p.mistake { (error.tell(tongue)) } }
            }
        }
        @if let Some(speech) = &now.speech {
            article.card {
                header { h2 { (tongue.pick("语音识别", "Speech")) } (state(speech.error.is_none(), tongue)) }
                dl.facts {
                    (fact(tongue.pick("等待识别的通话", "Calls waiting"), &speech.waiting.to_string()))
                    (fact(tongue.pick("识别进程重启", "Recogniser restarts"), &speech.restarts.to_string()))
                }
                @if let Some(error) = &speech.error { p.mistake { (error.tell(tongue)) } }
            }
        }
    }
}

/// Software and models.
pub(crate) fn identity(now: &Snapshot, tongue: Tongue) -> Markup {
    html! {
        @if let Some(identity) = &now.identity {
            article.card {
                header { h2 { (tongue.pick("软件与模型", "Software and models")) } }
                dl.facts {
                    (fact(tongue.pick("软件", "Software"), &identity.software))
                    (fact(tongue.pick("设备", "Device"), &identity.device))
                    (fact(tongue.pick("启动于", "Started"), &clock::full(identity.started_at, tongue)))
                }
                @if !identity.models.is_empty() {
                    ul.models {
                        @for model in &identity.models {
                            li {
                                span.who { (model.name) }
                                code title=(model.sha256) { (short(&model.sha256)) }
                                @if model.ready {
                                    span.chip.good { (tongue.pick("就绪", "Ready")) }
                                } @else {
                                    span.chip.warn { (tongue.pick("缺失", "Missing")) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The first digits of a hash, enough to tell two apart.
pub(crate) fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

/// One name and value.
pub(crate) fn fact(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn state(works: bool, tongue: Tongue) -> Markup {
    html! {
        @if works {
            span.chip.good { (tongue.pick("正常", "Working")) }
        } @else {
            span.chip.bad { (tongue.pick("异常", "Trouble")) }
        }
    }
}

fn password(tongue: Tongue, form: &str, told: Result<bool, &str>) -> Markup {
    html! {
        article.card #password-card {
            header { h2 { (tongue.pick("修改密码", "Change the password")) } }
            (sign_in::mistake(told.err()))
            @if told == Ok(true) {
                p.allwell role="status" { (tongue.pick("密码已修改，其他登录已全部退出。", "The password is changed; everybody else is signed out.")) }
            }
            form.inline method="post" action="/password" {
                input type="hidden" name="form" value=(form);
                div.field {
                    label for="old" { (tongue.pick("当前密码", "Present password")) }
                    input #old name="old" type="password" autocomplete="current-password" required maxlength="200";
                }
                div.field {
                    label for="new" { (tongue.pick("新密码（至少 10 个字符）", "New password (10 characters or more)")) }
                    input #new name="new" type="password" autocomplete="new-password" required minlength="10" maxlength="200";
                }
                button type="submit" { (tongue.pick("修改", "Change")) }
            }
        }
    }
}
