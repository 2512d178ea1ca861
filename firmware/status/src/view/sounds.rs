//! The sound cards: handsets, taps, the monitor.

use super::label::Label;
use crate::{Snapshot, SoundDevice, SoundRole, Tongue};
use maud::{Markup, html};

/// One card a device and way; nothing where there is no sound card.
pub(crate) fn cards(now: &Snapshot, tongue: Tongue) -> Markup {
    html! {
        @for sound in &now.sounds {
            article.card.line {
                header {
                    h2 { (sound.name) }
                    @let (word, tone) = state(sound, tongue);
                    span.chip.(tone) { (word) }
                }
                p.dim { (sound.role.tell(tongue)) " · " (sound.device) }
                @if let Some(fault) = &sound.fault {
                    p.mistake { (fault.tell(tongue)) }
                }
                dl.figures {
                    @if let Some(hz) = sound.hz {
                        (figure(tongue.pick("采样率", "Rate"), format_args!("{hz} Hz")))
                        (figure(tongue.pick("时钟偏差", "Clock"), format_args!("{:+} ppm", sound.ppm)))
                    }
                    (figure(tongue.pick("丢样", "Xruns"), format_args!("{}", sound.xruns)))
                    (figure(tongue.pick("掉线", "Losses"), format_args!("{}", sound.losses)))
                }
            }
        }
    }
}

fn state(sound: &SoundDevice, tongue: Tongue) -> (&'static str, &'static str) {
    match (&sound.fault, sound.hz) {
        (Some(_), _) => (tongue.pick("故障", "Faulty"), "bad"),
        (None, Some(_)) => (tongue.pick("工作中", "At work"), "good"),
        (None, None) => (tongue.pick("正在打开", "Opening"), "calm"),
    }
}

fn figure(name: &str, value: std::fmt::Arguments<'_>) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

impl Label for SoundRole {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            SoundRole::Microphone => ("坐席话筒", "Agent's microphone"),
            SoundRole::Earpiece => ("坐席听筒", "Agent's earpiece"),
            SoundRole::Tap => ("线路监听输入", "Line tap"),
            SoundRole::Monitor => ("监听扬声器", "Monitor loudspeaker"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Saying;

    #[test]
    fn a_sound_card_out_of_order_says_why_in_the_page_s_language() {
        let troubled = SoundDevice {
            name: "desk".into(),
            role: SoundRole::Microphone,
            device: "hw:1,0".into(),
            hz: None,
            fault: Some(Saying::new("声卡不在", "is not there")),
            xruns: 3,
            losses: 1,
            ppm: 0,
        };
        let works = SoundDevice { fault: None, hz: Some(48_000), ppm: -12, ..troubled.clone() };
        let now = Snapshot { sounds: vec![troubled, works], ..Snapshot::default() };
        let page = cards(&now, Tongue::English).into_string();
        assert!(page.contains("Faulty") && page.contains("is not there"), "{page}");
        assert!(page.contains("48000 Hz") && page.contains("-12 ppm"), "{page}");
        assert!(cards(&now, Tongue::Mandarin).into_string().contains("声卡不在"));
        assert_eq!(cards(&Snapshot::default(), Tongue::English).into_string(), "");
    }
}
