//! What a light shows, as a function of time.

use std::time::Duration;

/// A pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// Dark.
    Off,
    /// Steady.
    On,
    /// Half a second on, half a second off.
    Slow,
    /// Five times a second.
    Fast,
    /// Two short flashes every second.
    Double,
}

impl Light {
    /// Whether the light is lit at a moment.
    pub fn is_lit(self, at: Duration) -> bool {
        let ms = at.as_millis() % 1000;
        match self {
            Light::Off => false,
            Light::On => true,
            Light::Slow => ms < 500,
            Light::Fast => ms % 200 < 100,
            Light::Double => ms < 100 || (200..300).contains(&ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pattern_is_told_from_the_others_by_looking_for_a_second() {
        let seen = |light: Light| {
            let lit = |tenth: u64| light.is_lit(Duration::from_millis(3000 + tenth * 100));
            (0..10).map(|tenth| if lit(tenth) { '#' } else { '.' }).collect::<String>()
        };
        assert_eq!(seen(Light::Off), "..........");
        assert_eq!(seen(Light::On), "##########");
        assert_eq!(seen(Light::Slow), "#####.....");
        assert_eq!(seen(Light::Fast), "#.#.#.#.#.");
        assert_eq!(seen(Light::Double), "#.#.......");
    }
}
