//! The call: a line leg and a station leg joined.
//!
//! The machine is told what the legs do and answers with [`Action`]s. It keeps the events it has
//! seen; the detail record is a fold over them ([`Cdr::of`]), so that what is written at release
//! and what recovery rebuilds from the journal cannot differ.

use crate::entry::{Event, Opened};
use crate::record::Cdr;
use crate::{
    AnswerSign, CallerId, Cause, Direction, LegEvent, LegRequest, Number, Samples, Side,
    StationNews, StationRequest,
};

/// What is to be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask the line.
    Line(LegRequest),
    /// Tell the station.
    Station(StationNews),
    /// Write into the journal.
    Write(Event),
    /// The call is over: close it in the journal.
    Over,
}

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The line is being seized and dialled.
    Dialling,
    /// One of the two sides is being rung.
    Alerting,
    /// The parties can talk.
    Connected,
    /// Over.
    Released,
}

/// One call, from seizure to release.
#[derive(Clone, Debug)]
pub struct Call {
    opened: Opened,
    state: State,
    caller: CallerId,
    /// What the telephone on an overheard line has dialled so far.
    dialled: Option<Number>,
    events: Vec<Event>,
}

impl Call {
    /// A call that the station asked for; the actions seize the line and dial.
    pub fn outbound(opened: Opened, number: Number) -> (Call, Vec<Action>) {
        (Call::new(opened, State::Dialling), vec![Action::Line(LegRequest::Dial(number))])
    }

    /// A call that the exchange rings; the actions ring the station.
    pub fn inbound(opened: Opened) -> (Call, Vec<Action>) {
        let ring = Action::Station(StationNews::Ringing(CallerId::default()));
        (Call::new(opened, State::Alerting), vec![ring])
    }

    /// A call that a telephone on the line makes or takes by itself, and that is only listened to:
    /// nobody can be asked for anything, so the actions that matter are what is written.
    pub fn overheard(opened: Opened) -> Call {
        let state = match opened.direction {
            Direction::Outbound => State::Dialling,
            Direction::Inbound => State::Alerting,
        };
        Call::new(opened, state)
    }

    fn new(opened: Opened, state: State) -> Call {
        let (caller, events) = (CallerId::default(), Vec::new());
        Call { opened, state, caller, dialled: None, events }
    }

    /// What was written when the call was opened.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Where the call stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// The customer's number: as dialled, or as the exchange sent it.
    pub fn customer(&self) -> Option<&Number> {
        self.opened.customer.as_ref().or(self.caller.number.as_ref()).or(self.dialled.as_ref())
    }

    /// The line told something.
    pub fn line(&mut self, at: Samples, event: LegEvent) -> Vec<Action> {
        if self.state == State::Released {
            return Vec::new();
        }
        let mut actions = vec![self.write(at, Side::Customer, event.clone())];
        match event {
            LegEvent::Ringback if self.state == State::Dialling => {
                self.state = State::Alerting;
                actions.push(Action::Station(StationNews::Alerting));
            }
            LegEvent::CallerId(caller) => {
                self.caller = caller.clone();
                if self.state == State::Alerting && self.opened.direction == Direction::Inbound {
                    actions.push(Action::Station(StationNews::Ringing(caller)));
                }
            }
            LegEvent::Answered(_) if self.state != State::Connected => {
                self.state = State::Connected;
                actions.push(Action::Station(StationNews::Connected));
            }
            LegEvent::Released(cause) => {
                self.state = State::Released;
                actions.push(Action::Station(StationNews::Released(cause)));
                actions.push(Action::Over);
            }
            _ => {}
        }
        actions
    }

    /// The telephone on an overheard line sent a digit; before the answer it belongs to the number.
    pub fn overheard_digit(&mut self, at: Samples, digit: char) -> Vec<Action> {
        if self.state == State::Released {
            return Vec::new();
        }
        let action = self.write(at, Side::Agent, LegEvent::Digit(digit));
        self.dialled = self.cdr(at).customer;
        vec![action]
    }

    /// The person at the station wants something.
    pub fn station(&mut self, at: Samples, request: StationRequest) -> Vec<Action> {
        match (request, self.state) {
            (_, State::Released) => Vec::new(),
            (StationRequest::HangUp, _) => self.release(at, Cause::AgentReleased),
            (StationRequest::Answer, State::Alerting)
                if self.opened.direction == Direction::Inbound =>
            {
                vec![Action::Line(LegRequest::Answer)]
            }
            (StationRequest::SendDigits(digits), State::Connected) => {
                vec![Action::Line(LegRequest::SendDigits(digits))]
            }
            (StationRequest::Flash, State::Connected) => vec![Action::Line(LegRequest::Flash)],
            // Dialling while a call stands, answering what does not ring: nothing to do.
            _ => Vec::new(),
        }
    }

    /// Releases the call from our side.
    pub fn release(&mut self, at: Samples, cause: Cause) -> Vec<Action> {
        if self.state == State::Released {
            return Vec::new();
        }
        self.state = State::Released;
        vec![
            self.write(at, Side::Agent, LegEvent::Released(cause)),
            Action::Line(LegRequest::Release),
            Action::Station(StationNews::Released(cause)),
            Action::Over,
        ]
    }

    /// The call's detail record so far; `now` stands in for a release that has not come.
    pub fn cdr(&self, now: Samples) -> Cdr {
        Cdr::of(&self.opened, &self.events, now)
    }

    fn write(&mut self, at: Samples, side: Side, event: LegEvent) -> Action {
        let event = Event { at, side, event };
        self.events.push(event.clone());
        Action::Write(event)
    }
}

impl Cdr {
    /// The detail record of a call that was opened so and saw these events, in order. Where no
    /// release is among them the call was interrupted at `end`.
    pub fn of(opened: &Opened, events: &[Event], end: Samples) -> Cdr {
        let mut cdr = Cdr {
            direction: opened.direction,
            line: opened.line.clone(),
            station: opened.station.clone(),
            customer: opened.customer.clone(),
            caller: CallerId::default(),
            opened_at: opened.at,
            dialled_at: None,
            rang_at: None,
            answered_at: None,
            answer_sign: None,
            released_at: end,
            cause: Cause::Interrupted,
        };
        let mut digits = String::new();
        for Event { at, side, event } in events {
            match event {
                // Sent by the telephone on an overheard line.
                LegEvent::Digit(digit) if *side == Side::Agent && cdr.answered_at.is_none() => {
                    digits.push(*digit);
                    cdr.dialled_at = Some(*at);
                }
                LegEvent::Dialled => cdr.dialled_at = cdr.dialled_at.or(Some(*at)),
                LegEvent::Ringback | LegEvent::Ringing => cdr.rang_at = cdr.rang_at.or(Some(*at)),
                LegEvent::CallerId(caller) => {
                    cdr.customer = cdr.customer.or_else(|| caller.number.clone());
                    cdr.caller = caller.clone();
                }
                // A reversal is the exchange's own word, so it corrects what was only heard.
                LegEvent::Answered(sign)
                    if cdr.answered_at.is_none() || *sign == AnswerSign::Polarity =>
                {
                    cdr.answered_at = Some(*at);
                    cdr.answer_sign = Some(*sign);
                }
                LegEvent::Released(cause) => {
                    cdr.released_at = *at;
                    cdr.cause = *cause;
                    break;
                }
                _ => {}
            }
        }
        cdr.customer = cdr.customer.or_else(|| digits.parse().ok());
        cdr
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CallId, DeviceId, WallTime};

    fn opened(direction: Direction) -> Opened {
        Opened {
            call: CallId::new(1, 1),
            device: DeviceId([1; 16]),
            at: WallTime { unix_ms: 1, offset_min: 480 },
            direction,
            line: "1".into(),
            station: "desk".into(),
            customer: match direction {
                Direction::Outbound => Some(number()),
                Direction::Inbound => None,
            },
        }
    }

    fn number() -> Number {
        "13800138000".parse().unwrap()
    }

    #[test]
    fn an_outbound_call_goes_from_dialling_over_ringback_to_answer_and_release() {
        let (mut call, actions) = Call::outbound(opened(Direction::Outbound), number());
        assert_eq!(actions, [Action::Line(LegRequest::Dial(number()))]);
        call.line(Samples(1), LegEvent::Seized);
        call.line(Samples(2), LegEvent::Dialled);
        let actions = call.line(Samples(3), LegEvent::Ringback);
        assert!(actions.contains(&Action::Station(StationNews::Alerting)));
        let actions = call.line(Samples(4), LegEvent::Answered(AnswerSign::Voice));
        assert!(actions.contains(&Action::Station(StationNews::Connected)));
        let actions = call.line(Samples(5), LegEvent::Released(Cause::CustomerReleased));
        assert_eq!(actions.last(), Some(&Action::Over));

        let cdr = call.cdr(Samples(99));
        assert_eq!(cdr.dialled_at, Some(Samples(2)));
        assert_eq!(cdr.rang_at, Some(Samples(3)));
        assert_eq!((cdr.answered_at, cdr.answer_sign), (Some(Samples(4)), Some(AnswerSign::Voice)));
        assert_eq!((cdr.released_at, cdr.cause), (Samples(5), Cause::CustomerReleased));
    }

    #[test]
    fn an_inbound_call_rings_the_station_and_takes_the_number_that_was_sent() {
        let (mut call, actions) = Call::inbound(opened(Direction::Inbound));
        assert!(matches!(actions[..], [Action::Station(StationNews::Ringing(_))]));
        let caller = CallerId { number: Some(number()), ..CallerId::default() };
        let actions = call.line(Samples(8), LegEvent::CallerId(caller.clone()));
        assert!(actions.contains(&Action::Station(StationNews::Ringing(caller))));
        let actions = call.station(Samples(9), StationRequest::Answer);
        assert_eq!(actions, [Action::Line(LegRequest::Answer)]);
        assert_eq!(call.customer(), Some(&number()));
        assert_eq!(call.cdr(Samples(9)).customer, Some(number()));
    }

    #[test]
    fn a_call_ends_once_whoever_ends_it() {
        let (mut call, _) = Call::outbound(opened(Direction::Outbound), number());
        let actions = call.station(Samples(7), StationRequest::HangUp);
        assert!(actions.contains(&Action::Line(LegRequest::Release)));
        assert_eq!(actions.last(), Some(&Action::Over));
        assert!(call.line(Samples(8), LegEvent::Released(Cause::CustomerReleased)).is_empty());
        assert!(call.station(Samples(8), StationRequest::HangUp).is_empty());
        assert!(call.release(Samples(9), Cause::MaximumTime).is_empty());
        assert_eq!(call.cdr(Samples(99)).cause, Cause::AgentReleased);
    }

    #[test]
    fn a_reversal_after_a_voice_is_the_answer() {
        let (mut call, _) = Call::outbound(opened(Direction::Outbound), number());
        call.line(Samples(4), LegEvent::Answered(AnswerSign::Voice));
        call.line(Samples(9), LegEvent::Answered(AnswerSign::Polarity));
        call.line(Samples(12), LegEvent::Answered(AnswerSign::RingbackEnded));
        let cdr = call.cdr(Samples(20));
        let answered = (cdr.answered_at, cdr.answer_sign);
        assert_eq!(answered, (Some(Samples(9)), Some(AnswerSign::Polarity)));
    }

    #[test]
    fn events_without_a_release_make_an_interrupted_call() {
        let cdr = Cdr::of(&opened(Direction::Outbound), &[], Samples(800));
        assert_eq!((cdr.cause, cdr.released_at), (Cause::Interrupted, Samples(800)));
    }

    #[test]
    fn the_digits_of_an_overheard_telephone_are_the_number_until_the_answer() {
        let opened = Opened { customer: None, ..opened(Direction::Outbound) };
        let mut call = Call::overheard(opened);
        for (at, digit) in (1..).zip("13800138000".chars()) {
            assert_eq!(call.overheard_digit(Samples(at), digit).len(), 1);
        }
        assert_eq!(call.customer(), Some(&number()));
        call.line(Samples(20), LegEvent::Answered(AnswerSign::Voice));
        call.overheard_digit(Samples(30), '1');
        // What the customer sends is never part of it.
        call.line(Samples(31), LegEvent::Digit('2'));
        let cdr = call.cdr(Samples(40));
        assert_eq!((cdr.customer, cdr.dialled_at), (Some(number()), Some(Samples(11))));
        call.release(Samples(40), Cause::Silence);
        assert!(call.overheard_digit(Samples(41), '3').is_empty());
    }

    #[test]
    fn what_makes_no_sense_in_a_state_does_nothing() {
        let (mut call, _) = Call::outbound(opened(Direction::Outbound), number());
        assert!(call.station(Samples(1), StationRequest::Answer).is_empty());
        assert!(call.station(Samples(1), StationRequest::SendDigits("5".into())).is_empty());
        assert!(call.station(Samples(1), StationRequest::Dial(number())).is_empty());
        assert_eq!(call.state(), State::Dialling);
    }
}
