//! `cuebox import`: a studio's Python daemon, taken over: its settings, and how far each of its plugins is.
//!
//! Nothing is written before all is known, and what was written is taken back if not all of it can be.

mod ini;
mod pickle;
mod positions;
mod states;
mod translation;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use config::{Config, Loaded, Lookup, SecretFile};
use database::Database;
use shotgun::Caller;

use crate::catalog::{self, Form};
use crate::cli::{ExitCode, Import};
use crate::clock;
use crate::command::events;
use crate::command::plugins::say;
use crate::failure::{self, Failure};
use crate::host;
use crate::plugins;
use crate::script::Language;
use ini::Ini;
use positions::{Plan, Planned, Standing};
use states::States;
use translation::{Script, Translation};

/// The file that a key is put into, beside the configuration.
const KEY_FILE: &str = "script.key";

/// The largest file of the daemon that is read.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Takes a daemon over.
pub async fn run(config_path: &Path, choice: &Import) -> anyhow::Result<()> {
    let target = std::path::absolute(config_path).context("cannot find the folder to write to")?;
    let folder = target.parent().unwrap_or(Path::new("/")).to_owned();
    let key_path = folder.join(KEY_FILE);
    let variable = |name: &str| std::env::var(name).ok();
    let translation = translate(&choice.conf)?;
    let folders = translation::folders(&translation.paths, &variable);
    let mut notes = translation.notes.clone();
    let (scripts, of_folder) = scripts(&folders, &mut notes).await;
    let text = translation.text(&choice.conf, &scripts);
    let config = checked(&text, &target, &translation)?;
    let mut files = vec![target.clone(), config.database.path.clone()];
    files.extend(translation.key.is_some().then(|| key_path.clone()));
    refuse_to_overwrite(&files)?;

    let states = states(choice, &translation, &variable, &mut notes)?;
    let standings = standings(states.as_ref(), &of_folder, choice, &mut notes)?;
    let plan = plan(&config, standings).await?;
    still_runs(&translation, &variable, &mut notes);

    let written = write(&text, &target, &translation, &key_path, &config, plan.as_ref());
    if let Err(error) = written {
        // They were not there before.
        files.iter().for_each(|path| drop(fs::remove_file(path)));
        return Err(error);
    }
    report(&target, &translation, &scripts, plan.as_ref(), &notes)
}

fn translate(conf: &Path) -> anyhow::Result<Translation> {
    let text = read(conf)?;
    let text = String::from_utf8(text).map_err(|_| wrong(conf, "is not text in UTF-8"))?;
    let ini = Ini::parse(&text).map_err(|error| wrong(conf, error))?;
    Ok(Translation::of(&ini, KEY_FILE).map_err(|error| wrong(conf, error))?)
}

/// The plugins, and for each the folder it is in.
async fn scripts(
    folders: &[PathBuf],
    notes: &mut Vec<String>,
) -> (Vec<Script>, Vec<(String, PathBuf)>) {
    let mut files = Vec::new();
    for folder in folders {
        match plugins::list_files(std::slice::from_ref(folder)).await {
            Ok(listed) => files.extend(listed),
            Err((folder, error)) => {
                notes.push(format!("the plugin folder {folder} cannot be read: {error}"))
            }
        }
    }
    let scripts = files
        .into_iter()
        .filter(|file| Form::of(&file.path) == Some(Form::Script(Language::Python)));
    let (listing, unusable) = catalog::name(scripts);
    notes.extend(unusable.iter().map(ToString::to_string));
    let (mut scripts, mut of_folder) = (Vec::new(), Vec::new());
    for (name, file) in listing {
        let text = fs::read(&file.path).unwrap_or_default();
        let variables = translation::variables(&String::from_utf8_lossy(&text));
        let folder = file.path.parent().unwrap_or(Path::new("/")).to_owned();
        of_folder.push((name.clone(), folder));
        scripts.push(Script { name, variables });
    }
    (scripts, of_folder)
}

/// The configuration as it is going to be read.
fn checked(text: &str, target: &Path, translation: &Translation) -> anyhow::Result<Config> {
    let key = translation.key.clone().unwrap_or_default();
    let lookup = Lookup {
        file_name: "what would be written",
        directory: target.parent().unwrap_or(Path::new("/")),
        variable: &|name| std::env::var(name).ok(),
        file: &|_| Ok(SecretFile { text: key.clone(), mode: None }),
    };
    let read = Config::read(text, &lookup);
    let Loaded { config, .. } =
        read.map_err(|problems| Failure::new(ExitCode::Configuration, problems.to_string()))?;
    Ok(config)
}

fn refuse_to_overwrite(files: &[PathBuf]) -> anyhow::Result<()> {
    let Some(there) = files.iter().find(|path| path.exists()) else { return Ok(()) };
    let what = format!("{} is there, and nothing is written over", there.display());
    let remedy = "Choose another folder with --config, or put it aside.";
    Err(Failure::new(ExitCode::Configuration, what).with_remedy(remedy).into())
}

/// How far the daemon is; none if that is not to be taken over, or nothing is there.
fn states(
    choice: &Import,
    translation: &Translation,
    variable: &dyn Fn(&str) -> Option<String>,
    notes: &mut Vec<String>,
) -> anyhow::Result<Option<States>> {
    if choice.all_newest {
        return Ok(None);
    }
    let of_conf =
        || translation.id_file.as_ref().map(|path| translation::expanded(path, variable).into());
    let Some(path) = choice.id_file.clone().or_else(of_conf) else {
        notes.push("no `eventIdFile` is set: every plugin begins with the newest event".to_owned());
        return Ok(None);
    };
    let remedy = "Give another one, a backup perhaps, with --id-file, or let every plugin begin with the newest event with --all-newest.";
    let told = |what: String| Failure::new(ExitCode::Failed, what).with_remedy(remedy);
    if !path.exists() {
        return Err(told(format!("the daemon's file {} is not there", path.display())).into());
    }
    let read = States::read(&read(&path)?);
    let cannot = |error| told(format!("cannot take positions from {}: {error}", path.display()));
    Ok(Some(read.map_err(cannot)?))
}

/// Where each plugin stood.
fn standings(
    states: Option<&States>,
    plugins: &[(String, PathBuf)],
    choice: &Import,
    notes: &mut Vec<String>,
) -> anyhow::Result<Vec<Standing>> {
    let is_there = |name: &str| plugins.iter().any(|(plugin, _)| plugin == name);
    if let Some(unknown) = choice.newest.iter().find(|name| !is_there(name)) {
        let what = format!("--newest {unknown}: there is no such plugin file");
        return Err(Failure::new(ExitCode::Plugin, what).into());
    }
    let Some(states) = states else { return Ok(Vec::new()) };
    for (folder, plugin) in states.plugins().filter(|(_, plugin)| !is_there(plugin)) {
        notes.push(format!(
            "plugin {plugin} in {folder}: its file is gone, and so its position is not taken over"
        ));
    }
    let standing = |(name, folder): &(String, PathBuf)| {
        let is_kept = !choice.newest.contains(name);
        let state = is_kept.then(|| states.of(&folder.to_string_lossy(), name)).flatten();
        (name.clone(), state)
    };
    Ok(plugins.iter().map(standing).collect())
}

async fn plan(config: &Config, standings: Vec<Standing>) -> anyhow::Result<Option<Plan>> {
    let client = host::client(config)?;
    let script = &config.site.script;
    let caller = Caller::script(&script.name, script.key.clone());
    Plan::make(&client, &caller, config.stream.page_size, standings).await
}

/// Two that handle the same events would do everything twice.
fn still_runs(
    translation: &Translation,
    variable: &dyn Fn(&str) -> Option<String>,
    notes: &mut Vec<String>,
) {
    let Some(pid_file) = &translation.pid_file else { return };
    let path = PathBuf::from(translation::expanded(pid_file, variable));
    if path.exists() {
        notes.push(format!(
            "{} is there: if the daemon still runs, stop it and import again, or what it handles meanwhile is handled twice",
            path.display()
        ));
    }
}

fn write(
    text: &str,
    target: &Path,
    translation: &Translation,
    key_path: &Path,
    config: &Config,
    plan: Option<&Plan>,
) -> anyhow::Result<()> {
    if let Some(key) = &translation.key {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(key_path).and_then(|mut file| writeln!(file, "{key}"));
        written.with_context(|| format!("cannot write {}", key_path.display()))?;
    }
    if let Some(plan) = plan {
        let site = config.site.url.to_string();
        let options = host::database_options(config, &site);
        let mut database =
            Database::open_for_host(&config.database.path, options).map_err(failure::database)?;
        plan.store(&mut database, clock::now())?;
        database.close()?;
    }
    fs::write(target, text).with_context(|| format!("cannot write {}", target.display()))
}

fn report(
    target: &Path,
    translation: &Translation,
    scripts: &[Script],
    plan: Option<&Plan>,
    notes: &[String],
) -> anyhow::Result<()> {
    let mut text = format!("Wrote {}", target.display());
    if translation.key.is_some() {
        text += &format!(", and the key to {KEY_FILE} beside it");
    }
    text += ".\n";
    let planned = plan.map_or(&[][..], Plan::plugins);
    for script in scripts {
        let of_plan = planned.iter().find(|planned| planned.name == script.name);
        text += &format!("  plugin {}: {}\n", script.name, future(of_plan));
    }
    match plan.map_or(0, Plan::missing) {
        0 => {}
        1 => text += "  1 id that the site does not show is waited for; `cuebox gaps` lists it\n",
        missing => {
            text += &format!(
                "  {missing} ids that the site does not show are waited for; `cuebox gaps` lists them\n"
            );
        }
    }
    if !notes.is_empty() {
        text += "To know:\n";
        notes.iter().for_each(|note| text += &format!("  {note}\n"));
    }
    text += &format!(
        "Next: grant each plugin what it needs, make what Python plugins run in (`just python-runtime`), then\n\
         `cuebox check --config {}`. The daemon ran its plugins one after the other; where one relies on another,\n\
         say so with `after`.",
        target.display()
    );
    say(&text)
}

fn future(planned: Option<&Planned>) -> String {
    let Some(Planned { last: Some(last), due, .. }) = planned else {
        return "begins with the newest event".to_owned();
    };
    let due = match due.len() {
        0 => String::new(),
        count => format!(", and is handed {} that it still waited for", events(count as u64)),
    };
    format!("goes on after event {last}{due}")
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let length =
        fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
    if length > FILE_BYTES_MAX {
        return Err(wrong(
            path,
            format!("has {length} bytes, and at most {FILE_BYTES_MAX} are read"),
        )
        .into());
    }
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn wrong(path: &Path, what: impl std::fmt::Display) -> Failure {
    Failure::new(ExitCode::Configuration, format!("{}: {what}", path.display()))
}
