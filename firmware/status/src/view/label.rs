//! The labels of records and lines in both languages, and the colour class that each wears.

use crate::Tongue::{self, English, Mandarin};
use crate::{CallState, LineState, ModelStanding, Role};
use call::{
    Act, AnswerSign, Cause, Direction, Interest, Language, Need, Outcome, SensitiveKind, Sentiment,
    Side, SpeechState,
};

/// A label's words in a language, and its colour class in the style sheet.
pub(crate) trait Label: Copy {
    /// In Mandarin, in English.
    fn words(self) -> (&'static str, &'static str);

    /// `good`, `warn`, `bad`, `busy` or `calm`.
    fn tone(self) -> &'static str {
        "calm"
    }

    /// The words in one language.
    fn tell(self, tongue: Tongue) -> &'static str {
        let (zh, en) = self.words();
        match tongue {
            Mandarin => zh,
            English => en,
        }
    }
}

impl Label for Outcome {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Outcome::Agreed => ("已达成", "Agreed"),
            Outcome::FollowUp => ("待跟进", "Follow up"),
            Outcome::CallBack => ("要求回电", "Call back"),
            Outcome::Undecided => ("未决定", "Undecided"),
            Outcome::Refused => ("已拒绝", "Refused"),
            Outcome::DoNotCall => ("勿再致电", "Do not call"),
            Outcome::Complaint => ("投诉", "Complaint"),
            Outcome::WrongNumber => ("号码有误", "Wrong number"),
            Outcome::Voicemail => ("语音信箱或录音", "Voicemail"),
            Outcome::NoConversation => ("未交谈", "No conversation"),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            Outcome::Agreed => "good",
            Outcome::FollowUp | Outcome::CallBack => "busy",
            Outcome::DoNotCall | Outcome::Complaint => "bad",
            Outcome::Refused => "warn",
            _ => "calm",
        }
    }
}

impl Label for Interest {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Interest::High => ("意向高", "High interest"),
            Interest::Medium => ("意向中", "Medium interest"),
            Interest::Low => ("意向低", "Low interest"),
            Interest::Unknown => ("意向未知", "Interest unknown"),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            Interest::High => "good",
            Interest::Medium => "busy",
            _ => "calm",
        }
    }
}

impl Label for Sentiment {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Sentiment::Positive => ("积极", "Positive"),
            Sentiment::Neutral => ("平静", "Neutral"),
            Sentiment::Negative => ("不满", "Negative"),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            Sentiment::Positive => "good",
            Sentiment::Neutral => "calm",
            Sentiment::Negative => "bad",
        }
    }
}

impl Label for Need {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Need::Price => ("价格与利率", "Price"),
            Need::Promotion => ("优惠", "Promotion"),
            Need::Product => ("产品", "Product"),
            Need::Eligibility => ("资格条件", "Eligibility"),
            Need::Process => ("办理流程", "Process"),
            Need::Payment => ("付款", "Payment"),
            Need::Delivery => ("配送", "Delivery"),
            Need::AfterSales => ("售后", "After-sales"),
            Need::Competitor => ("竞品", "Competitor"),
            Need::Privacy => ("隐私", "Privacy"),
        }
    }
}

impl Label for Act {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Act::Affirm => ("肯定", "says yes"),
            Act::Deny => ("否认", "says no"),
            Act::AskPrice => ("问价格", "asks the price"),
            Act::AskDetail => ("问产品", "asks for details"),
            Act::AskProcess => ("问流程", "asks how"),
            Act::AskIdentity => ("问身份", "asks who calls"),
            Act::StateNeed => ("说需求", "names a need"),
            Act::Hesitate => ("犹豫", "hesitates"),
            Act::Defer => ("改时间", "defers"),
            Act::Book => ("约定", "books"),
            Act::Refuse => ("拒绝", "refuses"),
            Act::StopCalling => ("要求勿扰", "stop calling"),
            Act::Complain => ("抱怨", "complains"),
            Act::WrongPerson => ("找错人", "wrong person"),
            Act::Close => ("道别", "says goodbye"),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            Act::Affirm | Act::Book | Act::StateNeed => "good",
            Act::AskPrice | Act::AskDetail | Act::AskProcess => "busy",
            Act::Refuse | Act::Hesitate | Act::Defer => "warn",
            Act::StopCalling | Act::Complain => "bad",
            _ => "calm",
        }
    }
}

impl Label for SensitiveKind {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            SensitiveKind::IdCard => ("身份证号", "identity number"),
            SensitiveKind::BankCard => ("银行卡号", "bank card number"),
            SensitiveKind::Mobile => ("手机号", "mobile number"),
        }
    }
}

impl Label for Side {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Side::Agent => ("坐席", "Agent"),
            Side::Customer => ("客户", "Customer"),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            Side::Agent => "agent",
            Side::Customer => "customer",
        }
    }
}

impl Label for Direction {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Direction::Outbound => ("呼出", "Outbound"),
            Direction::Inbound => ("呼入", "Inbound"),
        }
    }
}

impl Label for Language {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Language::Mandarin => ("普通话", "Mandarin"),
            Language::English => ("英语", "English"),
        }
    }
}

impl Label for SpeechState {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            SpeechState::Pending => ("识别中", "Being transcribed"),
            SpeechState::Done => ("已识别", "Transcribed"),
            SpeechState::NothingSaid => ("无人说话", "Nothing was said"),
            SpeechState::Failed => ("识别失败，录音已保留", "Not transcribed; the audio is kept"),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            SpeechState::Pending => "busy",
            SpeechState::Failed => "warn",
            _ => "calm",
        }
    }
}

impl Label for AnswerSign {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            AnswerSign::Polarity => ("极性反转", "polarity reversal"),
            AnswerSign::Voice => ("听到人声", "a voice"),
            AnswerSign::RingbackEnded => ("回铃音停止", "ringback ended"),
            AnswerSign::OffHook => ("本端摘机", "we went off hook"),
            AnswerSign::Signalled => ("信令应答", "signalling"),
        }
    }
}

impl Label for Cause {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Cause::CustomerReleased => ("客户挂机", "Customer hung up"),
            Cause::AgentReleased => ("坐席挂机", "Agent hung up"),
            Cause::Busy => ("忙", "Busy"),
            Cause::Congestion => ("线路拥塞", "Congestion"),
            Cause::Unobtainable => ("号码不可达", "Unobtainable"),
            Cause::NoAnswer => ("无人接听", "No answer"),
            Cause::NoDialTone => ("无拨号音", "No dial tone"),
            Cause::RingAbandoned => ("未接来电", "Missed call"),
            Cause::Silence => ("长时间静音", "Silence"),
            Cause::MaximumTime => ("达到最长时间", "Maximum time"),
            Cause::Howler => ("催挂音", "Howler tone"),
            Cause::LineFault => ("线路故障", "Line fault"),
            Cause::Interrupted => ("设备中断", "Interrupted"),
            Cause::Refused => ("未能发起", "Refused"),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            Cause::CustomerReleased | Cause::AgentReleased => "calm",
            Cause::LineFault | Cause::Interrupted | Cause::NoDialTone | Cause::Refused => "bad",
            _ => "warn",
        }
    }
}

impl Label for LineState {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            LineState::Idle => ("空闲", "Idle"),
            LineState::Ringing => ("来电振铃", "Ringing"),
            LineState::Seized => ("已摘机", "Seized"),
            LineState::Dialling => ("拨号中", "Dialling"),
            LineState::Alerting => ("等待接听", "Alerting"),
            LineState::Talking => ("通话中", "Talking"),
            LineState::Testing => ("测试中", "Testing"),
            LineState::Guard => ("释放中", "Releasing"),
            LineState::Faulty => ("故障", "Out of service"),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            LineState::Idle | LineState::Guard => "calm",
            LineState::Talking => "good",
            LineState::Faulty => "bad",
            _ => "busy",
        }
    }
}

impl Label for ModelStanding {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            ModelStanding::Ready => ("就绪", "Ready"),
            ModelStanding::Missing => ("缺失", "Missing"),
            ModelStanding::Damaged => ("损坏", "Damaged"),
            ModelStanding::Unreadable => ("无法读取", "Not readable"),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            ModelStanding::Ready => "good",
            _ => "warn",
        }
    }
}

impl Label for Role {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Role::Agent => ("坐席", "Agent"),
            Role::Supervisor => ("主管", "Supervisor"),
            Role::Compliance => ("合规", "Compliance"),
            Role::Installer => ("安装人员", "Installer"),
            Role::Administrator => ("管理员", "Administrator"),
        }
    }
}

impl Label for CallState {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            CallState::Dialling => ("拨号中", "Dialling"),
            CallState::Ringing => ("振铃中", "Ringing"),
            CallState::Talking => ("通话中", "Talking"),
            CallState::Finishing => ("整理记录中", "Finishing"),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            CallState::Talking => "good",
            _ => "busy",
        }
    }
}
