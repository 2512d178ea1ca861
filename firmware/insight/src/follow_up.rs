//! When to be in touch again: contract rule 11.
//!
//! A time counts when the customer asked for it or agreed to it, and the last such time wins. What
//! a turn leaves open ("at three") is taken from the time on the table ("tomorrow?").

use crate::turns::TurnReading;
use crate::when::{Day, Mention};
use call::{Act, Finding, Side, WallTime};

const AGREES: &[Act] = &[Act::Affirm, Act::Book];

/// The time that was agreed or asked for.
pub(crate) fn find(turns: &[TurnReading<'_>], start: WallTime) -> Option<Finding<WallTime>> {
    let mut agreed: Option<(Mention, Vec<u32>)> = None;
    let mut offered: Option<(Mention, u32)> = None;
    for (index, turn) in turns.iter().enumerate() {
        let index = u32::try_from(index).ok()?;
        if turn.side == Side::Agent {
            let time = turn.times.last().filter(|_| proposes(turn.text));
            offered = time.map(|time| (*time, index));
            continue;
        }
        if turn.machine {
            continue;
        }
        if turn.any(&[Act::Refuse, Act::StopCalling, Act::WrongPerson]) && !turn.has(Act::Book) {
            agreed = None;
            continue;
        }
        let asked_when = index > 0
            && turns
                .get(index as usize - 1)
                .is_some_and(|agent| agent.side == Side::Agent && asks_when(agent.text));
        let own = best(turn).filter(|_| {
            turn.has(Act::Book)
                || (turn.has(Act::Defer) && !turn.has(Act::Hesitate))
                || turn.ring_back()
                || ((asked_when || offered.is_some())
                    && !turn.any(&[Act::Complain, Act::Deny])
                    && !turn.asks())
        });
        match (own, &offered) {
            (Some(time), _) => {
                let table =
                    offered.map(|(time, _)| time).or(agreed.as_ref().map(|(time, _)| *time));
                let whole = table.map_or(time, |earlier| time.completed_by(&earlier));
                let mut evidence = vec![index];
                if whole != time
                    && let Some((_, agent)) = offered
                {
                    evidence.insert(0, agent);
                }
                agreed = Some((whole, evidence));
            }
            (None, Some((time, agent))) if turn.any(AGREES) && !turn.any(&[Act::Hesitate]) => {
                let whole =
                    agreed.as_ref().map_or(*time, |(earlier, _)| time.completed_by(earlier));
                let mut evidence = vec![*agent, index];
                if let Some((_, earlier)) = agreed.as_ref().filter(|_| whole != *time) {
                    evidence.extend(earlier);
                    evidence.sort_unstable();
                    evidence.dedup();
                }
                agreed = Some((whole, evidence));
            }
            _ => {}
        }
        offered = None;
    }
    let (time, evidence) = agreed?;
    let value = time.resolve(start)?;
    let p = if time.day.is_some() && time.clock.is_some() || time.after_min.is_some() {
        0.93
    } else {
        0.8
    };
    Some(Finding { value, p, evidence, model: crate::RULES })
}

/// The fullest time in a turn, the last of equals; a time at which they cannot is none.
fn best(turn: &TurnReading<'_>) -> Option<Mention> {
    let free = turn.times.iter().filter(|time| {
        // "I'll pay today" names no time to be in touch.
        if time.day == Some(Day::In(0)) && time.part.is_none() && time.clock.is_none() {
            return false;
        }
        let after: String = turn.text[time.end..].chars().take(6).collect();
        let busy = [
            "没空",
            "不行",
            "没时间",
            "有会",
            "要开会",
            "不方便",
            "要上班",
            "有事",
            "出差",
            "到期",
            "is no good",
            "i'm busy",
        ];
        !busy.iter().any(|word| after.contains(word))
    });
    free.max_by_key(|time| {
        usize::from(time.day.is_some())
            + 2 * usize::from(time.clock.is_some())
            + 3 * usize::from(time.after_min.is_some())
    })
    .copied()
}

/// An agent's turn that puts a time to the customer, rather than naming one in passing.
pub(crate) fn proposes(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let passing =
        ["到期", "截止", "结束", "优惠到", "为止", "expires", "ends", "valid until", "deadline"];
    let proposal = [
        "过来",
        "联系",
        "约",
        "见",
        "等您",
        "等你",
        "方便",
        "有空",
        "有时间",
        "可以吗",
        "行吗",
        "好吗",
        "怎么样",
        "打给",
        "打电话",
        "上门",
        "来店",
        "到店",
        "安排",
        "call",
        "see you",
        "come",
        "book",
        "work",
        "suit",
        "free",
        "meet",
        "visit",
        "then",
        "shall",
        "appointment",
        "how about",
        "put you down",
    ];
    !passing.iter().any(|word| lower.contains(word))
        && proposal.iter().any(|word| lower.contains(word))
}

fn asks_when(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["什么时候", "几点", "哪天", "啥时候", "何时", "when", "what time", "which day"]
        .iter()
        .any(|word| lower.contains(word))
}
