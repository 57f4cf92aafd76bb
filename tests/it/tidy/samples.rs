//! Proof that the rules can fail: sources that break each of them, and look-alikes that do not.

use super::*;

/// The faults of a source, as `line: what`, with a good first line put before it.
fn faults(file: &str, text: &str) -> Vec<String> {
    let text = format!("//! A file for the test of the tests.\n{text}\n");
    let found = faults_of_source(file, &text).into_iter();
    found.map(|fault| format!("{}: {}", fault.line, fault.what)).collect()
}

#[track_caller]
fn broken(file: &str, text: &str, expected: &str) {
    let found = faults(file, text);
    assert!(
        found.iter().any(|fault| fault.contains(expected)),
        "{file}: {text}\nexpected {expected}, found {found:?}"
    );
}

#[track_caller]
fn fine(file: &str, text: &str) {
    assert_eq!(faults(file, text), Vec::<String>::new(), "{file}: {text}");
}

#[test]
fn an_import_that_the_table_does_not_have_is_found_however_it_is_written() {
    let what = "2: `engine` must not know `session";
    for text in [
        "use crate::session::Edit;",
        "pub use crate::session;",
        "use crate::{model::time::Ticks, session::{self, Edit}};",
        "use crate::{model, session as s};",
        "use super::session::*;",
        "fn f(edit: &crate::session::Edit) {}",
        "fn f() { assert!(matches!(x, crate::session::Edit::Move { .. })) }",
        "fn f() -> Vec<crate::session::Edit> { Vec::<crate::session::Edit>::new() }",
        "mod inner { use super::super::session::Edit; }",
        "macro_rules! m { () => { $crate::session::edit() } }",
        "#[cfg(test)] mod tests { use crate::session::Edit; }",
    ] {
        broken("src/engine/mod.rs", text, what);
    }
    broken("src/engine/mix/strip.rs", "use super::super::super::session::Edit;", what);
    broken(
        "src/model/time.rs",
        "use crate::engine::protocol::Command;",
        "2: `model` must not know",
    );
    broken(
        "src/settings/load.rs",
        "use crate::model::Bpm;",
        "`settings` must not know `model::Bpm`",
    );
    broken("src/generation/kick.rs", "use crate::cli;", "`generation` must not know `cli`");
    broken("src/crash.rs", "use crate::logging::start;", "`crash` must not know `logging::start`");
}

#[test]
fn only_the_protocol_of_the_engine_is_open_to_the_window_side() {
    fine("src/session/mod.rs", "use crate::engine::protocol::Command; use crate::model::Id;");
    fine("src/session/mod.rs", "use crate::engine::{protocol::{self, Command}};");
    broken(
        "src/session/mod.rs",
        "use crate::engine::launcher;",
        "`session` must not know `engine::launcher`",
    );
    broken("src/ui/grid.rs", "use crate::engine;", "`ui` must not know `engine`");
    broken("src/ui/grid.rs", "use crate::engine::*;", "`ui` must not know `engine::*`");
    broken(
        "src/ui/grid.rs",
        "use crate::engine::{protocol, plan};",
        "`ui` must not know `engine::plan`",
    );
}

#[test]
fn look_alikes_are_no_imports() {
    fine(
        "src/engine/mod.rs",
        "// use crate::session::Edit;\n/// See [`crate::session`].\nfn f() {}",
    );
    fine(
        "src/engine/mod.rs",
        "const TEXT: &str = \"crate::session\"; const RAW: &str = r#\"crate::session \" \"#;",
    );
    fine("src/engine/mod.rs", "pub(crate) fn f(session: u8) -> u8 { session }");
    fine(
        "src/engine/mod.rs",
        "mod session_plan; use crate::engine::session_plan; use self::session_plan::X;",
    );
    fine("src/engine/graph.rs", "mod tests { use super::*; use super::super::plan::Plan; }");
    fine("src/engine/graph.rs", "use super::*; use super::protocol::*;");
    fine("src/cli.rs", "use crate::{engine, session, export};");
    fine("tests/it/other.rs", "use hardcore::session::Edit;");
}

#[test]
fn a_module_without_a_row_is_found() {
    broken("src/helpers/mod.rs", "", "the module `helpers` has no row");
    broken("src/misc.rs", "", "the module `misc` has no row");
}

#[test]
fn the_outside_world_is_kept_from_the_model() {
    broken("src/model/mod.rs", "use std::fs::File;", "`model` must not know `std::fs::File`");
    broken(
        "src/model/mod.rs",
        "use std::{fmt, time::{Duration, Instant}};",
        "know `std::time::Instant`",
    );
    broken(
        "src/groove/mod.rs",
        "fn f() { std::thread::sleep(d) }",
        "`groove` must not know `std::thread::sleep`",
    );
    broken("src/engine/mod.rs", "use ::cpal::Stream;", "`engine` must not know `cpal::Stream`");
    fine("src/model/mod.rs", "use std::time::Duration;");
    fine("src/model/mod.rs", "#[cfg(test)]\nmod tests { fn f() { std::fs::read(x) } }");
    fine("src/model/tests.rs", "fn f() { std::fs::read(x) }");
    broken(
        "src/model/mod.rs",
        "#[cfg(test)] mod tests {}\nfn f() { std::fs::read(x) }",
        "3: `model` must not know",
    );
    broken(
        "src/model/mod.rs",
        "#[cfg(test)] use std::fmt; use std::fs;",
        "`model` must not know `std::fs`",
    );
}

#[test]
fn a_file_begins_with_what_it_is_for() {
    for text in [
        "",
        "use std::fmt;\n",
        "//!\n",
        "//! x\n",
        "// A comment of some length.\n",
        "\n//! Too late by one line.\n",
    ] {
        let faults = faults_of_source("src/model/x.rs", text);
        assert!(faults.iter().any(|fault| fault.what.contains("`//!` sentence")), "{text:?}");
    }
}

#[test]
fn a_file_has_a_limit() {
    fine("src/model/x.rs", &"//\n".repeat(LONGEST - 3));
    broken("src/model/x.rs", &"//\n".repeat(LONGEST), "lines are too many");
}

#[test]
fn unsafe_has_its_places_and_each_has_a_reason() {
    broken("src/synth/x.rs", "fn f() {\n unsafe { g() } }", "3: `unsafe`");
    broken("src/main.rs", "unsafe impl Send for X {}", "`unsafe`");
    fine("src/vst3/host.rs", "unsafe impl Send for X {}");
    fine("src/synth/x.rs", "#![forbid(unsafe_code)] // unsafe\nconst S: &str = \"unsafe\";");
    assert!(MAY_BE_UNSAFE.iter().all(|(_, reason)| reason.len() > 10));
}

#[test]
fn a_silenced_lint_has_a_reason() {
    let what = "a lint is silenced";
    for text in [
        "#[allow(dead_code)] fn f() {}",
        "#![allow(dead_code)]",
        "#[expect(unused, clippy::all)] fn f() {}",
        "#[cfg_attr(test, allow(dead_code))] fn f() {}",
        "#[allow(dead_code, reason = \"\")] fn f() {}",
        "mod m { fn f() { #[allow(unused)] let x = 1; } }",
    ] {
        broken("src/model/x.rs", text, what);
    }
    fine(
        "src/model/x.rs",
        "#[allow(dead_code, reason = \"read by the macro\")] fn f() { x.expect(y) }",
    );
    fine("src/model/x.rs", "// #[allow(dead_code)]\nfn allow(dead_code: u8) {}");
}

#[test]
fn unfinished_work_and_paths_of_a_machine_are_found() {
    broken("src/model/x.rs", "fn f() { todo!() }", "unfinished");
    broken("src/model/x.rs", "fn f() { unimplemented!(\"later\") }", "unfinished");
    let words = |line: String| !faults_of_words("README.md", &line).is_empty();
    for mark in UNFINISHED {
        assert!(words(format!("// {mark}: later")) && words(format!("({mark})")), "{mark}");
        assert!(!words(format!("{mark}S of {mark}_x")), "{mark}");
    }
    for path in MACHINE_PATHS {
        assert!(
            words(format!("see {path}/x.wav"))
                && words(format!("\"{path}\""))
                && words((*path).to_owned()),
            "{path}"
        );
        assert!(
            !words(format!("{path}shop"))
                && !words(format!("my{path}"))
                && !words(format!("..{path}")),
            "{path}"
        );
    }
    let text = format!("fine\nfine\n{}\n", UNFINISHED[0]);
    assert_eq!(
        faults_of_words("a.scd", &text)[0].to_string(),
        format!("a.scd:3: `{}` is a mark of unfinished work", UNFINISHED[0])
    );
}

#[test]
fn a_file_that_is_no_rust_is_found() {
    broken("src/model/x.rs", "fn f() { ", "cannot be read as Rust");
}
