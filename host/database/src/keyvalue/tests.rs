use eventlog::Seq;

use crate::stream::tests::started;
use crate::{Database, Finish, KeyValueChange};

fn change(database: &mut Database, plugin: &str, key_values: &[KeyValueChange]) {
    let finish = Finish { key_values, ..Finish::at(plugin, Seq(0)) };
    database.finish(&finish).expect("finished");
}

fn set(key: &str, value: &[u8]) -> KeyValueChange {
    KeyValueChange::Set { key: key.to_owned(), value: value.to_vec() }
}

fn remove(key: &str) -> KeyValueChange {
    KeyValueChange::Remove { key: key.to_owned() }
}

#[test]
fn each_plugin_has_its_own_keys() {
    let mut database = started();
    database.ensure_plugin("a", Seq(0)).expect("added");
    database.ensure_plugin("ab", Seq(0)).expect("added");
    change(&mut database, "a", &[set("k", b"of a"), set("", b"of no name"), set("\0", b"")]);
    change(&mut database, "ab", &[set("k", b"of ab")]);
    let kept = |name| database.key_values(name).expect("read");
    assert_eq!(kept("ab"), [("k".to_owned(), b"of ab".to_vec())]);
    let of_a = [("", &b"of no name"[..]), ("\0", b""), ("k", b"of a")];
    assert_eq!(kept("a"), of_a.map(|(key, value)| (key.to_owned(), value.to_vec())));
    assert_eq!(kept("b"), []);
}

#[test]
fn changes_take_effect_in_order() {
    let mut database = started();
    database.ensure_plugin("a", Seq(0)).expect("added");
    change(&mut database, "a", &[set("k", b"1"), remove("k"), set("k", b"2"), remove("absent")]);
    assert_eq!(database.key_values("a").expect("read"), [("k".to_owned(), b"2".to_vec())]);
    change(&mut database, "a", &[set("k", b"3"), remove("k")]);
    assert_eq!(database.key_values("a").expect("read"), []);
}

#[test]
fn a_large_value_comes_back_whole() {
    let mut database = started();
    database.ensure_plugin("a", Seq(0)).expect("added");
    let value: Vec<u8> = (0..1_000_000_u32).map(|number| (number % 251) as u8).collect();
    change(&mut database, "a", &[set("large", &value)]);
    assert!(database.key_values("a").expect("read") == [("large".to_owned(), value)]);
}

#[test]
fn a_wrong_value_is_noticed() {
    let mut database = started();
    database.ensure_plugin("a", Seq(0)).expect("added");
    change(&mut database, "a", &[set("k", b"secret")]);
    database.connection.execute("UPDATE key_value SET value = x'00'", []).expect("changed");
    let error = database.key_values("a").expect_err("damaged");
    let expected = "database in memory is damaged, found on trying to load a plugin's key-values: a key-value of plugin \
        `a` does not match its checksum";
    assert_eq!(error.to_string(), expected);
}
