//! What each of those who asked is told once a commit is done.

use super::{Done, Writer};
use crate::error::AppendError;
use crate::request::{Asked, Request};
use crate::ticket::Answer;
use std::sync::atomic::Ordering;

impl Writer {
    pub(super) fn answer(&mut self, batch: Vec<Asked>, done: Vec<Done>) {
        let size = batch.iter().map(|asked| asked.size).sum();
        self.shared.queued.fetch_sub(size, Ordering::Relaxed);
        for (asked, done) in batch.into_iter().zip(done) {
            self.answer_one(asked.request, done);
        }
    }

    fn answer_one(&mut self, request: Request, done: Done) {
        match request {
            Request::Open { writer, answer, .. } => match done {
                Done::Refused(error) => {
                    self.shared.counts().calls_refused += 1;
                    // Its handle must not ask for a call to be closed that was never opened.
                    if let Some(writer) = writer {
                        writer.settled();
                    }
                    give(answer, Err(error));
                }
                _ => {
                    if let Some(writer) = writer {
                        give(answer, Ok(writer));
                    }
                }
            },
            Request::Audio { .. } => {
                if let Done::Refused(error) = done {
                    self.shared.lost_audio(&error);
                }
            }
            Request::Event { call, .. } | Request::Utterance { call, .. } => {
                if let Done::Refused(error) = done {
                    tracing::warn!(%call, %error, "an entry of a call was not written");
                    self.shared.counts().last_error = Some(error.to_string());
                }
            }
            Request::Close { answer, .. } | Request::Revise { answer, .. } => match done {
                Done::Delivery(delivery) => give(answer, Ok(delivery)),
                Done::Refused(error) => give(answer, Err(error)),
                _ => {}
            },
            Request::Receipt { answer, .. }
            | Request::Audit { answer, .. }
            | Request::Erase { answer, .. }
            | Request::Prune { answer, .. }
            | Request::Hold { answer, .. } => match done {
                Done::Refused(error) => give(answer, Err(error)),
                _ => give(answer, Ok(())),
            },
            Request::Retire { answer, .. } => match done {
                Done::Count(count) => give(answer, Ok(count)),
                Done::Refused(error) => give(answer, Err(error)),
                _ => {}
            },
            Request::Settle { answer } => match done {
                Done::Refused(error) => give(answer, Err(error)),
                _ => self.settling.extend(answer),
            },
            Request::Abandon { call } => {
                // Behind all that its writer handed in, so its own closing came first if there is one.
                if self.open.contains_key(&call) {
                    self.abandoned.push(call);
                }
            }
            Request::Stop => {}
        }
    }
}

fn give<T>(answer: Option<Answer<T>>, result: Result<T, AppendError>) {
    if let Some(answer) = answer {
        answer.give(result);
    }
}
