//! Delays, and the line machine, on ports of the real kernel driver.

use dahdi_guest::boots::figures;

#[test]
fn the_driver_and_the_line_machine_keep_their_figures_on_a_real_port() {
    let Some(boot) = figures() else { return };
    let wanted = [
        "ring_to_event",
        "delay_to_line",
        "delay_from_line",
        "tone_dialling",
        "answer_by_polarity",
        "flash_keeps_the_call",
        "release_by_battery",
        "pulse_dialling",
        "glare_dials_nothing",
        "ringing_is_not_seized",
        "line_is_idle_again",
        "spikes",
        "ring_after_spikes",
    ];
    boot.passed(&wanted);
}
