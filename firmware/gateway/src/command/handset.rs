//! `tipring handset`: the hook and the keys of a handset that is a sound card.

use super::{Done, Trouble};
use crate::control::{Request, ask};
use crate::folder::Folder;
use alsa_pcm::Press;
use call::Number;
use std::path::Path;
use std::process::ExitCode;

/// Which handset, and what is done there.
#[derive(clap::Args)]
pub struct Arguments {
    /// The handset, as [[stations.sound]] names it
    name: String,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Take it off the hook: answer what rings
    Lift,
    /// Take it off the hook and dial
    Dial {
        /// Whom
        number: Number,
    },
    /// Send digits into the call
    Digits {
        /// 0-9, *, #, A-D
        digits: String,
    },
    /// Give the line a hook flash
    Flash,
    /// Put it back on the hook
    HangUp,
}

/// Has the running appliance do it.
pub fn main(config: &Path, arguments: Arguments) -> Done {
    let press = match arguments.what {
        What::Lift => Press::Lift,
        What::Dial { number } => Press::Dial(number),
        What::Digits { digits } => Press::Digits(digits),
        What::Flash => Press::Flash,
        What::HangUp => Press::HangUp,
    };
    let folder = Folder::named_in(config)?;
    let request = Request::Handset { name: arguments.name, press };
    ask(&folder.path, &request).map_err(Trouble::found)?;
    Ok(ExitCode::SUCCESS)
}
