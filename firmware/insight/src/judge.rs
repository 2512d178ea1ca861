//! The call's values from its turns, by the contract's table and doubtful cases.

use crate::turns::{TurnReading, YES};
use crate::{ACTS, RULES};
use call::{Act, Finding, Interest, Need, Outcome, Sentiment, Side};

/// Interest, outcome and sentiment.
pub(crate) struct Verdict {
    pub(crate) interest: Option<Finding<Interest>>,
    pub(crate) outcome: Option<Finding<Outcome>>,
    pub(crate) sentiment: Option<Finding<Sentiment>>,
    pub(crate) needs: Vec<Finding<Need>>,
}

/// Turns of the call with their places, as evidence counts them.
type Placed<'t, 'a> = Vec<(u32, &'t TurnReading<'a>)>;

pub(crate) fn judge(turns: &[TurnReading<'_>]) -> Verdict {
    let placed =
        turns.iter().enumerate().filter_map(|(at, turn)| Some((u32::try_from(at).ok()?, turn)));
    let customer: Placed<'_, '_> = placed.filter(|(_, turn)| turn.side == Side::Customer).collect();
    let (machines, people): (Placed<'_, '_>, Placed<'_, '_>) =
        customer.iter().copied().partition(|(_, turn)| turn.machine);
    let spoke = people.iter().any(|(_, turn)| !turn.text.trim().is_empty() && !only_hello(turn));
    let whole =
        |list: &[(u32, &TurnReading<'_>)]| list.iter().map(|(at, _)| *at).collect::<Vec<u32>>();

    if !machines.is_empty() && !spoke {
        return nobody(Outcome::Voicemail, whole(&machines), 0.95);
    }
    if !spoke {
        return nobody(Outcome::NoConversation, whole(&people), 0.85);
    }
    let wrong = places(&people, |turn| turn.has(Act::WrongPerson));
    let stopped = people.iter().any(|(_, turn)| turn.has(Act::StopCalling));
    let complained = people.iter().any(|(_, turn)| turn.has(Act::Complain));
    if !wrong.is_empty()
        && !stopped
        && !complained
        && !people.iter().any(|(_, turn)| turn.has(Act::Book))
    {
        let p = surest(&people, Act::WrongPerson);
        return Verdict { sentiment: sentiment(&people), ..nobody(Outcome::WrongNumber, wrong, p) };
    }
    let stance = Stance::of(turns, &people);
    Verdict {
        interest: Some(stance.interest(&people)),
        outcome: Some(stance.outcome(&people)),
        sentiment: sentiment(&people),
        needs: needs(&people),
    }
}

fn only_hello(turn: &TurnReading<'_>) -> bool {
    turn.cue(&["hello_only"]) && !turn.cue(&["affirm_me_zh"]) && turn.acts.is_empty()
}

/// Nobody to judge.
fn nobody(outcome: Outcome, evidence: Vec<u32>, p: f32) -> Verdict {
    let sentiment = (!evidence.is_empty() && outcome != Outcome::NoConversation)
        .then(|| finding(Sentiment::Neutral, 0.9, evidence.clone(), RULES));
    Verdict {
        interest: Some(finding(Interest::Unknown, p, evidence.clone(), RULES)),
        outcome: Some(finding(outcome, p, evidence, RULES)),
        sentiment,
        needs: Vec::new(),
    }
}

fn finding<T>(value: T, p: f32, evidence: Vec<u32>, model: u8) -> Finding<T> {
    Finding { value, p: p.clamp(0.0, 1.0), evidence, model }
}

fn places(
    people: &[(u32, &TurnReading<'_>)],
    wanted: impl Fn(&TurnReading<'_>) -> bool,
) -> Vec<u32> {
    people.iter().filter(|(_, turn)| wanted(turn)).map(|(at, _)| *at).collect()
}

fn surest(people: &[(u32, &TurnReading<'_>)], act: Act) -> f32 {
    people.iter().map(|(_, turn)| turn.p(act)).fold(0.0, f32::max)
}

/// Where the customer stands, turn by turn, with the places that say so.
#[derive(Default)]
struct Stance {
    stop: Vec<u32>,
    complaint: Vec<u32>,
    /// Left the offer open after complaining.
    open_after_complaint: bool,
    booked: Vec<u32>,
    /// Only a message contact.
    contact: Vec<u32>,
    ring_back: Vec<u32>,
    brush_off: Vec<u32>,
    material: Vec<u32>,
    refused: Vec<u32>,
    /// The refusal stands at the end.
    refusal_stands: bool,
    need: Vec<u32>,
    price_or_process: Vec<u32>,
    asked: Vec<u32>,
    hesitated: Vec<u32>,
    affirmed: Vec<u32>,
    /// A yes to the offer, not to "is this Ms Wang".
    interested: Vec<u32>,
    identity_only: bool,
}

impl Stance {
    fn of(turns: &[TurnReading<'_>], people: &[(u32, &TurnReading<'_>)]) -> Stance {
        let mut stance = Stance::default();
        for (at, turn) in people {
            stance.read(*at, turn, agent_before(turns, *at));
        }
        let asks_only_who = people.iter().any(|(_, turn)| turn.has(Act::AskIdentity));
        stance.identity_only =
            asks_only_who && stance.asked.is_empty() && stance.interested.is_empty();
        stance
    }

    fn read(&mut self, at: u32, turn: &TurnReading<'_>, agent: Option<&TurnReading<'_>>) {
        let offered = agent.map(|agent| agent.text.to_ascii_lowercase()).unwrap_or_default();
        let said = |words: &[&str]| words.iter().any(|word| offered.contains(word));
        if turn.has(Act::StopCalling) {
            self.stop.push(at);
        }
        if turn.has(Act::Complain) {
            self.complaint.push(at);
        }
        let refuses = turn.has(Act::Refuse) || turn.has(Act::StopCalling);
        let forward = turn.asks() || turn.any(&[Act::Hesitate, Act::Book, Act::StateNeed]);
        if refuses {
            self.refused.push(at);
            if !turn.has(Act::Book) {
                self.refusal_stands = true;
                self.booked.clear();
                self.contact.clear();
                self.ring_back.clear();
                self.material.clear();
            }
        } else if forward || (turn.has(Act::Defer) && turn.ring_back()) {
            self.refusal_stands = false;
            self.open_after_complaint |= !self.complaint.is_empty() && !turn.has(Act::Complain);
        }
        if turn.has(Act::Book) {
            let later = turn.has(Act::Defer) && turn.ring_back();
            let message = turn.material()
                || said(&["微信", "资料", "email", "brochure", "send you", "text you"]);
            let visit = !turn.times.is_empty()
                || turn.cue(&["come_zh"])
                || (turn.cue(&["book_en", "book_zh"]) && !turn.material());
            if later {
                self.ring_back.push(at);
                self.interested.push(at);
            } else if message && !visit {
                self.contact.push(at);
            } else {
                self.booked.push(at);
            }
        } else if turn.has(Act::Defer) && !refuses {
            if turn.ring_back() { self.ring_back.push(at) } else { self.brush_off.push(at) }
        }
        if !refuses && !turn.has(Act::Book) {
            let accepts = turn.has(Act::Affirm)
                && said(&[
                    "微信",
                    "资料",
                    "短信",
                    "发给您",
                    "发您",
                    "email",
                    "brochure",
                    "send you",
                    "text you",
                ]);
            if turn.material() || accepts {
                self.material.push(at);
            }
            let call = said(&["打给您", "给您打", "联系您", "给您来电", "call you", "ring you"])
                && agent.is_some_and(|agent| !agent.times.is_empty());
            if turn.has(Act::Affirm) && call && self.ring_back.is_empty() && self.booked.is_empty()
            {
                self.ring_back.push(at);
            }
        }
        if turn.has(Act::StateNeed) {
            self.need.push(at);
        }
        if turn.any(&[Act::AskPrice, Act::AskProcess]) {
            self.price_or_process.push(at);
        }
        if turn.asks() {
            self.asked.push(at);
        }
        if turn.has(Act::Hesitate) {
            self.hesitated.push(at);
        }
        if turn.has(Act::Affirm) {
            self.affirmed.push(at);
            let who = said(&[
                "请问是",
                "是吗",
                "speaking with",
                "is this",
                "may i speak",
                "方便说话",
                "本人",
            ]);
            if !who && !turn.cue(&["affirm_me_zh"]) {
                self.interested.push(at);
                self.refusal_stands &= refuses;
            }
        }
    }

    fn interest(&self, people: &[(u32, &TurnReading<'_>)]) -> Finding<Interest> {
        let last = people.last().map(|(at, _)| vec![*at]).unwrap_or_default();
        let (value, evidence, p) = if !self.stop.is_empty() {
            (Interest::Low, self.stop.clone(), 0.96)
        } else if !self.complaint.is_empty() {
            let open = self.open_after_complaint;
            (
                if open { Interest::Medium } else { Interest::Low },
                self.complaint.clone(),
                if open { 0.6 } else { 0.9 },
            )
        } else if !self.booked.is_empty() {
            (Interest::High, self.booked.clone(), 0.93)
        } else if !self.contact.is_empty() {
            (Interest::High, self.contact.clone(), 0.75)
        } else if self.refusal_stands {
            (Interest::Low, self.refused.clone(), 0.93)
        } else if !self.need.is_empty() && !self.price_or_process.is_empty() {
            (Interest::High, both(&self.need, &self.price_or_process), 0.88)
        } else if !self.ring_back.is_empty() {
            (Interest::Medium, self.ring_back.clone(), 0.85)
        } else if let Some(evidence) =
            first_of(&[&self.asked, &self.hesitated, &self.need, &self.material])
        {
            (Interest::Medium, evidence, 0.82)
        } else if !self.brush_off.is_empty() {
            (Interest::Low, self.brush_off.clone(), 0.8)
        } else if gave_details(people) {
            (
                Interest::High,
                places(people, |turn| !crate::sensitive::find(turn.text).is_empty()),
                0.6,
            )
        } else if !self.interested.is_empty() && !self.identity_only {
            (Interest::Medium, self.interested.clone(), 0.6)
        } else {
            (Interest::Low, last, 0.55)
        };
        finding(value, p * self.sureness(people, &evidence), evidence, ACTS)
    }

    fn outcome(&self, people: &[(u32, &TurnReading<'_>)]) -> Finding<Outcome> {
        let last = people.last().map(|(at, _)| vec![*at]).unwrap_or_default();
        let (value, evidence, p) = if !self.stop.is_empty() {
            (Outcome::DoNotCall, self.stop.clone(), 0.96)
        } else if !self.complaint.is_empty() {
            (Outcome::Complaint, self.complaint.clone(), 0.88)
        } else if !self.booked.is_empty() {
            (Outcome::Agreed, self.booked.clone(), 0.9)
        } else if !self.ring_back.is_empty() {
            (Outcome::CallBack, self.ring_back.clone(), 0.88)
        } else if let Some(evidence) = first_of(&[&self.contact, &self.material]) {
            (Outcome::FollowUp, evidence, 0.85)
        } else if self.refusal_stands {
            (Outcome::Refused, self.refused.clone(), 0.93)
        } else if gave_details(people) {
            (
                Outcome::Agreed,
                places(people, |turn| !crate::sensitive::find(turn.text).is_empty()),
                0.6,
            )
        } else {
            let evidence = first_of(&[&self.hesitated, &self.brush_off, &self.asked, &self.need]);
            (Outcome::Undecided, evidence.unwrap_or(last), 0.75)
        };
        finding(value, p * self.sureness(people, &evidence), evidence, ACTS)
    }

    /// How sure the model was of the turns that decide.
    fn sureness(&self, people: &[(u32, &TurnReading<'_>)], evidence: &[u32]) -> f32 {
        let p = people
            .iter()
            .filter(|(at, _)| evidence.contains(at))
            .filter_map(|(_, turn)| turn.acts.iter().map(|(_, p)| *p).reduce(f32::max))
            .reduce(f32::max);
        p.map_or(0.85, |p| 0.7 + 0.3 * p)
    }
}

/// A number for a registration or an order, given when asked, is a yes.
fn gave_details(people: &[(u32, &TurnReading<'_>)]) -> bool {
    people.iter().any(|(_, turn)| !crate::sensitive::find(turn.text).is_empty())
}

fn first_of(lists: &[&Vec<u32>]) -> Option<Vec<u32>> {
    lists.iter().find(|list| !list.is_empty()).map(|list| (*list).clone())
}

fn both(first: &[u32], second: &[u32]) -> Vec<u32> {
    let mut all = [first, second].concat();
    all.sort_unstable();
    all.dedup();
    all
}

fn agent_before<'t, 'a>(turns: &'t [TurnReading<'a>], at: u32) -> Option<&'t TurnReading<'a>> {
    turns.get(..at as usize)?.iter().rev().find(|turn| turn.side == Side::Agent)
}

fn sentiment(people: &[(u32, &TurnReading<'_>)]) -> Option<Finding<Sentiment>> {
    let displeased = |turn: &TurnReading<'_>| {
        turn.any(&[Act::Complain, Act::StopCalling])
            || turn.cue(&["rude_zh", "rude_en"])
            || turn.scores.as_ref().is_some_and(|scores| scores.displeased >= 0.7)
    };
    // Courtesy is no sentiment; a cue has to agree with the model.
    let glad = |turn: &TurnReading<'_>| {
        turn.cue(&["pos_zh", "pos_en"])
            && turn.scores.as_ref().is_some_and(|scores| scores.glad >= 0.4)
            && !turn.any(&[Act::Refuse, Act::Complain])
    };
    let negative = places(people, displeased);
    let positive = places(people, glad);
    if !negative.is_empty() {
        return Some(finding(Sentiment::Negative, 0.85, negative, ACTS));
    }
    if !positive.is_empty() {
        return Some(finding(Sentiment::Positive, 0.7, positive, ACTS));
    }
    let all: Vec<u32> = people.iter().map(|(at, _)| *at).collect();
    (!all.is_empty()).then(|| finding(Sentiment::Neutral, 0.85, all, ACTS))
}

/// Which cues speak for a need.
const NEED_CUES: &[(Need, &[&str])] = &[
    (
        Need::Price,
        &["price_ask_zh", "price_obj_zh", "refuse_cant_zh", "price_ask_en", "price_obj_en"],
    ),
    (Need::Promotion, &["promo_zh", "promo_en"]),
    (Need::Eligibility, &["eligible_zh", "eligible_en"]),
    (Need::Process, &["process_zh"]),
    (Need::Payment, &["payment_zh", "payment_en"]),
    (Need::Delivery, &["delivery_zh", "delivery_en"]),
    (Need::AfterSales, &["after_zh", "after_en"]),
    (Need::Competitor, &["competitor_zh", "competitor_en"]),
    (Need::Privacy, &["privacy_zh", "fraud_zh", "privacy_en", "fraud_en"]),
];

fn needs(people: &[(u32, &TurnReading<'_>)]) -> Vec<Finding<Need>> {
    let mut found = Vec::new();
    for need in Need::ALL {
        let cues =
            NEED_CUES.iter().find(|(named, _)| named == need).map_or(&[][..], |(_, cues)| *cues);
        let weigh = |turn: &TurnReading<'_>| {
            let model = turn.scores.as_ref().map_or(0.0, |scores| scores.need(*need));
            let act = match need {
                Need::Price => turn.p(Act::AskPrice),
                Need::Process
                    if turn.has(Act::AskProcess)
                        && !turn.cue(&[
                            "payment_zh",
                            "payment_en",
                            "delivery_zh",
                            "delivery_en",
                        ]) =>
                {
                    turn.p(Act::AskProcess)
                }
                Need::Product
                    if turn.has(Act::AskDetail)
                        && !turn.cue(&[
                            "promo_zh",
                            "eligible_zh",
                            "after_zh",
                            "eligible_en",
                            "after_en",
                        ]) =>
                {
                    turn.p(Act::AskDetail)
                }
                _ => 0.0,
            };
            let cue = if turn.cue(cues) { 0.7 } else { 0.0 };
            model.max(act).max(cue)
        };
        let evidence = places(people, |turn| weigh(turn) >= YES);
        if !evidence.is_empty() {
            let p = people.iter().map(|(_, turn)| weigh(turn)).fold(0.0, f32::max);
            found.push(finding(*need, p, evidence, ACTS));
        }
    }
    found
}
