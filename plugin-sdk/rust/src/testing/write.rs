//! What a plugin wrote to the site.

use serde_json::Value;

/// One write to the site.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// An entity was created.
    Create {
        /// Its type.
        entity_type: String,
        /// Its fields.
        data: Value,
    },
    /// Fields were set.
    Update {
        /// The entity's type.
        entity_type: String,
        /// The entity's id.
        id: u64,
        /// The fields.
        data: Value,
        /// From multi-entity field to mode, where the plugin gave any.
        modes: Option<Value>,
    },
    /// An entity was moved to the trash.
    Delete {
        /// Its type.
        entity_type: String,
        /// Its id.
        id: u64,
    },
    /// An entity was taken out of the trash.
    Revive {
        /// Its type.
        entity_type: String,
        /// Its id.
        id: u64,
    },
    /// Several writes at once.
    Batch(
        /// Each in the form of the wire.
        Vec<Value>,
    ),
    /// A file was uploaded.
    Upload {
        /// The type of the entity it belongs to.
        entity_type: String,
        /// The id of the entity it belongs to.
        id: u64,
        /// The field, if not to the entity as a whole.
        field: Option<String>,
        /// Its name.
        file_name: String,
        /// Its bytes.
        content: Vec<u8>,
    },
    /// Any other method was called.
    Call {
        /// Its wire name.
        method: String,
        /// Its parameters.
        params: Value,
    },
}

impl Write {
    /// The creation of an entity, to compare with.
    pub fn create(entity_type: &str, data: Value) -> Self {
        Self::Create { entity_type: entity_type.to_owned(), data }
    }

    /// An update without modes, to compare with.
    pub fn update(entity_type: &str, id: u64, data: Value) -> Self {
        Self::Update { entity_type: entity_type.to_owned(), id, data, modes: None }
    }
}
