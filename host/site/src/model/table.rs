//! The records of every type, and how a transaction that fails is taken back.

use super::schema::FieldIndex;
use super::value::{Ref, TypeId, Value};

/// An explicit id may lie this far above the highest one: tables are indexed by id.
const ID_LEAP_MAX: u64 = 1_000_000;

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub id: u64,
    pub retired: Option<Retirement>,
    /// By field. Shorter than the list of fields where the last ones were never set.
    pub values: Vec<Value>,
}

/// That a record is in the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retirement {
    /// Seconds since the Unix epoch.
    pub at: i64,
    /// The record that took this one with it.
    pub with: Option<Ref>,
}

/// The records of all types.
#[derive(Debug, Default)]
pub struct Tables {
    tables: Vec<Table>,
    /// What to do, last first, to take the running transaction back.
    undo: Option<Vec<Undo>>,
}

/// The records of one type, at the place of their id.
#[derive(Debug, Default)]
struct Table {
    rows: Vec<Option<Row>>,
    present: usize,
}

#[derive(Debug)]
enum Undo {
    Insert(Ref),
    Set { record: Ref, field: FieldIndex, before: Value },
    Retire { record: Ref, before: Option<Retirement> },
}

static NULL: Value = Value::Null;

impl Row {
    /// The content of a field.
    pub fn value(&self, field: FieldIndex) -> &Value {
        self.values.get(field).unwrap_or(&NULL)
    }
}

impl Tables {
    pub fn new(types: usize) -> Self {
        Self { tables: (0..types).map(|_| Table::default()).collect(), undo: None }
    }

    fn table(&self, entity_type: TypeId) -> &Table {
        &self.tables[usize::from(entity_type.0)]
    }

    fn table_mut(&mut self, entity_type: TypeId) -> &mut Table {
        &mut self.tables[usize::from(entity_type.0)]
    }

    /// The record, retired or not.
    pub fn row(&self, record: Ref) -> Option<&Row> {
        let index = usize::try_from(record.id).ok()?;
        self.table(record.entity_type).rows.get(index)?.as_ref()
    }

    /// The record, if it is not retired.
    pub fn live(&self, record: Ref) -> Option<&Row> {
        self.row(record).filter(|row| row.retired.is_none())
    }

    /// All records of a type with ids in `from..=to`, by id.
    pub fn range(
        &self,
        entity_type: TypeId,
        from: u64,
        to: u64,
    ) -> impl DoubleEndedIterator<Item = &Row> {
        let rows = &self.table(entity_type).rows;
        let end = usize::try_from(to.saturating_add(1)).unwrap_or(usize::MAX).min(rows.len());
        let start = usize::try_from(from).unwrap_or(usize::MAX).min(end);
        rows[start..end].iter().filter_map(Option::as_ref)
    }

    /// All records of a type, by id.
    pub fn rows(&self, entity_type: TypeId) -> impl DoubleEndedIterator<Item = &Row> {
        self.range(entity_type, 0, u64::MAX - 1)
    }

    /// How many records of a type there are, retired ones included.
    pub fn count(&self, entity_type: TypeId) -> usize {
        self.table(entity_type).present
    }

    /// The id the next new record of a type gets.
    pub fn next_id(&self, entity_type: TypeId) -> u64 {
        self.table(entity_type).rows.len().max(1) as u64
    }

    /// Whether a record can be put at `id`: it is free, not zero and not absurdly high.
    pub fn is_free(&self, record: Ref) -> bool {
        let highest = self.table(record.entity_type).rows.len() as u64 + ID_LEAP_MAX;
        record.id > 0 && record.id <= highest && self.row(record).is_none()
    }

    /// Adds an empty record at an id that [is free](Self::is_free).
    pub fn insert(&mut self, record: Ref, fields: usize) {
        assert!(self.is_free(record), "the caller chose a free id");
        let index = usize::try_from(record.id).expect("a free id is a small one");
        let table = self.table_mut(record.entity_type);
        if table.rows.len() <= index {
            table.rows.resize_with(index + 1, || None);
        }
        table.rows[index] =
            Some(Row { id: record.id, retired: None, values: vec![Value::Null; fields] });
        table.present += 1;
        self.remember(Undo::Insert(record));
    }

    /// Sets a field of a record that exists, and returns what it held.
    pub fn set(&mut self, record: Ref, field: FieldIndex, value: Value) {
        let before = self.swap(record, field, value);
        self.remember(Undo::Set { record, field, before });
    }

    fn swap(&mut self, record: Ref, field: FieldIndex, value: Value) -> Value {
        let values = &mut self.existing(record).values;
        if values.len() <= field {
            values.resize(field + 1, Value::Null);
        }
        std::mem::replace(&mut values[field], value)
    }

    /// Retires or revives a record that exists.
    pub fn set_retired(&mut self, record: Ref, retired: Option<Retirement>) {
        let before = std::mem::replace(&mut self.existing(record).retired, retired);
        self.remember(Undo::Retire { record, before });
    }

    fn existing(&mut self, record: Ref) -> &mut Row {
        let index = usize::try_from(record.id).expect("an existing id is a small one");
        self.table_mut(record.entity_type).rows[index]
            .as_mut()
            .expect("the caller found the record")
    }

    fn remember(&mut self, step: Undo) {
        if let Some(undo) = &mut self.undo {
            undo.push(step);
        }
    }

    /// Starts a transaction. Transactions do not nest.
    pub fn begin(&mut self) {
        assert!(self.undo.is_none(), "transactions do not nest");
        self.undo = Some(Vec::new());
    }

    /// Ends a transaction and keeps what it did.
    pub fn commit(&mut self) {
        self.undo = None;
    }

    /// Ends a transaction as if it had not been. The ids it used stay used, as on the real site.
    pub fn roll_back(&mut self) {
        for step in self.undo.take().unwrap_or_default().into_iter().rev() {
            match step {
                Undo::Insert(record) => self.remove(record),
                Undo::Set { record, field, before } => _ = self.swap(record, field, before),
                Undo::Retire { record, before } => self.existing(record).retired = before,
            }
        }
    }

    fn remove(&mut self, record: Ref) {
        let index = usize::try_from(record.id).expect("an existing id is a small one");
        let table = self.table_mut(record.entity_type);
        table.rows[index] = None;
        table.present -= 1;
    }
}
