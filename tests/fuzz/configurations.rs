//! What is asked of any configuration, shared by the fuzz target and by the tests of bad configurations.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use config::{Config, Loaded, Lookup, Plugin, Reload, Retry, SecretFile};

/// No answer takes longer, even unoptimised on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// A refusal that says more than this repeats what it was given.
const REFUSAL_BYTES_MAX: usize = 64 << 10;

/// What every environment variable holds.
pub const IN_VARIABLES: &str = "canary-of-variables-5f1e";

/// What every file with a secret holds.
pub const IN_FILES: &str = "canary-of-files-5f1e";

/// Reads a configuration; answers it if it is one.
///
/// # Panics
/// If reading does, takes too long, or says what a terminal would obey, what is secret, or a place that is not there; if what was read
/// breaks a rule that others build on, prints lines as other lines, or differs from itself.
pub fn feed_configuration(text: &str) -> Option<Config> {
    let begin = Instant::now();
    let answer = read(text);
    assert!(begin.elapsed() < PATIENCE, "the answer took {:?}", begin.elapsed());
    let (config, said) = match answer {
        Ok(Loaded { config, warnings }) => {
            let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
            (Some(config), warnings.join("\n"))
        }
        Err(problems) => {
            let said = problems.to_string();
            assert!(!said.is_empty(), "a refusal says why");
            (None, said)
        }
    };
    check_said(&said, text);
    if let Some(config) = &config {
        check_config(config);
        let shown = format!("{config:?}");
        assert!(!shown.contains(IN_FILES), "a secret is shown");
        let again = read(text).unwrap_or_else(|problems| panic!("{problems}")).config;
        let reload = Reload::new(config, again, [text; 3]);
        assert!(reload.now.is_empty() && reload.later.is_empty(), "the same text changes nothing");
    }
    config
}

fn read(text: &str) -> Result<Loaded, config::Problems> {
    let lookup = Lookup {
        file_name: "cuebox.toml",
        directory: Path::new("/etc/cuebox"),
        variable: &|name| (name != "UNSET").then(|| IN_VARIABLES.to_owned()),
        file: &|path| match path.extension().is_some_and(|ending| ending == "key") {
            true => Ok(SecretFile { text: format!("{IN_FILES}\n"), mode: Some(0o100_640) }),
            false => Err(io::Error::from(io::ErrorKind::NotFound)),
        },
    };
    Config::read(text, &lookup)
}

/// What is said is a line for each problem, with a place that is there.
fn check_said(said: &str, text: &str) {
    assert!(said.len() <= REFUSAL_BYTES_MAX, "{} bytes are said", said.len());
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
    assert!(!said.contains(IN_VARIABLES), "what a variable holds is said: {said}");
    assert!(!said.contains(IN_FILES), "what a file holds is said: {said}");
    for line in said.lines() {
        let place =
            line.strip_prefix("cuebox.toml:").unwrap_or_else(|| panic!("of which file? {line}"));
        let mut numbers = place.split(':').map_while(|number| number.parse::<usize>().ok());
        if let (Some(line), Some(column)) = (numbers.next(), numbers.next()) {
            let found = text.split('\n').nth(line - 1).expect("the line is there");
            assert!(column <= found.chars().count() + 1, "{line}:{column} is beyond `{found}`");
        }
    }
}

/// What others need not check again.
fn check_config(config: &Config) {
    let stream = &config.stream;
    assert!(stream.poll_busy <= stream.poll_quiet && stream.gap_timeout <= stream.sweep_timeout);
    assert!(stream.page_size > 0 && !config.plugins.paths.is_empty());
    check_retry(&config.retry);
    config.by_plugin.values().for_each(check_plugin);
}

fn check_plugin(plugin: &Plugin) {
    check_retry(&plugin.retry);
    plugin.callbacks.values().for_each(|callback| check_retry(&callback.retry));
    assert!(
        plugin.parallel > 0 && plugin.limits.fuel.small > 0 && !plugin.limits.deadline.is_zero()
    );
    for line in plugin.grants.shotgun.iter() {
        assert_eq!(line.to_string().parse().as_ref(), Ok(line));
    }
    for grant in &plugin.grants.http {
        assert_eq!(grant.line.to_string().parse().as_ref(), Ok(&grant.line));
        let secret = |name: &str| plugin.secrets.get(name).map(shotgun::Secret::expose);
        for (_, header) in &grant.headers {
            assert!(header.render(secret).is_some(), "every secret of a header is there");
        }
    }
}

fn check_retry(retry: &Retry) {
    assert!(retry.attempts > 0 && retry.pause <= retry.pause_max, "{retry:?}");
}
