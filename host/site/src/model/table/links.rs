//! Which records link to a record, by field. Retired records and links to them are in it too.

use std::collections::{BTreeSet, HashMap};

use crate::model::schema::FieldIndex;
use crate::model::value::{Ref, TypeId, Value};

/// The links of all records, read from the other end.
#[derive(Debug, Default)]
pub struct Links {
    /// By type and field: who links to a record, by id.
    fields: Vec<Vec<HashMap<Ref, Vec<u32>>>>,
}

impl Links {
    pub fn new(types: usize) -> Self {
        Self { fields: vec![Vec::new(); types] }
    }

    /// The ids of the records of a type whose `field` links to `target`, in order.
    pub fn to(&self, entity_type: TypeId, field: FieldIndex, target: Ref) -> &[u32] {
        let found = self.fields[usize::from(entity_type.0)].get(field);
        found.and_then(|links| links.get(&target)).map_or(&[], Vec::as_slice)
    }

    /// Takes in that a field of `record` changed.
    pub fn follow(&mut self, record: Ref, field: FieldIndex, before: &Value, after: &Value) {
        let (before, after) = changed_part(before.links(), after.links());
        if before.is_empty() || after.is_empty() {
            before.iter().for_each(|target| self.remove(record, field, *target));
            after.iter().for_each(|target| self.add(record, field, *target));
            return;
        }
        let (before, after): (BTreeSet<_>, BTreeSet<_>) =
            (before.iter().copied().collect(), after.iter().copied().collect());
        before.difference(&after).for_each(|target| self.remove(record, field, *target));
        after.difference(&before).for_each(|target| self.add(record, field, *target));
    }

    fn add(&mut self, record: Ref, field: FieldIndex, target: Ref) {
        let fields = &mut self.fields[usize::from(record.entity_type.0)];
        if fields.len() <= field {
            fields.resize_with(field + 1, HashMap::new);
        }
        let ids = fields[field].entry(target).or_default();
        let id = small(record.id);
        // New records have the highest ids.
        let place = match ids.last() {
            Some(last) if *last >= id => ids.partition_point(|known| *known < id),
            _ => ids.len(),
        };
        debug_assert_ne!(ids.get(place), Some(&id), "a record links to another once");
        ids.insert(place, id);
    }

    fn remove(&mut self, record: Ref, field: FieldIndex, target: Ref) {
        let links = &mut self.fields[usize::from(record.entity_type.0)][field];
        let ids = links.get_mut(&target).expect("a link that is removed was added");
        let place = ids.binary_search(&small(record.id)).expect("a link that is removed was added");
        ids.remove(place);
        if ids.is_empty() {
            links.remove(&target);
        }
    }
}

/// Two lists without what they begin and end with in common: lists mostly grow and shrink by one.
fn changed_part<'a>(before: &'a [Ref], after: &'a [Ref]) -> (&'a [Ref], &'a [Ref]) {
    let start = before.iter().zip(after).take_while(|(before, after)| before == after).count();
    let (before, after) = (&before[start..], &after[start..]);
    let pairs = before.iter().rev().zip(after.iter().rev());
    let end = pairs.take_while(|(before, after)| before == after).count();
    (&before[..before.len() - end], &after[..after.len() - end])
}

fn small(id: u64) -> u32 {
    u32::try_from(id).expect("records are at the place of their id, and so many do not fit")
}
