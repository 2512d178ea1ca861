//! What is wrong, and what to do about it, in the order of its weight.

use crate::view::clock;
use crate::view::label::Label;
use crate::{Board, Line, ModelStanding, Snapshot, Speech, Storage, Tongue, Uplink};
use maud::{Markup, html};
use serde::Serialize;

/// Free space below which the disk is called nearly full, whatever its size.
const LITTLE_SPACE: u64 = 1_000_000_000;
/// Delay from append to disk above which the disk is called slow, in milliseconds.
const SLOW_COMMIT_MS: f64 = 500.0;
/// Finished calls waiting for their transcript above which it is worth a word.
const LONG_BACKLOG: u64 = 20;
/// How long a call may be over without its record before it is worth a word, in milliseconds.
const LATE_MS: u64 = 30_000;

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
    let mut found: Vec<Problem> = Vec::new();
    found.extend(now.storage.iter().flat_map(|storage| of_storage(storage, tongue)));
    found.extend(now.lines.iter().filter_map(|line| of_line(line, tongue)));
    found.extend(now.uplink.iter().filter_map(|uplink| of_uplink(uplink, tongue)));
    found.extend(now.speech.iter().filter_map(|speech| of_speech(speech, tongue)));
    // Where speech does not work, that says why; else the loaded model works on without its file.
    if now.speech.as_ref().is_none_or(|speech| speech.error.is_none()) {
        let models = now.identity.iter().flat_map(|identity| &identity.models);
        found.extend(models.filter_map(|model| of_model(&model.name, model.standing, tongue)));
    }
    found.extend(now.board.iter().flat_map(|board| of_board(board, tongue)));
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

fn of_storage(storage: &Storage, tongue: Tongue) -> Vec<Problem> {
    let mut found = Vec::new();
    let left = clock::bytes(storage.free);
    if let Some(error) = &storage.error {
        found.push(Problem {
            weight: Weight::Fault,
            what: tongue.pick("无法写入存储", "Storage cannot be written").to_owned(),
            advice: error.tell(tongue).to_owned(),
            effect: tongue
                .pick(
                    "在恢复之前不会接受新的通话。",
                    "No new call is accepted until it works again.",
                )
                .to_owned(),
        });
    } else if storage.free < LITTLE_SPACE.max(storage.total / 20) {
        found.push(Problem {
            weight: Weight::Warning,
            what: tongue.pick("存储空间将满", "The disk is nearly full").to_owned(),
            advice: match tongue {
                Tongue::Mandarin => format!("仅剩 {left}。请缩短保留期限或更换更大的磁盘。"),
                Tongue::English => {
                    format!("{left} are left. Shorten the retention or fit a larger disk.")
                }
            },
            effect: String::new(),
        });
    }
    if let Some(delay) = storage.commit_p99_ms.filter(|&delay| delay > SLOW_COMMIT_MS) {
        found.push(Problem {
            weight: Weight::Warning,
            what: tongue.pick("写入缓慢", "Writing is slow").to_owned(),
            advice: match tongue {
                Tongue::Mandarin => {
                    format!("近 5 分钟写入延迟的第 99 百分位为 {delay:.0} 毫秒。若持续如此，请检查磁盘健康与设备负载。")
                }
                Tongue::English => format!(
                    "The 99th percentile of the commit delay over the last 5 minutes is {delay:.0} ms. If it stays so, check the disk's health and the device's load."
                ),
            },
            effect: String::new(),
        });
    }
    found
}

fn of_model(name: &str, standing: ModelStanding, tongue: Tongue) -> Option<Problem> {
    (standing != ModelStanding::Ready).then(|| Problem {
        weight: Weight::Warning,
        what: match tongue {
            Tongue::Mandarin => format!("模型 {name}：{}", standing.tell(tongue)),
            Tongue::English => format!("Model {name}: {}", standing.tell(tongue).to_lowercase()),
        },
        advice: tongue
            .pick(
                "请用 tipring-models 重新生成该文件。已载入的模型在重新启动之前仍可使用。",
                "Make the file again with tipring-models. What is loaded works on until the next start.",
            )
            .to_owned(),
        effect: String::new(),
    })
}

fn of_board(board: &Board, tongue: Tongue) -> impl Iterator<Item = Problem> {
    board.troubles.iter().map(move |trouble| Problem {
        weight: Weight::Warning,
        what: tongue.pick("设备板需要处理", "The board needs a look").to_owned(),
        advice: trouble.tell(tongue).to_owned(),
        effect: String::new(),
    })
}

fn of_line(line: &Line, tongue: Tongue) -> Option<Problem> {
    let fault = line.fault.as_ref()?;
    Some(Problem {
        weight: Weight::Fault,
        what: match tongue {
            Tongue::Mandarin => format!("线路 {} 故障", line.name),
            Tongue::English => format!("Line {} is out of service", line.name),
        },
        advice: fault.tell(tongue).to_owned(),
        effect: tongue.pick("其他线路不受影响。", "Other lines are not affected.").to_owned(),
    })
}

fn of_uplink(uplink: &Uplink, tongue: Tongue) -> Option<Problem> {
    let (error, waiting) = (uplink.error.as_ref()?, uplink.waiting);
    Some(Problem {
        weight: Weight::Warning,
        what: tongue.pick("无法送达总部", "Headquarters cannot be reached").to_owned(),
        advice: error.tell(tongue).to_owned(),
        effect: match tongue {
            Tongue::Mandarin => format!("{waiting} 条记录已加密保存在本机，恢复后自动补传。"),
            Tongue::English => {
                format!("Waiting here, sealed: {waiting}. They go out by themselves once it works.")
            }
        },
    })
}

fn of_speech(speech: &Speech, tongue: Tongue) -> Option<Problem> {
    let waiting = speech.waiting;
    if let Some(error) = &speech.error {
        return Some(Problem {
            weight: Weight::Warning,
            what: tongue.pick("语音识别未工作", "Speech is not being recognised").to_owned(),
            advice: error.tell(tongue).to_owned(),
            effect: match tongue {
                Tongue::Mandarin => {
                    format!("通话照常录音；恢复后自动补写文字，等待中：{waiting}。")
                }
                Tongue::English => format!(
                    "Calls are recorded all the same; transcripts are made up later, waiting: {waiting}."
                ),
            },
        });
    }
    if is_late(speech) {
        return Some(Problem {
            weight: Weight::Note,
            what: tongue.pick("文字来得慢", "Words come late").to_owned(),
            advice: tongue
                .pick(
                    "有通话结束已超过 30 秒，记录尚未完成：处理器忙不过来。录音完整，不会丢失；若长期如此，请减少线路或更换更快的设备。",
                    "A call has been over for more than 30 s without its record: the processor has more to do than it can. The audio is kept and nothing is lost; if it stays so, use fewer lines or a faster device.",
                )
                .to_owned(),
            effect: String::new(),
        });
    }
    (waiting > LONG_BACKLOG).then(|| Problem {
        weight: Weight::Note,
        what: tongue.pick("识别积压", "Transcripts are behind").to_owned(),
        advice: match tongue {
            Tongue::Mandarin => format!("{waiting} 个通话等待识别，将在空闲时自动完成。"),
            Tongue::English => {
                format!("{waiting} calls wait for their transcript; it is made when there is time.")
            }
        },
        effect: String::new(),
    })
}

/// Whether words are further behind than people should wait.
pub(crate) fn is_late(speech: &Speech) -> bool {
    speech.behind_ms > LATE_MS
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Saying;

    fn storage() -> Storage {
        Storage {
            free: 50_000_000_000,
            total: 64_000_000_000,
            journal: 0,
            commit_p99_ms: Some(9.0),
            recovered: None,
            error: None,
        }
    }

    fn weights(storage: Storage) -> Vec<Weight> {
        let now = Snapshot { storage: Some(storage), ..Snapshot::default() };
        problems(&now, Tongue::English).iter().map(|problem| problem.weight).collect()
    }

    #[test]
    fn a_healthy_disk_is_no_problem() {
        assert_eq!(weights(storage()), []);
        assert_eq!(problems(&Snapshot::default(), Tongue::Mandarin), []);
    }

    #[test]
    fn a_full_a_slow_and_a_failing_disk_are_told_apart() {
        assert_eq!(weights(Storage { free: 900_000_000, ..storage() }), [Weight::Warning]);
        assert_eq!(weights(Storage { free: 3_000_000_000, ..storage() }), [Weight::Warning]);
        assert_eq!(weights(Storage { commit_p99_ms: Some(800.0), ..storage() }), [Weight::Warning]);
        let error = Some(Saying::from("read-only file system"));
        assert_eq!(weights(Storage { error, free: 0, ..storage() }), [Weight::Fault]);
    }

    #[test]
    fn a_short_backlog_is_nobodys_business() {
        let behind = |waiting| {
            let speech = Some(Speech { waiting, ..Speech::default() });
            problems(&Snapshot { speech, ..Snapshot::default() }, Tongue::English).len()
        };
        assert_eq!((behind(LONG_BACKLOG), behind(LONG_BACKLOG + 1)), (0, 1));
    }

    #[test]
    fn a_model_whose_file_is_gone_is_told_once() {
        let models = [crate::ModelState {
            name: "whisper".to_owned(),
            sha256: String::new(),
            standing: ModelStanding::Missing,
        }];
        let told = |error: Option<&str>, standing| {
            let models = models.iter().map(|one| crate::ModelState { standing, ..one.clone() });
            let identity = Some(crate::Identity {
                device: String::new(),
                software: String::new(),
                started_at: call::WallTime { unix_ms: 0, offset_min: 0 },
                models: models.collect(),
            });
            let speech = Some(Speech { error: error.map(Saying::from), ..Speech::default() });
            problems(&Snapshot { identity, speech, ..Snapshot::default() }, Tongue::English).len()
        };
        assert_eq!(told(None, ModelStanding::Ready), 0);
        assert_eq!(told(None, ModelStanding::Damaged), 1);
        assert_eq!(told(Some("no model"), ModelStanding::Missing), 1);
    }

    #[test]
    fn words_that_come_late_are_not_called_well() {
        let late = |behind_ms| {
            let speech = Some(Speech { behind_ms, ..Speech::default() });
            problems(&Snapshot { speech, ..Snapshot::default() }, Tongue::English).len()
        };
        assert_eq!((late(LATE_MS), late(LATE_MS + 1)), (0, 1));
    }
}
