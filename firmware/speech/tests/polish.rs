//! The guards: what is held back, and what people really say.

use call::{Language, Samples};
use speech::Heard;
use speech::polish::{Doubt, normalise, polish};

fn heard(text: &str, language: Language, p: f32, no_speech: f32) -> Heard {
    Heard { text: text.into(), p, no_speech, tokens: 10, language, compute_ms: 1 }
}

/// Polishes sure words of three seconds.
fn sure(text: &str, language: Language) -> Result<String, Doubt> {
    polish(&heard(text, language, 0.9, 0.0), Samples(24_000), 0.9)
}

#[test]
fn traditional_characters_and_half_width_marks_become_simplified_and_full_width() {
    assert_eq!(
        sure(" 請問您對這個產品有興趣嗎? ", Language::Mandarin).unwrap(),
        "请问您对这个产品有兴趣吗？"
    );
    assert_eq!(normalise("好, 我 考虑!", Language::Mandarin), "好，我考虑！");
    assert_eq!(normalise("  I  am\n sure ", Language::English), "I am sure");
}

#[test]
fn what_people_repeat_stays_and_what_the_model_repeats_goes() {
    for said in ["对对对对", "好好好好好", "不要不要不要", "喂喂喂"] {
        assert_eq!(sure(said, Language::Mandarin).as_deref(), Ok(said));
    }
    assert_eq!(sure("no no no no", Language::English).as_deref(), Ok("no no no no"));
    for looped in ["谢谢观看谢谢观看谢谢观看谢谢观看谢谢观看", "的的的的的的的的的的"]
    {
        assert_eq!(sure(looped, Language::Mandarin), Err(Doubt::Loop), "{looped}");
    }
    let looped = "I will call. I will call. I will call. I will call. I will call.";
    assert_eq!(sure(looped, Language::English), Err(Doubt::Loop));
}

#[test]
fn words_that_nobody_can_say_in_the_time_are_held_back() {
    let long = "我们公司最近推出了一款新的产品想跟您介绍一下请问您现在方便吗";
    let in_time = |samples| polish(&heard(long, Language::Mandarin, 0.9, 0.0), samples, 0.9);
    assert_eq!(in_time(Samples(6_000)), Err(Doubt::TooFast));
    assert!(in_time(Samples(40_000)).is_ok());
}

#[test]
fn marks_alone_are_no_words() {
    for empty in ["", "  ", "。。。", "...", "♪ ♪"] {
        assert_eq!(sure(empty, Language::Mandarin), Err(Doubt::Empty), "{empty:?}");
    }
}

#[test]
fn phrases_of_subtitles_need_the_models_certainty() {
    let phrase = |p, no_speech| {
        let heard = heard("请不吝点赞订阅转发", Language::Mandarin, p, no_speech);
        polish(&heard, Samples(24_000), 0.9)
    };
    assert_eq!(phrase(0.6, 0.0), Err(Doubt::Phantom));
    assert_eq!(phrase(0.9, 0.5), Err(Doubt::Phantom));
    assert!(phrase(0.9, 0.1).is_ok(), "somebody may say it");
}

#[test]
fn silence_and_guessing_are_held_back_but_not_a_doubt_against_a_clear_voice() {
    let judged = |p, no_speech, speech| {
        polish(&heard("好的再见", Language::Mandarin, p, no_speech), Samples(16_000), speech)
    };
    assert_eq!(judged(0.4, 0.7, 0.6), Err(Doubt::NoSpeech));
    assert!(judged(0.4, 0.7, 0.95).is_ok());
    assert_eq!(judged(0.1, 0.0, 0.95), Err(Doubt::Guess));
}
