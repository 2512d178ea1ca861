//! The rules: times, spoken numbers, masked text, the text interface. The calls' clock starts on
//! Monday 2 March 2026 at 10:15, eight hours east.

#![allow(clippy::unwrap_used)] // Tests, though not all of it stands in a #[test].

use call::{SensitiveKind, WallTime};
use insight::{Insight, jsonl, masked, sensitive, when};
use proptest::prelude::*;

fn time(text: &str) -> Option<String> {
    let start = WallTime::parse("2026-03-02T10:15:00+08:00").unwrap();
    let mentions = when::mentions(text);
    mentions.first()?.resolve(start).map(|time| time.to_string()[..16].to_owned())
}

#[test]
fn a_time_is_resolved_against_the_start_of_the_call() {
    for (text, wanted) in [
        ("那我明天下午三点过去找你", "2026-03-03T15:00"),
        ("后天上午吧", "2026-03-04T09:00"),
        ("下周三四点半", "2026-03-11T16:30"),
        ("周三四点半", "2026-03-04T16:30"),
        ("半小时后打给我", "2026-03-02T10:45"),
        ("过一个半小时", "2026-03-02T11:45"),
        ("两个小时以后", "2026-03-02T12:15"),
        ("周六上午十点吧", "2026-03-07T10:00"),
        ("周一上午十点", "2026-03-09T10:00"),
        ("晚上七点再打给我", "2026-03-02T19:00"),
        ("七点钟再打", "2026-03-02T19:00"),
        ("明早九点一刻", "2026-03-03T09:15"),
        ("明天中午十二点半", "2026-03-03T12:30"),
        ("三月十五号下午两点", "2026-03-15T14:00"),
        ("5号下午3点半", "2026-03-05T15:30"),
        ("明天15:20", "2026-03-03T15:20"),
        ("六点以后都行", "2026-03-02T18:00"),
        ("三天后", "2026-03-05T09:00"),
        ("十点左右", "2026-03-02T22:00"),
        ("tomorrow at half past three", "2026-03-03T15:30"),
        ("Can you call me tomorrow at three in the afternoon?", "2026-03-03T15:00"),
        ("next Tuesday", "2026-03-10T09:00"),
        ("on Friday at quarter to five", "2026-03-06T16:45"),
        ("in two hours", "2026-03-02T12:15"),
        ("in half an hour", "2026-03-02T10:45"),
        ("today at half six", "2026-03-02T18:30"),
        ("after six", "2026-03-02T18:00"),
        ("tomorrow, ten-ish", "2026-03-03T10:00"),
        ("Saturday at 11:30 am", "2026-03-07T11:30"),
        ("the day after tomorrow at 4 p.m.", "2026-03-04T16:00"),
        ("March 5th at noon", "2026-03-05T12:00"),
    ] {
        assert_eq!(time(text).as_deref(), Some(wanted), "{text}");
    }
}

#[test]
fn what_names_no_time_resolves_to_none() {
    for text in [
        "月底再说",
        "春节后吧",
        "过一阵子",
        "年利率三点六起",
        "便宜一点",
        "能不能快一点",
        "十个点的佣金",
        "我有一点兴趣",
        "过两天再看",
        "at twenty percent",
        "sometime soon",
        "it is four one one one",
        "",
    ] {
        assert_eq!(time(text), None, "{text}");
    }
}

fn spans(text: &str) -> Vec<(SensitiveKind, String)> {
    let chars: Vec<char> = text.chars().collect();
    let cut = |start: u32, end: u32| chars[start as usize..end as usize].iter().collect();
    sensitive::find(text).into_iter().map(|span| (span.kind, cut(span.start, span.end))).collect()
}

#[test]
fn spoken_and_written_numbers_are_found_to_the_character() {
    use SensitiveKind::{BankCard, IdCard, Mobile};
    for (text, kind, wanted) in [
        ("一三八零零一三八零零零。", Mobile, "一三八零零一三八零零零"),
        ("我电话138-0013-8000啊", Mobile, "138-0013-8000"),
        ("号码是幺三八,嗯,零零幺三八,三个零", Mobile, "幺三八,嗯,零零幺三八,三个零"),
        ("打+8613800138000", Mobile, "+8613800138000"),
        ("😀我的是１３８００１３８０００", Mobile, "１３８００１３８０００"),
        (
            "one three eight double oh one three eight triple zero ok",
            Mobile,
            "one three eight double oh one three eight triple zero",
        ),
        ("一一零一零五一九四九一二三一零零二叉", IdCard, "一一零一零五一九四九一二三一零零二叉"),
        ("身份证11010519491231002X谢谢", IdCard, "11010519491231002X"),
        (
            "four one one one, one one one one, one one one one, one one one one.",
            BankCard,
            "four one one one, one one one one, one one one one, one one one one",
        ),
        ("卡号4111 1111 1111 1111", BankCard, "4111 1111 1111 1111"),
        ("一三八零零一三八零零一,不对,是零零零", Mobile, "一三八零零一三八零零一"),
    ] {
        let found = spans(text);
        assert!(found.contains(&(kind, wanted.to_owned())), "{text}: {found:?}");
    }
}

#[test]
fn what_fails_its_checksum_or_is_no_such_number_is_not_sensitive() {
    for text in [
        "身份证110105194912310021",
        "卡号4111 1111 1111 1112",
        "订单号13800138000",
        "座机01062345678",
        "尾号四三二一",
        "我要三十万",
        "your order number is 4111 1111 1111 1111",
    ] {
        assert!(sensitive::find(text).is_empty(), "{text}");
    }
}

#[test]
fn a_long_run_of_digits_is_masked_even_if_it_is_misheard() {
    assert_eq!(masked("卡号是4111 1111 1111 1112对吧"), "卡号是****************对吧");
    assert_eq!(masked("我的手机是一三八零零一三八零零零。"), "我的手机是***********。");
    assert_eq!(masked("it's four one one one"), "it's four one one one");
}

#[test]
fn two_numbers_in_one_breath_are_two_spans() {
    let found = spans("13800138000,13912345678");
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn the_text_interface_answers_as_the_contract_spells_it() {
    let insight = Insight::built_in().unwrap();
    let lines = include_str!("golden/lines.jsonl");
    for pair in lines.lines().collect::<Vec<_>>().chunks_exact(2) {
        let answer: serde_json::Value =
            serde_json::from_str(&jsonl::answer(&insight, pair[0])).unwrap();
        let mut shape = answer.clone();
        forget_probabilities(&mut shape);
        let wanted: serde_json::Value = serde_json::from_str(pair[1]).unwrap();
        assert_eq!(shape, wanted, "{}", pair[0]);
    }
}

/// A retrained model moves its probabilities; what they stand beside must not move.
fn forget_probabilities(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            if let Some(p) = fields.remove("p") {
                assert!((0.0..=1.0).contains(&p.as_f64().unwrap()));
            }
            fields.values_mut().for_each(forget_probabilities);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(forget_probabilities),
        _ => {}
    }
}

#[test]
fn a_bad_line_gives_an_error_that_repeats_nothing_of_it() {
    let insight = Insight::built_in().unwrap();
    let call = |language: &str, at: &str, speaker: &str| {
        format!(
            r#"{{"id":"x","started_at":"{at}","language":"{language}","turns":[{{"speaker":"{speaker}","text":"13800138000"}}]}}"#
        )
    };
    let at = "2026-03-02T10:15:00+08:00";
    for line in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        r#"{"id":"13800138000"}"#.to_owned(),
        r#"{"id":7,"started_at":"13800138000","language":"zh","turns":[]}"#.to_owned(),
        call("fr", at, "agent"),
        call("zh", "yesterday", "agent"),
        call("zh", at, "robot"),
    ] {
        let answer: serde_json::Value =
            serde_json::from_str(&jsonl::answer(&insight, &line)).unwrap();
        assert!(answer["id"].is_null(), "{line}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.len() > 10 && !error.contains("13800138000"), "{error}");
    }
}

#[test]
fn long_and_broken_turns_are_read_to_the_end() {
    let insight = Insight::built_in().unwrap();
    for text in [
        "啊".repeat(10_000),
        "😀\u{0}\u{7}\u{202e}".repeat(2_500),
        "1".repeat(10_000),
        "一点".repeat(5_000),
        " ".repeat(10_000),
    ] {
        let line = serde_json::json!({"id": "l", "started_at": "2026-03-02T10:15:00+08:00", "language": "zh",
            "turns": [{"speaker": "customer", "text": text}, {"speaker": "agent", "text": text}]});
        let answer: serde_json::Value =
            serde_json::from_str(&jsonl::answer(&insight, &line.to_string())).unwrap();
        assert_eq!(answer["turns"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn the_same_call_gives_the_same_findings() {
    let insight = Insight::built_in().unwrap();
    let line = include_str!("golden/lines.jsonl").lines().next().unwrap();
    assert_eq!(jsonl::answer(&insight, line), jsonl::answer(&insight, line));
}

/// Text in which numbers, times and nonsense meet.
fn speech() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,6}",
        Just("一三八零零一三八零零零".to_owned()),
        Just("4111 1111 1111 1111".to_owned()),
        Just("double oh".to_owned()),
        Just("不对".to_owned()),
        Just("明天下午三点半".to_owned()),
        Just("twenty to five tomorrow".to_owned()),
        Just("+86".to_owned()),
        "[0-9零一二三四五六七八九十点号月周]{0,12}",
        "[\\x00-\\x1f]{0,3}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn offsets_lie_in_the_text_and_masked_text_has_no_number(text in speech()) {
        let length = text.chars().count();
        for span in sensitive::find(&text) {
            prop_assert!(span.start < span.end && span.end as usize <= length);
        }
        prop_assert!(sensitive::find(&masked(&text)).is_empty());
        for mention in when::mentions(&text) {
            prop_assert!(text.get(mention.start..mention.end).is_some());
            mention.resolve(WallTime { unix_ms: 1_772_000_000_000, offset_min: 480 });
        }
    }

    #[test]
    fn any_line_is_answered_in_one_line(text in "\\PC{0,80}") {
        prop_assert!(jsonl::parse(&text).is_err() || text.contains("turns"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn evidence_points_at_turns(texts in prop::collection::vec(speech(), 0..6)) {
        let insight = Insight::built_in().unwrap();
        let turns: Vec<_> = texts.iter().enumerate().map(|(at, text)| {
            (if at % 2 == 0 { call::Side::Customer } else { call::Side::Agent }, text.as_str())
        }).collect();
        let count = turns.len();
        let conversation = insight::Conversation {
            started_at: WallTime { unix_ms: 1_772_000_000_000, offset_min: 480 },
            language: call::Language::Mandarin,
            turns,
        };
        let findings = insight.understand(&conversation);
        prop_assert_eq!(findings.utterances.len(), count);
        let evidence = findings.interest.iter().flat_map(|f| &f.evidence)
            .chain(findings.outcome.iter().flat_map(|f| &f.evidence))
            .chain(findings.needs.iter().flat_map(|f| &f.evidence));
        for at in evidence {
            prop_assert!((*at as usize) < count);
        }
        for said in [&findings.summary, &findings.suggestion] {
            prop_assert!(sensitive::find(said).is_empty());
        }
    }
}
