//! The composer against the rules, on seeds it was not made with, and its promises to the user.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::generation::{
    idea::{BAR, BEAT, STEP},
    prompt::understand,
    rules, show,
};
use crate::model::intent::{Composed, Genre, Intent, Role, SetContext};

fn intent(prompt: &str) -> Intent {
    understand(prompt, &SetContext::default())
}

/// The genres with patterns of their own.
const WRITTEN: [Genre; 3] = [Genre::Gabber, Genre::HardTechno, Genre::Frenchcore];

/// Checks ideas against every rule; returns rules kept, rules checked, and a table.
fn tally(ideas: &[Idea], title: &str) -> (u32, u32, String) {
    let (mut kept, mut all) = (0, 0);
    let mut rows: BTreeMap<(u8, &str), (u32, Vec<String>)> = BTreeMap::new();
    for idea in ideas {
        for rule in rules::check(idea) {
            let row = rows.entry((rule.number, rule.name)).or_default();
            all += 1;
            if rule.pass {
                kept += 1;
                row.0 += 1;
            } else {
                row.1.push(format!("{}: {} (wanted {})", idea.seed, rule.measured, rule.wanted));
            }
        }
    }
    let mut table = format!("\n{title}, {} ideas\n", ideas.len());
    for ((number, name), (passed, failures)) in rows {
        let of = passed as usize + failures.len();
        table += &format!("{number:>4}  {name:<24} {passed:>2}/{of}\n");
        for failure in failures.iter().take(4) {
            table += &format!("        {failure}\n");
        }
    }
    (kept, all, table)
}

#[test]
fn rules_hold_on_fresh_seeds() {
    let (mut kept, mut all, mut tables) = (0, 0, String::new());
    for genre in WRITTEN {
        let ideas: Vec<Idea> =
            (0..20).map(|i| compose(&intent(genre.name()), 0x5eed_0000 + i * 7919)).collect();
        let (k, a, table) = tally(&ideas, genre.name());
        (kept, all) = (kept + k, all + a);
        tables += &table;
    }
    println!("{tables}\n{kept} of {all} kept");
    assert!(f64::from(kept) >= 0.95 * f64::from(all), "{tables}");
}

#[test]
fn rules_hold_for_what_people_type() {
    let ideas: Vec<Idea> = [
        "harcore 180bmp fmin hover",
        "lekker hakke, jaren 90",
        "beuken 200+ geen melodie",
        "paul elstak piano 175",
        "dr peacock type beat",
        "acardipane doom, traag",
        "harter schranz 158 h-moll",
        "brett, düster, kein hoover",
        "traxtorm 2003",
        "frenshcore 19O offbeat bas",
        "warehouse rumble 150 acid Am",
        "tribe tekno free party",
        "terrorcore screech 240",
        "gabber acid 32 bars, busy",
        "frenchcore sparse in c# phrygian",
    ]
    .iter()
    .zip(40..)
    .map(|(prompt, seed)| compose(&intent(prompt), seed))
    .collect();
    let (kept, all, table) = tally(&ideas, "prompts");
    println!("{table}");
    assert!(f64::from(kept) >= 0.95 * f64::from(all), "{table}");
}

#[test]
fn the_same_seed_gives_the_same_idea_and_another_another() {
    for genre in WRITTEN {
        let intent = intent(genre.name());
        assert_eq!(compose(&intent, 5), compose(&intent, 5));
        // Tunes of one genre must differ: onset and degree alike in less than 0.8 of pairs of notes,
        // in 90 % of pairs of seeds.
        let tunes: Vec<BTreeSet<(i64, i32)>> = (100..120)
            .map(|seed| {
                let idea = compose(&intent, seed);
                let notes = idea.tune().map(|part| part.notes.clone()).unwrap_or_default();
                let root = idea.key.root.semitones();
                notes.iter().map(|n| (n.start, i32::from(n.pitch) - root)).collect()
            })
            .collect();
        let (mut distinct, mut pairs) = (0, 0);
        for (i, a) in tunes.iter().enumerate() {
            for b in &tunes[i + 1..] {
                pairs += 1;
                distinct += usize::from(rules::jaccard(a, b) < 0.8);
            }
        }
        assert!(distinct * 10 >= pairs * 9, "{genre}: {distinct} of {pairs}");
    }
}

#[test]
fn any_genre_and_length_is_sound() {
    for (genre, seed) in Genre::ALL.into_iter().zip(0..) {
        for bars in [1, 2, 3, 4, 6, 8, 12, 16, 20] {
            let mut intent = intent(genre.name());
            intent.bars = bars;
            let idea = compose(&intent, seed);
            assert_eq!((idea.bars, idea.blocks.len()), (bars, bars.div_ceil(4) as usize));
            assert!(!idea.parts.is_empty(), "{genre} {bars}");
            for part in &idea.parts {
                let mut before = 0;
                for note in &part.notes {
                    let inside = note.start >= before && note.end() <= idea.length();
                    assert!(inside && note.length > 0, "{genre} {bars} {}: {note:?}", part.name);
                    assert!((1..=127).contains(&note.velocity) && note.pitch < 128);
                    before = note.start;
                }
                for line in &part.automation {
                    assert!(line.points.windows(2).all(|w| w[0].0 < w[1].0), "{genre} {bars}");
                }
            }
        }
    }
}

#[test]
fn what_was_asked_for_plays_and_what_was_refused_does_not() {
    let roles = |prompt: &str| -> Vec<Role> {
        compose(&intent(prompt), 11).parts.iter().map(|part| part.role).collect()
    };
    assert_eq!(roles("angerfist kick"), [Role::Kick]);
    for melodic in Role::MELODIC {
        assert!(!roles("beuken 200+ geen melodie").contains(&melodic));
    }
    for role in [Role::Hoover, Role::Stab, Role::Acid, Role::Screech] {
        let asked = roles(&format!("gabber with {role}"));
        assert!(asked.contains(&role) && asked.contains(&Role::Kick), "{role}: {asked:?}");
        assert!(!roles(&format!("gabber no {role}")).contains(&role));
    }
    assert!(roles("thunderdome 95 intro met strijkers").contains(&Role::Strings));
    assert!(!roles("thunderdome 95 intro met strijkers").contains(&Role::Kick));
    let shout = compose(&intent("euromasters rotterdam"), 1);
    assert!(shout.notes.iter().any(|note| note.contains("shout")), "{:?}", shout.notes);
}

#[test]
fn an_edit_keeps_what_is_locked() {
    let first = intent("gabber 170 f minor");
    let was = compose(&first, 21);
    let set = SetContext {
        bpm: Some(170.0),
        key: Some(was.key),
        genre: Some(Genre::Gabber),
        last: Some(Composed { intent: first, seed: 21 }),
    };
    let edit = understand("same but darker, less notes, keep kick", &set);
    let now = compose(&edit, 22);
    let notes = |idea: &Idea, role| idea.part(role).map(|part| part.notes.clone());
    assert_eq!(notes(&was, Role::Kick), notes(&now, Role::Kick));
    assert_eq!((now.bpm, now.key), (was.bpm, was.key));
    let count = |idea: &Idea| idea.tune().map_or(0, |part| part.notes.len());
    assert!(count(&now) <= count(&was), "{} then {}", count(&was), count(&now));
}

#[test]
fn absurd_numbers_are_brought_into_range() {
    let mut odd = intent("gabber");
    (odd.bars, odd.bpm) = (0, f64::NAN);
    (odd.energy, odd.brightness, odd.density) = (127, -128, 127);
    let idea = compose(&odd, u64::MAX);
    assert_eq!((idea.bars, idea.bpm), (1, 170.0));
    (odd.bars, odd.bpm) = (u32::MAX, 1e9);
    assert_eq!(compose(&odd, 0).length(), 128 * BAR);
}

#[test]
fn an_idea_can_be_read_as_text() {
    let text = show::text(&compose(&intent("gabber 170 f minor"), 7));
    assert!(text.starts_with("gabber · 170 BPM · F minor · 16 bars · seed 7"), "{text}");
    assert!(text.contains("  A |x...x...x...x...|"), "{text}");
}

#[test]
fn adjectives_choose_presets_parameters_and_rolls() {
    let idea = compose(&intent("170 bpm gabber, F minor, rolling kick and a screaming hoover"), 7);
    assert_eq!(idea.part(Role::Hoover).map(|p| p.preset.as_str()), Some("Screamer"));
    let kicks = &idea.part(Role::Kick).expect("a kick").notes;
    let roll = (3 * BAR + 3 * BEAT..4 * BAR).step_by(STEP as usize);
    assert!(roll.clone().all(|tick| kicks.iter().any(|kick| kick.start == tick)));
    assert!(crate::generation::rules::check(&idea).iter().all(|r| r.number != 12 || r.pass));
    let preset = |prompt: &str, role: Role| {
        let idea = compose(&intent(prompt), 7);
        idea.part(role).map(|part| part.preset.clone()).unwrap_or_default()
    };
    assert_eq!(preset("gabber with a dark hoover", Role::Hoover), "Dark drone");
    assert_eq!(preset("gabber with a dry kick", Role::Kick), "909 dry");
    assert_eq!(preset("gabber with a reverse bass", Role::Bass), "Reverse");
    let drive = |prompt: &str| {
        let idea = compose(&intent(prompt), 7);
        idea.part(Role::Kick).and_then(|part| part.tweaks.get("drive").map(|t| t.plus))
    };
    assert_eq!(drive("gabber with a kick and hoover"), None);
    assert_eq!(drive("gabber with a distorted kick and hoover"), Some(8.0));
    let wide = compose(&intent("gabber with a wide kick and hoover"), 7);
    assert!(wide.notes.iter().any(|note| note.contains("no wide kick")), "{:?}", wide.notes);
}

/// Rolls are fast, but every kick has ended before the next, and no rumble starts with a kick.
#[test]
fn kicks_leave_room_and_rumble_leaves_room_for_kicks() {
    for seed in 1..9 {
        for prompt in ["hard techno", "frenchcore 200", "gabber with a rolling kick and hoover"] {
            let idea = compose(&intent(prompt), seed);
            let kicks = &idea.part(Role::Kick).expect("a kick").notes;
            let gap = kicks.windows(2).map(|w| w[1].start - w[0].end()).min().unwrap_or(0);
            let seconds = gap as f64 / BEAT as f64 * 60.0 / idea.bpm;
            assert!(seconds >= 0.0195, "{prompt} {seed}: {seconds}");
            for note in idea.part(Role::Rumble).map_or(&[][..], |part| &part.notes) {
                let next = kicks.iter().find(|kick| kick.start >= note.start);
                assert!(next.is_none_or(|kick| kick.start >= note.end()), "{prompt} {seed}");
                assert!(kicks.iter().all(|kick| kick.start != note.start), "{prompt} {seed}");
            }
        }
    }
}

/// Presets differ in loudness: the fader makes up for it, whichever the seed or an adjective chose.
#[test]
fn faders_make_up_for_presets_and_answers() {
    let table = &Knowledge::get().sounds;
    let volume = |prompt: &str, role: Role| {
        let idea = compose(&intent(prompt), 7);
        idea.part(role).map(|part| (part.preset.clone(), part.volume_db))
    };
    for (prompt, preset) in [
        ("gabber with a dark hoover", "Dark drone"),
        ("gabber with a screaming hoover", "Screamer"),
        ("gabber with a sliding hoover", "Mentasm"),
    ] {
        let fader = table.roles[&Role::Hoover].volume_db + table.trims["hoover"][preset];
        assert_eq!(volume(prompt, Role::Hoover), Some((preset.to_owned(), fader)), "{prompt}");
    }
    let row = &table.roles[&Role::Screech];
    let trim = |preset: &str| table.trim("lead_screech", preset);
    let tune = volume("gabber with a screech", Role::Screech).expect("a screech");
    assert_eq!(tune.1, row.volume_db + trim(&tune.0));
    let answer = volume("gabber with a hoover and a screech", Role::Screech).expect("a screech");
    assert_eq!(answer.1, row.volume_db + trim(&answer.0) + row.answer_db);
    assert!(row.answer_db > 0.0);
}
