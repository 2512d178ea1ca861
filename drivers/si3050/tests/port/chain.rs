//! Several chips on one chip select.

use crate::bench::{Bench, Delay, Silence, Spi};
use line::{BLOCK, Hook, LineInterface};
use si3050::bus::Bus;
use si3050::registers::Register;
use si3050::{Country, Port, Position, Settings, Unwired};
use si3050_model::Chip;
use std::time::Duration;

#[test]
fn each_port_of_a_chain_reaches_its_own_chip() {
    let bench = Bench::chain((0..4).map(|_| Chip::new(1)).collect());
    let mut ports: Vec<_> = (0..4)
        .map(|place| {
            let mut settings = Settings::new(Country::Etsi, place);
            settings.position = Position::new(place).unwrap();
            let mut port = Port::new(Spi(bench.clone()), Unwired, Silence::default(), settings);
            port.start(&mut Delay(bench.clone())).unwrap();
            port
        })
        .collect();
    ports[2].set_hook(Hook::Off).unwrap();
    let off = |bench: &Bench| bench.world().chips.iter().map(Chip::off_hook).collect::<Vec<_>>();
    assert_eq!(off(&bench), [false, false, true, false]);
    bench.advance(Duration::from_millis(10));
    for port in &mut ports {
        port.exchange(&[0; BLOCK], &mut [0; BLOCK]).unwrap();
    }
    let slots: Vec<_> = bench.world().chips.iter().map(|chip| chip.read(34).unwrap()).collect();
    assert_eq!(slots, [0, 16, 32, 48]);
    drop(ports);
    assert_eq!(off(&bench), [false; 4]);
}

#[test]
fn a_broadcast_reaches_every_chip() {
    let bench = Bench::chain((0..3).map(|_| Chip::new(3)).collect());
    let mut bus = Bus::new(Spi(bench.clone()), Position::FIRST);
    bus.broadcast(Register::PCM_SPI_MODE_SELECT, 0x20).unwrap();
    assert!(bench.world().chips.iter().all(|chip| chip.read(33) == Some(0x20)));
}
