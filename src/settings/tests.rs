//! Order of sources, provenance, sentences of errors, and files that are no settings at all.

use std::fs;
use std::path::Path;

use super::*;

/// A throw-away user with the given settings file.
struct User {
    folder: tempfile::TempDir,
}

impl User {
    fn new(config: &str) -> Self {
        let user = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(user.places().config).unwrap();
        fs::write(user.file(), config).unwrap();
        user
    }

    fn places(&self) -> Places {
        Places::below(self.folder.path())
    }

    fn file(&self) -> PathBuf {
        self.places().config.join("config.toml")
    }

    fn load(&self, environment: &[(&str, &str)], flags: Flags) -> Result<Loaded, SettingsError> {
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Settings::load_from(&Sources { places: self.places(), environment, flags })
    }

    fn refused(&self, environment: &[(&str, &str)]) -> String {
        self.load(environment, Flags::default()).unwrap_err().to_string()
    }
}

#[test]
fn nothing_set_gives_the_built_in_values() {
    let user = User::new("");
    fs::remove_file(user.file()).unwrap();
    let loaded = user.load(&[], Flags::default()).unwrap();
    assert_eq!(loaded.settings, Settings::built_in(&user.places()));
    assert!(!loaded.config_file_exists);
    assert!(loaded.describe().iter().all(|row| row.origin == Origin::Default));
}

#[test]
fn the_later_source_wins_and_each_value_says_where_it_is_from() {
    let user =
        User::new("[render]\nrate = 44100\nbits = 16\n\n[log]\n# a comment\nlevel = \"debug\"\n");
    let flags = Flags { bits: Some(Bits::Float32), ..Flags::default() };
    let loaded = user
        .load(&[("HARDCORE_RENDER_RATE", "96000"), ("HARDCORE_RENDER_BITS", "24")], flags)
        .unwrap();
    assert_eq!(loaded.settings.render, Render { rate: 96_000, bits: Bits::Float32 });
    assert_eq!(loaded.settings.log.level, Level::Debug);
    let origin = |key: &str| loaded.origin(key).unwrap().to_string();
    assert_eq!(origin("render.rate"), "environment HARDCORE_RENDER_RATE");
    assert_eq!(origin("render.bits"), "flag --bits");
    assert_eq!(origin("log.level"), format!("file {} line 7", user.file().display()));
    assert_eq!(origin("compose.candidates"), "default");
}

#[test]
fn every_key_can_be_set_in_every_way() {
    let values = [
        "here", "there", "trace", "88200", "32f", "7", "null", "96000", "128", "3-4", "1-2", "40",
        "1/16t", "4", "2", "scsynth", "in", "drum", "9000", "3", "125", "5",
    ];
    let flags = Flags {
        config: None,
        library: Some("here".into()),
        synthdefs: Some("there".into()),
        log_level: Some(Level::Trace),
        rate: Some(88_200),
        bits: Some(Bits::Float32),
        device: Some("7".into()),
        backend: Some("null".into()),
        audio_rate: Some(96_000),
        period: Some(128),
        master: Some("3-4".into()),
        cue: Some("1-2".into()),
        grace_ms: Some(40),
        record_quantize: Some("1/16t".into()),
        record_bars: Some(4),
        record_count_in: Some(2),
        synth: Some("scsynth".into()),
        midi_clock: Some("in".into()),
        midi_clock_out: Some("drum".into()),
        osc_port: Some(9000),
        candidates: Some(3),
        scale: Some(125),
        autosave: Some(5),
    };
    let shown =
        |loaded: Loaded| loaded.describe().into_iter().map(|row| row.value).collect::<Vec<_>>();
    let by_flags = User::new("").load(&[], flags).unwrap();
    assert!(
        KEYS.iter().all(|key| by_flags.origin(key.name) == Some(&Origin::Flag { name: key.flag }))
    );
    assert_eq!(shown(by_flags), values);

    let environment: Vec<_> =
        KEYS.iter().zip(values).map(|(key, value)| (key.env, value)).collect();
    let by_environment = User::new("").load(&environment, Flags::default()).unwrap();
    assert!(
        KEYS.iter()
            .all(|key| by_environment.origin(key.name)
                == Some(&Origin::Environment { name: key.env }))
    );
    assert_eq!(shown(by_environment), values);

    let line = |(key, value): (&Key, &str)| {
        let quote = if value.chars().all(|c| c.is_ascii_digit()) && key.name != "audio.device" {
            ""
        } else {
            "\""
        };
        format!("{} = {quote}{value}{quote}\n", key.name)
    };
    let user = User::new(&KEYS.iter().zip(values).map(line).collect::<String>());
    let by_file = user.load(&[], Flags::default()).unwrap();
    for (at, key) in KEYS.iter().enumerate() {
        let expected = Origin::File { path: user.file(), line: Some(at + 1) };
        assert_eq!(by_file.origin(key.name), Some(&expected), "{}", key.name);
    }
    assert_eq!(by_file.settings.folders.library, user.places().config.join("here"));
    assert_eq!(shown(by_file)[2..], values[2..]);
}

#[test]
fn paths_know_home_and_the_file_they_stand_in() {
    let user = User::new("[folders]\nlibrary = \"~/Music\"\nsynthdefs = \"mine\"\n");
    let folders = user.load(&[], Flags::default()).unwrap().settings.folders;
    assert_eq!(folders.library, user.folder.path().join("Music"));
    assert_eq!(folders.synthdefs, user.places().config.join("mine"));
    let folders = user
        .load(&[("HARDCORE_FOLDERS_SYNTHDEFS", "mine")], Flags::default())
        .unwrap()
        .settings
        .folders;
    assert_eq!(folders.synthdefs, Path::new("mine"));
}

#[test]
fn a_wrong_value_is_named_with_its_line_and_what_it_must_be() {
    let user = User::new("\n[render]\nrate = \"fast\"\n");
    assert_eq!(
        user.refused(&[]),
        format!(
            "render.rate must be a whole number of Hz from 22050 to 192000, not \"fast\" (file {} line 3)",
            user.file().display()
        )
    );
    let plain = User::new("");
    assert_eq!(
        plain.refused(&[("HARDCORE_LOG_LEVEL", "loud")]),
        "log.level must be off, error, warn, info, debug or trace, not \"loud\" (environment HARDCORE_LOG_LEVEL)"
    );
    assert_eq!(
        plain.refused(&[("HARDCORE_RENDER_BITS", "8")]),
        "render.bits must be 16, 24 or 32f, not \"8\" (environment HARDCORE_RENDER_BITS)"
    );
    let flags = Flags { candidates: Some(0), ..Flags::default() };
    assert_eq!(
        plain.load(&[], flags).unwrap_err().to_string(),
        "compose.candidates must be a whole number from 1 to 64, not 0 (flag --candidates)"
    );
}

#[test]
fn values_out_of_range_or_of_another_kind_are_refused_everywhere() {
    for wrong in [
        "render.rate = 22049",
        "render.rate = 192001",
        "render.rate = -1",
        "render.rate = 99999999999",
        "render.rate = 44100.5",
        "render.rate = nan",
        "render.rate = [44100]",
        "render.bits = true",
        "render = 3",
        "audio.device = \"  \"",
        "folders.library = \"\"",
        "folders.library = \"config.toml\"",
        "compose.candidates = 65",
        "log.level = {}",
    ] {
        let key = wrong.split(" = ").next().unwrap();
        let said = User::new(wrong).refused(&[]);
        assert!(
            said.starts_with(&format!("{key} must be ")) && said.contains(" line 1)"),
            "{wrong}: {said}"
        );
    }
}

#[test]
fn unknown_keys_are_named_with_what_was_probably_meant() {
    let user = User::new("rate = 44100\nrender.bit = 16\nlog.levle = \"info\"\nmoon.phase = 3\n");
    let loaded = user
        .load(&[("HARDCORE_RENDER_RAT", "1"), ("HARDCORE_SOAK", "1")], Flags::default())
        .unwrap();
    let place = |line: usize| format!("(file {} line {line})", user.file().display());
    let mut warnings = loaded.warnings.clone();
    warnings.sort();
    assert_eq!(
        warnings,
        [
            format!("\"log.levle\" is no setting; did you mean log.level? {}", place(3)),
            format!("\"moon.phase\" is no setting and does nothing {}", place(4)),
            format!("\"rate\" is no setting; did you mean audio.rate? {}", place(1)),
            format!("\"render.bit\" is no setting; did you mean render.bits? {}", place(2)),
            "HARDCORE_RENDER_RAT is no setting; did you mean HARDCORE_RENDER_RATE? (environment HARDCORE_RENDER_RAT)"
                .to_owned(),
        ]
    );
    assert_eq!(loaded.settings, Settings::built_in(&user.places()));
}

#[test]
fn broken_files_give_one_sentence_with_the_line() {
    let user = User::new("[render]\nrate = = 3\n");
    let said = user.refused(&[]);
    assert!(
        said.starts_with(&format!("{} line 2 is not valid TOML: ", user.file().display())),
        "{said}"
    );
    let repeated = User::new("[log]\nlevel = \"info\"\nlevel = \"warn\"\n").refused(&[]);
    assert!(repeated.contains(" line 3 is not valid TOML: "), "{repeated}");
    let deep = User::new(&format!("a = {}", "[".repeat(100_000))).refused(&[]);
    assert!(deep.contains("is not valid TOML"), "{deep}");
    assert!(!said.contains('\n') && !repeated.contains('\n') && !deep.contains('\n'));
}

#[test]
fn files_that_are_no_settings_are_refused_before_they_are_taken_in() {
    let user = User::new("");
    let says = |path: &Path| user.refused(&[("HARDCORE_CONFIG", path.to_str().unwrap())]);
    let missing = user.folder.path().join("missing.toml");
    assert!(
        says(&missing).starts_with(&format!("cannot read the settings in {}: ", missing.display()))
    );
    assert!(says(user.folder.path()).starts_with("cannot read the settings in "));
    let bytes = user.folder.path().join("kick.bin");
    fs::write(&bytes, [0xff, 0xfe, 0x00, 0x80]).unwrap();
    assert!(says(&bytes).ends_with(": it is not text"));
    let huge = user.folder.path().join("huge.toml");
    fs::write(&huge, "#".repeat(2 << 20)).unwrap();
    assert!(says(&huge).ends_with(": it is larger than 1 MiB"));
}

#[test]
fn the_flag_names_the_file_before_the_variable_does() {
    let user = User::new("log.level = \"warn\"");
    let other = user.folder.path().join("other.toml");
    fs::write(&other, "log.level = \"error\"").unwrap();
    let flags = Flags { config: Some(other.clone()), ..Flags::default() };
    let file = user.file();
    let loaded = user.load(&[("HARDCORE_CONFIG", file.to_str().unwrap())], flags).unwrap();
    assert_eq!(loaded.settings.log.level, Level::Error);
    assert_eq!(loaded.config_file, other);
}

#[test]
fn every_flag_of_the_table_is_a_flag_of_the_command_line() {
    use clap::Args;
    let command = Flags::augment_args(clap::Command::new("test"));
    let mut flags: Vec<_> = command.get_arguments().filter_map(|arg| arg.get_long()).collect();
    flags.retain(|flag| *flag != "config");
    assert_eq!(flags, KEYS.iter().map(|key| key.flag).collect::<Vec<_>>());
    for key in KEYS {
        assert_eq!(key.env, format!("HARDCORE_{}", key.name.replace('.', "_").to_uppercase()));
    }
}

#[test]
fn the_built_in_values_hold_by_their_own_rules() {
    let user = User::new("");
    let file = toml_of(&Settings::built_in(&user.places()));
    fs::write(user.file(), file).unwrap();
    let loaded = user.load(&[], Flags::default()).unwrap();
    assert_eq!(loaded.settings, Settings::built_in(&user.places()));
    assert!(
        loaded
            .describe()
            .iter()
            .all(|row| matches!(row.origin, Origin::File { line: Some(_), .. }))
    );
}

fn toml_of(settings: &Settings) -> String {
    let Settings { folders, log, render, audio, launch, record, synth, midi, osc, .. } = settings;
    let Settings { compose, window, .. } = settings;
    format!(
        "[folders]\nlibrary = {:?}\nsynthdefs = {:?}\n[log]\nlevel = \"{}\"\n[render]\nrate = {}\nbits = {}\n\
         [audio]\ndevice = {:?}\nbackend = {:?}\nrate = {}\nperiod = {}\nmaster = {:?}\ncue = {:?}\n\
         [launch]\ngrace_ms = {}\n[record]\nquantize = {:?}\nbars = {}\ncount_in = {}\n[synth]\nexecutor = {:?}\n[midi]\nclock = {:?}\nclock_out = {:?}\n[osc]\nport = {}\n[compose]\ncandidates = {}\n\
         [window]\nscale = {}\nautosave = {}\n",
        folders.library,
        folders.synthdefs,
        log.level,
        render.rate,
        render.bits,
        audio.device,
        audio.backend,
        audio.rate,
        audio.period,
        audio.master,
        audio.cue,
        launch.grace_ms,
        record.quantize,
        record.bars,
        record.count_in,
        synth.executor,
        midi.clock,
        midi.clock_out,
        osc.port,
        compose.candidates,
        window.scale,
        window.autosave,
    )
}
