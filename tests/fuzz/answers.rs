//! What is asked of any answer of a site, shared by the fuzz target and by the tests of bad answers.

use std::time::{Duration, Instant};

use shotgun::EventPage;

/// No answer takes longer, even unoptimised on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads an answer to a question about the event log; says how many entries and how many rows that cannot be read are in it.
///
/// # Panics
/// If reading does, or takes too long, or if a row is lost, or if what is said of it repeats what it was sent at length.
pub fn feed_answer(body: &str) -> Option<(usize, usize)> {
    let begin = Instant::now();
    let answer = EventPage::read(body, 500);
    assert!(begin.elapsed() < PATIENCE, "the answer took {:?}", begin.elapsed());
    match answer {
        Ok(page) => {
            let (read, malformed) = (page.entries.len(), page.malformed.len());
            assert_eq!(page.rows, read + malformed, "each row is one or the other");
            for fetched in &page.entries {
                let again = shotgun::wire::parse_entry(&fetched.json);
                assert_eq!(again.as_ref(), Ok(&fetched.entry), "what is kept is what was read");
            }
            page.malformed.iter().for_each(|malformed| check_shown(&malformed.to_string()));
            Some((read, malformed))
        }
        Err(error) => {
            check_shown(&error.to_string());
            None
        }
    }
}

/// A refusal is a line of the log, which is short whatever the site sends.
fn check_shown(text: &str) {
    assert!(!text.is_empty() && text.len() <= 4_096, "{} bytes: {text:.200}", text.len());
}
