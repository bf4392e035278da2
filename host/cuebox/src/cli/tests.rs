use clap::CommandFactory as _;
use expect_test::{Expect, expect};

use super::plugins::List;
use super::{Cli, Command, CrewDays, ExitCode, Parser as _, PluginsAction};

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(["cuebox"].into_iter().chain(line.split_whitespace()))
}

#[track_caller]
fn good(line: &str) -> Cli {
    parse(line).unwrap_or_else(|error| panic!("{error}"))
}

/// Expects what is said of a line that is not understood.
#[track_caller]
fn refused(line: &str, expected: Expect) {
    let error = parse(line).expect_err("the line is refused");
    assert_eq!(error.exit_code(), ExitCode::CommandLine as i32);
    expected.assert_eq(&error.to_string());
}

#[test]
fn the_definition_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn every_first_line_is_a_sentence_without_its_stop() {
    fn visit(command: &clap::Command) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let helps = command
            .get_arguments()
            .filter_map(|argument| argument.get_help().map(ToString::to_string));
        for text in std::iter::once(about).chain(helps) {
            assert!(text.starts_with(char::is_uppercase), "{}: {text:?}", command.get_name());
            assert!(!text.ends_with('.'), "{}: {text:?}", command.get_name());
        }
        command.get_subcommands().for_each(visit);
    }
    visit(&Cli::command());
}

#[test]
fn the_configuration_can_be_named_before_or_after_the_command() {
    assert_eq!(good("run").config.to_str(), Some("cuebox.toml"));
    assert_eq!(good("--config a.toml run").config.to_str(), Some("a.toml"));
    assert_eq!(good("plugins list --config a.toml").config.to_str(), Some("a.toml"));
}

#[test]
fn plugins_are_listed_unless_something_else_is_said() {
    let action = |line| match good(line).command {
        Command::Plugins(plugins) => plugins.action(),
        other => panic!("{other:?}"),
    };
    assert_eq!(action("plugins"), PluginsAction::List(List { json: false }));
    assert_eq!(action("plugins --json"), PluginsAction::List(List { json: true }));
    assert_eq!(action("plugins list --json"), PluginsAction::List(List { json: true }));
    assert_eq!(action("plugins enable a"), PluginsAction::Enable { name: "a".to_owned() });
    assert_eq!(action("plugins disable a"), PluginsAction::Disable { name: "a".to_owned() });
}

#[test]
fn the_demo_and_the_site_take_numbers_and_times() {
    let Command::Demo(demo) = good("demo --rate 0.5 --for 1m30s").command else {
        panic!("the demo")
    };
    assert_eq!((demo.rate, demo.duration.map(|time| time.as_secs())), (0.5, Some(90)));
    let Command::Site(site) =
        good("site --address [::1]:0 --seed 1 --rate 10 --file a.jsonl").command
    else {
        panic!("the site")
    };
    assert_eq!((site.address.port(), site.seed, site.rate), (0, 1, 10.0));
    let Command::Site(site) =
        good("site --scene feature --crew studio --at 2026-03-02T08:30:00Z --speed 60").command
    else {
        panic!("the site")
    };
    assert_eq!((site.scene, site.crew), (site::Scene::Feature, CrewDays::Studio));
    assert_eq!((site.at.map(|at| at.0), site.speed), (Some(1_772_440_200_000), Some(60.0)));
    let Command::Site(site) = good("site").command else { panic!("the site") };
    assert!(site.address.ip().is_loopback());
}

#[test]
fn lines_that_are_not_understood() {
    refused(
        "rum",
        expect![[r#"
        error: unrecognized subcommand 'rum'

          tip: a similar subcommand exists: 'run'

        Usage: cuebox [OPTIONS] <COMMAND>

        For more information, try '--help'.
    "#]],
    );
    refused(
        "demo --rate fast",
        expect![[r#"
        error: invalid value 'fast' for '--rate <N>': it must be a number from 0.1 to 1000

        For more information, try '--help'.
    "#]],
    );
    refused(
        "demo --rate -1",
        expect![[r#"
        error: unexpected argument '-1' found

        Usage: cuebox demo [OPTIONS]

        For more information, try '--help'.
    "#]],
    );
    refused(
        "demo --rate NaN",
        expect![[r#"
        error: invalid value 'NaN' for '--rate <N>': it must be a number from 0.1 to 1000

        For more information, try '--help'.
    "#]],
    );
    refused(
        "demo --for soon",
        expect![[r#"
        error: invalid value 'soon' for '--for <TIME>': it is not a time; write a number and a unit (ms, s, m, h, d), such as "250ms" or "1h30m"

        For more information, try '--help'.
    "#]],
    );
    refused(
        "site --address localhost",
        expect![[r#"
        error: invalid value 'localhost' for '--address <ADDRESS>': invalid socket address syntax

        For more information, try '--help'.
    "#]],
    );
    refused(
        "plugins enable",
        expect![[r#"
        error: the following required arguments were not provided:
          <NAME>

        Usage: cuebox plugins enable <NAME>

        For more information, try '--help'.
    "#]],
    );
    refused(
        "plugins --json enable a",
        expect![[r#"
        error: the subcommand 'enable' cannot be used with '--json'

        Usage: cuebox plugins [OPTIONS]
               cuebox plugins <COMMAND>

        For more information, try '--help'.
    "#]],
    );
}

#[test]
fn the_help_lists_the_exit_codes() {
    let help = Cli::command().render_long_help().to_string();
    for (index, code) in ExitCode::ALL.into_iter().enumerate() {
        assert_eq!(code as usize, index, "they are counted from 0");
        assert!(help.contains(&format!("  {index}  {}", code.meaning())), "{help}");
    }
}
