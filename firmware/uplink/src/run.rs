//! The thread that does what the courier says.

use crate::transport::Transport;
use crate::{Courier, Health, Outbox, Step};
use core::time::Duration;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;
use vault::Vault;
use vault::enrol::Enrolment;
use vault::envelope::Sealer;

/// How old the count of waiting records may get.
const RECOUNT: Duration = Duration::from_secs(5);

/// A running uplink. Dropping it stops it, without waiting; nothing is lost by that.
#[derive(Debug)]
pub struct Uplink {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Desk {
    began: Instant,
    work: Mutex<Work>,
    bell: Condvar,
}

#[derive(Debug)]
struct Work {
    courier: Courier,
    waiting: u64,
    rung: bool,
    stopped: bool,
}

impl Uplink {
    /// Starts delivering what is in `outbox`, sealed and signed with `vault`'s device key, as the
    /// enrolment says, over `transport`. `seed` is for the jitter of the rests.
    pub fn start(
        vault: Arc<Vault>,
        enrolment: Enrolment,
        outbox: Box<dyn Outbox>,
        transport: Box<dyn Transport>,
        seed: u64,
    ) -> io::Result<Uplink> {
        let courier = Courier::new(vault.device_id(), enrolment.receipts, seed);
        let desk = Arc::new(Desk {
            began: Instant::now(),
            work: Mutex::new(Work { courier, waiting: 0, rung: false, stopped: false }),
            bell: Condvar::new(),
        });
        let shared = desk.clone();
        let thread = std::thread::Builder::new()
            .name("uplink".to_owned())
            .spawn(move || shared.run(&vault, &enrolment, outbox, transport))?;
        Ok(Uplink { desk, thread: Some(thread) })
    }

    /// Says that a record was put into the outbox.
    pub fn wake(&self) {
        self.desk.work().rung = true;
        self.desk.bell.notify_all();
    }

    /// How delivery is doing.
    pub fn health(&self) -> Health {
        let work = self.desk.work();
        work.courier.health(self.desk.began.elapsed(), work.waiting)
    }

    /// Stops, and waits for the delivery under way: as long as the transport is patient.
    pub fn stop(mut self) {
        self.desk.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(
                "the uplink's thread had ended by itself; what it had not delivered waits"
            );
        }
    }
}

impl Drop for Uplink {
    fn drop(&mut self) {
        self.desk.stop();
    }
}

impl Desk {
    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.work().stopped = true;
        self.bell.notify_all();
    }

    fn run(
        &self,
        vault: &Vault,
        enrolment: &Enrolment,
        mut outbox: Box<dyn Outbox>,
        mut transport: Box<dyn Transport>,
    ) {
        let sealer = Sealer::new(&vault.device, enrolment.sealing.clone());
        let mut troubled = false;
        let mut counted = None;
        loop {
            let now = self.began.elapsed();
            let rung = core::mem::take(&mut self.work().rung);
            // Counting may cost an outbox a walk, so it is not done for every envelope.
            if rung || counted.is_none_or(|counted| now.saturating_sub(counted) >= RECOUNT) {
                let waiting = outbox.waiting();
                self.work().waiting = waiting;
                counted = Some(now);
            }
            let step = {
                let mut work = self.work();
                if work.stopped {
                    return;
                }
                if rung {
                    work.courier.woken();
                }
                let waiting = work.waiting;
                let trouble = work.courier.health(Duration::ZERO, waiting).trouble;
                if trouble.is_some() != troubled {
                    troubled = trouble.is_some();
                    match trouble {
                        Some(trouble) => {
                            tracing::warn!(waiting, "delivery has trouble: {trouble}")
                        }
                        None => tracing::info!(waiting, "delivery has no trouble now"),
                    }
                }
                work.courier.step(self.began.elapsed())
            };
            // No lock is held while anything is read, sent or written.
            match step {
                Step::Fetch { after } => {
                    let found = outbox.next(after).map(|parcel| {
                        parcel.map(|parcel| {
                            (parcel.sequence, sealer.seal(&parcel.letter(&enrolment.lookup)))
                        })
                    });
                    let now = self.began.elapsed();
                    self.work().courier.fetched(now, found);
                }
                Step::Send(envelope) => {
                    let answer = transport.send(&envelope);
                    let now = self.began.elapsed();
                    self.work().courier.answered(now, answer);
                }
                Step::Keep { receipt, bytes } => {
                    let kept = outbox.keep(&receipt, &bytes);
                    let now = self.began.elapsed();
                    let mut work = self.work();
                    if kept.is_ok() {
                        work.waiting = work.waiting.saturating_sub(1);
                    }
                    work.courier.kept(now, kept);
                }
                Step::Wait { until } => self.wait(until),
            }
        }
    }

    /// Until then, or until the bell rings.
    fn wait(&self, until: Duration) {
        let work = self.work();
        let rest = until.saturating_sub(self.began.elapsed());
        let quiet = |work: &mut Work| !work.rung && !work.stopped;
        drop(self.bell.wait_timeout_while(work, rest, quiet));
    }
}
