//! Every detector against its standard's figures.

mod dtmf;
mod sound;
