use super::{Grants, SiteAccess};
use crate::manifest::{Need, Needs};

fn asking(lines: &[&str]) -> Needs {
    let need = |line: &&str| Need { line: line.parse().unwrap(), why: String::new() };
    Needs { shotgun: lines.iter().map(need).collect(), http: Vec::new() }
}

#[test]
fn what_is_asked_for_never_widens_what_is_granted() {
    use SiteAccess::{None, Read, Write};
    let cases: [(&[&str], SiteAccess); 6] = [
        (&[], None),
        (&["read Task.content", "schema *", "call followers"], Read),
        (&["read"], Read),
        (&["read Task.content", "update Task.content"], Write),
        (&["delete Note"], Write),
        (&["write"], Write),
    ];
    for (lines, asked) in cases {
        for granted in SiteAccess::ALL {
            let effective = Grants { shotgun: granted }.within(&asking(lines));
            assert_eq!(effective.shotgun, granted.min(asked), "{lines:?} of {granted}");
        }
    }
}
