//! How often each caller may ask: a bucket of tokens for each, which fills with time.

use std::collections::BTreeMap;
use std::time::Duration;

/// Callers that are told apart. Names are the callers' own choice: past this the quietest is forgotten.
const CALLERS_MAX: usize = 1_000;

/// The buckets of one rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Buckets(BTreeMap<String, Bucket>);

#[derive(Debug, Clone, Copy, PartialEq)]
struct Bucket {
    tokens: f64,
    at: Duration,
}

impl Buckets {
    /// Lets a request of `caller` pass, or says how long until the next one may.
    pub(super) fn take(
        &mut self,
        caller: &str,
        per_second: f64,
        burst: Option<u32>,
        now: Duration,
    ) -> Result<(), Duration> {
        let most = burst.map_or(per_second.max(1.0), f64::from);
        if !self.0.contains_key(caller) {
            self.make_room();
            self.0.insert(caller.to_owned(), Bucket { tokens: most, at: now });
        }
        let bucket = self.0.get_mut(caller).expect("it was put in");
        let gained = now.saturating_sub(bucket.at).as_secs_f64() * per_second;
        bucket.tokens = (bucket.tokens + gained).min(most);
        bucket.at = now;
        // A token that is there but for rounding is there.
        if bucket.tokens >= 1.0 - 1e-9 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - bucket.tokens) / per_second))
    }

    fn make_room(&mut self) {
        if self.0.len() < CALLERS_MAX {
            return;
        }
        let quietest = self.0.iter().min_by_key(|(_, bucket)| bucket.at);
        if let Some(name) = quietest.map(|(name, _)| name.clone()) {
            self.0.remove(&name);
        }
    }
}
