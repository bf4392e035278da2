//! What can be wrong with a schema file: the file, the place in it, and the rule.

/// Entity types are numbered in 16 bits.
pub(super) const ENTITY_TYPES_MAX: usize = 1000;

/// Why a schema file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// It is not JSON of the right shape.
    #[error("schema file `{file}` is not valid JSON of the expected shape")]
    Malformed {
        /// The name of the file.
        file: String,
        /// What the JSON reader said.
        #[source]
        source: serde_json::Error,
    },
    /// Something in it is against a rule.
    #[error("schema file `{file}`, {place}: {rule}")]
    Broken {
        /// The name of the file.
        file: String,
        /// Such as ``field `Shot.sg_lens` ``.
        place: String,
        /// What is demanded there.
        rule: SchemaRule,
    },
}

/// A rule that schema files keep to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaRule {
    /// Names are used in paths.
    #[error("a name is a letter and then letters, digits and underscores, and `{0}` is not")]
    Name(String),
    /// Only types that are there already can be left without one.
    #[error("a type that is new needs a `name`")]
    Nameless,
    /// A record's name is the text of a field.
    #[error("the display field is a text field of the type, and `{0}` is not")]
    DisplayField(String),
    /// Types are numbered.
    #[error("there can be {ENTITY_TYPES_MAX} entity types, and this is one more")]
    TooManyTypes,
    /// A template is a list of fields in the same or another file.
    #[error("there is no template `{0}`")]
    Template(String),
    /// A link names what it can lead to.
    #[error("there is no entity type `{0}`")]
    Type(String),
    /// A rule of permission names fields that are there.
    #[error("there is no field `{0}`")]
    Field(String),
    /// One field shows the links of one other.
    #[error("`{0}` is already the other side of another relation")]
    Mirror(String),
    /// Statuses have names.
    #[error("there is no status `{0}`")]
    Status(String),
    /// A default is what could be written.
    #[error("the default {0} is not a value of the field")]
    Default(String),
    /// What the site shows in other places than the field cannot be hidden with the field.
    #[error("`{0}` cannot be hidden: it shows where the record is linked to, or the site needs it")]
    Hiding(String),
    /// Only what people see can be hidden.
    #[error("`see` is about fields, and none are named")]
    HidingAll,
    /// A rule says something.
    #[error("a rule has either `deny` or `allow`, with at least one action")]
    Rule,
    /// Rule sets are found by their code.
    #[error("a rule set that is new needs a `name` and the `entity_type` of its users")]
    RuleSet,
}
