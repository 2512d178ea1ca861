//! Each turn read for itself: the model's scores, the lexicon's cues and the contract's rules for
//! a single turn, joined into acts.

use crate::Conversation;
use crate::features::Cues;
use crate::follow_up;
use crate::model::{Model, TurnScores};
use crate::when::{self, Mention};
use call::{Act, Side};

/// From here on a probability counts as a yes.
pub(crate) const YES: f32 = 0.5;

/// What one turn gives.
#[derive(Clone, Debug)]
pub(crate) struct TurnReading<'a> {
    pub(crate) side: Side,
    pub(crate) text: &'a str,
    /// Customer turns only.
    pub(crate) scores: Option<TurnScores>,
    pub(crate) cues: Vec<&'static str>,
    pub(crate) acts: Vec<(Act, f32)>,
    pub(crate) times: Vec<Mention>,
    /// A machine speaks on the customer's side.
    pub(crate) machine: bool,
}

impl TurnReading<'_> {
    pub(crate) fn has(&self, act: Act) -> bool {
        self.acts.iter().any(|(a, _)| *a == act)
    }

    pub(crate) fn any(&self, acts: &[Act]) -> bool {
        acts.iter().any(|act| self.has(*act))
    }

    pub(crate) fn p(&self, act: Act) -> f32 {
        self.acts.iter().find(|(a, _)| *a == act).map_or(0.0, |(_, p)| *p)
    }

    pub(crate) fn cue(&self, names: &[&str]) -> bool {
        self.cues.iter().any(|cue| names.contains(cue))
    }

    pub(crate) fn asks(&self) -> bool {
        self.any(&[Act::AskPrice, Act::AskDetail, Act::AskProcess])
    }

    /// Asks to be rung again.
    pub(crate) fn ring_back(&self) -> bool {
        let named = self.cue(&["back_zh", "back_en"]) && self.has(Act::Defer);
        named || self.scores.as_ref().is_some_and(|scores| scores.ring_back >= YES)
    }

    /// Asks for material, or for a message contact.
    pub(crate) fn material(&self) -> bool {
        self.cue(&["send_zh", "send_en"])
            || (self.cue(&["wechat_zh"]) && !self.any(&[Act::Refuse, Act::StopCalling]))
            || self.scores.as_ref().is_some_and(|scores| scores.material >= YES)
    }

    /// Makes its act certain enough to stand, keeping a higher probability.
    fn set(&mut self, act: Act, p: f32) {
        match self.acts.iter_mut().find(|(a, _)| *a == act) {
            Some((_, found)) => *found = found.max(p),
            None => self.acts.push((act, p)),
        }
    }

    fn drop(&mut self, act: Act) {
        self.acts.retain(|(a, _)| *a != act);
    }
}

/// Reads every turn. A model that fails leaves the rules alone to speak.
pub(crate) fn read<'a>(
    conversation: &Conversation<'a>,
    cues: &Cues,
    model: &Model,
) -> Vec<TurnReading<'a>> {
    let mut rows = Vec::new();
    let mut agent: Option<&str> = None;
    for (side, text) in &conversation.turns {
        match side {
            Side::Agent => agent = Some(text),
            Side::Customer => rows.push(cues.encode(text, agent, rows.len())),
        }
    }
    let mut scores = model.run(&rows).unwrap_or_default().into_iter();
    let mut turns: Vec<TurnReading<'a>> = Vec::new();
    for (side, text) in &conversation.turns {
        let mut turn = TurnReading {
            side: *side,
            text,
            scores: None,
            cues: cues.names(text),
            acts: Vec::new(),
            times: when::mentions(text),
            machine: false,
        };
        if *side == Side::Customer {
            turn.scores = scores.next();
            turn.acts = first_acts(&turn);
            turn.machine = is_machine(&turn, &turns);
            if turn.machine {
                turn.acts.clear();
            } else {
                by_rule(&mut turn, &turns);
            }
            turn.acts.sort_by_key(|(act, _)| *act);
        }
        turns.push(turn);
    }
    turns
}

fn first_acts(turn: &TurnReading<'_>) -> Vec<(Act, f32)> {
    let Some(scores) = &turn.scores else { return Vec::new() };
    let sure = Act::ALL.iter().map(|act| (*act, scores.act(*act))).filter(|(_, p)| *p >= YES);
    sure.collect()
}

fn is_machine(turn: &TurnReading<'_>, before: &[TurnReading<'_>]) -> bool {
    let p = turn.scores.as_ref().map_or(0.0, |scores| scores.machine);
    let named = turn.cue(&["machine_zh", "machine_en"]);
    let machine_before = before
        .iter()
        .rev()
        .find(|turn| turn.side == Side::Customer)
        .is_some_and(|turn| turn.machine);
    let human = turn.acts.iter().any(|(_, p)| *p >= 0.7) || turn.cue(&["hello_only"]);
    p >= 0.6
        || (named && p >= 0.15)
        || (machine_before && (turn.cue(&["assistant_zh"]) || named || p >= 0.2 || !human))
}

/// The contract's rules that a single turn, and what came before it, decide.
fn by_rule(turn: &mut TurnReading<'_>, before: &[TurnReading<'_>]) {
    let agent = before.iter().rev().find(|turn| turn.side == Side::Agent);
    let customer: Vec<&TurnReading<'_>> =
        before.iter().filter(|turn| turn.side == Side::Customer).collect();

    // Rule 3: soft words that mean no.
    if turn.cue(&["refuse_cant_zh", "refuse_free_zh"]) {
        turn.set(Act::Refuse, 0.8);
        turn.drop(Act::AskDetail);
    }
    if turn.cue(&["no_interest_zh"]) && !turn.has(Act::StopCalling) {
        turn.set(Act::Refuse, 0.9);
        turn.drop(Act::Affirm);
    }
    // Rule 6: suspicion that ends the call refuses; it does not say that the person is another.
    if turn.cue(&["fraud_zh", "fraud_en"]) && turn.has(Act::WrongPerson) {
        turn.drop(Act::WrongPerson);
        turn.set(Act::Refuse, 0.75);
    }
    // A time to be rung back at, with nothing refused or booked, defers.
    let step =
        [Act::Refuse, Act::StopCalling, Act::Book, Act::Defer, Act::WrongPerson, Act::Complain];
    if turn.cue(&["back_zh", "back_en"])
        && !turn.any(&step)
        && (!turn.times.is_empty() || turn.cue(&["defer_zh", "defer_en", "defer_later_zh"]))
    {
        turn.set(Act::Defer, 0.75);
    }
    // Words of thinking it over, where nothing else was heard.
    if turn.acts.is_empty()
        && turn.cue(&["hesitate_zh", "hesitate_en"])
        && !turn.cue(&["question_zh"])
    {
        turn.set(Act::Hesitate, 0.6);
    }
    if turn.acts.is_empty() && turn.cue(&["price_ask_zh", "price_ask_en"]) {
        turn.set(Act::AskPrice, 0.6);
    }
    if turn.acts.is_empty() && turn.cue(&["process_zh", "process_en"]) && turn.cue(&["question_zh"])
    {
        turn.set(Act::AskProcess, 0.55);
    }
    // "No need, thanks" to a question of need is a refusal, not an answer of fact.
    if turn.has(Act::Refuse) && turn.has(Act::Deny) && turn.cue(&["refuse_need_zh", "refuse_en"]) {
        turn.drop(Act::Deny);
    }
    // Rule 2: material to look at some time is lukewarm, and books nothing.
    let lukewarm = [
        "再说",
        "再看",
        "再讲",
        "瞧瞧",
        "瞅瞅",
        "抽空",
        "有空",
        "先看看",
        "我先看",
        "看看吧",
        "take a look",
        "have a look",
        "look at it",
        "when i have",
        "when i can",
    ];
    let lower = turn.text.to_ascii_lowercase();
    if turn.material() && turn.times.is_empty() && lukewarm.iter().any(|word| lower.contains(word))
    {
        turn.drop(Act::Book);
        turn.set(Act::Hesitate, 0.75);
    }
    // Rule 9: a number given when asked for is information.
    let number = crate::spoken::runs(turn.text).iter().any(|run| run.digits.len() >= 7);
    if number
        && turn.p(Act::Book) < 0.9
        && !turn.cue(&["come_zh", "book_zh", "send_zh", "book_en", "send_en"])
    {
        turn.drop(Act::Book);
    }
    if number && !turn.cue(&["affirm_start_zh", "affirm_en"]) {
        turn.drop(Act::Affirm);
    }
    // A refusal without a word of no is none.
    if turn.p(Act::Refuse) < 0.9 && !says_no(turn) {
        turn.drop(Act::Refuse);
    }
    // A question about what happens if it breaks is no complaint.
    if turn.p(Act::Complain) < 0.9 && turn.has(Act::AskDetail) {
        turn.drop(Act::Complain);
    }
    // Rule 9: a final yes after an apology is nothing.
    let apology = agent.is_some_and(|agent| apologises(agent.text));
    let length = crate::features::tokens(turn.text).len();
    if apology && length <= 4 {
        turn.drop(Act::Affirm);
    }
    let nod = length <= 2 && turn.text.chars().all(|c| "嗯好行对的可以 ,.，。、".contains(c));
    if nod && length > 0 && !apology && agent.is_some_and(|agent| follow_up::proposes(agent.text)) {
        turn.set(Act::Affirm, 0.7);
    }
    if turn.has(Act::Close) && length <= 6 && turn.cue(&["close_zh", "close_en"]) {
        turn.drop(Act::Affirm);
    }
    if turn.has(Act::Close) && !turn.cue(&["close_zh", "close_en", "thanks_zh", "thanks_en"]) {
        turn.drop(Act::Close);
    }
    // Rule 1: a time named only to be rung back is no booking, unless a need and a question of
    // price or process came before it.
    if turn.has(Act::Defer) && turn.ring_back() {
        let need = customer.iter().any(|turn| turn.has(Act::StateNeed)) || turn.has(Act::StateNeed);
        let asked = customer.iter().any(|turn| turn.any(&[Act::AskPrice, Act::AskProcess]));
        if need && asked {
            turn.set(Act::Book, 0.75);
        } else {
            turn.drop(Act::Book);
        }
    }
    // A yes to a proposed time or visit books it.
    let material = agent.is_some_and(|agent| agent.cue(&["wechat_zh", "send_zh", "send_en"]));
    if turn.has(Act::Affirm)
        && !material
        && !turn.any(&[Act::Book, Act::Refuse, Act::Defer, Act::Hesitate])
        && !turn.asks()
        && agent.is_some_and(|agent| proposes_a_step(agent))
        && !customer.iter().any(|turn| turn.any(&[Act::Book, Act::Defer]))
    {
        let p = turn.p(Act::Affirm) * 0.8;
        turn.set(Act::Book, p.max(YES));
    }
}

/// Whether a turn has any word that could refuse.
fn says_no(turn: &TurnReading<'_>) -> bool {
    const NO: &[&str] = &[
        "不",
        "没",
        "别",
        "算了",
        "免",
        "滚",
        "挂",
        "骗",
        "有了",
        "过了",
        "得了",
        "烦",
        "找",
        "问别人",
        "干嘛",
        "哪有",
        "太贵",
        "no",
        "not",
        "n't",
        "never",
        "pass",
        "forget",
        "already",
        "happy with",
        "fine",
        "good",
        "away",
        "alone",
        "covered",
        "sorted",
        "waste",
        "save your",
        "scam",
        "afford",
        "why would",
    ];
    let lower = turn.text.to_ascii_lowercase();
    NO.iter().any(|word| lower.contains(word))
        || turn.cues.iter().any(|cue| cue.starts_with("refuse") || cue.starts_with("rude"))
}

fn apologises(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["打扰", "抱歉", "对不起", "不好意思", "sorry", "apolog"]
        .iter()
        .any(|word| lower.contains(word))
}

/// An agent's turn that puts a visit, an appointment or an order to the customer.
fn proposes_a_step(agent: &TurnReading<'_>) -> bool {
    let lower = agent.text.to_ascii_lowercase();
    let step = [
        "过来",
        "到店",
        "上门",
        "预约",
        "帮您约",
        "给您约",
        "试听",
        "试驾",
        "面谈",
        "帮您办",
        "给您办",
        "帮您登记",
        "帮您报名",
        "给您留",
        "给您开通",
        "帮您开通",
        "下单",
        "签约",
        "体验一下",
        "come in",
        "visit",
        "appointment",
        "book you",
        "sign you up",
        "put you down",
        "schedule",
        "demo",
        "meet",
        "come by",
        "test drive",
    ];
    let asks = [
        "吗",
        "行不",
        "好不",
        "怎么样",
        "可以不",
        "方便",
        "?",
        "？",
        "shall",
        "would",
        "could",
        "can i",
    ];
    step.iter().any(|word| lower.contains(word)) && asks.iter().any(|word| lower.contains(word))
}
