//! The card's ports and what is behind them, moved on together.

use dahdi::Card;
use dahdi::abi::Law;
use dahdi_guest::fxs::{self, Fxs};
use line::{BLOCK, Block, LineCard, LineError, LineEvent, LineInterface};

/// Both ends of every line, and the block that goes to each next.
pub struct Lines {
    pub card: Card,
    pub far: Vec<Fxs>,
    to_line: Vec<Block>,
}

/// What is done with each block.
pub trait Ends {
    /// Our end: what came, what the wire did, and what goes out.
    fn near(&mut self, index: usize, heard: &Block, events: &[LineEvent]) -> Block;
    /// The exchange's end: what came, and what goes out.
    fn far(&mut self, index: usize, heard: &Block) -> Block;
}

impl Lines {
    /// Opens `ports` of each side.
    pub fn open(ports: u32) -> Result<Lines, String> {
        let far: Result<Vec<Fxs>, _> =
            (ports + 1..=2 * ports).map(|number| Fxs::open(number, Law::ALaw)).collect();
        let far = far.map_err(|error| format!("the FXS ports: {error:?}"))?;
        let settings = dahdi::Settings { law: Law::ALaw, ..dahdi::Settings::default() };
        let card = Card::open(&(1..=ports).collect::<Vec<u32>>(), &settings);
        let to_line = vec![[0; BLOCK]; far.len()];
        Ok(Lines { card, far, to_line })
    }

    /// One port of ours.
    pub fn port(&mut self, index: usize) -> Result<&mut dyn LineInterface, String> {
        self.card.port(index).ok_or_else(|| format!("no port {index}"))
    }

    /// One block on every line.
    pub fn round(&mut self, ends: &mut impl Ends) -> Result<(), String> {
        let failed = |error: LineError| error.to_string();
        self.card.wait().map_err(failed)?;
        for index in 0..self.to_line.len() {
            let mut heard = [0; BLOCK];
            let to_line = self.to_line[index];
            let port = self.port(index)?;
            port.exchange(&to_line, &mut heard).map_err(failed)?;
            let events: Vec<LineEvent> = std::iter::from_fn(|| port.next_event()).collect();
            self.to_line[index] = ends.near(index, &heard, &events);
        }
        self.serve_far(ends)
    }

    fn serve_far(&mut self, ends: &mut impl Ends) -> Result<(), String> {
        let failed = |error| format!("the FXS ports: {error:?}");
        let ready = fxs::wait(&self.far).map_err(failed)?;
        for index in (0..ready.len()).filter(|&index| ready[index]) {
            let mut heard = [0; BLOCK];
            while self.far[index].read(&mut heard).map_err(failed)? {
                let spoken = ends.far(index, &heard);
                self.far[index].write(&spoken).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Lets time pass in silence.
    pub fn rest(&mut self, ms: u64) -> Result<(), String> {
        for _ in 0..ms / 10 {
            self.round(&mut Silence)?;
        }
        Ok(())
    }
}

/// Nobody says anything.
pub struct Silence;

impl Ends for Silence {
    fn near(&mut self, _: usize, _: &Block, _: &[LineEvent]) -> Block {
        [0; BLOCK]
    }

    fn far(&mut self, _: usize, _: &Block) -> Block {
        [0; BLOCK]
    }
}
