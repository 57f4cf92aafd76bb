//! Random edits that mostly make sense for the document at hand.

use bevy_ecs::world::World;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;

use super::{clip, effect, instrument, note, track};
use crate::model::arrangement::{Arrangement, ClipInstance, Marker};
use crate::model::automation::{AutomationLane, AutomationPoint, AutomationTarget};
use crate::model::clip::{AudioClip, Clip, ClipContent, LoopBrace, MidiClip};
use crate::model::control::{Binding, Control, Does, MidiMap, Source};
use crate::model::groove::GrooveTemplate;
use crate::model::ids::{ClipId, EffectId, GrooveId, NoteId, SceneId, TrackId};
use crate::model::launch::{LaunchSettings, Quantization};
use crate::model::mixer::{Bus, Db, MixerSettings, Send};
use crate::model::project::Song;
use crate::model::scene::{Scene, SceneTempo, Slot};
use crate::model::time::{Bpm, Signature, TempoChange, TempoMap, Ticks};
use crate::model::track::{Kit, TrackKind};
use crate::session::compound;
use crate::session::document::{
    ClipOf, Clips, Grooves, Order, StripId, clips, effects, part, strip, strips,
};
use crate::session::edit::{
    BusSet, ClipSet, Edit, EffectSet, SceneSet, SongSet, StripSet, TrackSet,
};
use crate::session::ids::FreshIds;

fn pick<T: Copy>(r: &mut Pcg32, from: &[T]) -> Option<T> {
    (!from.is_empty()).then(|| from[r.random_range(0..from.len())])
}

/// One number in a few outside the range a document allows.
fn db(r: &mut Pcg32) -> Db {
    Db(match r.random_range(0..12) {
        0 => f32::NEG_INFINITY,
        1 => f32::NAN,
        2 => 30.0,
        _ => r.random_range(-60.0..24.0),
    })
}

fn name(r: &mut Pcg32) -> String {
    let names = ["Kick", "big roll", "", "鼓🥁", "two\nlines", "say \"hey\""];
    pick(r, &names).unwrap_or_default().to_owned()
}

fn inserting(ids: FreshIds, edit: Edit) -> Vec<Edit> {
    vec![ids.edit(), edit]
}

fn lanes(world: &World, r: &mut Pcg32, track: TrackId) -> Vec<AutomationLane> {
    let sends = strip(world, StripId::Track(track)).map(|s| s.sends.clone()).unwrap_or_default();
    let own: Vec<EffectId> =
        effects(world).filter(|(s, _)| *s == StripId::Track(track)).map(|(_, e)| e.id).collect();
    let mut targets = vec![AutomationTarget::Volume, AutomationTarget::Pan];
    targets.extend(sends.iter().map(|s| AutomationTarget::Send(s.bus)));
    targets.extend(own.iter().map(|&e| AutomationTarget::Effect(e, "drive".to_owned())));
    targets.push(AutomationTarget::Instrument("cutoff".to_owned()));
    targets.retain(|_| r.random());
    let point = |at: i64| AutomationPoint { at: Ticks(at), value: 0.5, hold: at == 0 };
    targets
        .into_iter()
        .map(|target| AutomationLane {
            target,
            points: vec![point(0), point(r.random_range(-9..99))],
        })
        .collect()
}

/// An edit of this kind, if the document has what it needs; about one in ten is refused.
pub(super) fn random_edit(world: &World, kind: &str, seed: u64) -> Option<Edit> {
    let r = &mut Pcg32::seed_from_u64(seed);
    let order = world.resource::<Order>().clone();
    let all_clips: Vec<(TrackId, Clip)> = clips(world).map(|(t, c)| (t, c.clone())).collect();
    let all_effects: Vec<EffectId> = effects(world).map(|(_, e)| e.id).collect();
    let track_id = pick(r, &order.tracks);
    let scene_id = pick(r, &order.scenes);
    let bus_id = pick(r, &order.buses);
    let clip_ids: Vec<ClipId> = all_clips.iter().map(|(_, c)| c.id).collect();
    let clip_id = pick(r, &clip_ids);
    let effect_id = pick(r, &all_effects);
    let strip_id = pick(r, &strips(world))?;
    let grooves: Vec<GrooveId> = world.resource::<Grooves>().0.iter().map(|g| g.id).collect();
    let mut ids = FreshIds::of(world);
    let at = |r: &mut Pcg32, n: usize| r.random_range(0..=n);
    // Kinds that need a fresh id reach the world inside "many"; alone they reuse an id below the
    // counter that nothing has, if there is one.
    let free = |world: &World| {
        let next = world.resource::<Song>().next_id.0;
        (1..next).rev().find(|&id| {
            !order.tracks.contains(&TrackId(id))
                && !order.scenes.contains(&SceneId(id))
                && !order.buses.iter().any(|b| b.0 == id)
                && !clip_ids.contains(&ClipId(id))
                && !all_effects.contains(&EffectId(id))
                && !grooves.iter().any(|g| g.0 == id)
        })
    };
    Some(match kind {
        "many" => Edit::Many(match r.random_range(0..9) {
            0 => {
                let mut new = track(ids.fresh::<TrackId>().0, "new", instrument("hoover"));
                new.clips.push(clip(ids.fresh::<ClipId>().0, vec![note(1, 0)]));
                new.mixer.inserts.push(effect(ids.fresh::<EffectId>().0));
                new.mixer.inserts[0].key_from = track_id;
                let at = at(r, order.tracks.len());
                inserting(ids, Edit::InsertTrack { at, track: Box::new(new) })
            }
            1 => vec![compound::remove_track(world, track_id?).ok()?],
            2 => vec![compound::remove_clip(world, clip_id?).ok()?],
            3 => vec![compound::remove_scene(world, scene_id?).ok()?],
            4 => vec![compound::remove_bus(world, bus_id?).ok()?],
            5 => vec![compound::remove_effect(world, effect_id?).ok()?],
            6 => vec![compound::remove_groove(world, pick(r, &grooves)?)],
            7 => vec![compound::duplicate_track(world, track_id?, "copy".to_owned()).ok()?],
            _ => vec![compound::duplicate_scene(world, scene_id?, "copy".to_owned()).ok()?],
        }),
        "insert track" => {
            let id = free(world).unwrap_or(r.random_range(1..40));
            let kind = pick(r, &[0, 1, 2]).map(|k| match k {
                0 => TrackKind::Audio,
                1 => TrackKind::Group,
                _ => TrackKind::Drums(Kit::default()),
            })?;
            let mut new = track(id, &name(r), kind);
            new.group = track_id.filter(|_| r.random());
            Edit::InsertTrack { at: at(r, order.tracks.len()), track: Box::new(new) }
        }
        "remove track" => Edit::RemoveTrack(track_id?),
        "move track" => Edit::MoveTrack { id: track_id?, to: at(r, order.tracks.len()) },
        "track" => Edit::Track(
            track_id?,
            match r.random_range(0..6) {
                0 => TrackSet::Name(name(r)),
                1 => TrackSet::Color(r.random()),
                2 => TrackSet::Kind(Box::new(instrument("bass"))),
                3 => TrackSet::Group(pick(r, &order.tracks).filter(|_| r.random())),
                4 => TrackSet::Param {
                    pad: None,
                    name: "cutoff".to_owned(),
                    value: Some(r.random_range(0.0..1e4)).filter(|_| r.random()),
                },
                _ => TrackSet::Analysis(None),
            },
        ),
        "insert clip" => {
            let track = track_id?;
            let mut new = clip(free(world).unwrap_or(r.random_range(1..40)), vec![note(1, 5)]);
            if *part::<TrackKind>(world, track).ok()? == TrackKind::Audio {
                new.content = ClipContent::Audio(AudioClip {
                    sample: crate::model::sample::SamplePath::new("samples/a.wav").ok()?,
                    gain: Db::UNITY,
                    pitch: 0.0,
                    warp: Default::default(),
                    source_bpm: None,
                    markers: Vec::new(),
                });
            }
            let at = at(r, part::<Clips>(world, track).ok()?.0.len());
            Edit::InsertClip { track, at, clip: Box::new(new) }
        }
        "remove clip" => Edit::RemoveClip(clip_id?),
        "move clip" => Edit::MoveClip { id: clip_id?, to: r.random_range(0..3) },
        "clip" => {
            let (track, clip) = all_clips.iter().find(|(_, c)| Some(c.id) == clip_id)?;
            Edit::Clip(
                clip.id,
                match r.random_range(0..9) {
                    0 => ClipSet::Name(name(r)),
                    1 => ClipSet::Color(Some(r.random()).filter(|_| r.random())),
                    2 => ClipSet::Length(Ticks(r.random_range(0..99_999))),
                    3 => ClipSet::Loop(Some(LoopBrace {
                        start: Ticks(r.random_range(0..9)),
                        end: Ticks(r.random_range(5..99)),
                    })),
                    4 => ClipSet::Launch(Box::new(LaunchSettings {
                        legato: r.random(),
                        velocity_amount: r.random_range(0.0..1.1),
                        ..LaunchSettings::default()
                    })),
                    5 => ClipSet::Groove(Some((pick(r, &grooves)?, r.random_range(0.0..1.5)))),
                    6 => ClipSet::Muted(r.random()),
                    7 => ClipSet::Content(Box::new(ClipContent::Midi(MidiClip {
                        notes: vec![note(2, 50), note(1, 3)].into(),
                    }))),
                    _ => ClipSet::Automation(lanes(world, r, *track)),
                },
            )
        }
        "notes" => {
            let midi: Vec<&Clip> =
                all_clips.iter().map(|(_, c)| c).filter(|c| c.midi().is_some()).collect();
            let clip = pick(r, &midi)?;
            let old = &clip.midi()?.notes;
            let remove: Vec<NoteId> = old.iter().filter(|_| r.random()).map(|n| n.id).collect();
            let mut add: Vec<_> = old.iter().copied().filter(|n| remove.contains(&n.id)).collect();
            add.retain(|_| r.random());
            add.iter_mut().for_each(|n| n.start = Ticks(r.random_range(0..999)));
            add.push(note(r.random_range(1..60), r.random_range(-1..99)));
            Edit::Notes { clip: clip.id, remove, add }
        }
        "insert scene" => {
            let id = SceneId(free(world).unwrap_or(r.random_range(1..40)));
            let (name, color, tempo, signature) = (name(r), None, None, None);
            let slot = |(track, clip): &(TrackId, Clip)| {
                (*track, Slot { clip: Some(clip.id), stop_button: true })
            };
            let slots = all_clips.iter().filter(|_| r.random()).map(slot).collect();
            let scene = Box::new(Scene { id, name, color, tempo, signature, slots });
            Edit::InsertScene { at: at(r, order.scenes.len()), scene }
        }
        "remove scene" => Edit::RemoveScene(scene_id?),
        "move scene" => Edit::MoveScene { id: scene_id?, to: at(r, order.scenes.len()) },
        "scene" => Edit::Scene(
            scene_id?,
            match r.random_range(0..4) {
                0 => SceneSet::Name(name(r)),
                1 => SceneSet::Color(Some(r.random()).filter(|_| r.random())),
                2 => SceneSet::Tempo(Some(SceneTempo { bpm: Bpm::MAX, ramp_beats: 4 })),
                _ => SceneSet::Signature(Some(Signature {
                    numerator: r.random_range(1..35),
                    denominator: 8,
                })),
            },
        ),
        "slot" => {
            let track = track_id?;
            let own = &part::<Clips>(world, track).ok()?.0;
            let clip = match r.random_range(0..8) {
                0 => clip_id,
                1 => None,
                _ => pick(r, own),
            };
            let slot = Some(Slot { clip, stop_button: r.random() }).filter(|_| r.random());
            Edit::Slot { scene: scene_id?, track, slot }
        }
        "insert bus" => {
            let id = free(world).unwrap_or(r.random_range(1..40)).into();
            let mut mixer = MixerSettings::default();
            mixer.sends.extend(bus_id.map(|bus| Send { bus, level: Db(-6.0), pre: true }));
            let bus = Box::new(Bus { id, name: name(r), solo_safe: r.random(), mixer });
            Edit::InsertBus { at: at(r, order.buses.len()), bus }
        }
        "remove bus" => Edit::RemoveBus(bus_id?),
        "move bus" => Edit::MoveBus { id: bus_id?, to: at(r, order.buses.len()) },
        "bus" => Edit::Bus(
            bus_id?,
            if r.random() { BusSet::Name(name(r)) } else { BusSet::SoloSafe(r.random()) },
        ),
        "insert effect" => {
            let mut effect = effect(free(world).unwrap_or(r.random_range(1..40)));
            effect.key_from = track_id.filter(|_| r.random());
            Edit::InsertEffect { strip: strip_id, at: at(r, 1), effect: Box::new(effect) }
        }
        "remove effect" => Edit::RemoveEffect(effect_id?),
        "move effect" => Edit::MoveEffect { id: effect_id?, to: at(r, 2) },
        "effect" => Edit::Effect(
            effect_id?,
            match r.random_range(0..4) {
                0 => EffectSet::Param {
                    name: "drive".to_owned(),
                    value: Some(pick(r, &[1.0, 2.0, f32::INFINITY])?).filter(|_| r.random()),
                },
                1 => EffectSet::Bypass(r.random()),
                2 => EffectSet::Key(track_id.filter(|_| r.random())),
                _ => EffectSet::State(vec![r.random()]),
            },
        ),
        "strip" => {
            let sends = &strip(world, strip_id).ok()?.sends;
            let set = match r.random_range(0..6) {
                0 => StripSet::Volume(db(r)),
                1 => StripSet::Pan(r.random_range(-1.1..1.1)),
                2 => StripSet::Mute(r.random()),
                3 => StripSet::Solo(r.random()),
                4 => StripSet::SendLevel(pick(r, sends)?.bus, db(r)),
                _ => StripSet::Sends(
                    bus_id
                        .map(|bus| Send { bus, level: db(r), pre: r.random() })
                        .into_iter()
                        .filter(|_| r.random())
                        .collect(),
                ),
            };
            Edit::Strip(strip_id, set)
        }
        "song" => Edit::Song(match r.random_range(0..11) {
            0 => SongSet::Name(name(r)),
            1 => {
                let at = Ticks(r.random_range(0..9999));
                let changes = vec![TempoChange { at, bpm: Bpm::MAX, ramp: r.random() }];
                SongSet::Tempo(TempoMap { start: Bpm::MIN, changes })
            }
            2 => SongSet::Key("A minor".parse().ok()?),
            3 => SongSet::Signature(Signature { numerator: 7, denominator: r.random_range(7..9) }),
            4 => SongSet::Quantization(Quantization::Eighth),
            5 => SongSet::Groove(pick(r, &grooves)),
            6 => SongSet::GrooveAmount(r.random_range(0.0..1.4)),
            7 => SongSet::Seed(r.random()),
            8 => SongSet::Cue(db(r)),
            9 => {
                let kind = Control::Note(r.random_range(0..132));
                let source = Source { port: None, channel: None, kind };
                let binding = Binding { source, does: Does::Action("play".to_owned()) };
                SongSet::Controls(MidiMap { bindings: vec![binding] })
            }
            _ => {
                let next = world.resource::<Song>().next_id.0 + r.random_range(0..4);
                SongSet::NextId(crate::model::ids::IdCounter(next.saturating_sub(1)))
            }
        }),
        "insert groove" => {
            let id = GrooveId(free(world).unwrap_or(r.random_range(1..40)));
            let groove = Box::new(groove(id, name(r), r.random_range(-20..999)));
            Edit::InsertGroove { at: at(r, grooves.len()), groove }
        }
        "remove groove" => Edit::RemoveGroove(pick(r, &grooves)?),
        "groove" => Edit::Groove(Box::new(groove(pick(r, &grooves)?, name(r), 30))),
        "arrangement" => Edit::Arrangement(
            Some(Box::new(Arrangement {
                lanes: lane(r, &all_clips).into_iter().collect(),
                ..Arrangement::default()
            }))
            .filter(|_| r.random_range(0..4) > 0),
        ),
        "lane" => {
            let (track, lane) = lane(r, &all_clips)?;
            Edit::Lane { track, lane: Some(lane).filter(|_| r.random()) }
        }
        "lane automation" => {
            let track = track_id?;
            let lanes = Some(lanes(world, r, track)).filter(|_| r.random());
            Edit::LaneAutomation { track, lanes }
        }
        "markers" => {
            let at = Ticks(r.random_range(-9..999));
            Edit::Markers(vec![Marker { at, name: name(r), scene: scene_id }])
        }
        "timeline loop" => Edit::TimelineLoop(Some(LoopBrace {
            start: Ticks(r.random_range(0..9)),
            end: Ticks(r.random_range(5..99)),
        })),
        _ => return None,
    })
    .filter(|edit| match edit {
        Edit::Clip(id, _) => part::<ClipOf>(world, *id).is_ok(),
        _ => true,
    })
}

fn groove(id: GrooveId, name: String, at: i64) -> GrooveTemplate {
    let timing = [(Ticks(at), 7)].into();
    GrooveTemplate { id, name, span: Ticks(960), timing, velocity: Default::default() }
}

fn lane(r: &mut Pcg32, clips: &[(TrackId, Clip)]) -> Option<(TrackId, Vec<ClipInstance>)> {
    let tracks: Vec<TrackId> = clips.iter().map(|(t, _)| *t).collect();
    let track = pick(r, &tracks)?;
    let mut end = 0;
    let own = clips.iter().filter(|(t, _)| *t == track);
    let lane = own.map(|(_, clip)| {
        let at = end + r.random_range(-1..50);
        let length = r.random_range(1..999);
        end = at + length;
        ClipInstance { clip: clip.id, at: Ticks(at), length: Ticks(length), offset: Ticks::ZERO }
    });
    Some((track, lane.collect()))
}
