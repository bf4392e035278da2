//! In whose name a call is made. The authentication dictionary is built anew for each call, so that one connection can
//! serve many script users.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::secret::Secret;

/// Who calls, and on whose behalf.
#[derive(Debug, Clone)]
pub struct Caller {
    /// How to sign in.
    pub credentials: Credentials,
    /// Stamped by the site on the entries that the call produces, so that the page with that session refreshes.
    pub session_uuid: Option<String>,
    /// The login of the person in whose name the script acts.
    pub sudo_as_login: Option<String>,
}

/// How to sign in.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A script user.
    Script {
        /// The script's name.
        name: String,
        /// Its application key.
        key: Secret,
    },
}

impl Caller {
    /// A script user that acts in its own name and in no session.
    #[must_use]
    pub fn script(name: impl Into<String>, key: Secret) -> Self {
        Self {
            credentials: Credentials::Script { name: name.into(), key },
            session_uuid: None,
            sudo_as_login: None,
        }
    }

    /// The authentication dictionary, as the first element of `params`.
    pub(crate) fn auth(&self) -> Auth<'_> {
        Auth(self)
    }

    /// The authentication dictionary as pairs, for forms. An empty text counts as absent, as in the official client.
    pub(crate) fn auth_pairs(&self) -> Vec<(&'static str, &str)> {
        let Credentials::Script { name, key } = &self.credentials;
        let mut pairs = vec![("script_name", name.as_str()), ("script_key", key.expose())];
        let optional =
            [("session_uuid", &self.session_uuid), ("sudo_as_login", &self.sudo_as_login)];
        for (name, value) in optional {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                pairs.push((name, value));
            }
        }
        pairs
    }

    /// `text` without the caller's key.
    pub(crate) fn redact(&self, text: &str) -> String {
        let Credentials::Script { key, .. } = &self.credentials;
        key.redact(text)
    }
}

/// The one place where a key becomes JSON. Not public: nothing but a request body may hold it.
pub(crate) struct Auth<'a>(&'a Caller);

impl Serialize for Auth<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pairs = self.0.auth_pairs();
        let mut map = serializer.serialize_map(Some(pairs.len()))?;
        for (name, value) in pairs {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
