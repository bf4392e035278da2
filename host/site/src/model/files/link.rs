//! File fields: each write of one makes a new Attachment, to a page of the web or to a file on a local storage.

use serde_json::{Map, Value as Json, json};

use crate::model::Model;
use crate::model::coerce::Place;
use crate::model::params::{describe, parse_link};
use crate::model::schema::FieldIndex;
use crate::model::transaction::Transaction;
use crate::model::value::{Ref, Value};
use crate::wire::ApiError;

/// A system that files are looked at from.
struct Platform {
    /// The root of a local storage there.
    column: &'static str,
    /// The path of a file there, in its field.
    key: &'static str,
    /// Has either slash, and names in any case.
    is_windows: bool,
}

/// All of them. Of a file's paths the first is shown where none was written.
const PLATFORMS: [Platform; 3] = [
    Platform { column: "linux_path", key: "local_path_linux", is_windows: false },
    Platform { column: "mac_path", key: "local_path_mac", is_windows: false },
    Platform { column: "windows_path", key: "local_path_windows", is_windows: true },
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
            self.name_attachment(attachment, &name);
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

    /// Names an Attachment that has no name after its file.
    fn name_attachment(&mut self, attachment: Ref, name: &str) {
        let known = self.model.schema.entity_type(attachment.entity_type);
        let fields = ["this_file_name", "display_name"].map(|field| known.field_index(field));
        for field in fields.into_iter().flatten() {
            if self.model.tables.row(attachment).is_some_and(|row| row.value(field).is_null()) {
                self.change(attachment, field, Value::text(name), true);
            }
        }
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
        let (storage, relative) = self.model.on_a_storage(path).ok_or_else(|| {
            ApiError::refused(format!(
                "API {method}() CRUD ERROR #6: Create failed for [Attachment]: Path {path} doesn't match any defined Local Storage."
            ))
        })?;
        Ok(self.model.local_file(storage, &relative, Some(path)))
    }

    fn by_storage(
        &self,
        method: &str,
        owner: Ref,
        field: FieldIndex,
        file: &Json,
        relative: &str,
    ) -> Result<Json, ApiError> {
        let relative = relative.replace('\\', "/");
        match self.model.live_storage(&file["local_storage"]) {
            Some(storage) => {
                Ok(self.model.local_file(storage, relative.trim_start_matches('/'), None))
            }
            None => Err(self.not_a_file(method, owner, field, file)),
        }
    }
}

impl Model {
    /// Where the paths of a file on a local storage lead by now: the storage may have moved since it was written.
    pub(super) fn follow_storage(&self, file: &mut Map<String, Json>) {
        let text = |key: &str| file.get(key).and_then(Json::as_str);
        let storage = file.get("local_storage").and_then(|storage| self.live_storage(storage));
        let (Some(storage), Some(relative)) = (storage, text("relative_path")) else { return };
        let Json::Object(mut moved) = self.local_file(storage, relative, text("local_path")) else {
            return;
        };
        // The file keeps the name it was given.
        moved.remove("name");
        file.append(&mut moved);
    }

    /// The storage with the deepest root that a path is below, and the rest of the path.
    fn on_a_storage(&self, path: &str) -> Option<(Ref, String)> {
        let entity_type = self.schema.type_id("LocalStorage")?;
        let storages = self.tables.rows(entity_type).filter(|row| row.retired.is_none());
        let storages = storages.map(|row| Ref { entity_type, id: row.id });
        let roots = storages.flat_map(|storage| {
            PLATFORMS.iter().filter_map(move |platform| {
                let root = self.storage_path(storage, platform.column)?;
                let rest = platform.below(path, root)?;
                Some((root.len(), storage, rest))
            })
        });
        let (_, storage, rest) = roots.max_by_key(|(depth, storage, _)| (*depth, storage.id))?;
        Some((storage, rest))
    }

    fn live_storage(&self, link: &Json) -> Option<Ref> {
        let storage = parse_link(self, link).ok()?;
        let is_storage = self.type_name(storage) == "LocalStorage";
        self.tables.live(storage).filter(|_| is_storage).map(|_| storage)
    }

    /// A file on a local storage as its field shows it. `path` is the one that was written, if it still leads there.
    fn local_file(&self, storage: Ref, relative: &str, path: Option<&str>) -> Json {
        let paths = PLATFORMS.map(|platform| {
            let root = self.storage_path(storage, platform.column)?;
            Some(platform.join(root, relative))
        });
        let written = path.filter(|path| {
            PLATFORMS.iter().any(|platform| {
                let root = self.storage_path(storage, platform.column);
                root.and_then(|root| platform.below(path, root)).as_deref() == Some(relative)
            })
        });
        let path = written.or_else(|| paths.iter().flatten().map(String::as_str).next());
        let url = path.map(|path| {
            let path = path.replace('\\', "/");
            format!("file://{}{path}", if path.starts_with('/') { "" } else { "/" })
        });
        let mut shown = json!({
            "link_type": "local",
            "local_path": path,
            "url": url,
            "relative_path": relative,
            "name": relative.rsplit('/').next(),
            "local_storage": {"type": "LocalStorage", "id": storage.id, "name": self.display_name(storage)},
        });
        for (platform, path) in PLATFORMS.iter().zip(&paths) {
            shown[platform.key] = path.as_deref().into();
        }
        shown
    }

    fn storage_path(&self, storage: Ref, column: &str) -> Option<&str> {
        let index = self.schema.entity_type(storage.entity_type).field_index(column)?;
        self.tables.row(storage)?.value(index).as_text()
    }
}

impl Platform {
    /// What follows `root` in `path`, with slashes; none if the path is not below it.
    fn below(&self, path: &str, root: &str) -> Option<String> {
        let root = root.trim_end_matches(['/', '\\']);
        let (head, rest) = path.split_at_checked(root.len())?;
        if self.is_windows {
            let (head, root) = (head.replace('\\', "/"), root.replace('\\', "/"));
            let rest = rest.replace('\\', "/");
            return rest
                .strip_prefix('/')
                .filter(|_| head.eq_ignore_ascii_case(&root))
                .map(str::to_owned);
        }
        rest.strip_prefix('/').filter(|_| head == root).map(str::to_owned)
    }

    fn join(&self, root: &str, relative: &str) -> String {
        let root = root.trim_end_matches(['/', '\\']);
        if self.is_windows {
            return format!("{root}\\{}", relative.replace('/', "\\"));
        }
        format!("{root}/{relative}")
    }
}
