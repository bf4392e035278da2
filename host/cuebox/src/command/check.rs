//! `cuebox check`: everything that a run would trip over, said before it. Changes nothing: not the database, not the site.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use config::{Config, Script};
use runtime::{Engine, KeyValues};
use serde::Serialize;
use shotgun::{Caller, Client, Credentials, query::Filters, query::Read};

use crate::admission::Refused;
use crate::catalog::{self, Listing};
use crate::cli::ExitCode;
use crate::command;
use crate::compiler;
use crate::failure::{self, Failure};
use crate::halts::{self, Halts};
use crate::host;
use crate::loader::{LoadError, Loaded, Loader, Request};
use crate::plugins::list_files;
use crate::setup::Setups;

/// What was looked at, and what was found.
#[derive(Debug, Serialize)]
struct Finding {
    /// `configuration`, `database`, `site` or `plugin NAME`.
    subject: String,
    result: Verdict,
    text: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warning,
    Problem,
}

/// Checks everything; fails if there is a problem.
pub async fn run(config_path: &Path, json: bool) -> anyhow::Result<()> {
    let config = Arc::new(command::read_config(config_path)?);
    let mut findings = vec![ok("configuration", format!("{} is valid", config_path.display()))];
    findings.push(check_database(&config));
    match host::client(&config) {
        Err(error) => findings.push(problem("site", failure::chain(&*error), None)),
        Ok(client) => {
            let reached = check_site(&config, &client).await;
            let answers = reached.result == Verdict::Ok;
            findings.push(reached);
            if answers {
                findings.extend(check_scripts(&config, &client).await);
            }
            findings.extend(check_plugins(config.clone(), client).await);
            findings.extend(check_lock(&config).await);
        }
    }
    print(&findings, json)?;
    let problems = findings.iter().filter(|finding| finding.result == Verdict::Problem).count();
    if problems > 0 {
        let plural = if problems == 1 { "" } else { "s" };
        return Err(
            Failure::new(ExitCode::Failed, format!("{problems} problem{plural} found")).into()
        );
    }
    Ok(())
}

fn check_database(config: &Config) -> Finding {
    let path = &config.database.path;
    if !path.exists() {
        return match path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty() && !parent.is_dir())
        {
            None => ok(
                "database",
                format!("{} will be made; the stream begins at the newest event", path.display()),
            ),
            Some(parent) => problem(
                "database",
                format!(
                    "{} cannot be made: there is no folder {}",
                    path.display(),
                    parent.display()
                ),
                Some(format!(
                    "make the folder, or write another `path` under [database]: mkdir -p {}",
                    parent.display()
                )),
            ),
        };
    }
    match host::open_database_for_tools(config) {
        Ok(database) => match database.plugins() {
            Ok(plugins) => ok(
                "database",
                format!("{} is usable and knows {} plugins", path.display(), plugins.len()),
            ),
            Err(error) => problem("database", failure::chain(&error), None),
        },
        Err(error) => problem("database", failure::describe(&error).0, None),
    }
}

async fn check_site(config: &Config, client: &Client) -> Finding {
    let url = &config.site.url;
    let info = match client.info().await {
        Ok(info) => info,
        Err(error) => {
            let remedy = "check `url`, `proxy` and `ca_file` under [site], and that this machine reaches the site";
            return problem("site", failure::chain(&error), Some(remedy.to_owned()));
        }
    };
    let script = &config.site.script;
    let caller = Caller::script(&script.name, script.key.clone());
    match client.recent_event_ids(&caller, 1).await {
        Ok(ids) => {
            let newest = ids
                .first()
                .map_or("the event log is empty".to_owned(), |id| format!("the newest event is {id}"));
            let version = version(&info.version);
            let reads = format!("script `{}` reads the event log", script.name);
            ok("site", format!("{url} answers (version {version}); {reads}; {newest}"))
        }
        Err(error) => problem(
            "site",
            format!("script `{}` cannot read the event log: {}", script.name, failure::chain(&error)),
            Some("check `script_name` and `script_key` under [site], and the script's permissions on the site".to_owned()),
        ),
    }
}

fn version(numbers: &[u64]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

/// Signs in as each script user that plugins have of their own.
async fn check_scripts(config: &Config, client: &Client) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, plugin) in &config.by_plugin {
        if let Some(script) = &plugin.script {
            findings.push(check_script(name, script, client).await);
        }
    }
    findings
}

async fn check_script(plugin: &str, script: &Script, client: &Client) -> Finding {
    let subject = format!("script `{}` of plugin {plugin}", script.name);
    let caller = Caller {
        credentials: Credentials::Script { name: script.name.clone(), key: script.key.clone() },
        session_uuid: None,
        sudo_as_login: None,
    };
    let mut query = Read::new("ApiUser");
    query.filters =
        Filters::parse(&serde_json::json!([["firstname", "is", script.name]]).to_string())
            .expect("a list of one condition is a filter");
    query.fields = vec!["generate_event_log_entries".to_owned()];
    query.limit = Some(1);
    match client.read(&caller, &query).await {
        Ok(rows) if rows.iter().any(|row| row.contains("\"generate_event_log_entries\":false")) => Finding {
            subject,
            result: Verdict::Warning,
            text: "signs in, but its writes make no events (generate_event_log_entries is off)".to_owned(),
            remedy: Some("turn it on on the site's Scripts page if other plugins should see what this one does".to_owned()),
        },
        Ok(_) => ok(subject, "signs in".to_owned()),
        // A script that may not look at script users is still a script that signs in.
        Err(error) if error.fault().is_some_and(|fault| fault.code != SIGN_IN_FAULT) => ok(subject, "signs in".to_owned()),
        Err(error) => problem(
            subject,
            failure::chain(&error),
            Some(format!("check `script_name` and `script_key` under [plugin.{plugin}]")),
        ),
    }
}

/// The site's error code for a sign-in that it refuses.
const SIGN_IN_FAULT: u32 = 102;

/// Loads every plugin as a run would, `register` included, which can only read.
async fn check_plugins(config: Arc<Config>, client: Client) -> Vec<Finding> {
    let mut findings = Vec::new();
    let listing = match list_files(&config.plugins.paths).await {
        Ok(files) => {
            let (listing, unusable) = catalog::name(files);
            findings.extend(
                unusable.iter().map(|unusable| problem("plugins", unusable.to_string(), None)),
            );
            listing
        }
        Err((path, error)) => {
            let remedy = "make the folder, or write others as `paths` under [plugins]".to_owned();
            findings.push(problem(
                "plugins",
                format!("the folder {path} cannot be listed: {error}"),
                Some(remedy),
            ));
            Listing::new()
        }
    };
    for name in config.by_plugin.keys().filter(|name| !listing.contains_key(*name)) {
        findings.push(Finding {
            subject: format!("plugin {name}"),
            result: Verdict::Warning,
            text: format!(
                "[plugin.{name}] is configured, and there is no file {name}.wasm, {name}.py or {name}.js"
            ),
            remedy: None,
        });
    }
    // A check leaves nothing behind, not even compiled code.
    let engine = match Engine::new(None, [0; 32]) {
        Ok(engine) => engine,
        Err(error) => {
            findings.push(problem("plugins", failure::chain(&error), None));
            return findings;
        }
    };
    let connector = match host::connector(&config) {
        Ok(connector) => connector,
        Err(error) => {
            findings.push(problem("plugins", failure::chain(&*error), None));
            return findings;
        }
    };
    let loader = Loader::new(compiler::own(engine), Some(&config.plugins));
    let setups = Setups::new(config.clone(), client, connector, Halts::default());
    // What is wrong with it was said of the database.
    let known = host::open_database_for_tools(&config).ok();
    let halting = known.as_ref().and_then(|database| database.halting().ok()).unwrap_or_default();
    findings.extend(halting.halts.iter().map(halted));
    for (name, file) in listing {
        if halts::halt_of(&halting, &name).is_some() {
            // To load it would be to run it.
            continue;
        }
        let known = known.as_ref().and_then(|database| database.artifacts(&name).ok());
        let request = setups.request(&name, file.path, known.unwrap_or_default());
        findings.push(check_plugin(&loader, &setups, &name, request).await);
    }
    findings
}

fn halted(halt: &database::Halt) -> Finding {
    Finding {
        subject: "halted".to_owned(),
        result: Verdict::Warning,
        text: command::halt::describe(halt),
        remedy: Some("`cuebox release` lets it go on".to_owned()),
    }
}

async fn check_plugin(loader: &Loader, setups: &Setups, name: &str, request: Request) -> Finding {
    let subject = format!("plugin {name}");
    if !setups.is_enabled(name) {
        return ok(subject, format!("is turned off (`enabled = false` under [plugin.{name}])"));
    }
    let draft = setups.draft(name, KeyValues::default());
    match loader.load(request, draft, setups.options(name)).await {
        Err(LoadError::Refused { source: Refused::Held(held), .. }) => Finding {
            subject,
            result: Verdict::Warning,
            text: format!("version {} is held: {held}", held.digest.short()),
            remedy: None,
        },
        Err(error) => problem(subject, failure::chain(&error), None),
        Ok(Loaded { version, .. }) => {
            let names: Vec<&str> = version
                .registration
                .callbacks
                .iter()
                .map(|callback| callback.name.as_str())
                .collect();
            ok(
                subject,
                format!("version {} registers {}", version.digest().short(), names.join(", ")),
            )
        }
    }
}

/// Compares the lock file, where there is one, with what is there.
async fn check_lock(config: &Config) -> Option<Finding> {
    let path = config.plugins.lock.display().to_string();
    match command::lock::differences(config).await {
        Ok(None) if config.plugins.locked => Some(problem(
            "lock",
            format!("{path} is not there, so no plugin may run"),
            Some("`cuebox lock` writes it".to_owned()),
        )),
        Ok(None) => None,
        Ok(Some(differences)) if differences.is_empty() => {
            Some(ok("lock", format!("{path} has what is there")))
        }
        Ok(Some(differences)) => Some(Finding {
            subject: "lock".to_owned(),
            result: if config.plugins.locked { Verdict::Problem } else { Verdict::Warning },
            text: differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
            remedy: Some("`cuebox lock` takes in what is there".to_owned()),
        }),
        Err(error) => Some(problem("lock", failure::chain(&*error), None)),
    }
}

fn print(findings: &[Finding], json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        command::write_json(&mut out, findings)?;
        return Ok(());
    }
    for finding in findings {
        let mark = match finding.result {
            Verdict::Ok => "ok      ",
            Verdict::Warning => "warning ",
            Verdict::Problem => "PROBLEM ",
        };
        writeln!(out, "{mark} {}: {}", finding.subject, indented(&finding.text))?;
        if let Some(remedy) = &finding.remedy {
            writeln!(out, "         {}", indented(remedy))?;
        }
    }
    Ok(())
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n         ")
}

fn ok(subject: impl Into<String>, text: String) -> Finding {
    Finding { subject: subject.into(), result: Verdict::Ok, text, remedy: None }
}

fn problem(subject: impl Into<String>, text: String, remedy: Option<String>) -> Finding {
    Finding { subject: subject.into(), result: Verdict::Problem, text, remedy }
}
