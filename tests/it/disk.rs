//! A full disk: the host says so once, reads nothing and writes nothing on the site until there is room, then goes on by
//! itself; nothing is lost or repeated.

use serde_json::{Value, json};
use site::faults::{Fault, Moment, Rule};

use crate::support::{Host, Load, Studio, Writers, eventually, fixture, message};

const LOST: &str = "The database cannot be written: ";
const STILL: &str = "The database still takes no changes";
const BACK: &str = "The database can be written again";

fn said(host: &Host, beginning: &str) -> Vec<String> {
    host.messages().into_iter().filter(|said| said.starts_with(beginning)).collect()
}

fn wait_for(host: &Host, beginning: &str) {
    host.wait_for(beginning, |line| message(line).starts_with(beginning));
}

/// Waits until the host has tried in vain so often more to change the database.
fn wait_for_attempts(host: &Host, attempts: usize) {
    let count = || host.count_lines(|line| message(line).starts_with(STILL));
    let before = count();
    eventually(&format!("{attempts} attempts"), || (count() >= before + attempts).then_some(()));
}

/// A host on a small disk, with all the writers at work.
async fn writers_at_work() -> (Studio, Writers, Host) {
    let studio = Studio::new().await;
    let writers = Writers::install(&studio);
    let host = studio.start_unwatched_on_a_small_disk();
    Writers::wait_until_live(&host);
    (studio, writers, host)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_everything_until_there_is_room() {
    let (studio, writers, host) = writers_at_work().await;
    let load = Load::start(&studio);
    studio.wait_for_plugin("creates", |row| row.handled >= 10);

    // No more than there is: the database can be read, and its log cannot grow.
    host.fill_disk(studio.bytes_of("cuebox.db-wal"));
    wait_for(&host, LOST);
    let told = said(&host, LOST).remove(0);
    assert!(told.contains("cuebox.db has no room to "), "{told}");
    assert!(told.contains("file size") || told.contains("size of a file is reached"), "{told}");
    assert!(told.contains("To do: raise the limit"), "{told}");
    load.stop(&studio).await;
    studio.create("Task", json!({"content": "made while the disk is full"}));
    // Each lane, and the reading of events, tries about once a second.
    wait_for_attempts(&host, 10);
    let before = what_is_there(&studio, &writers);
    wait_for_attempts(&host, 20);
    assert_eq!(
        what_is_there(&studio, &writers),
        before,
        "nothing is done that cannot be remembered"
    );
    assert!(said(&host, BACK).is_empty());

    host.empty_disk();
    writers.wait_until_done(&studio);
    assert_eq!(said(&host, LOST).len(), 1, "told once\n{}", host.log());
    assert_eq!(said(&host, BACK).len(), 1, "told once\n{}", host.log());
    assert!(host.stop().success());
    writers.check(&studio);
}

/// Fills the disk while the site is at work on a call of a plugin, and expects how much the plugin has written when the host
/// has tried for a while to go on.
async fn full_within_a_call(method: &str, entity_type: &str, plugin: &str, written: usize) {
    let (studio, writers, host) = writers_at_work().await;
    let slow = Fault::Slow { millis: 500 };
    let rule = Rule::new(method, slow).about(entity_type).of("cuebox").when(Moment::After);
    studio.site.add_fault(rule).unwrap();
    studio.create("Task", json!({"content": "x"}));
    eventually("the call", || {
        studio.site.faults().iter().any(|rule| rule.struck > 0).then_some(())
    });
    host.fill_disk(0);
    let failed =
        format!("Callback `write` of plugin `{plugin}` could not be called: what a plugin changes");
    wait_for(&host, &failed);
    wait_for_attempts(&host, 20);
    assert_eq!(writers.written(&studio, plugin).len(), written, "of plugin `{plugin}`");
    studio.site.clear_faults();
    host.empty_disk();
    writers.wait_until_done(&studio);
    assert!(host.stop().success());
    writers.check(&studio);
}

/// If it were made, and then the power went, nobody would know of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_cannot_be_remembered_is_not_made() {
    // Before a plugin makes its first note, the host looks for the newest one that is there.
    full_within_a_call("*", "Note", "creates", 0).await;
}

/// A write whose answer cannot be stored is not made again, and none is made after it.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_remembered_ends_the_call() {
    full_within_a_call("update", "Shot", "updates", 1).await;
}

/// What the plugins wrote, and how far the host has read.
fn what_is_there(studio: &Studio, writers: &Writers) -> (Vec<String>, u64) {
    let written =
        Writers::NAMES.iter().flat_map(|plugin| writers.written(studio, plugin)).collect();
    (written, studio.open_database().last_seq().unwrap().0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_on_a_full_disk_can_be_stopped_and_goes_on_later() {
    let (studio, writers, host) = writers_at_work().await;
    let load = Load::start(&studio);
    studio.wait_for_plugin("updates", |row| row.handled >= 5);
    host.fill_disk(0);
    wait_for(&host, LOST);
    load.stop(&studio).await;
    assert!(host.stop().success());

    let host = studio.start();
    writers.wait_until_done(&studio);
    assert!(host.stop().success());
    writers.check(&studio);
}

/// Whenever the disk is full and whenever the power goes: at the next start all is as if neither had happened.
#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_on_a_full_disk_loses_nothing() {
    const CUTS: u64 = 25;
    let (studio, writers, host) = writers_at_work().await;
    host.kill();
    let load = Load::start(&studio);
    for cut in 0..CUTS {
        let host = studio.start_unwatched_on_a_small_disk();
        host.wait_for("the stream", |line| message(line).starts_with("The stream "));
        tokio::time::sleep(std::time::Duration::from_millis(cut * 37 % 300)).await;
        // Not always at the end of a page: some of a commit is written, and the rest is not.
        host.fill_disk(studio.bytes_of("cuebox.db-wal") + cut * 1_237 % 9_000);
        wait_for(&host, LOST);
        tokio::time::sleep(std::time::Duration::from_millis(cut * 53 % 200)).await;
        host.kill();
    }
    load.stop(&studio).await;
    let host = studio.start();
    writers.wait_until_done(&studio);
    assert!(host.stop().success());
    writers.check(&studio);
}

#[tokio::test(flavor = "multi_thread")]
async fn compiled_code_that_finds_no_room_harms_no_plugin() {
    /// More than the database needs here, and less than compiled code.
    const BYTES: u64 = 400 << 10;
    let studio = Studio::new().await;
    let host = studio.start_unwatched_on_a_small_disk();
    host.wait_for("the stream", |line| message(line).starts_with("The stream "));
    host.fill_disk(BYTES);
    studio.put("noop", &fixture("writer"));
    host.wait_until_live("noop");
    wait_for(&host, "Compiled code could not be kept");
    let kept = std::fs::read_dir(studio.path("cache")).unwrap().count();
    assert_eq!(kept, 0, "half of it is not kept, either");
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("noop", |row| row.lag == 0);
    assert!(said(&host, LOST).is_empty(), "{}", host.log());
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_file_that_finds_no_room_is_complained_about_once() {
    let studio = Studio::new().await;
    studio.configure_log("format = \"json\"\nlevel = \"debug\"\ndirectory = \"logs\"");
    studio.put("noop", &fixture("noop"));
    let host = studio.start_unwatched_on_a_small_disk();
    host.wait_until_live("noop");
    // The next line is there in part.
    host.fill_disk(studio.bytes_of("logs/cuebox.log") + 20);
    studio.create("Task", json!({"content": "x"}));
    wait_for(&host, "Log files in ");
    host.empty_disk();
    studio.wait_for_plugin("noop", |row| row.lag == 0 && row.handled > 0);
    assert_eq!(said(&host, "Log files in ").len(), 1, "{}", host.log());
    assert!(host.stop().success());

    let text = std::fs::read_to_string(studio.path("logs/cuebox.log")).unwrap();
    let torn = text.lines().filter(|line| serde_json::from_str::<Value>(line).is_err());
    assert_eq!(
        torn.map(str::len).collect::<Vec<_>>(),
        [20],
        "one line in part, and no other harmed"
    );
    assert!(text.contains("Stopping: "), "it is written again");
}
