//! A program that panics leaves a report and one sentence, whatever stands in the way.
//!
//! The hook belongs to a process, so each case runs this test program again with [`child`] as its only test.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use hardcore::crash;

const FOLDER: &str = "HARDCORE_TEST_CRASH_FOLDER";
const CASE: &str = "HARDCORE_TEST_CRASH_CASE";

fn run(case: &str, folder: &Path, temporary: &Path) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["crash::child", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(CASE, case)
        .env("TMPDIR", temporary)
        .env("TMP", temporary)
        .output()
        .unwrap()
}

fn reports(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).into_iter().flatten();
    files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

#[test]
#[ignore = "run by the other tests of this file, in a process of its own"]
fn child() {
    let (Ok(folder), Ok(case)) = (std::env::var(FOLDER), std::env::var(CASE)) else {
        return;
    };
    crash::install(folder.into());
    crash::note_action("bpm 174");
    crash::note_action("scene Drop");
    match case.as_str() {
        "once" => panic!("the kick\nfell over"),
        "many" => {
            for number in 0..20 {
                let worker = std::thread::Builder::new().name(format!("worker {number}"));
                let ended =
                    worker.spawn(move || panic!("worker {number} fell over")).unwrap().join();
                assert!(ended.is_err());
            }
        }
        "at once" => {
            let workers: Vec<_> =
                (0..8).map(|_| std::thread::spawn(|| panic!("all fell over"))).collect();
            assert!(workers.into_iter().all(|worker| worker.join().is_err()));
        }
        other => panic!("no such case: {other}"),
    }
}

#[test]
fn a_report_tells_what_where_and_what_was_done_last() {
    let folder = tempfile::tempdir().unwrap();
    let crashes = folder.path().join("state/crashes");
    let output = run("once", &crashes, folder.path());
    assert!(!output.status.success());
    let reports = reports(&crashes);
    assert_eq!(reports.len(), 1);
    let report = &reports[0];
    let version = format!("Version: {}\n", env!("CARGO_PKG_VERSION"));
    for part in [
        &version,
        "Message: the kick fell over, at ",
        "crash.rs:",
        "  bpm 174\n  scene Drop\n",
        "Backtrace:\n",
    ] {
        assert!(report.contains(part), "{part} is missing in\n{report}");
    }
    // The backtrace is one: it names the function that panicked.
    assert!(report.contains("crash::child"), "{report}");
    let said = String::from_utf8_lossy(&output.stderr);
    let sentences: Vec<_> =
        said.lines().filter(|line| line.contains("the kick fell over")).collect();
    assert_eq!(sentences.len(), 1, "{said}");
    assert!(sentences[0].contains(&crashes.display().to_string()), "{said}");
}

#[test]
fn a_worker_that_fails_again_and_again_does_not_fill_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let crashes = folder.path().join("crashes");
    let output = run("many", &crashes, folder.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(reports(&crashes).len(), 3);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.matches("fell over").count(), 20, "{said}");
}

#[test]
fn threads_that_fail_together_neither_hang_nor_overwrite() {
    let folder = tempfile::tempdir().unwrap();
    let crashes = folder.path().join("crashes");
    let output = run("at once", &crashes, folder.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let reports = reports(&crashes);
    assert_eq!(reports.len(), 3);
    assert!(
        reports
            .iter()
            .all(|report| report.contains("all fell over") && report.contains("Backtrace:"))
    );
}

#[test]
fn without_its_folder_the_report_goes_to_the_temporary_one() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    fs::write(&blocked, "in the way").unwrap();
    let temporary = folder.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    run("once", &blocked.join("crashes"), &temporary);
    assert_eq!(reports(&temporary).len(), 1);
    assert_eq!(fs::read_to_string(&blocked).unwrap(), "in the way");
}

#[test]
fn without_any_folder_the_report_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    fs::write(&blocked, "in the way").unwrap();
    let output = run("once", &blocked.join("crashes"), &blocked.join("temporary"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("could not write a report") && said.contains("  scene Drop\n"), "{said}");
}
