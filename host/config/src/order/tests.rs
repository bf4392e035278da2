use super::*;

#[test]
fn a_plugin_that_comes_after_itself_is_found() {
    let after = |pairs: &[(&'static str, &[&'static str])]| {
        pairs.iter().map(|(plugin, after)| (*plugin, after.to_vec())).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(cycle(&after(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &["absent"])])), None);
    assert_eq!(cycle(&after(&[("a", &["a"])])), Some(vec!["a", "a"]));
    let round = after(&[("a", &["b"]), ("b", &["c"]), ("c", &["d", "b"])]);
    assert_eq!(cycle(&round), Some(vec!["b", "c", "b"]));
}
