//! What is wrong, and what to do about it, in the order of its weight.

use crate::view::clock;
use crate::{Snapshot, Tongue};
use maud::{Markup, html};
use serde::Serialize;

/// Free space below which the disk is called nearly full, whatever its size.
const LITTLE_SPACE: u64 = 1_000_000_000;
/// Delay from append to disk above which the disk is called slow, in milliseconds.
const SLOW_COMMIT_MS: f64 = 500.0;
/// Finished calls waiting for their transcript above which it is worth a word.
const LONG_BACKLOG: u64 = 20;

/// How much it matters. In the order of weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Weight {
    /// Calls are lost or about to be.
    Fault,
    /// Something does not work; no call is lost.
    Warning,
    /// Worth knowing.
    Note,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    /// How much it matters.
    pub(crate) weight: Weight,
    /// What is wrong, in a few words.
    pub(crate) what: String,
    /// Why, and what to do.
    pub(crate) advice: String,
    /// What it means for the calls; empty if the advice says it.
    pub(crate) effect: String,
}

/// Everything that is wrong, heaviest first.
pub(crate) fn problems(now: &Snapshot, tongue: Tongue) -> Vec<Problem> {
    let mut found = Vec::new();
    let say = |zh: &str, en: &str| tongue.pick(zh, en).to_owned();

    if let Some(storage) = &now.storage {
        if let Some(error) = &storage.error {
            found.push(Problem {
                weight: Weight::Fault,
                what: say("无法写入存储", "Storage cannot be written"),
                advice: error.tell(tongue).to_owned(),
                effect: say(
                    "在恢复之前不会接受新的通话。",
                    "No new call is accepted until it works again.",
                ),
            });
        } else if storage.free < LITTLE_SPACE.max(storage.total / 20) {
            found.push(Problem {
                weight: Weight::Warning,
                what: say("存储空间将满", "The disk is nearly full"),
                advice: match tongue {
                    Tongue::Mandarin => format!(
                        "仅剩 {}。请缩短保留期限或更换更大的磁盘。",
                        clock::bytes(storage.free)
                    ),
                    Tongue::English => format!(
                        "{} are left. Shorten the retention or fit a larger disk.",
                        clock::bytes(storage.free)
                    ),
                },
                effect: String::new(),
            });
        }
        if let Some(delay) = storage.commit_p99_ms.filter(|&delay| delay > SLOW_COMMIT_MS) {
            found.push(Problem {
                weight: Weight::Warning,
                what: say("磁盘写入缓慢", "The disk is slow"),
                advice: match tongue {
                    Tongue::Mandarin => format!("写入延迟的第 99 百分位为 {delay:.0} 毫秒。请检查磁盘健康状况。"),
                    Tongue::English => format!("The 99th percentile of the commit delay is {delay:.0} ms. Check the disk's health."),
                },
                effect: String::new(),
            });
        }
    }
    for line in &now.lines {
        if let Some(fault) = &line.fault {
            found.push(Problem {
                weight: Weight::Fault,
                what: match tongue {
                    Tongue::Mandarin => format!("线路 {} 故障", line.name),
                    Tongue::English => format!("Line {} is out of service", line.name),
                },
                advice: fault.tell(tongue).to_owned(),
                effect: say("其他线路不受影响。", "Other lines are not affected."),
            });
        }
    }
    if let Some((uplink, error)) = now.uplink.as_ref().and_then(|up| Some((up, up.error.as_ref()?)))
    {
        found.push(Problem {
            weight: Weight::Warning,
            what: say("无法送达总部", "Headquarters cannot be reached"),
            advice: error.tell(tongue).to_owned(),
            effect: match tongue {
                Tongue::Mandarin => {
                    format!("{} 条记录已加密保存在本机，恢复后自动补传。", uplink.waiting)
                }
                Tongue::English => format!(
                    "{} records are kept here, sealed, and go out by themselves once it works.",
                    uplink.waiting
                ),
            },
        });
    }
    if let Some(speech) = &now.speech {
        if let Some(error) = &speech.error {
            found.push(Problem {
                weight: Weight::Warning,
                what: say("语音识别未工作", "Speech is not being recognised"),
                advice: error.tell(tongue).to_owned(),
                effect: match tongue {
                    Tongue::Mandarin => {
                        format!("通话照常录音；{} 个通话将在恢复后自动补写文字。", speech.waiting)
                    }
                    Tongue::English => format!(
                        "Calls are recorded all the same; {} transcripts are made up later.",
                        speech.waiting
                    ),
                },
            });
        } else if speech.waiting > LONG_BACKLOG {
            found.push(Problem {
                weight: Weight::Note,
                what: say("识别积压", "Transcripts are behind"),
                advice: match tongue {
                    Tongue::Mandarin => {
                        format!("{} 个通话等待识别，将在空闲时自动完成。", speech.waiting)
                    }
                    Tongue::English => format!(
                        "{} calls wait for their transcript; it is made when there is time.",
                        speech.waiting
                    ),
                },
                effect: String::new(),
            });
        }
    }
    found.extend(now.warnings.iter().map(|warning| Problem {
        weight: Weight::Warning,
        what: match tongue {
            Tongue::Mandarin => format!("{} 的提醒", clock::time(warning.at)),
            Tongue::English => format!("Noticed at {}", clock::time(warning.at)),
        },
        advice: warning.says.tell(tongue).to_owned(),
        effect: String::new(),
    }));
    found.sort_by_key(|problem| problem.weight);
    found
}

/// The panel that says how the appliance is.
pub(crate) fn panel(now: &Snapshot, tongue: Tongue) -> Markup {
    let problems = problems(now, tongue);
    html! {
        @if problems.is_empty() {
            p.allwell {
                svg viewBox="0 0 24 24" aria-hidden="true" { path d="M5 12.500l4.500 4.500L19 7.500" {} }
                (tongue.pick("一切正常", "All is well"))
            }
        } @else {
            ul.problems {
                @for problem in &problems {
                    li.(tone(problem.weight)) {
                        svg viewBox="0 0 24 24" aria-hidden="true" { path d="M12 4l9 16H3zM12 10v4M12 17h.01" {} }
                        div {
                            strong { (problem.what) }
                            p { (problem.advice) @if !problem.effect.is_empty() { " " span.effect { (problem.effect) } } }
                        }
                    }
                }
            }
        }
    }
}

fn tone(weight: Weight) -> &'static str {
    match weight {
        Weight::Fault => "bad",
        Weight::Warning => "warn",
        Weight::Note => "calm",
    }
}
