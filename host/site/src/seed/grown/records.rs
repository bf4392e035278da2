//! Who works there, and what the work is on: people, steps, assets, episodes, sequences and shots.

use serde_json::{Value, json};

use super::{Grower, Member, STORAGE, Step, date, secret};
use crate::crew::Roster;
use crate::model::Now;
use crate::seed::words::{
    ASSET_STEPS, DEPARTMENTS, FILE_TYPES, FIRST_NAMES, LAST_NAMES, QUALITIES, SEQUENCES,
    SHOT_STEPS, THINGS,
};
use crate::wire::ApiError;

/// Frame counting starts here, with room before it for handles.
const FIRST_FRAME: u64 = 1_001;
/// A people number for which all pairs of names are different: the first names go round once for each last name.
const PAIRS: usize = FIRST_NAMES.len() * LAST_NAMES.len();

impl Grower<'_> {
    pub(super) fn people(&mut self) -> Result<Vec<Member>, ApiError> {
        let mut departments = Vec::new();
        // Whoever works alone is of no department.
        let wanted = if self.plan.people > 1 { DEPARTMENTS } else { &[] };
        for (order, name) in wanted.iter().enumerate() {
            let fields =
                json!({"name": name, "code": name[..3].to_uppercase(), "list_order": order});
            departments.push(self.add("Department", fields)?);
        }
        (0..self.plan.people.min(PAIRS)).map(|number| self.person(number, &departments)).collect()
    }

    fn person(&mut self, number: usize, departments: &[Value]) -> Result<Member, ApiError> {
        let round = number / FIRST_NAMES.len();
        let first = FIRST_NAMES[number % FIRST_NAMES.len()];
        let last = LAST_NAMES[(number * 7 + round) % LAST_NAMES.len()];
        let login = match round {
            0 => first.to_lowercase(),
            round => format!("{}{}", first.to_lowercase(), round + 1),
        };
        let password = secret(&mut self.random);
        let fields = json!({"login": login, "name": format!("{first} {last}"), "firstname": first, "lastname": last,
            "email": format!("{login}@studio.example"), "password_proxy": password,
            "department": departments.get(number % departments.len().max(1))});
        let link = self.add("HumanUser", fields)?;
        let id = link["id"].as_u64().expect("a link has an id");
        self.people.push(link);
        let session_uuid =
            uuid::Uuid::from_u64_pair(self.random.next(), self.random.next()).to_string();
        Ok(Member { id, login, password, session_uuid })
    }

    /// What every project of the studio uses: steps, the types of published files, and where those are.
    pub(super) fn standards(&mut self) -> Result<(), ApiError> {
        self.shot_steps = self.steps("Shot", &SHOT_STEPS[..self.plan.shot_steps])?;
        self.asset_steps = self.steps("Asset", &ASSET_STEPS[..self.plan.asset_steps])?;
        if self.plan.people == 1 {
            return Ok(());
        }
        self.add("LocalStorage", json!({"code": "primary", "linux_path": STORAGE}))?;
        for (name, short_name, _) in FILE_TYPES {
            let file_type =
                self.add("PublishedFileType", json!({"code": name, "short_name": short_name}))?;
            self.file_types.push(file_type);
        }
        Ok(())
    }

    fn steps(
        &mut self,
        entity_type: &str,
        steps: &[(&'static str, &'static str, &'static str)],
    ) -> Result<Vec<Step>, ApiError> {
        let mut made = Vec::new();
        for (order, (name, short_name, color)) in steps.iter().copied().enumerate() {
            let fields = json!({"code": name, "short_name": short_name, "color": color, "entity_type": entity_type,
                "list_order": order + 1});
            made.push(Step { link: self.add("Step", fields)?, name, short_name });
        }
        Ok(made)
    }

    pub(super) fn assets(&mut self, roster: &mut Roster) -> Result<Vec<Value>, ApiError> {
        let count = self.plan.assets;
        let steps = self.asset_steps.clone();
        let mut assets = Vec::new();
        for number in 0..count {
            let (thing, asset_type) = THINGS[number % THINGS.len()];
            let quality = QUALITIES[(number + number / THINGS.len()) % QUALITIES.len()];
            let round = number / (THINGS.len() * QUALITIES.len());
            let code = match round {
                0 => format!("{quality} {thing}"),
                round => format!("{quality} {thing} {}", round + 1),
            };
            // Assets are ready before the shots that they are in.
            let progress = 1.6 - number as f64 / count as f64;
            let at = self.moment_at(0.3 * number as f64 / count as f64);
            let by = self.somebody();
            let fields = json!({"code": code, "sg_asset_type": asset_type, "sg_status_list": status(progress)});
            let asset = self.add_made("Asset", fields, at, &by)?;
            self.tasks(roster, &steps, &asset, &code, progress, at)?;
            assets.push(asset);
        }
        Ok(assets)
    }

    pub(super) fn sequences(
        &mut self,
        roster: &mut Roster,
        assets: &[Value],
    ) -> Result<(), ApiError> {
        let mut episodes = Vec::new();
        for number in 1..=self.plan.episodes {
            let fields = json!({"code": format!("EP{number:02}"), "sg_status_list": "ip"});
            let at = self.moment_at(0.0);
            let by = self.somebody();
            episodes.push(self.add_made("Episode", fields, at, &by)?);
        }
        let count = self.plan.sequences;
        for number in 0..count {
            let fraction = number as f64 / count as f64;
            let mut code = SEQUENCES[number % SEQUENCES.len()].to_owned();
            if number >= SEQUENCES.len() {
                code.push_str(&(number / SEQUENCES.len() + 1).to_string());
            }
            let at = self.moment_at(0.4 * fraction);
            let by = self.somebody();
            let progress = 1.25 - fraction;
            let fields = json!({"code": code, "sg_status_list": if progress >= 1.1 { "fin" } else { "ip" },
                "episode": episodes.get(number * episodes.len() / count)});
            let sequence = self.add_made("Sequence", fields, at, &by)?;
            let (fewest, most) = self.plan.shots;
            let shots = fewest + self.random.below(most - fewest + 1);
            for shot in 1..=shots {
                let code = format!("{code}_{:04}", shot * 10);
                self.shot(roster, &sequence, &code, assets, progress, at)?;
            }
            roster.sequences.push(sequence);
        }
        Ok(())
    }

    fn shot(
        &mut self,
        roster: &mut Roster,
        sequence: &Value,
        code: &str,
        assets: &[Value],
        progress: f64,
        at: Now,
    ) -> Result<(), ApiError> {
        let duration = 24 + self.random.below(160);
        let progress = progress + self.random.below(40) as f64 / 100.0 - 0.2;
        let cast: Vec<Value> = (0..1 + self.random.below(5))
            .filter_map(|_| self.random.pick(assets).cloned())
            .fold(Vec::new(), |mut cast, asset| {
                if !cast.contains(&asset) {
                    cast.push(asset);
                }
                cast
            });
        let turnover = date(at);
        let fields = json!({"code": code, "sg_sequence": sequence, "assets": cast, "sg_status_list": status(progress),
            "sg_cut_in": FIRST_FRAME, "sg_cut_out": FIRST_FRAME + duration - 1, "sg_cut_duration": duration,
            "sg_turnover_date": turnover});
        let by = self.somebody();
        let shot = self.add_made("Shot", fields, at, &by)?;
        let steps = self.shot_steps.clone();
        self.tasks(roster, &steps, &shot, code, progress, at)?;
        roster.shots.push(shot);
        Ok(())
    }
}

/// The status of what is so far: below 0 nothing was begun, from 1 on it is finished.
fn status(progress: f64) -> &'static str {
    if progress >= 1.0 {
        "fin"
    } else if progress > 0.0 {
        "ip"
    } else {
        "wtg"
    }
}
