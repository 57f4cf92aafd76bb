//! Tests of the vocabulary.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;

/// A reference of any kind, its name anything a person may type.
pub(crate) fn any_ref() -> impl Strategy<Value = Ref> {
    prop_oneof![
        4 => (1u32..5).prop_map(Ref::Number),
        2 => (1u32..12).prop_map(Ref::Id),
        1 => any::<u32>().prop_map(Ref::Number),
        1 => any::<u32>().prop_map(Ref::Id),
        1 => "[a-zA-Z0-9 \"\\\\#@é鼓-]{0,9}".prop_map(Ref::Name),
        1 => prop::sample::select(vec!["all", "add", "master", "BUS", "off", "12", "#3", "\n"])
            .prop_map(|name| Ref::Name(name.to_owned())),
    ]
}

/// Any action at all.
pub(crate) fn any_action() -> impl Strategy<Value = Action> {
    (0..forms().len()).prop_perturb(|row, rng| {
        let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
        table::any_of_row(row, &mut runner)
    })
}

fn at_least(cases: u32) -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig { cases: config.cases.max(cases), ..config }
}

proptest! {
    #![proptest_config(at_least(2000))]

    #[test]
    fn what_is_shown_reads_back_as_the_same(action in any_action()) {
        let line = action.to_string();
        prop_assert_eq!(parse(&line), Ok(action), "{}", line);
    }

    #[test]
    fn no_text_makes_parser_or_completion_panic(
        text in prop_oneof![
            ".{0,60}",
            "((track|clip|kick|[0-9.]{1,4}|\"|note|at|for|é|#|@|scene|insert|bus|-) ?){0,12}",
        ],
        cursor in 0usize..80,
    ) {
        if let Err(error) = parse(&text) {
            prop_assert!(!error.message.is_empty());
        }
        let names = Names { tracks: vec!["a b".to_owned()], ..Names::default() };
        for completion in complete(&text, cursor, &names) {
            prop_assert!(text.get(completion.start..completion.end).is_some());
        }
    }

    #[test]
    fn the_beginning_of_a_line_is_completed_to_it(action in any_action(), cut in any::<prop::sample::Index>()) {
        // Cut before a keyword: the keyword is offered there.
        let line = action.to_string();
        let words = text::tokens(&line).unwrap();
        let cut = &words[cut.index(words.len())];
        let form = forms().iter().find(|f| f.name == action.name()).unwrap();
        let keyword = !cut.quoted && form.patterns[0].split([' ', '[']).any(|w| w == cut.text);
        if keyword && !action.to_string().contains('"') {
            let offered = complete(&line, cut.start, &Names::default());
            prop_assert!(offered.iter().any(|c| c.text == cut.text), "{line} at {cut:?}: {offered:?}");
        }
    }
}

#[test]
fn every_example_is_the_action_it_stands_beside() {
    for form in forms() {
        let action = parse(form.example).unwrap_or_else(|e| panic!("{}: {e}", form.example));
        assert_eq!(action.name(), form.name, "{}", form.example);
        assert_eq!(parse(&action.to_string()), Ok(action));
        assert!(!form.help.trim().is_empty() && !form.help.ends_with('.'));
    }
    let mut patterns: Vec<_> = forms().iter().flat_map(|f| f.patterns).collect();
    patterns.sort();
    assert!(patterns.windows(2).all(|w| w[0] != w[1]));
}

#[test]
fn people_write_as_they_like() {
    let same = |a: &str, b: &str| assert_eq!(parse(a).unwrap(), parse(b).unwrap(), "{a} / {b}");
    same("BPM 174", "bpm 174.0");
    same("key f minor", "key Fm");
    same("track Kick mute on", "mute Kick on");
    same("track kick rename Big Roll", "track kick rename \"Big Roll\"");
    same("clip kick 3 length 2 bars", "clip kick 3 length 2bars");
    same("volume kick -3dB", "volume kick -3");
    same("note add kick 3 C1 at 2 for 1/4", "clip kick 3 note 24 at 2.1.1 for 1/4");
    same("locate 5", "locate 5.1.1");
    assert_eq!(parse("stop \"all\"").unwrap().name(), "StopTrack");
    assert_eq!(parse("stop all").unwrap(), Action::StopAll);
    assert_eq!(
        parse("volume \"12\" 0").unwrap(),
        Action::Volume {
            strip: StripRef::Track(TrackRef(Ref::Name("12".to_owned()))),
            level: crate::model::mixer::Db::UNITY
        }
    );
}

#[test]
fn errors_say_what_was_expected_and_where() {
    let cases = [
        ("", 1, "the empty line: expected one of the actions"),
        ("bmp 174", 1, "did you mean “bpm”"),
        (
            "frobnicate",
            1,
            "“frobnicate” at column 1 is not understood: expected one of the actions",
        ),
        ("bpm", 4, "the end of the line: expected a tempo such as 174"),
        ("bpm fast", 5, "“fast” at column 5 is not understood: expected a tempo"),
        ("bpm 5000", 5, "must lie between 20 and 999 BPM"),
        ("bpm 174 5", 9, "expected the end of the line"),
        ("tempo 174 5", 11, "expected at, glide or the end of the line"),
        ("track Kick renam Roll", 12, "did you mean “rename”"),
        ("clip kick 3 quantise 1/16", 13, "did you mean “quantize”"),
        ("volume kick 40", 13, "a level from -120 to 24 dB"),
        ("quantize 1bars", 10, "did you mean “1bar”"),
        ("track \"Kick rename x", 7, "the quote that opens at column 7 is never closed"),
        ("clip é 3 note X1", 15, "expected a pitch"),
        ("locate 0.1.1", 8, "count from 1"),
    ];
    for (line, column, sentence) in cases {
        let error = parse(line).unwrap_err();
        assert!(error.message.contains(sentence), "{line}: {error}");
        assert_eq!(error.column, column, "{line}: {error}");
    }
}

#[test]
fn completion_offers_keywords_words_and_names() {
    let names = Names {
        tracks: vec!["Kick".to_owned(), "Big Hoover".to_owned()],
        scenes: vec!["Drop".to_owned()],
        buses: vec!["Reverb".to_owned()],
        ..Names::default()
    };
    let offered = |text: &str| -> Vec<String> {
        complete(text, text.len(), &names).into_iter().map(|c| c.text).collect()
    };
    assert!(offered("").contains(&"track".to_owned()));
    assert_eq!(offered("quan"), ["quantize"]);
    assert_eq!(offered("launch hoo"), ["\"Big Hoover\""]);
    assert_eq!(offered("launch \"big"), ["\"Big Hoover\""]);
    assert_eq!(offered("launch Kick "), ["Drop"]);
    assert_eq!(offered("mute Kick t"), ["toggle"]);
    assert_eq!(offered("volume m"), ["master"]);
    assert_eq!(offered("volume rev"), ["Reverb"]);
    assert!(offered("clip Kick 1 note C1 at 1.1.1 for 1/4 ").contains(&"vel".to_owned()));
    assert!(help().contains("track TRACK rename NAME\n    Rename a track, as in: track Kick"));
    assert!(help_for("CLIP").is_some_and(|h| h.starts_with("clip CLIP add LENGTH")));
    assert_eq!(help_for("nonsense"), None);
}
