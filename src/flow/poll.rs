//! When to ask again.

use std::time::Duration;

const SHORTEST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(10);

/// The pauses between polls: 2 s, half as long again each time, at most 10 s.
pub struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(SHORTEST)
    }
}

impl Pauses {
    /// The next pause, cut to the time that is left; `None` when too little is left to ask again.
    pub fn next_within(&mut self, left: Duration) -> Option<Duration> {
        if left < SHORTEST {
            return None;
        }
        let pause = self.0.min(left);
        self.0 = self.0.mul_f64(1.5).min(LONGEST);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_2_s_to_10_s() {
        let mut pauses = Pauses::default();
        let long = Duration::from_secs(60);
        let mut next = || pauses.next_within(long).unwrap().as_millis();
        assert_eq!(
            [next(), next(), next(), next(), next(), next()],
            [2000, 3000, 4500, 6750, 10_000, 10_000]
        );
    }

    #[test]
    fn the_last_pause_ends_with_the_time_and_none_is_shorter_than_2_s() {
        let mut pauses = Pauses::default();
        let mut next =
            |left| pauses.next_within(Duration::from_millis(left)).map(|pause| pause.as_millis());
        assert_eq!(
            [next(9000), next(2500), next(1999), next(0)],
            [Some(2000), Some(2500), None, None]
        );
    }
}
