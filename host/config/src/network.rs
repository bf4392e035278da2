//! What a plugin may ask of other hosts, and the secrets that the host puts into its requests.

use std::collections::BTreeMap;

use policy::network::{HeaderTemplate, HttpGrant, Line, LineError, check_header_name};
use shotgun::Secret;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{Found, Section, join};
use super::read::{problem_in, wrong_kind};
use policy::Problem;

/// What the key of a secret ends in that stands in a file.
const FILE: &str = "_file";

impl<'t> Section<'t> {
    /// `[plugin.NAME.secrets]`: texts under names that the operator chose, or files under names that end in `_file`.
    pub(super) fn secrets(&self) -> BTreeMap<String, Secret> {
        let mut secrets = BTreeMap::new();
        let all = self.layers.iter().flat_map(|layer| {
            layer.table.iter().map(move |(key, value)| (layer.document, key.get_ref(), value))
        });
        for (document, key, value) in all {
            let found = Found { document, value, key: join(&self.path, key) };
            let (name, secret) = match key.strip_suffix(FILE) {
                Some(name) => (name, self.secret_file(&found)),
                None => (key.as_ref(), self.secret_text(&found)),
            };
            let secret = secret.and_then(|secret| {
                let fits =
                    secret.expose().bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
                let rule = "must be visible ASCII in one line, as it goes into a header";
                if fits { Ok(secret) } else { Err(found.secret_problem(rule)) }
            });
            match secret {
                Err(problem) => self.reader.report(problem),
                Ok(_) if secrets.contains_key(name) => {
                    let rule = format!("is given as {name} and as {name}{FILE}; keep one of them");
                    self.reader.report(found.secret_problem(rule));
                }
                Ok(secret) => drop(secrets.insert(name.to_owned(), secret)),
            }
        }
        secrets
    }

    /// `http` under `[plugin.NAME.grant]`: lines, or tables of a line and the headers that go with it.
    pub(super) fn http(&self, secrets: &BTreeMap<String, Secret>) -> Vec<HttpGrant> {
        let grants = self.read("http", |found| {
            let Some(list) = found.value.get_ref().as_array() else {
                return Err(wrong_kind(
                    found,
                    "a list of lines, such as [\"GET https://host/path/\"]",
                ));
            };
            let item = |(index, value)| {
                let item = Found { document: found.document, value, key: found.key.clone() };
                let grant = self.http_grant(&item, secrets);
                let grant = grant.map_err(|problem| self.reader.report(problem)).ok()?;
                Some(HttpGrant { place: item.place(Some(index)), ..grant })
            };
            Ok(list.iter().enumerate().filter_map(item).collect())
        });
        grants.unwrap_or_default()
    }

    fn http_grant(
        &self,
        found: &Found<'t>,
        secrets: &BTreeMap<String, Secret>,
    ) -> Result<HttpGrant, Problem> {
        let Some(table) = found.value.get_ref().as_table() else {
            return self.line(found).map(HttpGrant::new);
        };
        let part = |key: &str, value| Found {
            document: found.document,
            value,
            key: join(&found.key, key),
        };
        let known = |key: &str| key == "allow" || key == "header";
        if let Some((key, value)) = table.iter().find(|(key, _)| !known(key.get_ref())) {
            let rule = "is unknown; a line has allow and header";
            return Err(part(key.get_ref(), value).secret_problem(rule));
        }
        let Some(line) = table.get("allow") else {
            let rule = "lacks a line; write allow = \"POST https://host/path/\"";
            return Err(found.secret_problem(rule));
        };
        let line = self.line(&part("allow", line))?;
        let headers = match table.get("header") {
            None => Vec::new(),
            Some(header) => self.headers(&part("header", header), secrets)?,
        };
        Ok(HttpGrant { headers, ..HttpGrant::new(line) })
    }

    fn line(&self, found: &Found<'t>) -> Result<Line, Problem> {
        let text = self.text_of(found)?;
        text.parse().map_err(|error: LineError| problem_in(found, &text, &error.to_string()))
    }

    /// Their values are shown by no message: what stands around a secret may be one.
    fn headers(
        &self,
        found: &Found<'t>,
        secrets: &BTreeMap<String, Secret>,
    ) -> Result<Vec<(String, HeaderTemplate)>, Problem> {
        let Some(table): Option<&DeTable<'t>> = found.value.get_ref().as_table() else {
            let rule = format!("is {}; write {{ name = \"text\" }}", found.kind());
            return Err(found.secret_problem(rule));
        };
        let header = |name: &str, value: &'t Spanned<DeValue<'t>>| {
            let found = Found { document: found.document, value, key: join(&found.key, name) };
            check_header_name(name).map_err(|error| found.secret_problem(error.to_string()))?;
            let secret = self.secret_text(&found)?;
            let template = HeaderTemplate::parse(secret.expose())
                .map_err(|error| found.secret_problem(error.to_string()))?;
            if let Some(name) = template.secrets().find(|name| !secrets.contains_key(*name)) {
                // What comes out of a variable can have braces, too.
                let written = value.get_ref().as_str().unwrap_or_default();
                let secret = match written.contains(name) {
                    true => format!("the secret {name}"),
                    false => "a secret".to_owned(),
                };
                let rule = format!("names {secret}, which is not under secrets of the plugin");
                return Err(found.secret_problem(rule));
            }
            Ok((name.to_ascii_lowercase(), template))
        };
        table.iter().map(|(name, value)| header(name.get_ref(), value)).collect()
    }
}
