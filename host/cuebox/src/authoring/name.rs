//! What a plugin can be called: a name that every language takes for its package. Pure.

/// The longest. It becomes the name of files, and a column of tables.
const CHARS_MAX: usize = 60;

/// Names that a package manager keeps for itself, or that the SDKs have.
const TAKEN: [&str; 11] = [
    "alloc",
    "core",
    "cuebox",
    "cuebox-plugin",
    "main",
    "node-modules",
    "plugin",
    "proc-macro",
    "std",
    "test",
    "wit-world",
];

/// Says which rule a name breaks.
pub fn check(name: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(is_plain) {
        return Err(
            "must begin with a letter, and have only the characters a-z, 0-9 and -".to_owned()
        );
    }
    if name.len() > CHARS_MAX {
        return Err(format!("has {} characters, and {CHARS_MAX} is the limit", name.len()));
    }
    if name.ends_with('-') || name.contains("--") {
        return Err("must not end with a -, nor have two of them in a row".to_owned());
    }
    if TAKEN.contains(&name) {
        return Err("is taken by a language or by the SDK".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
