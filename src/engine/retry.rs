//! Whether and when a request is sent once more.

use std::time::Duration;

use super::options::Options;
use crate::api::{Outcome, Repeat};

/// How far a request got before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It never left: no connection.
    NotSent,
    /// It may have been carried out, and its answer was lost.
    MaybeSent,
    /// A failure that the next try would meet again: a certificate that is not trusted.
    Lasting,
}

/// What the client allows.
#[derive(Clone, Debug)]
pub struct Policy {
    pub max_retries: u32,
    pub first_delay: Duration,
    pub max_rate_limit_wait: Duration,
}

impl From<&Options> for Policy {
    fn from(options: &Options) -> Self {
        Self {
            max_retries: options.max_retries,
            first_delay: options.retry_delay,
            max_rate_limit_wait: options.max_rate_limit_wait,
        }
    }
}

/// The retries of one request.
pub struct Retries<'a> {
    policy: &'a Policy,
    repeat: Repeat,
    done: u32,
    rate_limit_waited: bool,
}

impl<'a> Retries<'a> {
    pub fn new(policy: &'a Policy, repeat: Repeat) -> Self {
        Self { policy, repeat, done: 0, rate_limit_waited: false }
    }

    /// After a failure of the connection: how long to wait before sending again, or `None`.
    pub fn after_fault(&mut self, fault: Fault, jitter: impl FnOnce() -> f64) -> Option<Duration> {
        let safe = match fault {
            Fault::NotSent => true,
            Fault::MaybeSent => self.repeat == Repeat::Harmless,
            Fault::Lasting => false,
        };
        if safe { self.back_off(jitter) } else { None }
    }

    /// After an answer: how long to wait before sending again, or `None`.
    pub fn after_answer(
        &mut self,
        outcome: &Outcome,
        jitter: impl FnOnce() -> f64,
    ) -> Option<Duration> {
        match (outcome.http_status, outcome.retry_after_ms.map(Duration::from_millis)) {
            // A limited request was not carried out, so any operation may come again, once.
            (429, Some(delay)) => {
                let fits = delay <= self.policy.max_rate_limit_wait;
                let first = !std::mem::replace(&mut self.rate_limit_waited, true);
                (fits && first && self.count()).then_some(delay)
            }
            // A gateway has lost its homeserver for a moment.
            (502..=504, delay) if self.repeat == Repeat::Harmless => match delay {
                Some(delay) if delay > self.policy.max_rate_limit_wait => None,
                Some(delay) => self.count().then_some(delay),
                None => self.back_off(jitter),
            },
            _ => None,
        }
    }

    fn count(&mut self) -> bool {
        let left = self.done < self.policy.max_retries;
        self.done += u32::from(left);
        left
    }

    /// Doubles from try to try; `jitter` gives a number from 0 to 1, which spreads the clients of a failed server.
    fn back_off(&mut self, jitter: impl FnOnce() -> f64) -> Option<Duration> {
        let ceiling = self.policy.first_delay.saturating_mul(1 << self.done.min(10));
        self.count().then(|| ceiling.mul_f64(jitter()))
    }
}

/// A number from 0 to 1 from the operating system's random source.
pub fn jitter() -> f64 {
    // Without randomness the full delay is the safe choice.
    getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Status;

    fn policy() -> Policy {
        Policy {
            max_retries: 2,
            first_delay: Duration::from_millis(300),
            max_rate_limit_wait: Duration::from_secs(3),
        }
    }

    fn answer(http_status: u16, retry_after_ms: Option<u64>) -> Outcome {
        Outcome { http_status, retry_after_ms, ..Outcome::new(Status::Matrix, "") }
    }

    #[test]
    fn delays_double_and_end() {
        let policy = policy();
        let mut retries = Retries::new(&policy, Repeat::Harmless);
        let mut next =
            || retries.after_fault(Fault::MaybeSent, || 1.0).map(|delay| delay.as_millis());
        assert_eq!([next(), next(), next()], [Some(300), Some(600), None]);
    }

    #[test]
    fn what_may_have_been_carried_out_is_repeated_only_where_harmless() {
        let policy = policy();
        let again =
            |repeat, fault| Retries::new(&policy, repeat).after_fault(fault, || 0.5).is_some();
        assert!(again(Repeat::Harmless, Fault::MaybeSent));
        assert!(!again(Repeat::Unsafe, Fault::MaybeSent));
        assert!(again(Repeat::Unsafe, Fault::NotSent));
        assert!(!again(Repeat::Harmless, Fault::Lasting));
    }

    #[test]
    fn a_rate_limit_is_waited_out_once_and_only_when_short() {
        let policy = policy();
        let mut retries = Retries::new(&policy, Repeat::Unsafe);
        assert_eq!(retries.after_answer(&answer(429, Some(3001)), || 1.0), None);
        let mut retries = Retries::new(&policy, Repeat::Unsafe);
        assert_eq!(
            retries.after_answer(&answer(429, Some(3000)), || 1.0),
            Some(Duration::from_secs(3))
        );
        assert_eq!(retries.after_answer(&answer(429, Some(1)), || 1.0), None);
        let mut retries = Retries::new(&policy, Repeat::Harmless);
        assert_eq!(retries.after_answer(&answer(429, None), || 1.0), None);
    }

    #[test]
    fn a_gateway_error_is_retried_only_where_harmless() {
        let policy = policy();
        let after = |repeat, status, delay| {
            Retries::new(&policy, repeat).after_answer(&answer(status, delay), || 1.0)
        };
        assert_eq!(after(Repeat::Harmless, 503, None), Some(Duration::from_millis(300)));
        assert_eq!(after(Repeat::Harmless, 503, Some(1000)), Some(Duration::from_secs(1)));
        assert_eq!(after(Repeat::Harmless, 503, Some(60_000)), None);
        assert_eq!(after(Repeat::Unsafe, 503, None), None);
        assert_eq!(after(Repeat::Harmless, 500, None), None);
        assert_eq!(after(Repeat::Harmless, 404, None), None);
    }

    #[test]
    fn no_retries_means_none() {
        let policy = Policy { max_retries: 0, ..policy() };
        let mut retries = Retries::new(&policy, Repeat::Harmless);
        assert_eq!(retries.after_fault(Fault::NotSent, || 1.0), None);
        assert_eq!(retries.after_answer(&answer(429, Some(1)), || 1.0), None);
    }
}
