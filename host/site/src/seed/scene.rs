//! The named productions: how large each is, and what is in it. Pure data; `grown` makes them.

#[cfg(test)]
mod tests;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A production by its name. The same name and seed make the same production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scene {
    /// One person, two shots: what a test can hold in its head.
    Tiny,
    /// A short film of 21 shots, every record of which is told of in the event log.
    #[default]
    Short,
    /// A commercial in its second week.
    Commercial,
    /// A series of eight episodes.
    Series,
    /// A feature film in its last months.
    Feature,
}

/// A name that no scene has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no scene `{0}`; there are {names}", names = Scene::ALL.map(Scene::name).join(", "))]
pub struct NoSuchScene(String);

/// What a grown production is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) project: &'static str,
    pub(super) code: &'static str,
    pub(super) project_type: &'static str,
    pub(super) people: usize,
    /// How many steps shots and assets go through, of those that are named.
    pub(super) shot_steps: usize,
    pub(super) asset_steps: usize,
    /// 0 for a production without episodes.
    pub(super) episodes: usize,
    pub(super) sequences: usize,
    /// The fewest and the most shots of a sequence.
    pub(super) shots: (u64, u64),
    pub(super) assets: usize,
    /// The most versions of a task that was finished.
    pub(super) versions_max: u64,
    pub(super) playlists: usize,
    /// How long it has been going on.
    pub(super) days: i64,
    /// Writes of the last working day, which the event log tells of.
    pub(super) writes: usize,
}

impl Scene {
    /// All of them, the smallest first.
    pub const ALL: [Self; 5] =
        [Self::Tiny, Self::Short, Self::Commercial, Self::Series, Self::Feature];

    /// What it is chosen by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Short => "short",
            Self::Commercial => "commercial",
            Self::Series => "series",
            Self::Feature => "feature",
        }
    }

    /// What it is, in a line for people.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Tiny => "one person and two shots: about 20 records",
            Self::Short => {
                "a short film of 21 shots, all of it in the event log: about 200 records"
            }
            Self::Commercial => "a commercial in its second week: about 1,000 records",
            Self::Series => "a series of eight episodes: about 20,000 records",
            Self::Feature => "a feature film in its last months: about 100,000 records",
        }
    }

    /// The name of the project that people work on.
    #[must_use]
    pub fn project(self) -> &'static str {
        self.plan().map_or(super::PROJECT, |plan| plan.project)
    }

    /// What it is grown from; none for the short film, which is written by hand.
    pub(super) fn plan(self) -> Option<Plan> {
        Some(match self {
            Self::Short => return None,
            Self::Tiny => Plan {
                project: "Paper Boat",
                code: "ppb",
                project_type: "Feature",
                people: 1,
                shot_steps: 2,
                asset_steps: 1,
                episodes: 0,
                sequences: 1,
                shots: (2, 2),
                assets: 1,
                versions_max: 1,
                playlists: 0,
                days: 5,
                writes: 5,
            },
            Self::Commercial => Plan {
                project: "Copper Kettle",
                code: "cpk",
                project_type: "Commercial",
                people: 12,
                shot_steps: 5,
                asset_steps: 3,
                episodes: 0,
                sequences: 3,
                shots: (5, 7),
                assets: 10,
                versions_max: 3,
                playlists: 6,
                days: 10,
                writes: 150,
            },
            Self::Series => Plan {
                project: "Marrow and Fen",
                code: "mnf",
                project_type: "Episodic",
                people: 60,
                shot_steps: 6,
                asset_steps: 4,
                episodes: 8,
                sequences: 32,
                shots: (6, 13),
                assets: 180,
                versions_max: 4,
                playlists: 90,
                days: 150,
                writes: 800,
            },
            Self::Feature => Plan {
                project: "The Glass Meridian",
                code: "tgm",
                project_type: "Feature",
                people: 150,
                shot_steps: 7,
                asset_steps: 5,
                episodes: 0,
                sequences: 48,
                shots: (21, 37),
                assets: 740,
                versions_max: 4,
                playlists: 300,
                days: 400,
                writes: 2_000,
            },
        })
    }
}

impl FromStr for Scene {
    type Err = NoSuchScene;

    fn from_str(name: &str) -> Result<Self, NoSuchScene> {
        let found = Self::ALL.into_iter().find(|scene| scene.name() == name);
        found.ok_or_else(|| NoSuchScene(name.to_owned()))
    }
}
