use std::path::Path;

use expect_test::{Expect, expect};

use super::{Script, Translation, expanded, variables};
use crate::command::import::ini::Ini;

fn translated(conf: &str) -> Translation {
    Translation::of(&Ini::parse(conf).expect("it is read"), "script.key").expect("it is translated")
}

#[track_caller]
fn refused(conf: &str, expected: Expect) {
    let error = Translation::of(&Ini::parse(conf).expect("it is read"), "script.key");
    expected.assert_eq(&error.expect_err("it is refused").to_string());
}

const CONF: &str = "
[daemon]
pidFile: /var/log/daemon.pid
eventIdFile: /var/log/daemon.id
logMode: 1
logPath: /var/log/daemon
logFile: daemon
logging: 20
timing_log: on
conn_retry_sleep = 60
max_conn_retries = 5
fetch_interval = 5
max_event_batch_size = 500
[shotgun]
server: https://studio.shotgunstudio.com
name: daemon
key: 841c9a51bf45e1872c3e5f2435dade67458bc858
proxy_server: 10.0.0.1:8080
use_session_uuid: True
own_option: 1
[plugins]
paths: /sg/plugins, %(SG_MORE)s/plugins
[emails]
server: mail
";

#[test]
fn settings_are_said_in_our_words() {
    let translation = translated(CONF);
    assert_eq!(translation.key.as_deref(), Some("841c9a51bf45e1872c3e5f2435dade67458bc858"));
    assert_eq!(translation.id_file.as_deref(), Some("/var/log/daemon.id"));
    let script = |name: &str, variable: &str| Script {
        name: name.to_owned(),
        variables: [variable.to_owned()].into(),
    };
    let scripts = [script("logArgs", "SG_KEY"), script("a.b", "SG_NAME")];
    expect![[r##"
        # Made by `cuebox import` out of daemon.conf. Every setting, with its manual, is in what `cuebox init` writes.

        [site]
        url = "https://studio.shotgunstudio.com"
        script_name = "daemon"
        script_key_file = "script.key"
        proxy = "http://10.0.0.1:8080"
        use_session_uuid = true

        [stream]
        poll_quiet = "5000ms"
        page_size = 500

        [plugins]
        paths = ["/sg/plugins", "${SG_MORE}/plugins"]

        [log]
        level = "info"
        directory = "/var/log/daemon"
        mode = "per-plugin"
        timing = true

        # It cannot ask the site anything until you grant it something: this is what the daemon let every plugin do.
        [plugin.logArgs]
        #grant.shotgun = ["read", "write"]
        #settings.SG_KEY = "${SG_KEY}"

        # It cannot ask the site anything until you grant it something: this is what the daemon let every plugin do.
        [plugin."a.b"]
        #grant.shotgun = ["read", "write"]
        #settings.SG_NAME = "${SG_NAME}"
    "##]]
    .assert_eq(&translation.text(Path::new("daemon.conf"), &scripts));
    expect![[r#"
        `conn_retry_sleep` in [daemon], line 10: a site that does not answer is asked again in pauses that grow, without an end
        `eventidfile` in [daemon], line 4: how far each plugin is stands in the database
        `logfile` in [daemon], line 7: the file is cuebox.log in `directory` under [log]
        `max_conn_retries` in [daemon], line 11: an outage is told when it begins and when it is over
        `pidfile` in [daemon], line 3: a service manager knows the process; SIGTERM stops it
        [emails]: cuebox sends no mail; what would be mailed is logged at level error, for what watches your logs
        `own_option` in [shotgun], line 20: is no option of the daemon that is known here, and is left out"#]]
    .assert_eq(&translation.notes.join("\n"));
}

#[test]
fn a_key_of_the_environment_stays_there() {
    let conf = CONF.replace("841c9a51bf45e1872c3e5f2435dade67458bc858", "%(SG_ED_KEY)s");
    let translation = translated(&conf);
    assert_eq!(translation.key, None);
    let text = translation.text(Path::new("x"), &[]);
    assert!(text.contains("script_key = \"${SG_ED_KEY}\"\n"), "{text}");
}

#[test]
fn bad_values_are_named() {
    let with = |line: &str| {
        format!(
            "[shotgun]\nserver: https://x\nname: a\nkey: b\n[plugins]\npaths: /p\n[daemon]\n{line}\n"
        )
    };
    refused(
        "[shotgun]\nserver: x\nname: y\n[plugins]\npaths: /p\n",
        expect!["`key` is missing in [shotgun]"],
    );
    refused(
        &with("fetch_interval: soon"),
        expect![[
            r#"line 8: `fetch_interval` in [daemon] is "soon", and must be a whole number, not below 0"#
        ]],
    );
    refused(
        &with("logMode: %(X)s"),
        expect![[
            r#"line 8: `logmode` in [daemon] is "${X}", and must be a whole number, not below 0"#
        ]],
    );
    refused(
        &with("x: 1\n[shotgun]\nuse_session_uuid: perhaps"),
        expect![[
            r#"line 10: `use_session_uuid` in [shotgun] is "perhaps", and must be True or False"#
        ]],
    );
}

#[test]
fn variables_of_a_plugin_are_found() {
    let text = "key = os.environ['SG_KEY']\nname = os.environ.get( \"SG_NAME\", 'x')\nos.getenv('A1')\n\
        os.environ[key] os.environ['no name'] environ[\"B\"]\n";
    let found: Vec<String> = variables(text).into_iter().collect();
    assert_eq!(found, ["A1", "B", "SG_KEY", "SG_NAME"]);
}

#[test]
fn settings_are_expanded_as_the_configuration_would() {
    let variable = |name: &str| (name == "HOME").then(|| "/home/x".to_owned());
    assert_eq!(expanded("${HOME}/y", &variable), "/home/x/y");
    assert_eq!(expanded("a$${HOME}/${NO}b", &variable), "a${HOME}/b");
}
