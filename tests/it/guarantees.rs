//! The pages of promises, and of threats: each of their items is one sentence that names the tests that hold it, and those tests are
//! there and run.

use std::fs;

use expect_test::expect;

use crate::tidy::root;

/// The pages, the section of each in which every sentence is a promise, and how many there are at least: fewer mean that the page was
/// not read right.
const PAGES: [(&str, &str, usize); 2] = [
    ("host/GUARANTEES.md", "\n## What is promised\n", 40),
    ("host/THREATS.md", "\n## What is defended\n", 20),
];

/// A sentence of the list, and what it names.
struct Promise<'a> {
    sentence: String,
    /// Path and name, from the root of the repository.
    tests: Vec<(&'a str, &'a str)>,
}

#[test]
fn every_promise_names_tests_that_exist() {
    for (path, title, promises_min) in PAGES {
        let page = fs::read_to_string(root().join(path)).unwrap();
        let section = section(&page, title);
        let promises = promises(section);
        assert!(promises.len() >= promises_min, "only {} promises were read", promises.len());
        let complaints = complaints(section);
        assert!(complaints.is_empty(), "{path}:\n{}", complaints.join("\n"));
    }
}

#[test]
fn a_promise_that_nothing_holds_is_told() {
    let page = "\
# Page

## What is promised

### First
- Nothing holds this.
- There is no such file. `tests/it/gone.rs::a_test`
- There is no such test, only a function.
  `tests/it/guarantees.rs::promises`, `tests/it/guarantees.rs::a_promise_that_nothing_holds_is_told`
- Nobody runs this. `host/site/tests/judge.rs::write_the_corpus_anew`
- These are two. Sentences, that is. `tests/it/guarantees.rs::every_promise_names_tests_that_exist`

Somebody adds a promise in prose.

## What is not promised

- This.
";
    expect![[r#"
        `Nothing holds this.` names no test; write `path::test` behind it
        `There is no such file.` names tests/it/gone.rs, which cannot be read
        `There is no such test, only a function.`: tests/it/guarantees.rs has no test `promises`
        `Nobody runs this.`: host/site/tests/judge.rs ignores its test `write_the_corpus_anew`
        `These are two. Sentences, that is.` is not one sentence; make a promise of each
        `Somebody adds a promise in prose.` stands between the promises; make it one, or take it elsewhere"#]]
    .assert_eq(&complaints(section(page, PAGES[0].1)).join("\n"));
}

/// The lines of the section.
fn section<'a>(page: &'a str, title: &str) -> &'a str {
    let (_, rest) = page.split_once(title).expect("the page has a section of promises");
    rest.split("\n## ").next().unwrap()
}

/// Every item of the section's lists.
fn promises(section: &str) -> Vec<Promise<'_>> {
    let items = section.split("\n- ").skip(1);
    items
        .map(|item| {
            let item = item.split("\n\n").next().unwrap();
            let tests = item.split('`').skip(1).step_by(2).filter_map(|code| code.split_once("::"));
            let sentence = item.split("`tests/").next().unwrap().split("`host/").next().unwrap();
            Promise {
                sentence: sentence.split_whitespace().collect::<Vec<_>>().join(" "),
                tests: tests.filter(|(path, _)| path.ends_with(".rs")).collect(),
            }
        })
        .collect()
}

/// What is wrong with a section.
fn complaints(section: &str) -> Vec<String> {
    let promises = promises(section);
    let listed = promises.iter().flat_map(complaints_about);
    let prose = section
        .lines()
        .filter(|line| {
            !line.is_empty() && !["- ", "  ", "### "].iter().any(|it| line.starts_with(it))
        })
        .map(|line| {
            format!("`{line}` stands between the promises; make it one, or take it elsewhere")
        });
    listed.chain(prose).collect()
}

fn complaints_about(promise: &Promise<'_>) -> Vec<String> {
    let Promise { sentence, tests } = promise;
    let mut complaints = Vec::new();
    if !sentence.ends_with('.') || sentence.contains(". ") {
        complaints.push(format!("`{sentence}` is not one sentence; make a promise of each"));
    }
    if tests.is_empty() {
        complaints.push(format!("`{sentence}` names no test; write `path::test` behind it"));
    }
    for (path, name) in tests {
        match fs::read_to_string(root().join(path)) {
            Err(_) => complaints.push(format!("`{sentence}` names {path}, which cannot be read")),
            Ok(text) => complaints.extend(
                complaint_about_test(&text, name)
                    .map(|what| format!("`{sentence}`: {path} {what}")),
            ),
        }
    }
    complaints
}

/// What keeps a function from being a test that is run.
fn complaint_about_test(text: &str, name: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let starts = [format!("fn {name}("), format!("async fn {name}(")];
    let at = lines.iter().position(|line| starts.iter().any(|start| line.starts_with(start)));
    let above = lines[..at.unwrap_or(0)].iter().rev();
    let attributes: Vec<&&str> =
        above.take_while(|line| line.starts_with("#[") || line.starts_with("//")).collect();
    let has = |start: &str| attributes.iter().any(|line| line.starts_with(start));
    if !has("#[test]") && !has("#[tokio::test") {
        return Some(format!("has no test `{name}`"));
    }
    has("#[ignore").then(|| format!("ignores its test `{name}`"))
}
