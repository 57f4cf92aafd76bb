//! A piece out of balance is brought into it by listening.

use std::sync::Arc;

use hardcore::cli::generate::make;
use hardcore::export::balance::balance;
use hardcore::export::hearing::audit;
use hardcore::generation::understand;
use hardcore::model::automation::AutomationTarget;
use hardcore::model::intent::SetContext;
use hardcore::model::mixer::Db;
use hardcore::synth::embedded::EmbeddedFactory;
use hardcore::synth::library::Library;

#[test]
fn a_piece_out_of_balance_is_brought_into_it() {
    let factory = EmbeddedFactory::new(Arc::new(Library::built_in()));
    let intent = understand("gabber with a hoover", &SetContext::default());
    let made = make(&intent, 3, 1, &factory, 1).unwrap_or_else(|e| panic!("{}", e.0));
    let score = made.score.expect("gabber has rules");
    let mut project = made.project;
    let hoover = score.roles.iter().position(|r| r == "hoover").expect("a hoover");
    // Too loud by far, fader and automation alike, into a master that is too quiet.
    let track = &mut project.tracks[hoover];
    track.mixer.volume = Db(track.mixer.volume.0 + 9.0);
    let lanes = track.clips.iter_mut().flat_map(|clip| &mut clip.automation);
    for lane in lanes.filter(|lane| lane.target == AutomationTarget::Volume) {
        lane.points.iter_mut().for_each(|point| point.value += 9.0);
    }
    let limiter = project.song.master.inserts.iter_mut().find(|i| i.name == "fx_limiter");
    *limiter.expect("a limiter").params.entry("gain".into()).or_default() -= 5.0;
    let rules = |project: &_| -> Vec<(u8, bool)> {
        let results = audit(project, &factory, &score, 48_000, 1).expect("it plays");
        results.iter().filter(|r| [5, 8].contains(&r.number)).map(|r| (r.number, r.pass)).collect()
    };
    assert_eq!(rules(&project), [(5, false), (8, false)]);
    let trims = balance(&mut project, &factory, &score, 48_000, 1).expect("it plays");
    assert_eq!(rules(&project), [(5, true), (8, true)], "{trims:?}");
    let moved: Vec<&str> = trims.iter().map(|t| t.strip.as_str()).collect();
    assert_eq!(moved, ["hoover", "master"], "only what was wrong is moved");
    // What is in balance is left alone.
    assert_eq!(balance(&mut project, &factory, &score, 48_000, 1).expect("it plays"), []);
}
