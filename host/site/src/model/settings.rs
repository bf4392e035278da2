//! What a site's administrators choose: how people prove who they are, how long sessions last.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::Model;
use super::preferences::Preferences;
use super::work_schedule::{Weekday, WorkWeek};

/// The choices of a site. On the wire of the control endpoint it is a JSON object with a key to each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How people log in. `info` announces it; where they log in elsewhere, no password is taken.
    pub user_authentication_method: AuthenticationMethod,
    /// Whether everybody who logs in with a password must send a one-time code too.
    pub two_factor_required: bool,
    /// Logins of the people who must send a one-time code even where not everybody must.
    pub two_factor_logins: Vec<String>,
    /// The one-time code that is right. It stays right, so that a test can know it.
    pub two_factor_code: String,
    /// A session that was not used for this long has expired.
    pub session_life_seconds: u64,
    /// Rows leave the event log after this many days; 0 keeps them for ever.
    pub event_log_days: u64,
    /// What clients call the site, such as `http://site:8321`; nothing for the address that it listens at. The addresses of
    /// files begin with it.
    pub public_url: String,
    /// How long a placeholder stands for a thumbnail that was uploaded.
    pub thumbnail_seconds: u64,
    /// The most bytes that a file may have which is uploaded.
    pub upload_bytes_max: u64,
    /// Whether clients upload to the storage and not in a form. They ask `info` once.
    pub s3_direct_uploads_enabled: bool,
    /// For which fields of which entity types they do, as `info` announces it: `{"Version": ["sg_uploaded_movie"], "*": "*"}`.
    pub s3_enabled_upload_types: Map<String, Json>,
    /// How pages show values, and how long a day of work is.
    pub preferences: Preferences,
    /// The days of a week on which the studio works.
    pub work_week: Vec<Weekday>,
    /// The projects and people that work on other days.
    pub work_weeks: Vec<WorkWeek>,
}

/// How people log in to a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticationMethod {
    /// With the password that the site keeps.
    Default,
    /// With the password of the studio's directory; to a client there is no difference.
    Ldap,
    /// On the page of the studio's single sign-on.
    Saml2,
    /// On the page of Autodesk Identity.
    Oxygen,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user_authentication_method: AuthenticationMethod::Default,
            two_factor_required: false,
            two_factor_logins: Vec::new(),
            two_factor_code: "123456".to_owned(),
            session_life_seconds: 86_400,
            // Half a year.
            event_log_days: 183,
            public_url: String::new(),
            thumbnail_seconds: 1,
            // The most that the field `file_size` can tell of.
            upload_bytes_max: 2_147_483_647,
            s3_direct_uploads_enabled: false,
            s3_enabled_upload_types: Map::new(),
            preferences: Preferences::default(),
            work_week: Weekday::USUAL.to_vec(),
            work_weeks: Vec::new(),
        }
    }
}

impl Settings {
    /// These settings with the keys of `changes` set anew.
    ///
    /// # Errors
    /// If a key is unknown or its value is none that it can have.
    pub fn changed(&self, changes: &Map<String, Json>) -> Result<Self, serde_json::Error> {
        let Json::Object(mut all) = self.to_json() else { unreachable!("settings are an object") };
        all.extend(changes.iter().map(|(key, value)| (key.clone(), value.clone())));
        serde_json::from_value(Json::Object(all))
    }

    /// All keys with their values.
    #[must_use]
    pub fn to_json(&self) -> Json {
        serde_json::to_value(self).expect("all keys are text")
    }
}

impl Model {
    /// What the site's administrators chose.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Chooses anew. Requests that were answered stay as they were.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }
}
