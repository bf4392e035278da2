//! File fields: each write of one makes a new Attachment, to a page of the web or to a file on a local storage.

use serde_json::{Map, Value as Json, json};

use crate::model::coerce::Place;
use crate::model::params::{describe, parse_link};
use crate::model::schema::FieldIndex;
use crate::model::transaction::Transaction;
use crate::model::value::{Ref, Value};
use crate::wire::ApiError;

/// The three paths of a local storage, with the names they have in a file field.
const PLATFORMS: [(&str, &str); 3] = [
    ("linux_path", "local_path_linux"),
    ("mac_path", "local_path_mac"),
    ("windows_path", "local_path_windows"),
];

impl Transaction<'_> {
    /// Makes the Attachment for what a client wrote into a file field, and the field's value.
    pub fn attach(
        &mut self,
        method: &str,
        owner: Ref,
        field: FieldIndex,
        file: &Json,
    ) -> Result<Value, ApiError> {
        let text = |key: &str| file.get(key).and_then(Json::as_str);
        let mut shown = match (text("url"), text("local_path"), text("relative_path")) {
            (Some(url), None, None) => {
                json!({"url": url, "link_type": "web", "name": text("name").unwrap_or(url)})
            }
            (_, Some(path), _) => self.by_local_path(method, path)?,
            (_, None, Some(relative)) => self.by_storage(method, owner, field, file, relative)?,
            (None, None, None) => return Err(self.not_a_file(method, owner, field, file)),
        };
        let name = text("name").or_else(|| shown["name"].as_str()).unwrap_or_default().to_owned();
        // The file of an Attachment is its own; any other field's file gets an Attachment.
        let is_own = self.model.type_name(owner) == "Attachment";
        let attachment = if is_own { owner } else { self.next_attachment() };
        shown["name"] = name.as_str().into();
        shown["content_type"] = text("content_type").into();
        shown["type"] = "Attachment".into();
        shown["id"] = attachment.id.into();
        let shown = Value::Json(shown.into());
        if is_own {
            return Ok(shown);
        }
        let mut fields = Map::from_iter([
            ("this_file_name".to_owned(), Json::from(name.as_str())),
            ("display_name".to_owned(), Json::from(name.as_str())),
        ]);
        if let Some(project) = self.model.project_of(owner) {
            fields.insert("project".to_owned(), json!({"type": "Project", "id": project.id}));
        }
        self.create_from_map(attachment, &fields)?;
        self.set_file(attachment, shown.clone());
        Ok(shown)
    }

    fn not_a_file(&self, method: &str, owner: Ref, field: FieldIndex, file: &Json) -> ApiError {
        let entity_type = self.model.schema.entity_type(owner.entity_type);
        let place = Place {
            method,
            updating: false,
            entity_type: owner.entity_type,
            field: &entity_type.fields[field],
        };
        let (name, got) = (place.name(self.model), describe(file));
        ApiError::invalid(format!(
            "API {method}() {name} invalid/missing string 'url' or 'local_path': {got}"
        ))
    }

    fn by_local_path(&self, method: &str, path: &str) -> Result<Json, ApiError> {
        let storages = self.model.schema.type_id("LocalStorage");
        let rows = storages.into_iter().flat_map(|entity_type| {
            self.model.tables.rows(entity_type).map(move |row| Ref { entity_type, id: row.id })
        });
        let found =
            rows.filter(|storage| self.model.tables.live(*storage).is_some()).find_map(|storage| {
                PLATFORMS.iter().find_map(|(column, _)| {
                    let root = self.storage_path(storage, column)?;
                    let rest = path.strip_prefix(root.trim_end_matches(['/', '\\']))?;
                    rest.starts_with(['/', '\\']).then(|| (storage, rest[1..].replace('\\', "/")))
                })
            });
        let (storage, relative) = found.ok_or_else(|| {
            ApiError::refused(format!(
                "API {method}() CRUD ERROR #6: Create failed for [Attachment]: Path {path} doesn't match any defined Local Storage."
            ))
        })?;
        Ok(self.local_file(storage, &relative, path))
    }

    fn by_storage(
        &self,
        method: &str,
        owner: Ref,
        field: FieldIndex,
        file: &Json,
        relative: &str,
    ) -> Result<Json, ApiError> {
        let storage = parse_link(self.model, &file["local_storage"]).ok();
        match storage.filter(|storage| {
            self.model.type_name(*storage) == "LocalStorage"
                && self.model.tables.live(*storage).is_some()
        }) {
            Some(storage) => {
                let root = self.storage_path(storage, "linux_path").unwrap_or_default();
                let path = format!("{}/{relative}", root.trim_end_matches('/'));
                Ok(self.local_file(storage, relative, &path))
            }
            None => Err(self.not_a_file(method, owner, field, file)),
        }
    }

    fn local_file(&self, storage: Ref, relative: &str, path: &str) -> Json {
        let mut shown = json!({
            "link_type": "local",
            "local_path": path,
            "url": format!("file://{path}"),
            "relative_path": relative,
            "name": relative.rsplit('/').next(),
            "local_storage": {"type": "LocalStorage", "id": storage.id, "name": self.model.display_name(storage)},
        });
        for (column, key) in PLATFORMS {
            let separator = if column == "windows_path" { "\\" } else { "/" };
            let root = self.storage_path(storage, column);
            shown[key] = root
                .map(|root| {
                    let root = root.trim_end_matches(['/', '\\']);
                    format!("{root}{separator}{}", relative.replace('/', separator))
                })
                .into();
        }
        shown
    }

    fn storage_path(&self, storage: Ref, column: &str) -> Option<&str> {
        let index = self.model.schema.entity_type(storage.entity_type).field_index(column)?;
        self.model.tables.row(storage)?.value(index).as_text()
    }
}
