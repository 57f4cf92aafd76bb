//! Actions on clips, all their notes and their automation, and on slots.

use bevy_ecs::world::World;

use super::notes::{next_note, notes};
use super::{ActError, find};
use crate::model::action::{Action, ClipRef, FollowRef, LaneRef, Ref, SceneRef};
use crate::model::automation::{AutomationLane, AutomationPoint, AutomationTarget};
use crate::model::clip::{AudioClip, Clip, ClipContent, LoopBrace, MidiClip, Note, WarpMode};
use crate::model::ids::{ClipId, SceneId, TrackId};
use crate::model::launch::{FollowAction, FollowKind, FollowTime, LaunchSettings};
use crate::model::mixer::Db;
use crate::model::project::Song;
use crate::model::scene::{Scene, Slot};
use crate::model::time::Ticks;
use crate::session::compound;
use crate::session::document::{ClipOf, EffectOf, Name, StripId, part, rack};
use crate::session::edit::{ClipSet, Edit};
use crate::session::ids::FreshIds;

type Edits = Result<Vec<Edit>, ActError>;

/// The edits of an action on a clip, its content or a slot; `None` for any other.
pub(super) fn edits(world: &World, action: &Action) -> Result<Option<Vec<Edit>>, ActError> {
    let song = world.resource::<Song>();
    let set = |clip: &ClipRef, set: ClipSet| -> Edits {
        Ok(vec![Edit::Clip(find::clip(world, clip)?.id, set)])
    };
    let launch = |clip: &ClipRef, change: &dyn Fn(&mut LaunchSettings)| -> Edits {
        let clip = find::clip(world, clip)?;
        let mut launch = clip.launch.clone();
        change(&mut launch);
        Ok(vec![Edit::Clip(clip.id, ClipSet::Launch(Box::new(launch)))])
    };
    let audio = |clip: &ClipRef, change: &dyn Fn(&mut AudioClip)| -> Edits {
        let clip = find::clip(world, clip)?;
        let ClipContent::Audio(mut audio) = clip.content.clone() else {
            return Err(ActError::missing(format!("“{}” holds notes, not audio", clip.name)));
        };
        change(&mut audio);
        Ok(vec![Edit::Clip(clip.id, ClipSet::Content(Box::new(ClipContent::Audio(audio))))])
    };
    Ok(Some(match action {
        Action::ClipAdd { clip, length } => {
            let content = ClipContent::Midi(MidiClip::default());
            add(world, clip, length.ticks(song.signature), content)?
        }
        Action::ClipSample { clip, sample, length } => {
            let content = ClipContent::Audio(AudioClip {
                sample: sample.clone(),
                gain: Db::UNITY,
                pitch: 0.0,
                warp: WarpMode::Off,
                source_bpm: None,
                markers: Vec::new(),
            });
            add(world, clip, length.ticks(song.signature), content)?
        }
        Action::ClipRename { clip, name } => set(clip, ClipSet::Name(name.clone()))?,
        Action::ClipDelete { clip } => {
            vec![compound::remove_clip(world, find::clip(world, clip)?.id)?]
        }
        Action::ClipDuplicate { clip, to } => {
            let id = find::clip(world, clip)?.id;
            put(world, id, part::<ClipOf>(world, id)?.0, find::scene(world, to)?)?
        }
        Action::ClipCopyTo { clip, track, scene } => {
            let id = find::clip(world, clip)?.id;
            let (track, scene) = (find::track(world, track)?, find::scene(world, scene)?);
            put(world, id, track, scene)?
        }
        Action::ClipMoveTo { clip, track, scene } => {
            let ((old, from), id) = (find::slot(world, clip)?, find::clip(world, clip)?.id);
            let (track, scene) = (find::track(world, track)?, find::scene(world, scene)?);
            if track == old {
                let (clip, to) = (clip.clone(), SceneRef(Ref::Id(scene.0)));
                return edits(world, &Action::ClipMove { clip, to });
            }
            let mut all = put(world, id, track, scene)?;
            all.push(match find::is_held_elsewhere(world, id, (old, from)) {
                false => compound::remove_clip(world, id)?,
                true => Edit::Slot { scene: from, track: old, slot: None },
            });
            all
        }
        Action::ClipMove { clip, to } => {
            let ((track, from), id) = (find::slot(world, clip)?, find::clip(world, clip)?.id);
            let to = find::scene(world, to)?;
            if from == to {
                return Err(ActError::missing("the clip is in that slot already".to_owned()));
            }
            let slots = &part::<Scene>(world, from)?.slots;
            let kept = slots.get(&track).filter(|slot| !slot.stop_button);
            let slot = kept.map(|slot| Slot { clip: None, ..*slot });
            let mut edits = vec![Edit::Slot { scene: from, track, slot }];
            edits.extend(fill(world, track, to, id)?);
            edits
        }
        Action::ClipColor { clip, color } => set(clip, ClipSet::Color(Some(*color)))?,
        Action::ClipLength { clip, length } => {
            resize(find::clip(world, clip)?, length.ticks(song.signature))
        }
        Action::ClipLoopOff { clip } => set(clip, ClipSet::Loop(None))?,
        Action::ClipLoop { clip, at, length } => {
            let start = find::place(world, at)?;
            let end = start + length.ticks(song.signature);
            set(clip, ClipSet::Loop(Some(LoopBrace { start, end })))?
        }
        Action::ClipMute { clip, switch } => {
            let muted = switch.from(find::clip(world, clip)?.muted);
            set(clip, ClipSet::Muted(muted))?
        }
        Action::ClipMode { clip, mode } => launch(clip, &|l| l.mode = *mode)?,
        Action::ClipGridOff { clip } => launch(clip, &|l| l.quantization = None)?,
        Action::ClipGrid { clip, grid } => launch(clip, &|l| l.quantization = Some(*grid))?,
        Action::ClipLegato { clip, switch } => launch(clip, &|l| l.legato = switch.from(l.legato))?,
        Action::ClipVelocity { clip, share } => launch(clip, &|l| l.velocity_amount = *share)?,
        Action::ClipFollowOff { clip } => launch(clip, &|l| l.follow = None)?,
        Action::ClipFollow { clip, follow, chance, other, loops } => {
            let kind = |follow: &FollowRef| match follow {
                FollowRef::Kind(kind) => Ok(*kind),
                FollowRef::Jump(scene) => find::scene(world, scene).map(FollowKind::Jump),
            };
            let (a, after) = (kind(follow)?, FollowTime::Loops(*loops));
            let b = other.as_ref().map_or(Ok(FollowKind::NoAction), kind)?;
            let chance_a = chance.unwrap_or(if other.is_some() { 50 } else { 100 });
            let follow = FollowAction { a, b, chance_a, chance_b: 100 - chance_a, after };
            launch(clip, &|l| l.follow = Some(follow.clone()))?
        }
        Action::ClipGrooveOff { clip } => set(clip, ClipSet::Groove(None))?,
        Action::ClipGroove { clip, groove, amount } => {
            set(clip, ClipSet::Groove(Some((find::groove(world, groove)?, *amount))))?
        }
        Action::ClipTranspose { clip, semitones } => {
            let clip = find::clip(world, clip)?;
            change_notes(clip, |mut note| {
                let pitch = i16::from(note.pitch) + i16::from(*semitones);
                let inside = u8::try_from(pitch).ok().filter(|pitch| *pitch <= 127);
                note.pitch = inside.ok_or_else(|| {
                    ActError::missing(format!(
                        "{semitones} semitones lead out of the range of pitches"
                    ))
                })?;
                Ok(note)
            })?
        }
        Action::ClipQuantize { clip, grid } => {
            let none = || ActError::missing("notes need a grid to move to".to_owned());
            let step = grid.step(song.signature).ok_or_else(none)?.0;
            change_notes(find::clip(world, clip)?, |mut note| {
                note.start = Ticks((note.start.0 + step / 2) / step * step);
                Ok(note)
            })?
        }
        Action::ClipDouble { clip } => double(find::clip(world, clip)?)?,
        Action::ClipHalve { clip } => {
            let clip = find::clip(world, clip)?;
            let length = Ticks(clip.length.0 / 2);
            let notes = clip.midi().map(|midi| midi.notes.as_slice()).unwrap_or_default();
            let gone = notes.iter().filter(|n| n.start >= length).map(|n| n.id).collect::<Vec<_>>();
            let mut edits = resize(clip, length);
            if !gone.is_empty() {
                edits.push(Edit::Notes { clip: clip.id, remove: gone, add: Vec::new() });
            }
            edits
        }
        Action::ClipClear { clip } => {
            let clip = find::clip(world, clip)?;
            let remove = notes(clip)?.iter().map(|note| note.id).collect();
            vec![Edit::Notes { clip: clip.id, remove, add: Vec::new() }]
        }
        Action::ClipGain { clip, level } => audio(clip, &|audio| audio.gain = *level)?,
        Action::ClipPitch { clip, semitones } => audio(clip, &|audio| audio.pitch = *semitones)?,
        Action::ClipTempo { clip, tempo } => audio(clip, &|audio| audio.source_bpm = Some(*tempo))?,
        Action::ClipWarp { clip, warp } => audio(clip, &|audio| audio.warp = *warp)?,
        Action::AutomateOff { clip, lane } => automation(world, clip, lane, |points| {
            points.clear();
            Ok(())
        })?,
        Action::Automate { clip, lane, at, value } => {
            let point = AutomationPoint { at: find::place(world, at)?, value: *value, hold: false };
            automation(world, clip, lane, |points| {
                put_point(points, point);
                Ok(())
            })?
        }
        Action::AutomateDelete { clip, lane, at } => {
            let at = find::place(world, at)?;
            automation(world, clip, lane, |points| take_point(points, at).map(drop))?
        }
        Action::AutomateMove { clip, lane, at, place, value } => {
            let (at, place) = (find::place(world, at)?, find::place(world, place)?);
            automation(world, clip, lane, |points| {
                let point = take_point(points, at)?;
                put_point(points, AutomationPoint { at: place, value: *value, ..point });
                Ok(())
            })?
        }
        Action::StopButton { track, scene, switch } => {
            let (track, scene) = (find::track(world, track)?, find::scene(world, scene)?);
            let mut slot =
                part::<Scene>(world, scene)?.slots.get(&track).copied().unwrap_or_default();
            slot.stop_button = switch.from(slot.stop_button);
            let slot = Some(slot).filter(|slot| *slot != Slot::default());
            vec![Edit::Slot { scene, track, slot }]
        }
        _ => return Ok(None),
    }))
}

/// A new looping clip in a slot, called after its track.
fn add(world: &World, at: &ClipRef, length: Ticks, content: ClipContent) -> Edits {
    let (track, scene) = find::slot(world, at)?;
    let mut ids = FreshIds::of(world);
    let clip = Clip {
        id: ids.fresh(),
        name: part::<Name>(world, track)?.0.clone(),
        color: None,
        length,
        loop_brace: Some(LoopBrace { start: Ticks::ZERO, end: length }),
        launch: LaunchSettings::default(),
        groove: None,
        muted: false,
        content,
        automation: Vec::new(),
    };
    let (id, at) = (clip.id, find::after_clips(world, track)?);
    let mut edits = vec![ids.edit(), Edit::InsertClip { track, at, clip: Box::new(clip) }];
    edits.extend(fill(world, track, scene, id)?);
    Ok(edits)
}

/// A copy of a clip in a slot.
fn put(world: &World, id: ClipId, track: TrackId, scene: SceneId) -> Edits {
    let mut ids = FreshIds::of(world);
    let new = ids.fresh();
    let mut edits = vec![ids.edit(), compound::copy_clip(world, id, new, track)?];
    edits.extend(fill(world, track, scene, new)?);
    Ok(edits)
}

/// The edits that put a clip into a slot; the clip that was there goes if nothing else holds it.
///
/// # Errors
/// A scene that is not there.
pub fn fill(
    world: &World,
    track: TrackId,
    scene: SceneId,
    clip: ClipId,
) -> Result<Vec<Edit>, ActError> {
    let old = part::<Scene>(world, scene)?.slots.get(&track).copied().unwrap_or_default();
    let slot = Some(Slot { clip: Some(clip), ..old });
    let mut edits = vec![Edit::Slot { scene, track, slot }];
    if let Some(gone) = old.clip
        && gone != clip
        && !find::is_held_elsewhere(world, gone, (track, scene))
    {
        edits.push(Edit::RemoveClip(gone));
    }
    Ok(edits)
}

/// A clip's new length; a loop over the whole clip stays that, another is cut to fit.
fn resize(clip: &Clip, length: Ticks) -> Vec<Edit> {
    let brace = clip.loop_brace.map(|brace| match brace {
        LoopBrace { start: Ticks::ZERO, end } if end == clip.length => {
            LoopBrace { end: length, ..brace }
        }
        LoopBrace { start, end } if start < length => LoopBrace { start, end: end.min(length) },
        _ => LoopBrace { start: Ticks::ZERO, end: length },
    });
    let brace = Edit::Clip(clip.id, ClipSet::Loop(brace));
    let resized = Edit::Clip(clip.id, ClipSet::Length(length));
    // A loop lies within its clip before and after each of the two.
    if length < clip.length { vec![brace, resized] } else { vec![resized, brace] }
}

/// Replaces the notes that `change` alters.
fn change_notes(clip: &Clip, change: impl Fn(Note) -> Result<Note, ActError>) -> Edits {
    let (mut remove, mut add) = (Vec::new(), Vec::new());
    for &note in notes(clip)?.iter() {
        let new = change(note)?;
        if new != note {
            remove.push(note.id);
            add.push(new);
        }
    }
    Ok(vec![Edit::Notes { clip: clip.id, remove, add }])
}

/// Twice the length, the notes once more in the second half.
fn double(clip: &Clip) -> Edits {
    let length = clip.length;
    let old = notes(clip)?;
    let mut id = next_note(old);
    let mut add = Vec::new();
    for note in old.iter().filter(|note| note.start < length) {
        add.push(Note { id, start: note.start + length, ..*note });
        id.0 = id.0.saturating_add(1);
    }
    // Notes beyond the old end were never heard; they would sound now.
    let remove = old.iter().filter(|n| n.start >= length).map(|n| n.id).collect();
    let mut edits = resize(clip, length + length);
    edits.push(Edit::Notes { clip: clip.id, remove, add });
    Ok(edits)
}

/// A clip's automation with the points of one lane changed; a lane without points is gone.
fn automation(
    world: &World,
    clip: &ClipRef,
    lane: &LaneRef,
    change: impl FnOnce(&mut Vec<AutomationPoint>) -> Result<(), ActError>,
) -> Edits {
    let clip = find::clip(world, clip)?;
    let target = target(world, clip, lane)?;
    let mut lanes = clip.automation.clone();
    let index = lanes.iter().position(|l| l.target == target).unwrap_or_else(|| {
        lanes.push(AutomationLane { target, points: Vec::new() });
        lanes.len() - 1
    });
    change(&mut lanes[index].points)?;
    if lanes[index].points.is_empty() {
        lanes.remove(index);
    }
    Ok(vec![Edit::Clip(clip.id, ClipSet::Automation(lanes))])
}

/// Puts a point in its place; one that stood there goes.
fn put_point(points: &mut Vec<AutomationPoint>, point: AutomationPoint) {
    points.retain(|p| p.at != point.at);
    points.push(point);
    points.sort_by_key(|p| p.at);
}

/// Takes out the point that stands at `at`.
fn take_point(points: &mut Vec<AutomationPoint>, at: Ticks) -> Result<AutomationPoint, ActError> {
    let index = points.iter().position(|p| p.at == at);
    let none = || ActError::missing("no point of that lane stands there".to_owned());
    Ok(points.remove(index.ok_or_else(none)?))
}

fn target(world: &World, clip: &Clip, lane: &LaneRef) -> Result<AutomationTarget, ActError> {
    Ok(match lane {
        LaneRef::Volume => AutomationTarget::Volume,
        LaneRef::Pan => AutomationTarget::Pan,
        LaneRef::Send(bus) => AutomationTarget::Send(find::bus(world, bus)?),
        LaneRef::Param(name) => AutomationTarget::Instrument(name.clone()),
        LaneRef::Insert(place, name) => {
            let strip = StripId::Track(part::<ClipOf>(world, clip.id)?.0);
            let index = usize::try_from(*place).ok().and_then(|place| place.checked_sub(1));
            let effect = index.and_then(|i| rack(world, strip).ok()?.get(i).copied());
            let none = || ActError::missing(format!("there is no insert {place} on this track"));
            let effect = effect.ok_or_else(none)?;
            debug_assert_eq!(part::<EffectOf>(world, effect).map(|of| of.0), Ok(strip));
            AutomationTarget::Effect(effect, name.clone())
        }
    })
}
