//! A central office in software: lines that ring, answer, speak, hang up, and misbehave.

mod actor;
mod card;
mod circuit;
mod conversation;
mod demonstration;
mod directory;
mod ear;
mod echo;
mod folder;
pub mod handset;
mod log;
mod office;
mod pace;
mod progress;
mod recording;
mod register;
mod ringing;
mod rotator;
mod rules;
pub mod script;
mod state;
mod wire;

pub use card::Exchange;
pub use conversation::{Conversation, ConversationError, Farewell, Turn};
pub use demonstration::{Demonstration, DemonstrationError, Languages, Opened};
pub use echo::{Echo, EchoPath, LONGEST_DELAY_MS};
pub use folder::{FolderError, VoiceFolder};
pub use handset::{Handset, Pace};
pub use log::{Deed, Entry, KEPT, Log, Progress};
pub use office::{
    Announcement, Answer, Behaviour, Caller, DialTone, Digits, Identity, Line, Message, Mishap,
    Moment, Office, OfficeError, Party, Protocol, Release, Supervision, Trouble,
};
pub use pace::{BLOCK_TIME, Clock, LATEST, MonotonicClock, Paced};
pub use recording::{WavError, read_wav};
pub use script::{Beep, Interrupt, Listen, Step, Voices};
pub use wire::{Hum, Impulses, Wire};
