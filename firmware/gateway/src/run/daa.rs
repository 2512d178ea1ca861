//! A card of Si3050s: the chips that the board names, their audio on an ALSA device.

use crate::command::Trouble;
use crate::config;
use alsa_pcm::{Slot, TdmDevice, TdmSettings};
use board::linux::{Paced, open_daas};
use board::{Driver, Profile};
use line::{Block, LineCard, LineError, Pcm};
use si3050::Country;

/// Opens the card.
pub fn open(
    card: &config::Si3050,
    board: Option<&Profile>,
    country: fxo::Country,
) -> Result<(Box<dyn LineCard>, String), Trouble> {
    let board = board.filter(|board| board.lines.driver == Driver::Si3050).ok_or_else(|| {
        Trouble::Found(
            "card.driver = \"si3050\" needs a board that names its chips; set [board] profile"
                .into(),
        )
    })?;
    let needed = board.lines.chip.iter().map(|chip| usize::from(chip.slot) + 1).max();
    let settings = TdmSettings {
        capture: card.audio.clone(),
        playback: card.audio.clone(),
        slots: card.slots.or(needed).unwrap_or(1),
        lead: card.lead,
    };
    let slots = TdmDevice::open(settings)
        .map_err(|error| Trouble::Found(format!("card.audio = {:?}: {error}", card.audio)))?;
    let slots = slots.into_iter().map(Highway).collect();
    let card = open_daas(&board.lines, rules(country), slots).map_err(Trouble::found)?;
    Ok((Box::new(card), board.name.clone()))
}

/// A slot of the ALSA device, which paces its card.
struct Highway(Slot<TdmDevice>);

impl Pcm for Highway {
    fn exchange(&mut self, to_line: &Block, from_line: &mut Block) -> Result<(), LineError> {
        self.0.exchange(to_line, from_line)
    }
}

impl Paced for Highway {
    fn wait(&self) -> Result<(), LineError> {
        self.0.wait()
    }
}

/// Whose rules the line interface keeps.
fn rules(country: fxo::Country) -> Country {
    match country {
        fxo::Country::China => Country::China,
        fxo::Country::Usa => Country::UnitedStates,
        fxo::Country::Uk => Country::UnitedKingdom,
    }
}
