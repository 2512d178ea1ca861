//! Every detector against its standard's figures.

mod caller_id;
mod dtmf;
mod fax;
mod progress;
mod sound;
