//! The exchange in software on real ports: each of its lines is one FXS port of the virtual card.
//!
//! What the subscriber's loop does comes from the port's hook state, and so passes flashes and dial
//! pulses as they are. Ringing and polarity are the kernel's; battery is the virtual card's, since an
//! FXS port can take it away for half a second only.

use crate::fxs::{self, Fxs};
use dahdi::abi::Law;
use dahdi::system::Errno;
use exchange::Exchange;
use line::{BLOCK, Hook, LineCard, Signal};
use std::path::Path;

/// Where the virtual card takes orders.
const INJECT: &str = "/sys/module/dahdi_vfxo/parameters/inject";
/// Longer than any test.
const FOR_EVER_MS: u32 = 100_000_000;

/// An exchange on FXS ports.
pub struct Bridge {
    exchange: Exchange,
    ports: Vec<Fxs>,
    lines: Vec<State>,
}

#[derive(Clone, Default)]
struct State {
    off_hook: bool,
    reversed: bool,
    blocks: u64,
}

impl Bridge {
    /// Opens as many channels as the exchange has lines, from `first` on.
    pub fn open(exchange: Exchange, first: u32, law: Law) -> Result<Bridge, Errno> {
        let numbers = (first..).take(exchange.ports());
        let ports: Vec<Fxs> =
            numbers.map(|number| Fxs::open(number, law)).collect::<Result<_, _>>()?;
        let lines = vec![State::default(); ports.len()];
        Ok(Bridge { exchange, ports, lines })
    }

    /// Serves the lines until the first of them has lived for so long.
    pub fn serve(&mut self, seconds: u64) -> Result<(), Errno> {
        let until = seconds * 8_000 / BLOCK as u64;
        while self.lines.first().is_some_and(|line| line.blocks < until) {
            let ready = fxs::wait(&self.ports)?;
            for index in (0..ready.len()).filter(|&index| ready[index]) {
                self.block(index)?;
            }
        }
        Ok(())
    }

    /// Times that samples were lost on our own side.
    pub fn gaps(&self) -> u64 {
        self.ports.iter().map(|port| port.gaps).sum()
    }

    fn block(&mut self, index: usize) -> Result<(), Errno> {
        let (port, state) = (&mut self.ports[index], &mut self.lines[index]);
        let (mut heard, mut spoken) = ([0; BLOCK], [0; BLOCK]);
        if !port.read(&mut heard)? {
            return Ok(());
        }
        while port.next_event().is_some() {}
        state.blocks += 1;
        let Some(circuit) = self.exchange.port(index) else { return Ok(()) };
        let off_hook = port.off_hook()?;
        if std::mem::replace(&mut state.off_hook, off_hook) != off_hook {
            // A line of the exchange refuses nothing but while it has vanished, which no test asks.
            let _ = circuit.set_hook(if off_hook { Hook::Off } else { Hook::On });
        }
        let _ = circuit.exchange(&heard, &mut spoken);
        while let Some(event) = circuit.next_event() {
            signal(port, state, index, event.what)?;
        }
        port.write(&spoken)
    }
}

fn signal(port: &Fxs, state: &mut State, index: usize, what: Signal) -> Result<(), Errno> {
    match what {
        Signal::RingOn => port.ring(true),
        Signal::RingOff => port.ring(false),
        Signal::PolarityReversed => {
            state.reversed = !state.reversed;
            port.channel().reverse(state.reversed)
        }
        Signal::BatteryLost => inject(index, &format!("glitch {FOR_EVER_MS}")),
        Signal::BatteryPresent => inject(index, "glitch 1"),
    }
}

/// Has something happen on the wire of a pair of ports, counted from 0.
pub fn inject(index: usize, what: &str) -> Result<(), Errno> {
    Ok(std::fs::write(Path::new(INJECT), format!("{} {what}", index + 1))?)
}
