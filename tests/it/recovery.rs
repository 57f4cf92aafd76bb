//! A program that is killed while it edits and saves loses no more than the last second, and no file
//! is ever unreadable.
//!
//! The parent kills this test program, which runs again with [`child`] as its only test, and then reads
//! what lies on disk. `HARDCORE_SOAK=1` kills fifty times.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use hardcore::app::player::Player;
use hardcore::app::recovery::Safe;
use hardcore::live::desk::{At, Order};
use hardcore::model::time::{Bpm, TempoMap};
use hardcore::persistence::hcs;
use hardcore::persistence::recovery::{Orphan, now_ms};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::support;

const FOLDER: &str = "HARDCORE_TEST_RECOVERY_FOLDER";
const SEED: &str = "HARDCORE_TEST_RECOVERY_SEED";
/// What an edit may be old by the time it has to be on disk, milliseconds.
const SAFE_AFTER: u64 = 1000;

#[test]
#[ignore = "run by the other test of this file, in a process of its own"]
fn child() {
    let (Ok(folder), Ok(seed)) = (std::env::var(FOLDER), std::env::var(SEED)) else { return };
    let folder = Path::new(&folder);
    let mut rng = Pcg64Mcg::seed_from_u64(seed.parse().expect("a seed"));
    let quiet = &mut |_: Order| {};
    let path = folder.join("set.hcs");
    let loaded = hcs::load(&path).expect("a project that can be read");
    let mut player = Player::new(loaded.project, &path).expect("a project");
    let mut safe = Safe::new(folder, 0).expect("a place for unsaved work");
    if let Some(orphan) = Safe::orphans(folder).into_iter().next() {
        player.recover(&orphan, quiet).expect("work that can be recovered");
        safe.adopt(orphan);
    }
    let mut number = player.project().expect("a project").song.seed;
    let mut out = std::io::stdout();
    loop {
        number += 1;
        player.line(&format!("seed {number}"), At::Now, quiet).expect("an edit");
        writeln!(out, "edit {number} {}", now_ms()).and_then(|()| out.flush()).expect("a pipe");
        if rng.random_range(0..30) == 0 {
            player.line("save", At::Now, quiet).expect("saved");
        }
        // Now and then nothing happens for a while.
        let rounds = if rng.random_range(0..20) == 0 { 60 } else { rng.random_range(0..6) };
        for _ in 0..=rounds {
            assert_eq!(safe.tend(&player), None);
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn fifty_kills_lose_no_more_than_the_last_second() {
    let kills = if std::env::var_os("HARDCORE_SOAK").is_some() { 50 } else { 8 };
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path();
    let path = folder.join("set.hcs");
    let mut project = support::project(TempoMap::constant(Bpm::from_milli(170_000)));
    project.song.seed = 1;
    hcs::save(&path, &project).expect("saved");
    let mut rng = Pcg64Mcg::seed_from_u64(7);
    let mut edits = 0;
    for kill in 0..kills {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["recovery::child", "--exact", "--ignored", "--nocapture"])
            .env(FOLDER, folder)
            .env(SEED, kill.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let pipe = BufReader::new(child.stdout.take().expect("its pipe"));
        let read = std::thread::spawn(move || {
            let lines = pipe.lines().map_while(Result::ok);
            let edit = |line: String| {
                let mut words = line.strip_prefix("edit ")?.split(' ').map(str::parse::<u64>);
                Some((words.next()?.ok()?, words.next()?.ok()?))
            };
            lines.filter_map(edit).collect::<Vec<_>>()
        });
        std::thread::sleep(Duration::from_millis(rng.random_range(300..2600)));
        let killed = now_ms();
        child.kill().expect("it was alive");
        child.wait().expect("it is gone");
        let done = read.join().expect("what it said");
        edits += done.len();

        let saved = hcs::load(&path).expect("a project that can be read").project.song.seed;
        let kept = Safe::orphans(folder).into_iter().map(|orphan: Orphan| {
            orphan.loaded.as_ref().expect("work that can be read").project.song.seed
        });
        let newest = kept.chain([saved]).max().expect("the project");
        let due = done.iter().filter(|(_, at)| at + SAFE_AFTER <= killed).map(|(n, _)| *n).max();
        assert!(
            newest >= due.unwrap_or(0),
            "kill {kill}: edit {due:?} was to be on disk, and {newest} is the last there"
        );
        // One that was made, but not told before the end, may be there.
        let last = done.last().map(|(n, _)| *n);
        assert!(last.is_none_or(|last| newest <= last + 1), "kill {kill}: {newest} after {last:?}");
    }
    assert!(edits > 5 * kills, "only {edits} edits were made");
}
