//! Line tests between calls.

use super::{Recorder, Switchboard, TestNews, Use};
use call::{LegRequest, Samples};
use fxo::{Facts, Refused};

/// So long a test waits for its line to be free.
const PATIENCE: Samples = Samples::from_ms(120_000);

impl<R: Recorder> Switchboard<R> {
    /// Has a line tested as soon as it is free; no station gets it before. A line that is being
    /// tested, or that is not there, stays as it is.
    pub fn test(&mut self, index: usize) {
        let Some(trunk) = self.trunks.get_mut(index) else { return };
        if !matches!(trunk.use_, Use::Test(_)) {
            trunk.test_due.get_or_insert(trunk.fxo.now());
        }
    }

    /// Gives a line what it has shown before.
    pub fn recall(&mut self, index: usize, facts: Facts) {
        if let Some(trunk) = self.trunks.get_mut(index) {
            trunk.fxo.recall(facts);
        }
    }

    /// Begins a test that is due, and tells how one goes that runs.
    pub(super) fn serve_test(&mut self, index: usize) {
        if let Some(since) = self.trunks[index].test_due {
            self.begin_test(index, since);
        }
        let trunk = &mut self.trunks[index];
        let Use::Test(told) = &mut trunk.use_ else { return };
        let part = trunk.fxo.testing();
        if part != *told
            && let Some(part) = part
        {
            *told = Some(part);
            self.recorder.test(index, TestNews::At(part));
        }
        if let Some(report) = trunk.fxo.next_report() {
            trunk.use_ = Use::Free;
            self.recorder.test(index, TestNews::Over(report));
        }
    }

    /// The appliance stops: the loop is opened, and what was measured is told.
    pub(super) fn stop_test(&mut self, index: usize) {
        // A release is always taken.
        let _ = self.trunks[index].fxo.request(LegRequest::Release);
        self.serve_test(index);
    }

    fn begin_test(&mut self, index: usize, since: Samples) {
        let trunk = &mut self.trunks[index];
        let begun = match (&trunk.use_, self.card.port(index)) {
            (Use::Free, Some(port)) => trunk.fxo.begin_test(port.impedances(), port.impedance()),
            _ => Err(Refused::Taken),
        };
        match begun {
            Ok(()) => {
                trunk.test_due = None;
                trunk.use_ = Use::Test(None);
            }
            Err(why) if trunk.fxo.now().since(since) >= PATIENCE => {
                trunk.test_due = None;
                self.recorder.test(index, TestNews::NotBegun(why));
            }
            Err(_) => {}
        }
    }
}
