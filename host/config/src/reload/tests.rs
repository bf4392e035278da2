use std::path::Path;

use super::*;
use crate::Lookup;

const SITE: &str = "[site]\nurl = \"https://site\"\nscript_name = \"s\"\nscript_key = \"${KEY}\"\n";

fn read(text: &str, key: &str) -> Config {
    let lookup = Lookup {
        file_name: "cuebox.toml",
        directory: Path::new("/"),
        variable: &|_| Some(key.to_owned()),
        file: &|_| unreachable!("no file is named"),
    };
    Config::read(text, &lookup).unwrap_or_else(|problems| panic!("{problems}")).config
}

fn reload(before: &str, now: &str) -> Reload {
    let (before, now) = (format!("{SITE}{before}"), format!("{SITE}{now}"));
    Reload::new(&read(&before, "k"), read(&now, "k"), [&before, &before, &now])
}

#[test]
fn what_a_plugin_may_and_how_it_runs_takes_effect() {
    let before = "[limits]\nfuel = 2000000\n[plugin.a]\ngrant.shotgun = \"write\"\n[plugin.b]\nenabled = true";
    let now =
        "[limits]\nfuel = 3000000\n[plugin.a]\ngrant.shotgun = \"read\"\non_error = \"continue\"";
    let Reload { config, now, later } = reload(before, now);
    let keys = ["limits.fuel", "plugin.a.grant.shotgun", "plugin.a.on_error", "plugin.b.enabled"];
    assert_eq!((now, later), (keys.map(str::to_owned).to_vec(), Vec::new()));
    assert_eq!(config.plugin("b").limits.fuel.small, 3_000_000);
    assert_eq!(config.plugin("a").grants.shotgun.to_string(), "read");
}

#[test]
fn what_is_settled_at_the_start_stays_and_is_named() {
    let before =
        "[stream]\npoll_busy = \"1s\"\n[plugin.a]\nafter = [\"b\"]\n[plugin.c]\nafter = [\"b\"]";
    let now = "[log]\nlevel = \"debug\"\n[plugin.a]\nafter = []\nparallel = 2";
    let Reload { config, now, later } = reload(before, now);
    assert_eq!(now, ["plugin.a.parallel"]);
    assert_eq!(later, ["log.level", "plugin.a.after", "plugin.c.after", "stream.poll_busy"]);
    assert_eq!(config.stream.poll_busy, std::time::Duration::from_secs(1));
    let after = |plugin: &str| config.plugin(plugin).after;
    assert_eq!(
        (after("a"), after("c"), config.log.level),
        (vec!["b".to_owned()], vec!["b".to_owned()], "info".to_owned())
    );
    assert_eq!(config.by_plugin["a"].parallel, 2);
}

/// The text is the same; a message names the key, and nothing of its value.
#[test]
fn a_key_that_came_from_elsewhere_is_noticed() {
    let Reload { config, now, later } =
        Reload::new(&read(SITE, "old"), read(SITE, "new"), [SITE, SITE, SITE]);
    assert_eq!((now, later), (Vec::new(), vec!["site.script_key".to_owned()]));
    assert_eq!(config.site.script.key.expose(), "old");
}
