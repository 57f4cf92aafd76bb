//! The table of what people really type, row by row, and the manners around it.

use super::*;
use crate::model::intent::Composed;
use crate::model::key::{Key, Scale};
use Genre::*;
use Role::*;

/// One row: prompt, tempo (none inherits), key, genre (none inherits), roles, roles excluded, mood.
type Row = (
    &'static str,
    Option<f64>,
    Option<&'static str>,
    Option<Genre>,
    &'static [Role],
    &'static [Role],
    Option<Mood>,
);

const TABLE: [Row; 21] = [
    (
        "harcore 180bmp fmin hover",
        Some(180.0),
        Some("F minor"),
        Some(Mainstream),
        &[Kick, Hoover],
        &[],
        None,
    ),
    (
        "lekker hakke, jaren 90",
        Some(170.0),
        None,
        Some(Gabber),
        &[Kick, Hoover, Stab],
        &[],
        Some(Mood::Party),
    ),
    (
        "beuken 200+ geen melodie",
        Some(205.0),
        None,
        Some(Uptempo),
        &[Kick, Percussion],
        &[Lead],
        Some(Mood::Brutal),
    ),
    (
        "thunderdome 95 intro met strijkers",
        Some(165.0),
        None,
        Some(Gabber),
        &[Strings],
        &[Kick],
        Some(Mood::Ominous),
    ),
    (
        "euromasters rotterdam",
        Some(180.0),
        None,
        Some(Gabber),
        &[Kick, Stab, Vox],
        &[],
        Some(Mood::Silly),
    ),
    (
        "paul elstak piano 175",
        Some(175.0),
        Some("major"),
        Some(HappyHardcore),
        &[Kick, Bass, Piano],
        &[],
        Some(Mood::Euphoric),
    ),
    (
        "dr peacock type beat",
        Some(200.0),
        None,
        Some(Frenchcore),
        &[Kick, Bass, Lead],
        &[],
        Some(Mood::Playful),
    ),
    ("angerfist kick", None, None, Some(Mainstream), &[Kick], &[], Some(Mood::Angry)),
    (
        "acardipane doom, traag",
        Some(145.0),
        None,
        Some(Doomcore),
        &[Kick, Pad],
        &[],
        Some(Mood::Bleak),
    ),
    (
        "harter schranz 158 h-moll",
        Some(158.0),
        Some("B minor"),
        Some(Schranz),
        &[Kick, Rumble, Percussion],
        &[],
        Some(Mood::Hard),
    ),
    ("brett, düster, kein hoover", None, None, None, &[], &[Hoover], Some(Mood::Dark)),
    (
        "cassa distorta 170 fa# minore, voce urlata",
        Some(170.0),
        Some("F# minor"),
        Some(Mainstream),
        &[Kick, Vox],
        &[],
        None,
    ),
    (
        "traxtorm 2003",
        Some(165.0),
        None,
        Some(Mainstream),
        &[Kick, Screech],
        &[],
        Some(Mood::Aggressive),
    ),
    ("mentasm belgium 1991", Some(130.0), None, Some(EarlyRave), &[Break, Hoover, Stab], &[], None),
    ("220 piep no lead pls", Some(220.0), None, Some(Uptempo), &[Kick], &[Lead], None),
    ("frenshcore 19O offbeat bas", Some(190.0), None, Some(Frenchcore), &[Kick, Bass], &[], None),
    ("rauwe zaagkick 155", Some(155.0), None, Some(Rawstyle), &[Kick], &[], Some(Mood::Raw)),
    (
        "warehouse rumble 150 acid Am",
        Some(150.0),
        Some("A minor"),
        Some(HardTechno),
        &[Kick, Rumble, Acid],
        &[],
        Some(Mood::Hypnotic),
    ),
    ("tribe tekno free party", Some(175.0), None, Some(Hardtek), &[Kick, Bass, Acid], &[], None),
    ("same but darker, less notes, keep kick", None, None, None, &[], &[], Some(Mood::Dark)),
    ("jazz, pizza", None, None, None, &[], &[], None),
];

fn set() -> SetContext {
    let last = understand("industrial 163 gm", &SetContext::default());
    SetContext {
        bpm: Some(163.0),
        key: "G minor".parse().ok(),
        genre: Some(Industrial),
        last: Some(Composed { intent: last, seed: 7 }),
    }
}

#[test]
fn what_people_really_type() {
    for (prompt, bpm, key, genre, roles, without, mood) in TABLE {
        let intent = understand(prompt, &SetContext::default());
        let in_set = understand(prompt, &set());
        let shown = format!("{prompt}\n{intent}");
        match bpm {
            Some(bpm) => assert_eq!(intent.bpm, bpm, "{shown}"),
            None => assert_eq!(in_set.bpm, 163.0, "{shown}"),
        }
        match key {
            Some("major") => {
                assert_eq!((intent.root, intent.scale), (None, Some(Scale::Major)), "{shown}")
            }
            Some(key) => assert_eq!(intent.key(), key.parse().ok(), "{shown}"),
            None => {
                assert_eq!((intent.root, intent.scale), (None, None), "{shown}");
                assert_eq!(in_set.key(), "G minor".parse().ok(), "{shown}");
            }
        }
        match genre {
            Some(genre) => {
                assert_eq!(intent.genre, genre, "{shown}");
                assert_eq!(in_set.genre, genre, "{shown}");
            }
            None => assert_eq!(in_set.genre, Industrial, "{shown}"),
        }
        if !roles.is_empty() {
            let mut wanted = roles.to_vec();
            wanted.sort();
            assert_eq!(intent.roles, wanted, "{shown}");
        }
        for role in without {
            assert!(intent.without.contains(role) && !intent.wants(*role), "{shown}");
        }
        if let Some(mood) = mood {
            assert!(intent.moods.contains(&mood), "{shown}");
        }
        let meaningless: &[&str] = if prompt == "jazz, pizza" { &["jazz", "pizza"] } else { &[] };
        assert_eq!(intent.unknown, meaningless, "{shown}");
    }
}

#[test]
fn one_sound_is_one_sound_and_no_more() {
    for (prompt, only) in [
        ("angerfist kick", true),
        ("rauwe zaagkick 155", true),
        ("kick only", true),
        ("nur kick", true),
        ("220 piep no lead pls", false),
        ("gabber with a hard kick", false),
        ("harcore 180bmp fmin hover", false),
        ("frenshcore 19O offbeat bas", false),
    ] {
        assert_eq!(understand(prompt, &SetContext::default()).only, only, "{prompt}");
    }
}

#[test]
fn without_a_set_the_genre_decides() {
    let intent = understand("brett, düster, kein hoover", &SetContext::default());
    assert_eq!((intent.genre, intent.bpm), (HardTechno, 150.0));
    let intent = understand("jazz, pizza", &SetContext::default());
    assert_eq!(intent.genre, Gabber);
    assert_eq!(understand("angerfist kick", &SetContext::default()).bpm, 170.0);
}

#[test]
fn an_edit_inherits_and_locks() {
    let intent = understand("same but darker, less notes, keep kick", &set());
    let edit = intent.edit.as_ref().expect("an edit");
    assert_eq!(edit.locked, [Kick]);
    assert_eq!(edit.base.as_ref().map(|b| b.seed), Some(7));
    assert!(intent.brightness < 0 && intent.density < 0);
    let new = understand("same but darker, keep kick", &SetContext::default());
    assert!(new.notes.iter().any(|n| n.contains("nothing was composed")), "{new}");
}

#[test]
fn the_running_tempo_and_key_stay_unless_the_words_ask() {
    let set = SetContext {
        bpm: Some(174.0),
        key: Some(Key { root: PitchClass::new(5), scale: Scale::Minor }),
        genre: Some(Gabber),
        last: None,
    };
    let intent = understand("frenchcore lead", &set);
    assert_eq!((intent.bpm, intent.key()), (174.0, set.key));
    assert!(intent.notes.iter().any(|n| n.contains("174")), "the user is told: {intent}");
    assert_eq!(understand("frenchcore lead 200", &set).bpm, 200.0);
    assert!(understand("faster", &set).bpm > 174.0);
    assert!(understand("langsamer", &set).bpm < 174.0);
    let phrygian = understand("phrygian hoover", &set);
    assert_eq!(phrygian.key().map(|k| k.to_string()), Some("F phrygian".into()));
    assert_eq!(understand("gabber in g", &set).root, Some(PitchClass::new(7)));
}

#[test]
fn lengths_and_numbers() {
    let read = |prompt| understand(prompt, &SetContext::default());
    assert_eq!(read("gabber 8 bars 185").bars, 8);
    assert_eq!(read("8 maten gabber 185 bpm").bpm, 185.0);
    assert_eq!(read("32 takte schranz").bars, 32);
    assert_eq!(read("gabber 174.5").bpm, 174.5);
    assert_eq!(read("gabber tempo 95").bpm, 95.0);
    assert_eq!(read("gabber bpm: 180").bpm, 180.0);
    assert_eq!(read("gabber 92").bpm, 170.0);
    assert_eq!(read("gabber 160-170").bpm, 165.0);
    assert_eq!(read("303 hard techno").roles, [Kick, Acid]);
    assert_eq!(read("gabber no hoover, acid").roles, [Kick, Acid]);
    assert_eq!(read("gabber zonder hoover en stab").without, [Hoover, Stab]);
}

#[test]
fn genres_without_their_own_patterns_say_so() {
    for genre in Genre::ALL {
        let intent = understand(genre.name(), &SetContext::default());
        assert_eq!(intent.genre, genre, "{intent}");
        assert!(intent.unknown.is_empty(), "{intent}");
        let own = matches!(genre, Gabber | Frenchcore | HardTechno);
        assert_eq!(intent.notes.is_empty(), own, "{intent}");
    }
}

#[test]
fn nonsense_never_fails() {
    for prompt in [
        "",
        ",,,,",
        "    ",
        "🔥🔥🔥 180",
        "no no no",
        "keep",
        "less",
        "in",
        "#",
        "b",
        "-",
        "1e999",
        "\u{0}\u{1}",
        "999999999999999999999999",
        "NaN bpm",
        "bpm bpm bpm",
    ] {
        let intent = understand(prompt, &SetContext::default());
        assert!((20.0..=999.0).contains(&intent.bpm), "{prompt:?}: {intent}");
        assert!((1..=128).contains(&intent.bars));
    }
    let long = "hoover ".repeat(100_000);
    assert!(!understand(&long, &SetContext::default()).roles.is_empty());
}

#[test]
fn adjectives_belong_to_the_role_they_stand_before() {
    use crate::model::intent::Character;
    let read = |prompt: &str| understand(prompt, &SetContext::default());
    let flagship = read("170 bpm gabber, F minor, rolling kick and a screaming hoover");
    assert_eq!(flagship.unknown, [""; 0]);
    assert_eq!(flagship.characters, [(Kick, Character::Rolling), (Hoover, Character::Screaming)]);
    let chips: Vec<&str> =
        flagship.understood.iter().filter(|c| c.kind == "sound").map(|c| c.text.as_str()).collect();
    assert_eq!(chips, ["rolling kick", "screaming hoover"]);
    for (prompt, wanted) in [
        ("gabber with a dark hoover", vec![(Hoover, Character::Dark)]),
        (
            "long distorted kick, gabber",
            vec![(Kick, Character::Long), (Kick, Character::Distorted)],
        ),
        ("cassa distorta 170", vec![(Kick, Character::Distorted)]),
        ("hardcore 909 kick", vec![(Kick, Character::Dry)]),
        ("gabber reverse bass", vec![(Bass, Character::Reverse)]),
        ("hoover distorted", vec![(Hoover, Character::Distorted)]),
        ("gabber, rolling", vec![(Kick, Character::Rolling)]),
        // About the piece or about nothing, not about one sound.
        ("dark gabber with a hoover", vec![]),
        ("gabber hoover, darker", vec![]),
        ("gabber, no distorted kick", vec![]),
        ("gabber without screaming hoover", vec![]),
    ] {
        assert_eq!(read(prompt).characters, wanted, "{prompt}");
    }
}
