//! What the documents promise each other.

// What the lints allow in a test they do not allow in what tests share.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Levels of headings, fences of code, rows of tables and items of lists, in order.
fn shape(text: &str) -> Vec<&'static str> {
    let mut in_code = false;
    text.lines()
        .filter_map(|line| {
            if line.starts_with("```") {
                in_code = !in_code;
                return Some("code");
            }
            let kinds = [("## ", "section"), ("# ", "title"), ("|", "row"), ("- ", "item")];
            let kind = kinds.iter().find(|(start, _)| line.starts_with(start));
            kind.filter(|_| !in_code).map(|(_, kind)| *kind)
        })
        .collect()
}

#[test]
fn both_readmes_say_the_same_things_in_the_same_order() {
    let (english, mandarin) = (read(&root().join("README.md")), read(&root().join("README.zh.md")));
    assert_eq!(shape(&english), shape(&mandarin));
    assert!(shape(&english).iter().filter(|kind| **kind == "section").count() > 5);
}
