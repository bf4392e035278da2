//! The example plugins, in each language: what people do makes each of them write the same.
//!
//! A plugin may do what its `plugin.toml` asks for, and nothing else, so that what an author asks for is shown to be enough.

mod made;
mod scenes;
mod stage;

use std::path::PathBuf;

use made::NAMES;
use stage::Stage;

/// The languages, each a test: its name, what makes the examples in it, and whether each imports nothing that it does not use.
macro_rules! languages {
    ($($language:ident => $make:expr, $is_spare:expr;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $language() {
                play($make, $is_spare).await;
            }
        )*
    };
}

languages! {
    rust => made::rust, true;
    python => made::python, false;
    javascript => made::javascript, true;
    go => made::go, true;
}

/// Has each example do its work, one after the other, in one studio.
async fn play(make: fn(&str) -> PathBuf, is_spare: bool) {
    let components: Vec<PathBuf> = NAMES.iter().map(|name| make(name)).collect();
    for (name, component) in NAMES.into_iter().zip(&components).filter(|_| is_spare) {
        let bytes = std::fs::read(component).unwrap();
        let asks_others = bytes.windows(10).any(|text| text == b"wasi:http/");
        assert_eq!(asks_others, name == "announce", "{name} imports wasi:http");
    }
    let mut stage = Stage::new().await;
    for (name, component) in NAMES.into_iter().zip(&components) {
        stage.enter(name, component);
        scenes::play(name, &mut stage);
        stage.leave();
    }
    stage.close();
}

/// Each folder of an example says what it asks for, what it shows, and is there in every language or in Rust alone.
#[test]
fn every_example_is_there_in_every_language() {
    let folders = std::fs::read_dir(crate::tidy::root().join("example-plugins")).unwrap();
    for folder in folders.map(|folder| folder.unwrap().path()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let mut files =
            vec!["plugin.toml", "README.md", "Cargo.toml", "src/lib.rs", "src/tests.rs"];
        // What is left is for the demo.
        if name != "flip-downstream" {
            assert!(NAMES.contains(&name), "{name} has no scene");
            files.extend(["python/plugin.py", "javascript/plugin.ts", "go/plugin.go", "go/go.mod"]);
        }
        for file in files {
            assert!(folder.join(file).exists(), "{name} has no {file}");
        }
    }
}
