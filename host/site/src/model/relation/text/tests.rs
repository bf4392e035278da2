use proptest::prelude::*;

use super::{TextMatch, fold};

/// What each way of looking for a text comes to, with copies.
fn plainly(how: TextMatch, text: &str, needle: &str) -> bool {
    let text = fold(text);
    match how {
        TextMatch::Is => text == needle,
        TextMatch::Contains => text.contains(needle),
        TextMatch::StartsWith => text.starts_with(needle),
        TextMatch::EndsWith => text.ends_with(needle),
    }
}

proptest! {
    #[test]
    fn nothing_is_copied_and_all_is_found(text in "[aAbßÄäİ ]{0,6}", needle in "[aAbßÄäİi ]{0,3}") {
        let needle = fold(&needle);
        for how in [TextMatch::Is, TextMatch::Contains, TextMatch::StartsWith, TextMatch::EndsWith] {
            prop_assert_eq!(how.matches(&text, &needle), plainly(how, &text, &needle), "{:?}", how);
        }
    }
}
