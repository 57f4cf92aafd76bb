//! Arbitrary valid projects for property tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use super::analysis::{AudioAnalysis, EnvelopeShape};
use super::arrangement::{Arrangement, ClipInstance, Marker};
use super::automation::{AutomationLane, AutomationPoint, AutomationTarget};
use super::clip::{AudioClip, Clip, ClipContent, LoopBrace, MidiClip, Note, WarpMarker, WarpMode};
use super::control::{
    Binding, Control, Does, MapTarget, MidiMap, Parameter, Response, Source, Strip, Takeover,
};
use super::groove::GrooveTemplate;
use super::ids::{BusId, EffectId, GrooveId, IdCounter, NoteId, SceneId, TrackId};
use super::key::{Key, PitchClass, Scale};
use super::launch::{
    FollowAction, FollowKind, FollowTime, LaunchMode, LaunchSettings, Quantization,
};
use super::mixer::{Bus, Db, Effect, MixerSettings, PluginType, Send};
use super::project::{PROJECT_VERSION, Project, Song};
use super::sample::SamplePath;
use super::scene::{Scene, SceneTempo, Slot};
use super::time::{Bpm, Signature, TempoChange, TempoMap, Ticks};
use super::track::{Instrument, Kit, Pad, PadSound, Track, TrackKind};

/// A valid project: up to six tracks of every kind in groups, buses, scenes, an arrangement,
/// grooves, automation; every reference resolves and every value is in range.
pub(crate) fn project() -> impl Strategy<Value = Project> {
    (
        song(),
        vec(track(), 0..6),
        vec((name(), any::<bool>(), strip()), 0..3),
        vec(scene(), 0..4),
        vec(groove(), 0..3),
        option::of((vec(instances(), 6), vec((0i64..1 << 30, name(), any::<bool>()), 0..3))),
    )
        .prop_map(|(song, tracks, buses, scenes, grooves, timeline)| {
            assemble(song, tracks, buses, scenes, grooves, timeline)
        })
}

/// Names with spaces, quotes, other scripts, up to 12 characters.
pub(crate) fn name() -> impl Strategy<Value = String> {
    "[ a-zA-Z0-9'\"\\\\()\\[\\]{}:,/é鼓🥁-]{0,12}"
}

/// One note in the first 16 bars; its id is 0.
pub(crate) fn note() -> impl Strategy<Value = Note> {
    (0i64..61_440, 1i64..8000, 0u8..=127, 1u8..=127, prop_oneof![3 => Just(100u8), 1 => 0u8..=100])
        .prop_map(|(start, length, pitch, velocity, probability)| Note {
            id: NoteId(0),
            start: Ticks(start),
            length: Ticks(length),
            pitch,
            velocity,
            probability,
        })
}

/// Notes in order, with ids unique among them.
pub(crate) fn notes() -> impl Strategy<Value = Arc<Vec<Note>>> {
    vec(note(), 0..20).prop_map(|mut notes| {
        for (i, note) in notes.iter_mut().enumerate() {
            note.id = NoteId(i as u32 + 1);
        }
        notes.sort_by_key(Note::order);
        Arc::new(notes)
    })
}

/// An allowed level, silence among them.
pub(crate) fn level() -> impl Strategy<Value = Db> {
    prop_oneof![1 => Just(Db::SILENCE), 2 => Just(Db::UNITY), 6 => (-120f32..=24.0).prop_map(Db)]
}

/// An allowed tempo.
pub(crate) fn bpm() -> impl Strategy<Value = Bpm> {
    (20_000u32..=999_000).prop_map(Bpm::from_milli)
}

/// An allowed time signature.
pub(crate) fn signature() -> impl Strategy<Value = Signature> {
    (1u8..=32, 0u32..6).prop_map(|(n, d)| Signature { numerator: n, denominator: 1 << d })
}

fn number() -> impl Strategy<Value = f32> {
    prop_oneof![Just(0.0f32), -2.0f32..2.0, -30_000f32..30_000.0, Just(f32::MIN_POSITIVE)]
}

fn params() -> impl Strategy<Value = BTreeMap<String, f32>> {
    btree_map("[a-z][a-z0-9_]{0,8}", number(), 0..4)
}

fn instrument() -> impl Strategy<Value = Instrument> {
    ("[a-z][a-z0-9_]{0,10}", params()).prop_map(|(synth, params)| Instrument { synth, params })
}

fn sample() -> impl Strategy<Value = SamplePath> {
    ("(library:)?[a-z0-9 ]{1,8}(/[a-zé]{1,6})?\\.wav")
        .prop_map(|text| SamplePath::new(&text).expect("the pattern allows only good paths"))
}

fn tempo() -> impl Strategy<Value = TempoMap> {
    (bpm(), vec((1i64..20_000, bpm(), any::<bool>()), 0..4)).prop_map(|(start, steps)| {
        let mut at = 0;
        let changes = steps.into_iter().map(|(gap, bpm, ramp)| {
            at += gap;
            TempoChange { at: Ticks(at), bpm, ramp }
        });
        TempoMap { start, changes: changes.collect() }
    })
}

fn key() -> impl Strategy<Value = Key> {
    (0i32..12, prop::sample::select(Scale::ALL.to_vec()))
        .prop_map(|(root, scale)| Key { root: PitchClass::new(root), scale })
}

fn quantization() -> impl Strategy<Value = Quantization> {
    prop::sample::select(Quantization::NAMES.map(|(_, q)| q).to_vec())
}

/// A strip whose sends and keys are still places in lists, to be resolved by [`assemble`].
#[derive(Clone, Debug)]
struct RawStrip {
    volume: Db,
    pan: f32,
    flags: (bool, bool),
    inserts: Vec<(Effect, Option<Index>)>,
    sends: Vec<(Index, Db, bool)>,
}

fn strip() -> impl Strategy<Value = RawStrip> {
    let effect = (
        "[a-z]{1,8}",
        params(),
        any::<bool>(),
        prop_oneof![4 => Just(vec![]), 1 => vec(any::<u8>(), 1..200)],
        option::of(any::<Index>()),
    )
        .prop_map(|(name, params, bypass, state, key)| {
            let plugin = if state.is_empty() { PluginType::Native } else { PluginType::Vst3 };
            let id = EffectId(0);
            (Effect { id, plugin, name, params, bypass, key_from: None, state }, key)
        });
    let sends = vec((any::<Index>(), level(), any::<bool>()), 0..3);
    (level(), -1f32..=1.0, any::<(bool, bool)>(), vec(effect, 0..3), sends).prop_map(
        |(volume, pan, flags, inserts, sends)| RawStrip { volume, pan, flags, inserts, sends },
    )
}

#[derive(Clone, Debug)]
struct RawClip {
    clip: Clip,
    groove: Option<(Index, f32)>,
    jump: Option<Index>,
}

fn clip(audio: bool) -> impl Strategy<Value = RawClip> {
    let content: BoxedStrategy<ClipContent> = if audio {
        audio_clip().prop_map(ClipContent::Audio).boxed()
    } else {
        notes().prop_map(|notes| ClipContent::Midi(MidiClip { notes })).boxed()
    };
    (
        (name(), option::of(any::<u8>()), 1i64..61_440, option::of((0f64..1.0, 0f64..1.0))),
        (launch(), any::<bool>(), content, points(-120.0, 24.0)),
        (option::of((any::<Index>(), 0f32..=1.3)), option::of(any::<Index>())),
    )
        .prop_map(
            |((name, color, length, brace), (launch, muted, content, points), (groove, jump))| {
                let loop_brace = brace.map(|(a, b)| {
                    let start = (a * length as f64) as i64;
                    let end = start + 1 + (b * (length - start - 1) as f64) as i64;
                    LoopBrace { start: Ticks(start), end: Ticks(end) }
                });
                let automation = match points.is_empty() {
                    true => vec![],
                    false => vec![AutomationLane { target: AutomationTarget::Volume, points }],
                };
                let length = Ticks(length);
                let clip = Clip {
                    id: 0.into(),
                    name,
                    color,
                    length,
                    loop_brace,
                    launch,
                    groove: None,
                    muted,
                    content,
                    automation,
                };
                RawClip { clip, groove, jump }
            },
        )
}

fn audio_clip() -> impl Strategy<Value = AudioClip> {
    let markers = vec((0u64..1 << 40, 0i64..5000), 0..4);
    (sample(), level(), -48f32..=48.0, 0u8..3, bpm(), any::<bool>(), markers).prop_map(
        |(sample, gain, pitch, warp, bpm, known, mut markers)| {
            let warp = [WarpMode::Off, WarpMode::Rate, WarpMode::Sliced][usize::from(warp)];
            markers.sort_by_key(|m| m.1);
            let markers =
                markers.into_iter().map(|(frame, at)| WarpMarker { frame, at: Ticks(at) });
            let source_bpm = (known || warp == WarpMode::Rate).then_some(bpm);
            AudioClip { sample, gain, pitch, warp, source_bpm, markers: markers.collect() }
        },
    )
}

fn launch() -> impl Strategy<Value = LaunchSettings> {
    let kinds = [
        FollowKind::NoAction,
        FollowKind::Stop,
        FollowKind::Again,
        FollowKind::Previous,
        FollowKind::Next,
        FollowKind::First,
        FollowKind::Last,
        FollowKind::Any,
        FollowKind::Other,
    ];
    let kind = move || prop::sample::select(kinds.to_vec());
    let after = prop_oneof![
        (1u8..=64).prop_map(FollowTime::Loops),
        (1i64..100_000).prop_map(|t| FollowTime::Time(Ticks(t))),
    ];
    let follow = (kind(), kind(), 0u8..=100, 0u8..=100, after).prop_map(
        |(a, b, chance_a, chance_b, after)| FollowAction { a, b, chance_a, chance_b, after },
    );
    let modes = [LaunchMode::Trigger, LaunchMode::Gate, LaunchMode::Toggle, LaunchMode::Repeat];
    let mode = prop::sample::select(modes.to_vec());
    (mode, option::of(quantization()), any::<bool>(), 0f32..=1.0, option::of(follow)).prop_map(
        |(mode, quantization, legato, velocity_amount, follow)| LaunchSettings {
            mode,
            quantization,
            legato,
            velocity_amount,
            follow,
        },
    )
}

fn points(low: f32, high: f32) -> impl Strategy<Value = Vec<AutomationPoint>> {
    vec((0i64..50_000, low..=high, any::<bool>()), 0..5).prop_map(|mut points| {
        points.sort_by_key(|p| p.0);
        points
            .into_iter()
            .map(|(at, value, hold)| AutomationPoint { at: Ticks(at), value, hold })
            .collect()
    })
}

#[derive(Clone, Debug)]
struct RawTrack {
    track: Track,
    strip: RawStrip,
    clips: Vec<RawClip>,
    group: Option<Index>,
}

fn track() -> impl Strategy<Value = RawTrack> {
    let pad_sound = prop_oneof![
        (instrument(), 0f32..=127.0)
            .prop_map(|(instrument, pitch)| PadSound::Synth { instrument, pitch }),
        (sample(), -48f32..=48.0, any::<bool>())
            .prop_map(|(path, pitch, gated)| PadSound::Sample { path, pitch, gated }),
    ];
    let pads = btree_map(0u8..=127, (name(), pad_sound, level(), option::of(any::<u8>())), 0..4);
    let kit = pads.prop_map(|pads| Kit {
        pads: pads
            .into_iter()
            .map(|(note, (name, sound, gain, choke))| Pad { note, name, sound, gain, choke })
            .collect(),
    });
    let kind = prop_oneof![
        3 => instrument().prop_map(TrackKind::Instrument),
        2 => kit.prop_map(TrackKind::Drums),
        1 => Just(TrackKind::Audio),
        1 => Just(TrackKind::Group),
    ];
    let analysis = (20f32..20_000.0, -60f32..0.0).prop_map(|(hz, lufs)| AudioAnalysis {
        dominant_freq_hz: hz,
        envelope: EnvelopeShape::Percussive,
        spectral_centroid_hz: hz * 1.5,
        loudness_lufs: lufs,
        crest_db: 12.0,
        onsets_per_s: 2.9,
    });
    (kind, name(), any::<u8>(), strip(), option::of(any::<Index>()), option::of(analysis))
        .prop_flat_map(|(kind, name, color, strip, group, analysis)| {
            let most = if kind == TrackKind::Group { 0 } else { 3 };
            vec(clip(kind == TrackKind::Audio), 0..=most).prop_map(move |clips| RawTrack {
                track: Track {
                    id: TrackId(0),
                    name: name.clone(),
                    color,
                    kind: kind.clone(),
                    group: None,
                    mixer: MixerSettings::default(),
                    clips: vec![],
                    analysis: analysis.clone(),
                },
                strip: strip.clone(),
                clips,
                group,
            })
        })
}

type RawSlot = (Option<Index>, bool);
type RawScene = (Scene, Vec<(Index, RawSlot)>);

fn scene() -> impl Strategy<Value = RawScene> {
    let tempo = (bpm(), any::<u16>()).prop_map(|(bpm, ramp_beats)| SceneTempo { bpm, ramp_beats });
    let slots = vec((any::<Index>(), (option::of(any::<Index>()), any::<bool>())), 0..6);
    (name(), option::of(any::<u8>()), option::of(tempo), option::of(signature()), slots).prop_map(
        |(name, color, tempo, signature, slots)| {
            let id = SceneId(0);
            (Scene { id, name, color, tempo, signature, slots: BTreeMap::new() }, slots)
        },
    )
}

fn groove() -> impl Strategy<Value = GrooveTemplate> {
    let timing = btree_map((0i64..960).prop_map(Ticks), -200i32..=200, 0..5);
    let velocity = btree_map((0i64..960).prop_map(Ticks), -100i32..=100, 0..5);
    (name(), timing, velocity).prop_map(|(name, timing, velocity)| GrooveTemplate {
        id: GrooveId(0),
        name,
        span: Ticks(960),
        timing,
        velocity,
    })
}

/// Gap before, length and offset of the instances on one lane, and which clips they are.
type RawLane = Vec<(Index, i64, i64, i64)>;

fn instances() -> impl Strategy<Value = RawLane> {
    vec((any::<Index>(), 0i64..5000, 1i64..20_000, 0i64..3000), 0..4)
}

type RawSong = (Song, Option<Index>);

fn controls() -> impl Strategy<Value = MidiMap> {
    let source = (option::of(name()), option::of(0u8..16), 0u8..120)
        .prop_map(|(port, channel, n)| Source { port, channel, kind: Control::Control(n) });
    let line = Just(Does::Action("scene Drop".to_owned()));
    let volume = (0f32..=1.0, any::<u32>()).prop_map(|(max, id)| {
        let (strip, target) = (Strip::Track(TrackId(id)), MapTarget::Volume);
        let response = Response::Absolute(Takeover::Scaled);
        Does::Parameter(Parameter { strip, target, min: 0.0, max, response })
    });
    let binding = (source, prop_oneof![line, volume]);
    let binding = binding.prop_map(|(source, does)| Binding { source, does });
    vec(binding, 0..3).prop_map(|bindings| MidiMap { bindings })
}

fn song() -> impl Strategy<Value = RawSong> {
    (
        (name(), tempo(), key(), signature(), quantization()),
        (option::of(any::<Index>()), 0f32..=1.3, any::<u64>(), strip(), level(), controls()),
    )
        .prop_map(
            |(
                (name, tempo, key, signature, quantization),
                (groove, amount, seed, master, cue, controls),
            )| {
                let master = MixerSettings {
                    volume: master.volume,
                    pan: master.pan,
                    ..MixerSettings::default()
                };
                let next_id = IdCounter::default();
                let song = Song {
                    name,
                    tempo,
                    key,
                    signature,
                    quantization,
                    groove: None,
                    groove_amount: amount,
                    seed,
                    master,
                    cue,
                    controls,
                    next_id,
                };
                (song, groove)
            },
        )
}

fn pick<T: Copy>(from: &[T], index: Option<Index>) -> Option<T> {
    index.filter(|_| !from.is_empty()).map(|i| from[i.index(from.len())])
}

/// Resolves a raw strip. `buses` are those it may send to, `keys` the tracks it may listen to.
fn resolve(raw: RawStrip, buses: &[BusId], keys: &[TrackId], ids: &mut IdCounter) -> MixerSettings {
    let mut sends: Vec<Send> = vec![];
    for (bus, level, pre) in raw.sends {
        if let Some(bus) = pick(buses, Some(bus)).filter(|b| sends.iter().all(|s| s.bus != *b)) {
            sends.push(Send { bus, level, pre });
        }
    }
    let inserts = raw.inserts.into_iter().map(|(mut effect, key)| {
        effect.id = ids.fresh();
        effect.key_from = pick(keys, key);
        effect
    });
    let inserts = inserts.collect();
    let (volume, pan, (mute, solo)) = (raw.volume, raw.pan, raw.flags);
    MixerSettings { volume, pan, mute, solo, inserts, sends }
}

/// Lanes and markers.
type RawTimeline = (Vec<RawLane>, Vec<(i64, String, bool)>);

fn assemble(
    (mut song, song_groove): RawSong,
    tracks: Vec<RawTrack>,
    buses: Vec<(String, bool, RawStrip)>,
    scenes: Vec<RawScene>,
    mut grooves: Vec<GrooveTemplate>,
    timeline: Option<RawTimeline>,
) -> Project {
    let mut ids = IdCounter::default();
    let track_ids: Vec<TrackId> = tracks.iter().map(|_| ids.fresh()).collect();
    let bus_ids: Vec<BusId> = buses.iter().map(|_| ids.fresh()).collect();
    let scene_ids: Vec<SceneId> = scenes.iter().map(|_| ids.fresh()).collect();
    grooves.iter_mut().for_each(|g| g.id = ids.fresh());
    let groove_ids: Vec<GrooveId> = grooves.iter().map(|g| g.id).collect();
    let is_group: Vec<bool> = tracks.iter().map(|t| t.track.kind == TrackKind::Group).collect();

    let mut done: Vec<Track> = vec![];
    for (i, raw) in tracks.into_iter().enumerate() {
        let mut track = raw.track;
        track.id = track_ids[i];
        // Groups lie further right than what they hold and keys come from tracks that are no
        // groups, further left: no route can come back.
        let groups: Vec<TrackId> =
            (i + 1..is_group.len()).filter(|&g| is_group[g]).map(|g| track_ids[g]).collect();
        let keys: Vec<TrackId> = (0..i).filter(|&k| !is_group[k]).map(|k| track_ids[k]).collect();
        track.group = pick(&groups, raw.group);
        track.mixer = resolve(raw.strip, &bus_ids, &keys, &mut ids);
        for raw in raw.clips {
            let mut clip = raw.clip;
            clip.id = ids.fresh();
            clip.groove =
                raw.groove.and_then(|(g, amount)| Some((pick(&groove_ids, Some(g))?, amount)));
            if let (Some(follow), Some(scene)) =
                (&mut clip.launch.follow, pick(&scene_ids, raw.jump))
            {
                follow.b = FollowKind::Jump(scene);
            }
            track.clips.push(clip);
        }
        done.push(track);
    }
    let buses = buses.into_iter().enumerate().map(|(i, (name, solo_safe, strip))| Bus {
        id: bus_ids[i],
        name,
        solo_safe,
        mixer: resolve(strip, &bus_ids[i + 1..], &track_ids, &mut ids),
    });
    let buses = buses.collect();
    let scenes = scenes.into_iter().zip(&scene_ids).map(|((mut scene, slots), &id)| {
        scene.id = id;
        for (track, (clip, stop_button)) in slots.into_iter().filter(|_| !done.is_empty()) {
            let track = &done[track.index(done.len())];
            let own: Vec<_> = track.clips.iter().map(|c| c.id).collect();
            scene.slots.insert(track.id, Slot { clip: pick(&own, clip), stop_button });
        }
        scene
    });
    let scenes = scenes.collect();
    let arrangement = timeline.map(|(lanes, markers)| arrange(&done, &scene_ids, lanes, markers));
    song.groove = pick(&groove_ids, song_groove);
    song.next_id = ids;
    Project { version: PROJECT_VERSION, song, tracks: done, buses, scenes, arrangement, grooves }
}

fn arrange(
    tracks: &[Track],
    scenes: &[SceneId],
    lanes: Vec<RawLane>,
    markers: Vec<(i64, String, bool)>,
) -> Arrangement {
    let mut arrangement = Arrangement::default();
    for (track, lane) in tracks.iter().zip(lanes).filter(|(t, _)| !t.clips.is_empty()) {
        let mut at = 0;
        let placed = lane.into_iter().map(|(clip, gap, length, offset)| {
            let start = at + gap;
            at = start + length;
            let clip = track.clips[clip.index(track.clips.len())].id;
            ClipInstance { clip, at: Ticks(start), length: Ticks(length), offset: Ticks(offset) }
        });
        arrangement.lanes.insert(track.id, placed.collect());
        let point = AutomationPoint { at: Ticks(960), value: 0.5, hold: false };
        let pan = AutomationLane { target: AutomationTarget::Pan, points: vec![point] };
        arrangement.automation.insert(track.id, vec![pan]);
    }
    arrangement.markers = markers
        .into_iter()
        .map(|(at, name, scene)| Marker {
            at: Ticks(at),
            name,
            scene: scenes.first().copied().filter(|_| scene),
        })
        .collect();
    arrangement
}
