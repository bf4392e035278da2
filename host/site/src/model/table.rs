//! The records of every type, and how a transaction that fails is taken back.

use super::schema::FieldIndex;
use super::value::{Ref, TypeId, Value};

mod links;

use links::Links;

/// An explicit id may lie this far above the highest one: tables are indexed by id.
const ID_LEAP_MAX: u64 = 1_000_000;

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub id: u64,
    pub retired: Option<Retirement>,
    /// What is set, in the order of the fields. Most fields of most records never are.
    values: Vec<(FieldIndex, Value)>,
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
    links: Links,
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
        match self.place(field) {
            Ok(place) => &self.values[place].1,
            Err(_) => &NULL,
        }
    }

    /// Where a field is, or where it would be.
    fn place(&self, field: FieldIndex) -> Result<usize, usize> {
        self.values.binary_search_by_key(&field, |(known, _)| *known)
    }

    /// Sets a field and returns what it held.
    fn swap(&mut self, field: FieldIndex, value: Value) -> Value {
        match (self.place(field), value) {
            (Ok(place), Value::Null) => self.values.remove(place).1,
            (Ok(place), value) => std::mem::replace(&mut self.values[place].1, value),
            (Err(_), Value::Null) => Value::Null,
            (Err(place), value) => {
                self.values.insert(place, (field, value));
                Value::Null
            }
        }
    }
}

impl Tables {
    pub fn new(types: usize) -> Self {
        let tables = (0..types).map(|_| Table::default()).collect();
        Self { tables, links: Links::new(types), undo: None }
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

    /// The ids of the records of a type whose `field` links to `target`, in order. Retired ones are among them.
    pub fn linking(&self, entity_type: TypeId, field: FieldIndex, target: Ref) -> &[u32] {
        self.links.to(entity_type, field, target)
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
    pub fn insert(&mut self, record: Ref) {
        assert!(self.is_free(record), "the caller chose a free id");
        let index = usize::try_from(record.id).expect("a free id is a small one");
        let table = self.table_mut(record.entity_type);
        if table.rows.len() <= index {
            table.rows.resize_with(index + 1, || None);
        }
        table.rows[index] = Some(Row { id: record.id, retired: None, values: Vec::new() });
        table.present += 1;
        self.remember(Undo::Insert(record));
    }

    /// Sets a field of a record that exists, and returns what it held.
    pub fn set(&mut self, record: Ref, field: FieldIndex, value: Value) {
        let before = self.swap(record, field, value);
        self.remember(Undo::Set { record, field, before });
    }

    fn swap(&mut self, record: Ref, field: FieldIndex, value: Value) -> Value {
        let Self { tables, links, .. } = self;
        let row = existing(tables, record);
        links.follow(record, field, row.value(field), &value);
        row.swap(field, value)
    }

    /// Retires or revives a record that exists.
    pub fn set_retired(&mut self, record: Ref, retired: Option<Retirement>) {
        let before = std::mem::replace(&mut existing(&mut self.tables, record).retired, retired);
        self.remember(Undo::Retire { record, before });
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
                Undo::Retire { record, before } => {
                    existing(&mut self.tables, record).retired = before;
                }
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

fn existing(tables: &mut [Table], record: Ref) -> &mut Row {
    let index = usize::try_from(record.id).expect("an existing id is a small one");
    tables[usize::from(record.entity_type.0)].rows[index]
        .as_mut()
        .expect("the caller found the record")
}
