//! The table of actions: words, arguments, help and example of each.

use std::fmt;

use super::args::*;
use super::text::{Fill, Stop, Walk};

/// A row of the table.
pub struct Form {
    /// Name of the action, as in [`Action::name`].
    pub name: &'static str,
    /// How it is written; the first pattern is how it is shown, the others are read as well.
    /// `{x}` stands for an argument, `[word {x}]` for one that may be left out.
    pub patterns: &'static [&'static str],
    /// What it does, in one line.
    pub help: &'static str,
    /// A line that says it.
    pub example: &'static str,
    pub(super) read: fn(&mut Walk) -> Result<Action, Stop>,
}

/// Every row of the table.
pub fn forms() -> &'static [Form] {
    FORMS
}

macro_rules! actions {
    ($(
        $(#[doc = $help:literal])+
        $name:ident $({ $($field:ident: $arg:ty),+ })?
            = $pattern:literal $(| $alias:literal)*, $example:literal;
    )+) => {
        /// Something the program can do; a button, a palette line, a pad and a script say the same.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Action {
            $(
                $(#[doc = $help])+
                #[doc = concat!("\n\nWritten `", $pattern, "`.")]
                $name $({ $(
                    #[doc = concat!("The `", stringify!($field), "` of the pattern.")]
                    $field: <$arg as Arg>::Value
                ),+ })?,
            )+
        }

        const FORMS: &[Form] = &[$(
            Form {
                name: stringify!($name),
                patterns: &[$pattern $(, $alias)*],
                help: concat!($($help),+),
                example: $example,
                read: |walk| {
                    $($(let $field = <$arg>::take(walk)?;)+)?
                    walk.end()?;
                    Ok(Action::$name $({ $($field),+ })?)
                },
            },
        )+];

        impl Action {
            /// The name of its row in the table.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Action::$name { .. } => stringify!($name),)+
                }
            }
        }

        impl fmt::Display for Action {
            /// Writes the line that reads back as the same action.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let line = match self {
                    $(Action::$name $({ $($field),+ })? => {
                        #[allow(unused_mut, reason = "an action without arguments fills in none")]
                        let mut fill = Fill::new($pattern);
                        $($(<$arg>::put($field, &mut fill);)+)?
                        fill.finish()
                    })+
                };
                f.write_str(&line)
            }
        }

        /// Any action of this row of the table.
        #[cfg(test)]
        pub(super) fn any_of_row(
            row: usize,
            runner: &mut proptest::test_runner::TestRunner,
        ) -> Action {
            use proptest::strategy::{Strategy, ValueTree};
            let rows: &[fn(&mut proptest::test_runner::TestRunner) -> Action] = &[$(
                |_runner| Action::$name $({ $(
                    $field: <$arg as Arg>::any().new_tree(_runner).unwrap().current()
                ),+ })?,
            )+];
            rows[row](runner)
        }
    };
}

actions! {
    /// Set the song's tempo in beats per minute
    Bpm { tempo: Tempo } = "bpm {tempo}" | "tempo {tempo}", "bpm 174";
    /// Change the tempo at a place
    TempoAt { tempo: Tempo, at: At } = "tempo {tempo} at {at}", "tempo 180 at 17.1.1";
    /// Glide to a tempo that is reached at a place
    TempoGlide { tempo: Tempo, at: At } = "tempo {tempo} glide {at}", "tempo 200 glide 33.1.1";
    /// Take away every tempo change after the start
    TempoClear = "tempo clear", "tempo clear";
    /// Set key and scale
    SetKey { key: KeyName } = "key {key}", "key F minor";
    /// Set the time signature
    Signature { signature: Meter } = "signature {signature}", "signature 7/8";
    /// Set the launch quantization
    Quantize { grid: Grid } = "quantize {grid}", "quantize 1bar";
    /// Play without a groove
    GrooveOff = "groove off", "groove off";
    /// Set how strongly grooves apply, 0 to 1.3
    GrooveAmount { amount: Amount } = "groove amount {amount}", "groove amount 0.8";
    /// Choose the groove of clips without their own
    SongGroove { groove: Groove } = "groove {groove}", "groove \"909 shuffle\"";
    /// Set the level of the cue output
    Cue { level: Level } = "cue {level}", "cue -6";
    /// Set the seed of every chance the music takes
    SetSeed { seed: Seed } = "seed {seed}", "seed 42";
    /// Rename the project
    ProjectRename { name: Name } = "project rename {name}", "project rename \"Night shift\"";

    /// Add an instrument track
    TrackAddInstrument { synth: Instrument, name: Name } = "track add instrument {synth} {name}",
        "track add instrument hoover Lead";
    /// Add a drum track without pads
    TrackAddDrums { name: Name } = "track add drums {name}", "track add drums Kit";
    /// Add an audio track
    TrackAddAudio { name: Name } = "track add audio {name}", "track add audio Vocals";
    /// Add a group track
    TrackAddGroup { name: Name } = "track add group {name}", "track add group Drums";
    /// Rename a track
    TrackRename { track: Track, name: Name } = "track {track} rename {name}",
        "track Kick rename Roll";
    /// Delete a track; tracks in a group stay
    TrackDelete { track: Track } = "track {track} delete", "track Kick delete";
    /// Copy a track with its clips and effects
    TrackDuplicate { track: Track } = "track {track} duplicate", "track Kick duplicate";
    /// Move a track to a place
    TrackMove { track: Track, to: Count } = "track {track} move {to}", "track Kick move 1";
    /// Give a track a palette colour
    TrackColor { track: Track, color: Palette } = "track {track} color {color}",
        "track Kick color 5";
    /// Play a track's notes with another instrument
    TrackInstrument { track: Track, synth: Instrument } = "track {track} instrument {synth}",
        "track Lead instrument hoover";
    /// Put a track into a group
    TrackGroup { track: Track, group: Track } = "track {track} group {group}",
        "track Kick group Drums";
    /// Take a track out of its group
    TrackUngroup { track: Track } = "track {track} ungroup", "track Kick ungroup";
    /// Set a parameter of a track's instrument
    SetParam { track: Track, param: Param, value: Value } = "param {track} {param} {value}",
        "param hoover cutoff 1200";
    /// Set a parameter of a track's instrument back to its default
    ResetParam { track: Track, param: Param } = "param {track} {param} reset",
        "param hoover cutoff reset";

    /// Put an instrument on a pad of a drum track
    PadSynth { track: Track, note: Pitch, synth: Instrument, pitch: Pitch } =
        "pad {track} {note} synth {synth} {pitch}", "pad Kit C1 synth kick F1";
    /// Put a sample on a pad of a drum track
    PadSample { track: Track, note: Pitch, sample: Sample } =
        "pad {track} {note} sample {sample}", "pad Kit D1 sample samples/clap.wav";
    /// Rename a pad
    PadRename { track: Track, note: Pitch, name: Name } = "pad {track} {note} rename {name}",
        "pad Kit C1 rename Kick";
    /// Take a pad away
    PadDelete { track: Track, note: Pitch } = "pad {track} {note} delete", "pad Kit C1 delete";
    /// Set a pad's level
    PadGain { track: Track, note: Pitch, level: Level } = "pad {track} {note} gain {level}",
        "pad Kit C1 gain -3";
    /// Let pads of one choke group cut each other
    PadChoke { track: Track, note: Pitch, group: Choke } = "pad {track} {note} choke {group}",
        "pad Kit F#1 choke 1";
    /// Set a parameter of a pad's instrument
    PadParam { track: Track, note: Pitch, param: Param, value: Value } =
        "pad {track} {note} set {param} {value}", "pad Kit C1 set drive 12";

    /// Set a fader
    Volume { strip: Strip, level: Level } = "volume {strip} {level}", "volume kick -3";
    /// Set a pan position
    SetPan { strip: Strip, pan: Pan } = "pan {strip} {pan}", "pan kick 0.2";
    /// Silence a strip
    Mute { strip: Strip, switch: OnOff } = "mute {strip} {switch}" | "track {strip} mute {switch}",
        "mute kick toggle";
    /// Hear a strip alone
    Solo { strip: Strip, switch: OnOff } = "solo {strip} {switch}" | "track {strip} solo {switch}",
        "solo kick on";
    /// Take a send away
    SendOff { strip: Strip, bus: Bus } = "send {strip} {bus} off", "send hoover reverb off";
    /// Take a send before or after the fader
    SendPre { strip: Strip, bus: Bus, switch: OnOff } = "send {strip} {bus} pre {switch}",
        "send hoover reverb pre on";
    /// Set how much of a strip goes to a bus
    SendLevel { strip: Strip, bus: Bus, level: Level } = "send {strip} {bus} {level}",
        "send hoover reverb -12";
    /// Add an effect to the end of a strip's rack, or at a place
    InsertAdd { strip: Strip, effect: Effect, at: Maybe<Count> } =
        "insert {strip} add {effect} [at {at}]", "insert kick add fx_distortion";
    /// Remove an effect
    InsertDelete { strip: Strip, place: Count } = "insert {strip} {place} delete",
        "insert kick 1 delete";
    /// Let the signal pass an effect unchanged
    InsertBypass { strip: Strip, place: Count, switch: OnOff } =
        "insert {strip} {place} bypass {switch}", "insert kick 1 bypass on";
    /// Set a parameter of an effect
    InsertSet { strip: Strip, place: Count, param: Param, value: Value } =
        "insert {strip} {place} set {param} {value}", "insert kick 1 set drive 12";
    /// Set a parameter of an effect back to its default
    InsertReset { strip: Strip, place: Count, param: Param } =
        "insert {strip} {place} reset {param}", "insert kick 1 reset drive";
    /// Move an effect to another place in its rack
    InsertMove { strip: Strip, place: Count, to: Count } = "insert {strip} {place} move {to}",
        "insert kick 2 move 1";
    /// Stop an effect's sidechain from listening
    InsertKeyOff { strip: Strip, place: Count } = "insert {strip} {place} key off",
        "insert bass 1 key off";
    /// Let an effect's sidechain listen to a track
    InsertKey { strip: Strip, place: Count, track: Track } =
        "insert {strip} {place} key {track}", "insert bass 1 key Kick";
    /// Hear no sound that is tried any more
    AuditionStop = "audition stop", "audition stop";
    /// Try a preset of yours: a short phrase on the cue output
    AuditionPreset { preset: Preset } = "audition preset {preset}",
        "audition preset \"Nasty hoover\"";
    /// Try an instrument: a short phrase on the cue output
    Audition { synth: Instrument } = "audition {synth}", "audition hoover";
    /// Save a track's instrument as a preset of yours; one of that name is replaced
    PresetSave { track: Track, name: Name } = "preset save {track} {name}",
        "preset save hoover \"Nasty hoover\"";
    /// Load a preset of yours onto a track
    PresetLoad { track: Track, preset: Preset } = "preset load {track} {preset}",
        "preset load hoover \"Nasty hoover\"";
    /// Rename a preset of yours
    PresetRename { preset: Preset, name: Name } = "preset rename {preset} {name}",
        "preset rename \"Nasty hoover\" \"Nice hoover\"";
    /// Delete a preset of yours from the library
    PresetDelete { preset: Preset } = "preset delete {preset}", "preset delete \"Nasty hoover\"";
    /// Save a strip's effects as a chain of yours; one of that name is replaced
    ChainSave { strip: Strip, name: Name } = "chain save {strip} {name}",
        "chain save kick \"Kick bus\"";
    /// Put a chain of yours in the place of a strip's effects
    ChainLoad { strip: Strip, chain: Chain } = "chain load {strip} {chain}",
        "chain load kick \"Kick bus\"";
    /// Rename a chain of yours
    ChainRename { chain: Chain, name: Name } = "chain rename {chain} {name}",
        "chain rename \"Kick bus\" \"Dirty kick\"";
    /// Delete a chain of yours from the library
    ChainDelete { chain: Chain } = "chain delete {chain}", "chain delete \"Kick bus\"";
    /// Add a return bus
    BusAdd { name: Name } = "bus add {name}", "bus add Reverb";
    /// Rename a return bus
    BusRename { bus: Bus, name: Name } = "bus {bus} rename {name}", "bus Reverb rename Hall";
    /// Delete a return bus and the sends to it
    BusDelete { bus: Bus } = "bus {bus} delete", "bus Reverb delete";
    /// Move a return bus to a place
    BusMove { bus: Bus, to: Count } = "bus {bus} move {to}", "bus Reverb move 2";
    /// Keep a bus audible when tracks are soloed
    BusSafe { bus: Bus, switch: OnOff } = "bus {bus} safe {switch}", "bus Reverb safe on";

    /// Add an empty clip to a slot
    ClipAdd { clip: Clip, length: Length } = "clip {clip} add {length}", "clip kick 3 add 2bars";
    /// Add an audio clip to a slot
    ClipSample { clip: Clip, sample: Sample, length: Length } =
        "clip {clip} sample {sample} {length}", "clip vocals 1 sample samples/shout.wav 2bars";
    /// Make a clip of a file in a slot: a recording on an audio track, MIDI on another
    ClipImport { clip: Clip, path: Name } = "clip {clip} import {path}",
        "clip vocals 1 import \"loops/shout 170bpm.wav\"";
    /// Make a clip of a recording on a new audio track, in a scene or the first one
    Import { path: Name, scene: Maybe<Scene> } = "import {path} [into {scene}]",
        "import loops/break.flac into Drop";
    /// Rename a clip
    ClipRename { clip: Clip, name: Name } = "clip {clip} rename {name}",
        "clip kick 3 rename Roll";
    /// Delete a clip
    ClipDelete { clip: Clip } = "clip {clip} delete", "clip kick 3 delete";
    /// Copy a clip to another slot of its track
    ClipDuplicate { clip: Clip, to: Scene } = "clip {clip} duplicate {to}",
        "clip kick 3 duplicate 4";
    /// Move a clip to another slot of its track
    ClipMove { clip: Clip, to: Scene } = "clip {clip} move {to}", "clip kick 3 move 5";
    /// Copy a clip to a slot of any track
    ClipCopyTo { clip: Clip, track: Track, scene: Scene } =
        "clip {clip} copy to {track} {scene}", "clip kick 3 copy to bass 4";
    /// Move a clip to a slot of any track
    ClipMoveTo { clip: Clip, track: Track, scene: Scene } =
        "clip {clip} move to {track} {scene}", "clip kick 3 move to bass 4";
    /// Give a clip a palette colour
    ClipColor { clip: Clip, color: Palette } = "clip {clip} color {color}", "clip kick 3 color 9";
    /// Set a clip's length
    ClipLength { clip: Clip, length: Length } = "clip {clip} length {length}",
        "clip kick 3 length 2bars";
    /// Let a clip play once
    ClipLoopOff { clip: Clip } = "clip {clip} loop off", "clip kick 3 loop off";
    /// Set what a clip repeats: from where and how long
    ClipLoop { clip: Clip, at: At, length: Length } = "clip {clip} loop {at} {length}",
        "clip kick 3 loop 1.1.1 1bar";
    /// Keep a clip silent
    ClipMute { clip: Clip, switch: OnOff } = "clip {clip} mute {switch}", "clip kick 3 mute on";
    /// Set what pressing a clip does
    ClipMode { clip: Clip, mode: Mode } = "clip {clip} mode {mode}", "clip kick 3 mode gate";
    /// Launch a clip on the song's quantization
    ClipGridOff { clip: Clip } = "clip {clip} launch song", "clip kick 3 launch song";
    /// Launch a clip on its own quantization
    ClipGrid { clip: Clip, grid: Grid } = "clip {clip} launch {grid}", "clip kick 3 launch 1/4";
    /// Let a clip take over the play position of the one before
    ClipLegato { clip: Clip, switch: OnOff } = "clip {clip} legato {switch}",
        "clip kick 3 legato on";
    /// Set how much a pad's velocity scales a clip, 0 to 1
    ClipVelocity { clip: Clip, share: Share } = "clip {clip} velocity {share}",
        "clip kick 3 velocity 0.5";
    /// Take a clip's follow action away
    ClipFollowOff { clip: Clip } = "clip {clip} follow off", "clip kick 3 follow off";
    /// Set what follows after a clip has played some times round
    ClipFollow { clip: Clip, follow: Follow, chance: Maybe<Percent>, other: Maybe<Follow>,
        loops: Loops } =
        "clip {clip} follow {follow} [chance {chance}] [else {other}] after {loops}",
        "clip kick 3 follow next chance 70 else any after 4";
    /// Let a clip use the song's groove
    ClipGrooveOff { clip: Clip } = "clip {clip} groove off", "clip kick 3 groove off";
    /// Give a clip its own groove and amount
    ClipGroove { clip: Clip, groove: Groove, amount: Amount } =
        "clip {clip} groove {groove} {amount}", "clip kick 3 groove shuffle 0.7";
    /// Move every note of a clip up or down
    ClipTranspose { clip: Clip, semitones: Semitones } = "clip {clip} transpose {semitones}",
        "clip kick 3 transpose 12";
    /// Move every note of a clip to the nearest grid line
    ClipQuantize { clip: Clip, grid: Grid } = "clip {clip} quantize {grid}",
        "clip kick 3 quantize 1/16";
    /// Make a clip twice as long and repeat its notes
    ClipDouble { clip: Clip } = "clip {clip} double", "clip kick 3 double";
    /// Keep the first half of a clip
    ClipHalve { clip: Clip } = "clip {clip} halve", "clip kick 3 halve";
    /// Take every note out of a clip
    ClipClear { clip: Clip } = "clip {clip} clear", "clip kick 3 clear";
    /// Set the level of an audio clip
    ClipGain { clip: Clip, level: Level } = "clip {clip} gain {level}", "clip vocals 1 gain -3";
    /// Tune an audio clip in semitones
    ClipPitch { clip: Clip, semitones: Tuning } = "clip {clip} pitch {semitones}",
        "clip vocals 1 pitch -2.5";
    /// Say at which tempo a recording was made
    ClipTempo { clip: Clip, tempo: Tempo } = "clip {clip} tempo {tempo}", "clip vocals 1 tempo 160";
    /// Set how a recording follows the tempo
    ClipWarp { clip: Clip, warp: Warp } = "clip {clip} warp {warp}", "clip vocals 1 warp rate";
    /// Cut a recording at its hits, so that each starts on its own place
    ClipSlice { clip: Clip } = "clip {clip} slice", "clip vocals 1 slice";
    /// Add a note
    NoteAdd { clip: Clip, pitch: Pitch, at: At, length: Length, velocity: Maybe<Velocity>,
        chance: Maybe<Percent> } =
        "clip {clip} note {pitch} at {at} for {length} [vel {velocity}] [chance {chance}]"
        | "note add {clip} {pitch} at {at} for {length} [vel {velocity}] [chance {chance}]",
        "clip kick 3 note C1 at 1.1.1 for 1/4 vel 100";
    /// Take out the note of this pitch that starts here
    NoteDelete { clip: Clip, pitch: Pitch, at: At } =
        "clip {clip} note {pitch} at {at} delete" | "note delete {clip} {pitch} at {at}",
        "clip kick 3 note C1 at 1.1.1 delete";
    /// Set the velocity of the note of this pitch that starts here
    NoteVelocity { clip: Clip, pitch: Pitch, at: At, velocity: Velocity } =
        "clip {clip} note {pitch} at {at} vel {velocity}",
        "clip kick 3 note C1 at 1.1.1 vel 127";
    /// Set the chance of the note of this pitch that starts here
    NoteChance { clip: Clip, pitch: Pitch, at: At, chance: Percent } =
        "clip {clip} note {pitch} at {at} chance {chance}",
        "clip kick 3 note C1 at 1.1.1 chance 50";
    /// Move the note of this pitch that starts here to another pitch and place
    NoteMove { clip: Clip, pitch: Pitch, at: At, to: Pitch, place: At } =
        "clip {clip} note {pitch} at {at} move {to} at {place}",
        "clip kick 3 note C1 at 1.1.1 move D1 at 1.2.1";
    /// Set the length of the note of this pitch that starts here
    NoteLength { clip: Clip, pitch: Pitch, at: At, length: Length } =
        "clip {clip} note {pitch} at {at} length {length}",
        "clip kick 3 note C1 at 1.1.1 length 1/8";
    /// Take automation out of a clip
    AutomateOff { clip: Clip, lane: Lane } = "clip {clip} automate {lane} off",
        "clip lead 3 automate volume off";
    /// Set a point of a clip's automation
    Automate { clip: Clip, lane: Lane, at: At, value: Value } =
        "clip {clip} automate {lane} at {at} {value}",
        "clip lead 3 automate param cutoff at 1.1.1 400";
    /// Take a point out of a clip's automation
    AutomateDelete { clip: Clip, lane: Lane, at: At } =
        "clip {clip} automate {lane} at {at} delete",
        "clip lead 3 automate volume at 1.1.1 delete";
    /// Move a point of a clip's automation to another place and value
    AutomateMove { clip: Clip, lane: Lane, at: At, place: At, value: Value } =
        "clip {clip} automate {lane} at {at} move {place} {value}",
        "clip lead 3 automate volume at 1.1.1 move 1.2.1 -6";
    /// Give an empty slot a stop button, or take it away
    StopButton { track: Track, scene: Scene, switch: OnOff } =
        "slot {track} {scene} stop {switch}", "slot kick 3 stop off";

    /// Add a scene
    SceneAdd { name: Name } = "scene add {name}", "scene add Drop";
    /// Add a scene below another
    SceneInsert { scene: Scene, name: Name } = "scene {scene} insert {name}",
        "scene Drop insert Break";
    /// Add a scene of what plays now, at the end or after another
    SceneCapture { name: Name, scene: Maybe<Scene> } = "scene capture {name} [after {scene}]",
        "scene capture \"That was it\" after Drop";
    /// Rename a scene
    SceneRename { scene: Scene, name: Name } = "scene {scene} rename {name}",
        "scene Drop rename Break";
    /// Delete a scene with the clips that only it holds
    SceneDelete { scene: Scene } = "scene {scene} delete", "scene Drop delete";
    /// Copy a scene with its clips
    SceneDuplicate { scene: Scene } = "scene {scene} duplicate", "scene Drop duplicate";
    /// Move a scene to a place
    SceneMove { scene: Scene, to: Count } = "scene {scene} move {to}", "scene Drop move 1";
    /// Give a scene a palette colour
    SceneColor { scene: Scene, color: Palette } = "scene {scene} color {color}",
        "scene Drop color 3";
    /// Let a scene keep the running tempo
    SceneTempoOff { scene: Scene } = "scene {scene} tempo off", "scene Drop tempo off";
    /// Let a scene bring a tempo
    SceneTempo { scene: Scene, tempo: Tempo, beats: Maybe<Beats> } =
        "scene {scene} tempo {tempo} [over {beats}]", "scene Drop tempo 190 over 16";
    /// Let a scene keep the running time signature
    SceneSignatureOff { scene: Scene } = "scene {scene} signature off",
        "scene Drop signature off";
    /// Let a scene bring a time signature
    SceneSignature { scene: Scene, signature: Meter } = "scene {scene} signature {signature}",
        "scene Drop signature 3/4";

    /// Lay a clip on the timeline, for its own length or another
    Arrange { clip: Clip, at: At, length: Maybe<Length> } =
        "arrange {clip} at {at} [for {length}]", "arrange kick 3 at 17.1.1 for 8bars";
    /// Take the clip that plays here off the timeline
    Unarrange { track: Track, at: At } = "arrange {track} delete {at}",
        "arrange kick delete 17.1.1";
    /// Take the marker here away
    MarkerDelete { at: At } = "marker delete {at}", "marker delete 33.1.1";
    /// Name a place on the timeline
    MarkerAdd { name: Name, at: At } = "marker {name} at {at}", "marker Drop at 33.1.1";
    /// Play the timeline through
    LoopOff = "loop off", "loop off";
    /// Repeat a stretch of the timeline
    Loop { at: At, length: Length } = "loop {at} {length}", "loop 17.1.1 8bars";

    /// Launch a clip
    Launch { clip: Clip } = "launch {clip}", "launch kick 3";
    /// Let go of a clip that was launched: ends gates and repeats
    Release { clip: Clip } = "release {clip}", "release kick 3";
    /// Launch a clip so that it ends with what plays, which then comes back
    Fill { clip: Clip } = "fill {clip}", "fill kick 3";
    /// Launch a scene
    LaunchScene { scene: Scene } = "scene {scene}" | "launch scene {scene}", "scene Drop";
    /// Stop every clip
    StopAll = "stop all", "stop all";
    /// Stop a track's clip
    StopTrack { track: Track } = "stop {track}", "stop kick";
    /// Forget what any track waits to do
    Cancel = "cancel", "cancel";
    /// Forget what a track waits to do
    CancelTrack { track: Track } = "cancel {track}", "cancel kick";
    /// Go back to the timeline on every track
    BackToArrangement = "back", "back";
    /// Go back to the timeline on a track
    BackTrack { track: Track } = "back {track}", "back kick";
    /// Start the transport
    Play = "play", "play";
    /// Start the transport where it stopped
    Continue = "continue", "continue";
    /// Start the transport after some bars of clicks
    CountIn { bars: Bars } = "count in {bars}", "count in 1";
    /// Stop the transport
    Stop = "stop", "stop";
    /// Move the playhead
    Locate { at: At } = "locate {at}", "locate 5.1.1";
    /// Give the tempo by tapping it
    Tap = "tap", "tap";
    /// Run faster or slower than the tempo, in percent, until it is nudge 0
    Nudge { bend: Bend } = "nudge {bend}", "nudge 1.5";
    /// Glide to a tempo over some beats
    Glide { tempo: Tempo, beats: Beats } = "glide {tempo} {beats}", "glide 190 16";
    /// Click on every beat
    Metronome { switch: OnOff } = "metronome {switch}", "metronome on";
    /// End a track's recording; its clip plays on
    RecordEnd { track: Track } = "record end {track}", "record end lead";
    /// Choose the grid that starts of recorded notes are moved to
    RecordQuantize { grid: Grid } = "record quantize {grid}", "record quantize 1/16";
    /// Record into empty slots until the recording is ended
    RecordOpen = "record length open", "record length open";
    /// Choose how long recordings into empty slots last
    RecordLength { length: Length } = "record length {length}", "record length 4bars";
    /// Let recordings start the transport without clicks before it
    RecordCountInOff = "record count in off", "record count in off";
    /// Choose how many bars are clicked before a recording that starts the transport
    RecordCountIn { bars: Bars } = "record count in {bars}", "record count in 1";
    /// Record what is played on a track into a slot, for a length or until it is ended
    Record { clip: Clip, length: Maybe<Length> } = "record {clip} [for {length}]",
        "record lead 2 for 4bars";
    /// Let a track play what comes in from keys and pads
    Arm { track: Track, switch: OnOff } = "arm {track} {switch}", "arm lead on";
    /// Start a note on a track
    NoteOn { track: Track, pitch: Pitch, velocity: Maybe<Velocity> } =
        "note on {track} {pitch} [vel {velocity}]", "note on lead F3 vel 110";
    /// End a note on a track
    NoteOff { track: Track, pitch: Pitch } = "note off {track} {pitch}", "note off lead F3";
    /// Let the next control that is touched do a line in this project, whatever it does elsewhere
    LearnProject { line: Name } = "learn project {line}", "learn project \"scene Drop\"";
    /// Let the next control that is touched do a line; one that sets a value has it move that
    Learn { line: Name } = "learn {line}", "learn \"scene Drop\"";
    /// Take away what controls do: the line they learned
    Unlearn { line: Name } = "unlearn {line}", "unlearn \"scene Drop\"";
    /// End every held note and every performance effect
    Panic = "panic", "panic";
    /// Take every performance effect off a strip
    TouchOff { strip: Strip } = "touch {strip} off", "touch master off";
    /// Set a performance effect of the master or of a group
    Touch { strip: Strip, touch: TouchSet } = "touch {strip} {touch}",
        "touch master repeat 1/16";
    /// Hear a strip on the cue output
    Listen { strip: Strip, switch: OnOff } = "listen {strip} {switch}", "listen hoover on";
    /// Begin anew what meters hold: peaks, reductions, and what went over
    MetersReset = "meters reset", "meters reset";
    /// Save the last two minutes of the master as a WAV file beside the project
    Capture { name: Name } = "capture {name}", "capture \"that break\"";

    /// Put a proposal into the set: a clip into its slot, several into a new scene
    ComposeKeep { number: Maybe<Count> } = "compose keep [proposal {number}]", "compose keep";
    /// Hear a proposal in its place before it is kept, and what was there again
    ComposeTry { switch: OnOff, number: Maybe<Count> } = "compose try {switch} [proposal {number}]",
        "compose try on";
    /// Throw a proposal away
    ComposeReject { number: Maybe<Count> } = "compose reject [proposal {number}]",
        "compose reject";
    /// Compose the same once more, with another seed
    ComposeVary { number: Maybe<Count> } = "compose vary [proposal {number}]", "compose vary";
    /// Compose a proposal again with one thing of it changed
    ComposeChange { facet: Facet, number: Maybe<Count>, text: Name } =
        "compose change {facet} [proposal {number}] {text}", "compose change tempo 190";
    /// Propose a variation of a clip
    ClipVary { clip: Clip, seed: Maybe<Seed> } = "clip {clip} vary [seed {seed}]",
        "clip kick 3 vary";
    /// Propose a bar that ends as a fill of the set's genre, for a clip
    ClipFill { clip: Clip, seed: Maybe<Seed> } = "clip {clip} fill [seed {seed}]",
        "clip kick 3 fill";
    /// Propose a bass that fits a clip of a kick
    ClipBass { clip: Clip, seed: Maybe<Seed> } = "clip {clip} bass [seed {seed}]",
        "clip kick 3 bass";
    /// Propose a clip for this slot, made of words
    ComposeInto { clip: Clip, seed: Maybe<Seed>, text: Name } =
        "compose into {clip} [seed {seed}] {text}", "compose into lead 2 \"screaming hoover\"";
    /// Propose music made of words, to keep or to reject; the same seed proposes the same again
    Compose { seed: Maybe<Seed>, text: Name } = "compose [seed {seed}] {text}",
        "compose \"dark frenchcore drop\"";
    /// Write a scene as sound and notes into the bounces folder beside the project
    BounceScene { scene: Scene } = "bounce scene {scene}", "bounce scene Drop";
    /// Write a clip alone as sound and notes into the bounces folder beside the project
    BounceClip { clip: Clip } = "bounce clip {clip}", "bounce clip kick 3";
    /// Make a sample of a clip, as it sounds, on an audio track of its own
    ClipRender { clip: Clip } = "clip {clip} render", "clip kick 3 render";
    /// Break off work that goes on in the background
    JobCancel { number: Count } = "job cancel {number}", "job cancel 1";

    /// Take the last step back
    Undo = "undo", "undo";
    /// Make the step that was taken back again
    Redo = "redo", "redo";
    /// Save the project under another name, with the samples of its folder
    SaveAs { path: Name } = "save as {path}", "save as \"Night shift.hcs\"";
    /// Save the project
    Save = "save", "save";
    /// Copy every sample the project uses into its own folder
    Collect = "collect", "collect";
    /// Begin an empty project
    ProjectNew = "project new", "project new";
    /// Open another project
    ProjectOpen { path: Name } = "project open {path}", "project open \"Night shift.hcs\"";
}
