//! An exchange and handsets that belong together: what `tools/run` shows.
//!
//! Every call gets a number and a party at the exchange, and every handset the agent's side of all
//! of them. Called parties say a greeting first, where the folder has one in their language; some are
//! heard to ring with music. Announcements and voicemails have numbers too, and between them stand
//! numbers that are busy, do not answer, do not exist, or lead to a fax machine. How a party answers and releases, how long it rings, and what each line does to sound vary with
//! the seed. Now and then a known customer calls in.

use crate::caller::{Caller, Identity, Message, Moment, Protocol};
use crate::card::Exchange;
use crate::conversation::{Conversation, Farewell, Kind};
use crate::echo::{Echo, EchoPath};
use crate::folder::{FolderError, VoiceFolder};
use crate::handset::{Entry, Handset, Pace};
use crate::office::{
    Announcement, Answer, Behaviour, DialTone, Digits, Line, Office, OfficeError, Party, Release,
    Supervision, default_routing,
};
use crate::script::{Listen, Step, Voices, fax_answering, voicemail};
use crate::wire::{Hum, Wire};
use call::{Language, Number, Side, Station};
use dsp::plan::Country;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;

/// Which conversations are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Languages {
    /// All.
    #[default]
    Both,
    /// Those in one language.
    Only(Language),
}

/// What to show.
#[derive(Clone, Debug, PartialEq)]
pub struct Demonstration {
    /// How many lines, and as many handsets.
    pub lines: usize,
    /// Which conversations.
    pub languages: Languages,
    /// How fast each handset dials.
    pub pace: Pace,
    /// Whether customers call in.
    pub inbound: bool,
    /// From which everything varies.
    pub seed: u64,
    /// Whose tones and signals.
    pub country: Country,
}

impl Default for Demonstration {
    fn default() -> Self {
        Demonstration {
            lines: 4,
            languages: Languages::Both,
            pace: Pace::Pause { ms: 8_000 },
            inbound: true,
            seed: 1,
            country: Country::China,
        }
    }
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum DemonstrationError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The office cannot be opened.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// No conversation is left.
    #[error("no conversation is in the language asked for; add some, or ask for both languages")]
    NoConversations,
}

/// An office in virtual time, and a handset for each of its lines.
pub type Opened = (Exchange, Vec<Box<dyn Station>>);

/// A number that leads to no conversation comes after so many that do.
const FAILURE_AFTER: usize = 4;

impl Demonstration {
    /// Opens it with the spoken calls of a folder.
    pub fn open(&self, folder: &Path) -> Result<Opened, DemonstrationError> {
        self.with(&VoiceFolder::read(folder)?)
    }

    /// Opens it with spoken calls already read.
    pub fn with(&self, folder: &VoiceFolder) -> Result<Opened, DemonstrationError> {
        let wanted = |conversation: &&Conversation| match self.languages {
            Languages::Both => true,
            Languages::Only(language) => conversation.language == language,
        };
        let mut props = Props::default();
        let mut conversations = Vec::new();
        for conversation in folder.conversations.iter().filter(wanted) {
            match (conversation.kind, conversation.turns.first()) {
                (Kind::Greeting, Some(turn)) => {
                    props.greetings.push((conversation.language, turn.file.clone()));
                }
                (Kind::Ringback, Some(turn)) => props.music.push(turn.file.clone()),
                _ => conversations.push(conversation),
            }
        }
        if conversations.is_empty() {
            return Err(DemonstrationError::NoConversations);
        }
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let (office, list) = self.plan(&conversations, &props, &mut random)?;
        let exchange = Exchange::new(&office, &folder.voices)?;
        Ok((exchange, self.handsets(&list, &folder.voices)?))
    }

    fn plan(
        &self,
        conversations: &[&Conversation],
        props: &Props,
        random: &mut ChaCha8Rng,
    ) -> Result<(Office, Vec<Entry>), OfficeError> {
        let mut office = Office::new(self.country, 0);
        office.seed = self.seed;
        office.lines = (0..self.lines).map(|_| vary_line(random)).collect();
        let mut list = Vec::new();
        let failures = [
            Behaviour::Busy,
            Behaviour::NoAnswer { ring_ms: 30_000 },
            Behaviour::Unobtainable,
            Behaviour::Congestion,
            Behaviour::Answer(Answer { script: fax_answering(), ..Answer::default() }),
        ];
        let mut failing = failures.into_iter().cycle();
        for (index, conversation) in conversations.iter().enumerate() {
            if index % FAILURE_AFTER == FAILURE_AFTER - 1
                && let Some(does) = failing.next()
            {
                let number = self.number(900 + index)?;
                list.push(Entry { number: number.clone(), script: Vec::new() });
                office.parties.push(Party { number, routing_ms: default_routing(), does });
            }
            let number = self.number(index + 1)?;
            let variant = index + self.seed as usize % 3;
            let farewell =
                if variant.is_multiple_of(2) { Farewell::HangsUp } else { Farewell::Waits };
            let agent =
                if farewell == Farewell::HangsUp { Farewell::Waits } else { Farewell::HangsUp };
            list.push(Entry { number: number.clone(), script: agent_part(conversation, agent) });
            let routing_ms = 600 + random.next_u32() % 1_500;
            let does = props.customer(conversation, farewell, variant, random);
            office.parties.push(Party { number, routing_ms, does });
        }
        if self.inbound {
            office.callers = self.callers(conversations, random)?;
        }
        Ok((office, list))
    }

    /// A customer calls each line every quarter of an hour, by turns of the lines.
    fn callers(
        &self,
        conversations: &[&Conversation],
        random: &mut ChaCha8Rng,
    ) -> Result<Vec<Caller>, OfficeError> {
        let spoken: Vec<usize> = (0..conversations.len())
            .filter(|&index| conversations[index].has(Side::Agent))
            .collect();
        let mut callers = Vec::new();
        if spoken.is_empty() {
            return Ok(callers);
        }
        for line in 0..self.lines {
            let index = spoken[random.next_u32() as usize % spoken.len()];
            let dtmf = Identity {
                protocol: Protocol::Dtmf,
                message: Message::Mdmf,
                moment: Moment::BeforeRing,
            };
            callers.push(Caller {
                line,
                at_ms: 100_000 + 900_000 * line as u64 / self.lines.max(1) as u64,
                every_ms: Some(900_000),
                number: Some(self.number(index + 1)?),
                name: None,
                withheld: false,
                identity: (line % 2 == 1).then_some(dtmf),
                rings: 6,
                release: Release::ToneOnly,
                hang_up_after_ms: None,
                script: conversations[index].part(Side::Customer, Farewell::HangsUp),
            });
        }
        Ok(callers)
    }

    fn handsets(
        &self,
        list: &[Entry],
        voices: &Voices,
    ) -> Result<Vec<Box<dyn Station>>, OfficeError> {
        let mut stations: Vec<Box<dyn Station>> = Vec::with_capacity(self.lines);
        for line in 0..self.lines {
            let first = line * list.len() / self.lines.max(1);
            let seed = self.seed.wrapping_add(1_000 + line as u64);
            let name = format!("handset-{}", line + 1);
            stations.push(Box::new(Handset::new(&name, list, first, self.pace, seed, voices)?));
        }
        Ok(stations)
    }

    /// Numbers that look like a country's and are meant for plays where there are such: 555-01xx
    /// (NANPA), 020 7946 0xxx (Ofcom).
    fn number(&self, index: usize) -> Result<Number, OfficeError> {
        let digits = match self.country {
            Country::China => format!("138{:08}", 138_000 + index),
            Country::Usa => format!("{}55501{:02}", 212 + index / 100, index % 100),
            Country::Uk => format!("02079460{:03}", index % 1_000),
        };
        let refused = || OfficeError::Figure {
            who: format!("conversation {index}"),
            what: "the number of conversations",
            allowed: "smaller",
        };
        digits.parse().map_err(|_| refused())
    }
}

/// What the agent does in a conversation; where only the other side speaks, they hear it out.
fn agent_part(conversation: &Conversation, farewell: Farewell) -> Vec<Step> {
    if conversation.has(Side::Agent) {
        // Whoever is called says something first; if they do not, the agent begins.
        let greeting = Listen { patience_ms: 2_500, hang_ms: 600, at_most_ms: 6_000 };
        let mut steps = vec![Step::Listen(greeting)];
        steps.extend(conversation.part(Side::Agent, farewell));
        return steps;
    }
    let listen = Listen { hang_ms: 1_500, ..Listen::default() };
    vec![Step::Listen(listen), Step::Wait(500), Step::HangUp]
}

/// Recordings that go with any call.
#[derive(Default)]
struct Props {
    greetings: Vec<(Language, String)>,
    music: Vec<String>,
}

/// After the answer, until the greeting.
const PICKING_UP_MS: u32 = 350;
/// Of so many parties one is heard to ring with music.
const MUSIC_EVERY: usize = 6;

impl Props {
    fn customer(
        &self,
        conversation: &Conversation,
        farewell: Farewell,
        variant: usize,
        random: &mut ChaCha8Rng,
    ) -> Behaviour {
        let first = conversation.turns.first().map(|turn| turn.file.clone()).unwrap_or_default();
        let script = match conversation.kind {
            Kind::Announcement | Kind::Intercept => {
                return Behaviour::Announce(Announcement {
                    special_tone: conversation.kind == Kind::Intercept,
                    recording: first,
                    times: 2,
                });
            }
            Kind::Voicemail => voicemail(&first),
            _ => {
                let mut script = self.greeting(conversation.language, variant);
                script.extend(conversation.part(Side::Customer, farewell));
                script
            }
        };
        let supervision =
            if variant.is_multiple_of(2) { Supervision::Polarity } else { Supervision::None };
        let release = match variant % 3 {
            0 => Release::LoopDrop { ms: 500 },
            1 => Release::ToneOnly,
            _ if supervision == Supervision::Polarity => Release::Polarity,
            _ => Release::ToneOnly,
        };
        let with_music = variant % MUSIC_EVERY == MUSIC_EVERY - 1;
        let music = if with_music { self.music.first().cloned() } else { None };
        Behaviour::Answer(Answer {
            ring_ms: 2_500 + random.next_u32() % 8_000,
            ring_music: music,
            supervision,
            release,
            hang_up_after_ms: None,
            script,
        })
    }

    /// What is said on picking up; nothing where there is no greeting in the language.
    fn greeting(&self, language: Language, variant: usize) -> Vec<Step> {
        let fitting = || self.greetings.iter().filter(|(spoken, _)| *spoken == language);
        let chosen = variant.checked_rem(fitting().count()).and_then(|nth| fitting().nth(nth));
        chosen.map_or(Vec::new(), |(_, file)| {
            vec![Step::Wait(PICKING_UP_MS), Step::Speak(file.clone())]
        })
    }
}

/// A line as one meets it: some kilometres of wire, some noise, a hybrid that does not quite match.
fn vary_line(random: &mut ChaCha8Rng) -> Line {
    let mut between = |low: f32, high: f32| {
        low + (high - low) * (random.next_u32() >> 8) as f32 / (1 << 24) as f32
    };
    let path = EchoPath::G168[between(0.0, 7.99) as usize];
    Line {
        wire: Wire {
            loss_db: between(0.0, 4.0),
            level_db: between(-3.0, 1.0),
            noise_dbm0: Some(between(-68.0, -56.0)),
            hum: Some(Hum { hz: 50.0, dbm0: between(-68.0, -58.0) }),
            impulses: None,
            echo: Some(Echo { path, erl_db: between(12.0, 20.0), delay_ms: 0 }),
            offset_hz: 0.0,
        },
        dial_tone: DialTone { delay_ms: between(200.0, 900.0) as u32, ..DialTone::default() },
        digits: Digits::Both,
        ..Line::default()
    }
}
