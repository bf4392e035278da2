//! `cuebox plugins`: what can be written.

use clap::{Args, Subcommand};
use eventlog::SiteTime;

/// `cuebox plugins`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Plugins {
    #[command(subcommand)]
    action: Option<PluginsAction>,

    #[command(flatten)]
    list: List,
}

/// What to do with plugins.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum PluginsAction {
    /// List plugins with their state, position, lag and last error (the default)
    List(List),
    /// Turn a plugin on, or let one that was stopped by a failure go on
    Enable {
        /// The name, as `plugins list` shows it
        name: String,
    },
    /// Move a plugin's position: let it skip events, or hand it events again
    ///
    /// Says how many events that is, and does nothing without --reason and --yes. An event that is handed over again is a new
    /// delivery: what the plugin wrote for it before, it writes again.
    Move(PluginMove),
    /// List how positions were moved, and why
    Moves {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Hand a plugin events again beside those that come in, without moving its position
    ///
    /// Says how many events that is, and does nothing without --reason and --yes. They are taken from the journal, or from the site with
    /// --from-site. Each is handed over between two new events, and is a dead letter until it is handled. What the plugin
    /// wrote for it before, it writes again.
    Replay(PluginReplay),
    /// List what was handed over again, and why
    Replays {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Turn a plugin off; its position is kept
    Disable {
        /// The name, as `plugins list` shows it
        name: String,
    },
}

/// `cuebox plugins move`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct PluginMove {
    /// The name, as `plugins list` shows it
    pub name: String,

    #[command(flatten)]
    pub to: MoveTo,

    /// Why; it is kept
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,

    /// Do it
    #[arg(long, requires = "reason")]
    pub yes: bool,
}

/// Where to.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[group(required = true, multiple = false)]
pub struct MoveTo {
    /// So that this event of the site is the next
    #[arg(long, value_name = "ID")]
    pub event: Option<u64>,

    /// Past so many events
    #[arg(long, value_name = "N")]
    pub skip: Option<u64>,

    /// Back by so many events
    #[arg(long, value_name = "N")]
    pub back: Option<u64>,

    /// Past all events that there are
    #[arg(long)]
    pub newest: bool,
}

/// `cuebox plugins replay`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct PluginReplay {
    /// The name, as `plugins list` shows it
    pub name: String,

    #[command(flatten)]
    pub range: ReplayRange,

    /// Only events of this type, such as Shotgun_Task_Change; may come again
    #[arg(long = "type", value_name = "TYPE")]
    pub event_types: Vec<String>,

    /// Only events about this entity, such as Shot, or Shot:7; may come again
    #[arg(long = "entity", value_name = "TYPE[:ID]", value_parser = entity)]
    pub entities: Vec<EntityChoice>,

    /// Ask the site for the events, for those that the journal does not hold any more, or never did
    #[arg(long)]
    pub from_site: bool,

    /// Why; it is kept
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,

    /// Do it
    #[arg(long, requires = "reason")]
    pub yes: bool,
}

/// Which events, by their ids and by when they happened.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[group(required = true, multiple = true)]
pub struct ReplayRange {
    /// From this event on
    #[arg(long, value_name = "ID")]
    pub from: Option<u64>,

    /// Up to this event
    #[arg(long, value_name = "ID")]
    pub to: Option<u64>,

    /// Those that happened at or after this moment of the site's clock, such as 2026-03-02T08:30:00Z
    #[arg(long, value_name = "MOMENT", value_parser = instant)]
    pub since: Option<SiteTime>,

    /// Those that happened at or before this moment
    #[arg(long, value_name = "MOMENT", value_parser = instant)]
    pub until: Option<SiteTime>,
}

/// An entity type, or one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityChoice {
    /// The type.
    pub entity_type: String,
    /// The number; any if there is none.
    pub id: Option<u64>,
}

/// `cuebox plugins list`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl Plugins {
    /// What to do: the list is the default.
    #[must_use]
    pub fn action(self) -> PluginsAction {
        self.action.unwrap_or(PluginsAction::List(self.list))
    }
}

pub(super) fn instant(text: &str) -> Result<SiteTime, String> {
    let moment: Result<jiff::Timestamp, _> = text.parse();
    moment
        .map(|moment| SiteTime(moment.as_millisecond()))
        .map_err(|_| "it must be such as 2026-03-02T08:30:00Z".to_owned())
}

pub(super) fn entity(text: &str) -> Result<EntityChoice, String> {
    let (entity_type, id) = match text.split_once(':') {
        None => (text, None),
        Some((entity_type, id)) => {
            let rule = "the part after the colon must be the entity's number, such as Shot:7";
            (entity_type, Some(id.parse().map_err(|_| rule.to_owned())?))
        }
    };
    match entity_type.is_empty() {
        true => {
            Err("it must be an entity type, such as Shot, or one entity, such as Shot:7".to_owned())
        }
        false => Ok(EntityChoice { entity_type: entity_type.to_owned(), id }),
    }
}
