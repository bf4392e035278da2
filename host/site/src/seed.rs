//! The seed: an invented production, the same for the same scene and seed. Pure. The short film is written by requests to
//! the model, so that its events are in the log as if people had made it; the others are grown.

mod furnishing;
mod grown;
mod names;
mod production;
mod scene;
#[cfg(test)]
mod tests;
mod words;

use serde_json::{Value, json};

use crate::call::Call;
use crate::crew::{Member, Roster};
use crate::model::{Model, Now};
use crate::random::Random;
use crate::wire::ApiError;

pub use scene::{NoSuchScene, Scene};

/// The script that writes the seed, and afterwards is the host's.
pub const HOST_SCRIPT: &str = "cuebox";
/// The script that tidies up at night, where a studio works.
pub const NIGHTLY_SCRIPT: &str = "nightly";
/// The project that people work on.
pub const PROJECT: &str = "Lantern Harbour";
/// The project that is over.
pub const ARCHIVED_PROJECT: &str = "Salt Roads";

/// What may be chosen about the seed.
#[derive(Debug, Clone)]
pub struct Options {
    /// Decides frame ranges, who works on what, and the keys and passwords that are not given.
    pub seed: u64,
    /// When the production was made.
    pub now: Now,
    /// The script users beside the host's own, which is always there. A name that comes again counts once.
    pub scripts: Vec<Script>,
}

/// A script user that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its name.
    pub name: String,
    /// Its key; one is made if not given.
    pub key: Option<String>,
}

/// What was made, as far as somebody must know it to use it.
#[derive(Debug, Clone)]
pub struct Production {
    /// The project that people work on.
    pub project: u64,
    /// Its name.
    pub project_name: &'static str,
    /// The project that is over.
    pub archived_project: u64,
    /// The script users, the host's first. The keys guard nothing but the stand-in.
    pub scripts: Vec<ScriptUser>,
    /// Who works on the project, and what they know of it.
    pub roster: Roster,
}

/// A script user that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptUser {
    /// The id of the ApiUser.
    pub id: u64,
    /// What it authenticates with.
    pub name: String,
    /// What it authenticates with.
    pub key: String,
}

/// Makes the production of the scene `short` on an empty site.
///
/// # Errors
/// If the site refuses a request, as one with another schema or with records of the same names does.
pub fn plant(model: &mut Model, options: &Options) -> Result<Production, ApiError> {
    plant_scene(model, Scene::Short, options)
}

/// Makes the production of a scene on an empty site.
///
/// # Errors
/// If the site refuses a request, as one with another schema or with records of the same names does.
pub fn plant_scene(
    model: &mut Model,
    scene: Scene,
    options: &Options,
) -> Result<Production, ApiError> {
    let mut random = Random::new(options.seed);
    model.add_standard_records()?;
    let scripts = script_users(model, options, &mut random);
    // The studio's own script is after those that are asked for, with a key of its own: nobody else's changes by it.
    if !scripts.iter().any(|script| script.name == NIGHTLY_SCRIPT) {
        let key = secret(&mut Random::new(options.seed ^ 0xA076_1D64_78BD_642F));
        model.add_script(NIGHTLY_SCRIPT, &key);
    }
    if let Some(plan) = scene.plan() {
        return grown::grow(model, plan, options.seed, options.now, random, scripts);
    }
    let host = scripts.first().expect("the host's own script comes first");
    let credentials = json!({"script_name": host.name, "script_key": host.key});
    let planter = Planter { model, credentials, now: options.now, random };
    planter.plant(scripts)
}

impl Production {
    /// The key of a script user.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&str> {
        self.scripts.iter().find(|script| script.name == name).map(|script| script.key.as_str())
    }
}

fn script_users(model: &mut Model, options: &Options, random: &mut Random) -> Vec<ScriptUser> {
    let host = Script { name: HOST_SCRIPT.to_owned(), key: None };
    let mut wanted: Vec<Script> = Vec::new();
    for script in options.scripts.iter().cloned().chain([host]) {
        if !wanted.iter().any(|known| known.name == script.name) {
            wanted.push(script);
        }
    }
    wanted.sort_by_key(|script| script.name != HOST_SCRIPT);
    wanted
        .into_iter()
        .map(|Script { name, key }| {
            let key = key.unwrap_or_else(|| secret(random));
            let id = model.add_script(&name, &key).id;
            ScriptUser { id, name, key }
        })
        .collect()
}

/// Text that looks like a key. It guards nothing: the seed is known.
fn secret(random: &mut Random) -> String {
    format!("{:016x}{:016x}", random.next(), random.next())
}

/// Writes the seed's records, as the host's script.
struct Planter<'a> {
    model: &'a mut Model,
    credentials: Value,
    now: Now,
    random: Random,
}

impl Planter<'_> {
    /// Creates a record and gives its link.
    fn create(&mut self, entity_type: &str, fields: Value) -> Result<Value, ApiError> {
        let results = self.perform(Call::create(entity_type, fields))?;
        Ok(json!({"type": entity_type, "id": results["id"]}))
    }

    fn perform(&mut self, call: Call) -> Result<Value, ApiError> {
        let request = call.signed(self.credentials.clone());
        Ok(self.model.rpc(&request, self.now)?.results())
    }

    fn member(&mut self, first: &str, last: &str, login: &str) -> Result<Member, ApiError> {
        let password = secret(&mut self.random);
        let id = self.model.add_user(login, &format!("{first} {last}"), &password).id;
        let fields = json!({"firstname": first, "lastname": last, "email": format!("{login}@harbour.example")});
        self.perform(Call::update("HumanUser", id, fields))?;
        let session_uuid =
            uuid::Uuid::from_u64_pair(self.random.next(), self.random.next()).to_string();
        Ok(Member { id, login: login.to_owned(), password, session_uuid })
    }
}

fn id_of(link: &Value) -> u64 {
    link["id"].as_u64().expect("a create answers with the id")
}
