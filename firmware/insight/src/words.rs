//! What people read: two sentences, a next step and keywords, from findings and masked words only.

use call::{Findings, Interest, Language, Need, Outcome};

/// Longest quotation, in characters.
const QUOTE: usize = 40;

/// Fills summary and suggestion. Each claim is a finding; each quotation is masked evidence.
pub(crate) fn write(findings: &mut Findings, language: Language) {
    let (Some(outcome), Some(interest)) = (&findings.outcome, &findings.interest) else { return };
    let needs: Vec<&str> =
        findings.needs.iter().map(|need| need_word(need.value, language)).collect();
    let quote = outcome
        .evidence
        .last()
        .and_then(|at| findings.utterances.get(*at as usize))
        .map(|utterance| clip(&utterance.masked))
        .filter(|quote| !quote.is_empty());
    let time = findings.follow_up_at.as_ref().map(|time| clock_face(&time.value.to_string()));
    let (summary, suggestion) = match language {
        Language::Mandarin => mandarin(outcome.value, interest.value, &needs, quote, time),
        Language::English => english(outcome.value, interest.value, &needs, quote, time),
    };
    findings.summary = summary;
    findings.suggestion = suggestion;
}

/// `2026-03-03T15:00:00+08:00` as `2026-03-03 15:00`.
fn clock_face(instant: &str) -> String {
    instant.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

fn clip(text: &str) -> String {
    let clean: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean.trim_end_matches(['。', '.', ',', '，', ' ']).to_owned();
    match clean.char_indices().nth(QUOTE) {
        Some((end, _)) => format!("{}…", &clean[..end]),
        None => clean,
    }
}

fn mandarin(
    outcome: Outcome,
    interest: Interest,
    needs: &[&str],
    quote: Option<String>,
    time: Option<String>,
) -> (String, String) {
    let came = match outcome {
        Outcome::Agreed => "客户同意了下一步",
        Outcome::FollowUp => "客户愿意接收资料或保持联系",
        Outcome::CallBack => "客户要求换个时间再联系",
        Outcome::Undecided => "客户没有作出决定",
        Outcome::Refused => "客户拒绝了",
        Outcome::DoNotCall => "客户要求不要再打电话",
        Outcome::Complaint => "客户提出了投诉",
        Outcome::WrongNumber => "号码不是要找的人",
        Outcome::Voicemail => "接听的是语音信箱、提示音或自动应答",
        Outcome::NoConversation => "接通后没有对话",
    };
    let will = match interest {
        Interest::High => ",意向高",
        Interest::Medium => ",意向中等",
        Interest::Low => ",意向低",
        Interest::Unknown => "",
    };
    let when = time.as_ref().map(|time| format!(",时间{time}")).unwrap_or_default();
    let mut summary = format!("{came}{will}{when}。");
    match (needs.is_empty(), quote) {
        (false, Some(quote)) => summary += &format!("关注{},原话:“{quote}”。", needs.join("、")),
        (false, None) => summary += &format!("关注{}。", needs.join("、")),
        (true, Some(quote)) => summary += &format!("原话:“{quote}”。"),
        (true, None) => {}
    }
    let suggestion = match (outcome, time) {
        (Outcome::Agreed, Some(time)) => format!("按约定在{time}跟进,提前准备好客户问到的内容。"),
        (Outcome::Agreed, None) => "尽快落实约定的下一步,并确认时间。".to_owned(),
        (Outcome::CallBack, Some(time)) => format!("在{time}回电。"),
        (Outcome::CallBack, None) => "换个时间回电,先问对方是否方便。".to_owned(),
        (Outcome::FollowUp, _) => "把资料发给客户,看过之后再联系。".to_owned(),
        (Outcome::Undecided, _) if interest == Interest::Low => String::new(),
        (Outcome::Undecided, _) if !needs.is_empty() => {
            format!("针对{}准备答复,几天后再问客户的决定。", needs.join("、"))
        }
        (Outcome::Undecided, _) => "几天后再问客户的决定。".to_owned(),
        (Outcome::Refused, _) => "不再主动推销。".to_owned(),
        (Outcome::DoNotCall, _) => "加入免打扰名单,不要再拨打。".to_owned(),
        (Outcome::Complaint, _) => "转交售后或主管处理,并回复客户。".to_owned(),
        (Outcome::WrongNumber, _) => "更正或删除这个号码。".to_owned(),
        (Outcome::Voicemail | Outcome::NoConversation, _) => "换个时间再拨。".to_owned(),
    };
    (summary, suggestion)
}

fn english(
    outcome: Outcome,
    interest: Interest,
    needs: &[&str],
    quote: Option<String>,
    time: Option<String>,
) -> (String, String) {
    let came = match outcome {
        Outcome::Agreed => "The customer agreed to a next step",
        Outcome::FollowUp => "The customer is open to material or contact",
        Outcome::CallBack => "The customer asked to be called at another time",
        Outcome::Undecided => "The customer did not decide",
        Outcome::Refused => "The customer refused",
        Outcome::DoNotCall => "The customer asked not to be called again",
        Outcome::Complaint => "The customer complained",
        Outcome::WrongNumber => "The number is not that of the person meant",
        Outcome::Voicemail => "A machine or an announcement answered",
        Outcome::NoConversation => "The call was answered and nothing was said",
    };
    let will = match interest {
        Interest::High => "; interest is high",
        Interest::Medium => "; interest is medium",
        Interest::Low => "; interest is low",
        Interest::Unknown => "",
    };
    let when = time.as_ref().map(|time| format!(", for {time}")).unwrap_or_default();
    let mut summary = format!("{came}{when}{will}.");
    match (needs.is_empty(), quote) {
        (false, Some(quote)) => {
            summary += &format!(" It was about {}: “{quote}”.", needs.join(", "))
        }
        (false, None) => summary += &format!(" It was about {}.", needs.join(", ")),
        (true, Some(quote)) => summary += &format!(" In their words: “{quote}”."),
        (true, None) => {}
    }
    let suggestion = match (outcome, time) {
        (Outcome::Agreed, Some(time)) => {
            format!("Follow up at {time} as agreed, with answers to what was asked.")
        }
        (Outcome::Agreed, None) => "Carry out the agreed step and confirm a time.".to_owned(),
        (Outcome::CallBack, Some(time)) => format!("Call back at {time}."),
        (Outcome::CallBack, None) => {
            "Call back another time and ask first whether it suits.".to_owned()
        }
        (Outcome::FollowUp, _) => "Send the material, then get in touch again.".to_owned(),
        (Outcome::Undecided, _) if interest == Interest::Low => String::new(),
        (Outcome::Undecided, _) if !needs.is_empty() => {
            format!("Prepare answers on {} and ask again in a few days.", needs.join(", "))
        }
        (Outcome::Undecided, _) => "Ask again in a few days.".to_owned(),
        (Outcome::Refused, _) => "Do not pursue the offer.".to_owned(),
        (Outcome::DoNotCall, _) => "Put the number on the do-not-call list.".to_owned(),
        (Outcome::Complaint, _) => "Hand over to service and answer the customer.".to_owned(),
        (Outcome::WrongNumber, _) => "Correct or remove this number.".to_owned(),
        (Outcome::Voicemail | Outcome::NoConversation, _) => {
            "Try again at another time.".to_owned()
        }
    };
    (summary, suggestion)
}

fn need_word(need: Need, language: Language) -> &'static str {
    let (mandarin, english) = match need {
        Need::Price => ("价格", "price"),
        Need::Promotion => ("优惠", "promotions"),
        Need::Product => ("产品", "the product"),
        Need::Eligibility => ("办理条件", "eligibility"),
        Need::Process => ("办理流程", "the process"),
        Need::Payment => ("付款", "payment"),
        Need::Delivery => ("配送", "delivery"),
        Need::AfterSales => ("售后", "after-sales service"),
        Need::Competitor => ("同行比较", "other suppliers"),
        Need::Privacy => ("信息安全", "privacy"),
    };
    match language {
        Language::Mandarin => mandarin,
        Language::English => english,
    }
}
