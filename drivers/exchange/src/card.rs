//! The office as a card of ports.

use crate::actor::Part;
use crate::circuit::{Circuit, Due};
use crate::directory::Directory;
use crate::log::Log;
use crate::office::{Office, OfficeError, Trouble};
use crate::ringing::Ringer;
use crate::script::Voices;
use line::{LineCard, LineError, LineInterface};
use std::sync::Arc;

/// What a caller rings is written out when the office is opened.
const MOST_RINGS: u32 = 100;

/// A central office whose lines are the ports of a [`LineCard`].
///
/// It runs in virtual time: `wait` returns at once, and time passes on each port by the blocks
/// that are exchanged. [`crate::Paced`] makes it keep real time.
pub struct Exchange {
    circuits: Vec<Circuit>,
    log: Log,
}

impl Exchange {
    /// Opens an office. `voices` holds every recording that its scripts name.
    pub fn new(office: &Office, voices: &Voices) -> Result<Exchange, OfficeError> {
        for (index, line) in office.lines.iter().enumerate() {
            if let Some((what, allowed)) = line.wire.out_of_bounds() {
                let who = format!("line {}", index + 1);
                return Err(OfficeError::Figure { who, what, allowed });
            }
        }
        let directory = Arc::new(Directory::new(office, voices)?);
        let log = Log::default();
        let open = |(index, line): (usize, &crate::office::Line)| {
            let seed = office.seed ^ (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            Circuit::new(index, directory.clone(), line.clone(), seed, log.clone())
        };
        let mut circuits: Vec<Circuit> = office.lines.iter().enumerate().map(open).collect();
        let lines = circuits.len();
        for (index, caller) in office.callers.iter().enumerate() {
            let who = format!("caller {}", index + 1);
            let part = Part::learn(&caller.script, caller.hang_up_after_ms, voices, &who)?;
            if !(1..=MOST_RINGS).contains(&caller.rings) {
                let allowed = "1 to 100";
                return Err(OfficeError::Figure { who, what: "rings", allowed });
            }
            let line = caller.line;
            let circuit = circuits.get_mut(line).ok_or(OfficeError::NoLine { who, line, lines })?;
            circuit.due.push(Due {
                at: caller.at_ms.saturating_mul(8),
                caller: circuit.callers.len(),
                every: caller.every_ms.map(|ms| ms.saturating_mul(8)),
            });
            circuit.callers.push(Ringer::new(caller, office.country, part));
        }
        let mut mishaps = office.mishaps.clone();
        mishaps.sort_by_key(|mishap| mishap.at_ms);
        for (index, mishap) in mishaps.into_iter().enumerate() {
            let (who, line) = (format!("mishap {}", index + 1), mishap.line);
            let circuit = circuits.get_mut(line).ok_or(OfficeError::NoLine { who, line, lines })?;
            circuit.mishaps.push_back(mishap);
        }
        Ok(Exchange { circuits, log })
    }

    /// What the office did; the handle stays good when the office moves elsewhere.
    pub fn log(&self) -> Log {
        self.log.clone()
    }

    /// Something goes wrong on a line, or right again, before its next block.
    pub fn trouble(&mut self, line: usize, what: Trouble) {
        if let Some(circuit) = self.circuits.get_mut(line) {
            circuit.trouble(what);
        }
    }
}

impl LineCard for Exchange {
    fn ports(&self) -> usize {
        self.circuits.len()
    }

    fn port(&mut self, index: usize) -> Option<&mut dyn LineInterface> {
        self.circuits.get_mut(index).map(|circuit| circuit as &mut dyn LineInterface)
    }

    fn wait(&mut self) -> Result<(), LineError> {
        Ok(())
    }
}
