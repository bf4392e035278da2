//! Which plugins come after which: an order that leads back to where it began is none.

use std::collections::{BTreeMap, BTreeSet};

/// A plugin that comes after itself, by way of these; none if there is none.
pub fn cycle<'a>(after: &BTreeMap<&'a str, Vec<&'a str>>) -> Option<Vec<&'a str>> {
    fn walk<'a>(
        after: &BTreeMap<&'a str, Vec<&'a str>>,
        way: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
        plugin: &'a str,
    ) -> Option<Vec<&'a str>> {
        if let Some(start) = way.iter().position(|on_way| *on_way == plugin) {
            return Some(way[start..].iter().copied().chain([plugin]).collect());
        }
        if !done.insert(plugin) {
            return None;
        }
        way.push(plugin);
        let found =
            after.get(plugin).into_iter().flatten().find_map(|next| walk(after, way, done, next));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    after.keys().find_map(|plugin| walk(after, &mut Vec::new(), &mut done, plugin))
}

#[cfg(test)]
mod tests;
