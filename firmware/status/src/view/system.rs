//! Storage, uplink, speech, models, version.

use super::label::Label;
use super::{clock, health};
use crate::{Snapshot, Tongue};
use maud::{Markup, html};

/// The whole page.
pub(crate) fn page(now: &Snapshot, tongue: Tongue) -> Markup {
    html! {
        div.title { h1 { (tongue.pick("系统", "System")) } }
        div #health aria-live="polite" { (health::panel(now, tongue)) }
        div #parts.cards.two { (parts(now, tongue)) }
        div #identity { (identity(now, tongue)) }
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
                        (fact(tongue.pick("落盘延迟（近 5 分钟第 99 百分位）", "Commit delay (99th percentile, 5 min)"), &format!("{delay:.1} ms")))
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
        (board(now, tongue))
    }
}

/// The board, where one is configured.
fn board(now: &Snapshot, tongue: Tongue) -> Markup {
    html! {
        @if let Some(board) = &now.board {
            article.card {
                header { h2 { (tongue.pick("设备板", "Board")) } (state(board.troubles.is_empty(), tongue)) }
                dl.facts {
                    (fact(tongue.pick("型号", "Kind"), &board.name))
                    @if let Some(celsius) = board.celsius {
                        (fact(tongue.pick("温度", "Temperature"), &format!("{celsius:.0} °C")))
                    }
                    @if let Some(served) = board.served {
                        (fact(tongue.pick("线路由本机接管", "Lines served here"), if served { tongue.pick("是", "yes") } else { tongue.pick("否，直通话机", "no, connected through") }))
                    }
                    @if let Some(watched) = board.watched {
                        (fact(tongue.pick("看门狗正常喂养", "Watchdog fed"), if watched { tongue.pick("是", "yes") } else { tongue.pick("否", "no") }))
                    }
                }
                @for trouble in &board.troubles { p.mistake { (trouble.tell(tongue)) } }
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
                                span.chip.(model.standing.tone()) { (model.standing.tell(tongue)) }
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
