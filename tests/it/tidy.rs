//! The house rules as a test: who may import whom, and how a file must look.

use std::fmt;
use std::fs;
use std::path::Path;

mod samples;
mod scan;

use scan::{Name, Scan};

/// Lines a source may have.
const LONGEST: usize = 600;

/// One module of `src/`, or one file at its top.
struct Row {
    module: &'static str,
    /// Paths of this crate that it may name besides its own.
    may: &'static [&'static str],
    /// Paths of other crates that it must not name, outside tests.
    never: &'static [&'static str],
}

/// Window, network and devices, as crates.
const WINDOW: &[&str] = &["bevy_egui", "egui", "bevy_winit", "bevy_render"];
/// What gives another answer at another time or on another machine.
const OUTSIDE_WORLD: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::env",
    "std::time::Instant",
    "std::time::SystemTime",
    "rand::rng",
    "rand::random",
    "egui",
    "bevy_egui",
    "bevy_app",
    "reqwest",
    "cpal",
];

/// Who may know whom. A module of `src/` without a row fails the test: decide where it belongs.
const TABLE: &[Row] = &[
    Row { module: "model", may: &[], never: OUTSIDE_WORLD },
    Row {
        module: "session",
        may: &["model", "engine::protocol"],
        never: &["std::fs", "egui", "bevy_egui", "reqwest"],
    },
    Row {
        module: "engine",
        may: &["model"],
        never: &["bevy_app", "egui", "bevy_egui", "reqwest", "cpal", "plyphon", "vst3"],
    },
    Row { module: "device", may: &["engine", "logging"], never: WINDOW },
    Row { module: "synth", may: &["model", "engine"], never: WINDOW },
    Row { module: "vst3", may: &["model", "engine"], never: WINDOW },
    Row { module: "osc", may: &["model", "engine::protocol"], never: WINDOW },
    Row { module: "midi", may: &["model", "engine::protocol"], never: WINDOW },
    Row { module: "generation", may: &["model"], never: WINDOW },
    Row { module: "analysis", may: &["model"], never: OUTSIDE_WORLD },
    Row { module: "groove", may: &["model"], never: OUTSIDE_WORLD },
    Row { module: "files", may: &[], never: WINDOW },
    Row { module: "persistence", may: &["model", "files"], never: WINDOW },
    Row { module: "settings", may: &[], never: WINDOW },
    Row { module: "export", may: &["model", "engine", "analysis", "files"], never: WINDOW },
    Row {
        module: "live",
        may: &["model", "engine", "device", "midi", "synth", "files"],
        never: WINDOW,
    },
    Row {
        module: "jobs",
        may: &[
            "model",
            "session",
            "engine",
            "device",
            "synth",
            "vst3",
            "midi",
            "generation",
            "analysis",
            "groove",
            "persistence",
            "settings",
            "export",
            "files",
        ],
        never: WINDOW,
    },
    Row {
        module: "ui",
        may: &["model", "settings", "session", "jobs", "engine::protocol"],
        never: &["std::fs", "std::net", "reqwest", "cpal"],
    },
    Row { module: "logging", may: &["settings"], never: WINDOW },
    Row { module: "crash", may: &[], never: WINDOW },
];

/// The top of the house, which ties everything together; nobody below may name these.
const TOP: &[&str] = &["lib", "main", "cli", "app", "window"];

/// Where `unsafe` may stand, and why.
const MAY_BE_UNSAFE: &[(&str, &str)] = &[
    ("src/vst3/", "a plug-in is a foreign library behind a C interface"),
    ("src/engine/unchecked.rs", "floating-point flags, and a mark that kira forgot"),
    ("tests/", "allocators that count, to prove that the callback does not allocate"),
    ("benches/", "allocators that count"),
    ("examples/", "allocators that count"),
];

/// Marks of work that is not done; put together here so that this file does not hold them.
const UNFINISHED: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("TB", "D")];

/// Folders of one machine, which mean nothing on another.
const MACHINE_PATHS: &[&str] = &[
    concat!("/wo", "rk"),
    concat!("/ho", "me"),
    concat!("/ro", "ot"),
    concat!("/tm", "p"),
    concat!("/Us", "ers"),
];

/// One broken rule.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    file: String,
    line: usize,
    what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// What is wrong with a Rust source.
fn faults_of_source(file: &str, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault =
        |line: usize, what: String| faults.push(Fault { file: file.to_owned(), line, what });
    let sentence = text.lines().next().and_then(|line| line.strip_prefix("//! ")).map(str::trim);
    if sentence.is_none_or(|sentence| sentence.len() < 10) {
        fault(1, "the first line is no `//!` sentence that says what the file is for".to_owned());
    }
    let lines = text.lines().count();
    if lines > LONGEST {
        fault(lines, format!("{lines} lines are too many, {LONGEST} is the limit"));
    }
    let scan = match Scan::of(text, &module_of(file)) {
        Ok(scan) => scan,
        Err(error) => {
            fault(1, format!("cannot be read as Rust: {error}"));
            return faults;
        }
    };
    if !MAY_BE_UNSAFE.iter().any(|(place, _)| file.starts_with(place)) {
        scan.unsafe_lines
            .iter()
            .for_each(|line| fault(*line, "`unsafe` has its own places".to_owned()));
    }
    for line in scan.silent_allows {
        fault(line, "a lint is silenced without a `reason = \"…\"`".to_owned());
    }
    for line in scan.unfinished {
        fault(line, "unfinished".to_owned());
    }
    faults.extend(faults_of_imports(file, &scan.names));
    faults
}

/// Which names of a source in `src/` break the table.
fn faults_of_imports(file: &str, names: &[Name]) -> Vec<Fault> {
    let Some(place) = file.strip_prefix("src/") else {
        return Vec::new();
    };
    let own = place.split(['/', '.']).next().unwrap_or_default();
    if TOP.contains(&own) {
        return Vec::new();
    }
    let fault = |line: usize, what: String| Fault { file: file.to_owned(), line, what };
    let Some(row) = TABLE.iter().find(|row| row.module == own) else {
        return vec![fault(1, format!("the module `{own}` has no row in the table of imports"))];
    };
    let test_file = file.ends_with("/tests.rs") || file.contains("/tests/");
    let broken = |name: &&Name| {
        if name.in_crate {
            name.parts[0] != own && !row.may.iter().any(|path| begins_with(&name.parts, path))
        } else {
            !(name.test || test_file) && row.never.iter().any(|path| begins_with(&name.parts, path))
        }
    };
    let named = names.iter().filter(broken);
    named
        .map(|name| fault(name.line, format!("`{own}` must not know `{}`", name.parts.join("::"))))
        .collect()
}

fn begins_with(parts: &[String], path: &str) -> bool {
    let mut parts = parts.iter();
    path.split("::").all(|part| parts.next().is_some_and(|own| own == part))
}

/// The module that a file is, counted from the crate's root: `src/engine/mix/mod.rs` is `engine::mix`.
fn module_of(file: &str) -> Vec<String> {
    let place = file.strip_prefix("src/").unwrap_or(file);
    let place = place.strip_suffix(".rs").unwrap_or(place);
    let place = place.strip_suffix("/mod").unwrap_or(place);
    if place == "lib" || place == "main" {
        Vec::new()
    } else {
        place.split('/').map(str::to_owned).collect()
    }
}

/// What is wrong with the words of any text file.
fn faults_of_words(file: &str, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let found = UNFINISHED
            .iter()
            .map(|mark| (mark, "is a mark of unfinished work"))
            .chain(MACHINE_PATHS.iter().map(|path| (path, "is a path of one machine")));
        for (word, what) in found {
            if stands_alone(line, word) {
                faults.push(Fault {
                    file: file.to_owned(),
                    line: number + 1,
                    what: format!("`{word}` {what}"),
                });
            }
        }
    }
    faults
}

/// Whether `word` is in `line` with no letter or digit on either side.
fn stands_alone(line: &str, word: &str) -> bool {
    let part = |sign: Option<char>| {
        sign.is_some_and(|sign| sign.is_alphanumeric() || sign == '_' || sign == '-')
    };
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        // A path that goes on from a name or from `..` or `~` is a relative one.
        let relative = word.starts_with('/') && matches!(before, Some('.' | '~' | '}' | ')'));
        !relative && !part(before) && !part(line[at + word.len()..].chars().next())
    })
}

/// All files of the project that are text of ours, as paths from its root with `/`.
fn texts(root: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let place = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            let name = path.file_name().unwrap().to_str().unwrap();
            let hidden = name.starts_with('.') && ![".ci", ".github", ".gitignore"].contains(&name);
            let made = ["target", "out", "LICENSE", "Cargo.lock"].contains(&place.as_str())
                || ["fuzz/target", "fuzz/corpus", "fuzz/artifacts"].contains(&place.as_str());
            if hidden || made || path.is_symlink() {
                continue;
            } else if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                // What is no text (compiled synths, pictures) cannot be read as a string.
                found.push((place, text));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_house_is_tidy() {
    let texts = texts(Path::new(env!("CARGO_MANIFEST_DIR")));
    let sources = texts.iter().filter(|(file, _)| file.ends_with(".rs"));
    assert!(
        sources.clone().count() > 10 && texts.iter().any(|(file, _)| file == ".ci/run"),
        "the walk found too little"
    );
    let mut faults: Vec<Fault> =
        sources.flat_map(|(file, text)| faults_of_source(file, text)).collect();
    faults.extend(texts.iter().flat_map(|(file, text)| faults_of_words(file, text)));
    let list: Vec<String> = faults.iter().map(Fault::to_string).collect();
    assert!(list.is_empty(), "{} broken rules:\n{}", list.len(), list.join("\n"));
}
