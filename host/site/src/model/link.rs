//! Sets fields, and keeps both sides of a relation the same.

use super::event::{Change, FieldChange, Original};
use super::schema::FieldIndex;
use super::transaction::Transaction;
use super::value::{Ref, Value};

impl Transaction<'_> {
    /// Gives a field its new value, with the other sides of its links and the rows of all that. Says whether anything
    /// changed.
    pub fn change(
        &mut self,
        record: Ref,
        field: FieldIndex,
        after: Value,
        in_create: bool,
    ) -> bool {
        let before = self.value(record, field).clone();
        match after {
            Value::Links(links) => {
                let added: Vec<_> =
                    links.iter().filter(|link| !before.links().contains(link)).copied().collect();
                // A retired record keeps its links, so that they are there again when it is revived.
                let removed: Vec<_> = before
                    .links()
                    .iter()
                    .filter(|link| {
                        !links.contains(link) && self.model.tables.live(**link).is_some()
                    })
                    .copied()
                    .collect();
                self.change_links(record, field, &added, &removed, in_create)
            }
            after if after == before => false,
            after => {
                self.change_value(record, field, &before, after, in_create);
                true
            }
        }
    }

    /// Adds links to a list and removes others.
    pub fn change_links(
        &mut self,
        record: Ref,
        field: FieldIndex,
        added: &[Ref],
        removed: &[Ref],
        in_create: bool,
    ) -> bool {
        if added.is_empty() && removed.is_empty() {
            return false;
        }
        self.put_links(record, field, added, removed);
        let change = Change::Links { added, removed };
        let event_id =
            self.record_change(&FieldChange { record, field, change, in_create, original: None });
        let original = Original { record, field, event_id };
        for link in removed {
            self.unmirror(*link, original, in_create);
        }
        for link in added {
            self.mirror(*link, original, in_create);
        }
        true
    }

    fn change_value(
        &mut self,
        record: Ref,
        field: FieldIndex,
        before: &Value,
        after: Value,
        in_create: bool,
    ) {
        let links = (before.links().first().copied(), after.links().first().copied());
        self.model.tables.set(record, field, after.clone());
        let change = Change::Value { before, after: &after };
        let event_id =
            self.record_change(&FieldChange { record, field, change, in_create, original: None });
        let original = Original { record, field, event_id };
        if let Some(link) = links.0 {
            self.unmirror(link, original, in_create);
        }
        if let Some(link) = links.1 {
            self.mirror(link, original, in_create);
        }
    }

    /// Shows on `link` that the original now links to it.
    fn mirror(&mut self, link: Ref, original: Original, in_create: bool) {
        let Some(field) = self.mirror_field(link, original) else { return };
        if self.holds_list(link, field) {
            return self.mirror_links(link, field, &[original.record], &[], original, in_create);
        }
        let before = self.value(link, field).clone();
        let after = Value::Link(original.record);
        if before == after {
            return;
        }
        self.model.tables.set(link, field, after.clone());
        let change = Change::Value { before: &before, after: &after };
        self.record_change(&FieldChange {
            record: link,
            field,
            change,
            in_create,
            original: Some(original),
        });
        // It can be on one list only: the one it was on loses it.
        for former in before.links() {
            if let Some(list) =
                self.mirror_field(*former, Original { record: link, field, event_id: None })
            {
                self.mirror_links(*former, list, &[], &[link], original, in_create);
            }
        }
    }

    /// Shows on `link` that the original no longer links to it.
    fn unmirror(&mut self, link: Ref, original: Original, in_create: bool) {
        let Some(field) = self.mirror_field(link, original) else { return };
        if self.holds_list(link, field) {
            return self.mirror_links(link, field, &[], &[original.record], original, in_create);
        }
        let before = self.value(link, field).clone();
        if before != Value::Link(original.record) {
            return;
        }
        self.model.tables.set(link, field, Value::Null);
        let change = Change::Value { before: &before, after: &Value::Null };
        self.record_change(&FieldChange {
            record: link,
            field,
            change,
            in_create,
            original: Some(original),
        });
    }

    fn mirror_links(
        &mut self,
        record: Ref,
        field: FieldIndex,
        added: &[Ref],
        removed: &[Ref],
        original: Original,
        in_create: bool,
    ) {
        if self.put_links(record, field, added, removed) {
            let change = Change::Links { added, removed };
            self.record_change(&FieldChange {
                record,
                field,
                change,
                in_create,
                original: Some(original),
            });
        }
    }

    /// Changes a list without telling. Says whether it is another one now.
    fn put_links(
        &mut self,
        record: Ref,
        field: FieldIndex,
        added: &[Ref],
        removed: &[Ref],
    ) -> bool {
        let before = self.value(record, field).links();
        let mut links: Vec<_> =
            before.iter().filter(|link| !removed.contains(link)).copied().collect();
        links.extend(added.iter().filter(|link| !before.contains(link)));
        if links == before {
            return false;
        }
        self.model.tables.set(record, field, Value::Links(links));
        true
    }

    /// The field of `link` that shows the links of the original's field.
    fn mirror_field(&self, link: Ref, original: Original) -> Option<FieldIndex> {
        let writer = self.model.schema.entity_type(original.record.entity_type);
        let mirror = writer.fields[original.field].mirrors.get(&link.entity_type).copied()?;
        let is_kept = !self.model.schema.entity_type(link.entity_type).fields[mirror].retired;
        self.model.tables.row(link).filter(|_| is_kept).map(|_| mirror)
    }

    fn holds_list(&self, record: Ref, field: FieldIndex) -> bool {
        self.model.schema.entity_type(record.entity_type).fields[field].data_type.is_links()
    }

    fn value(&self, record: Ref, field: FieldIndex) -> &Value {
        self.model.tables.row(record).expect("the caller found the record").value(field)
    }
}
