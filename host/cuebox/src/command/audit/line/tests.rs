use policy::Place;
use runtime::{AllowingLine, LineList};

use super::*;

#[track_caller]
fn check(list: LineList, index: Option<usize>, file_line: Option<usize>, shown: &str) {
    let text = "update Shot.code in project 70: not a place (line 3)".to_owned();
    let line = AllowingLine { list, place: Place { index, file_line }, text: text.clone() };
    let kept = line.to_string();
    let read = AuditedLine::read("p.1", &kept);
    assert_eq!(read.to_string(), format!("{shown}: {text}"));
    assert_eq!((read.file_line, read.text), (file_line, &*text));
    let is_of_author = matches!(list, LineList::NeedsShotgun | LineList::NeedsHttp);
    assert_eq!(read.is_of_author(), is_of_author);
}

#[test]
fn what_is_kept_of_a_line_is_read_again() {
    use LineList::{GrantHttp, GrantShotgun, NeedsHttp, NeedsShotgun};
    check(GrantShotgun, Some(2), Some(14), "[plugin.\"p.1\"] grant.shotgun[2] (line 14)");
    check(GrantShotgun, None, Some(9), "[plugin.\"p.1\"] grant.shotgun (line 9)");
    check(GrantHttp, Some(0), None, "[plugin.\"p.1\"] grant.http[0]");
    check(NeedsShotgun, Some(10), None, "plugin.toml needs.shotgun[10]");
    check(NeedsHttp, Some(1), Some(4), "plugin.toml needs.http[1] (line 4)");
}

#[test]
fn a_record_without_places_is_shown_as_it_is() {
    let kept = "grant.shotgun: update Shot.code\ngrant.http: POST https://a.example/";
    let shown: Vec<String> = AuditedLine::all("p", kept).map(|line| line.to_string()).collect();
    assert_eq!(
        shown,
        [
            "[plugin.p] grant.shotgun: update Shot.code",
            "[plugin.p] grant.http: POST https://a.example/"
        ]
    );
}
