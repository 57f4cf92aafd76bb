//! Actions of the stage: what is played rather than edited.

use bevy_ecs::world::World;

use super::{Act, ActError, Decision, Errand, find, presets};
use crate::model::action::{Action, StripRef, Switch};
use crate::model::ids::StripId;
use crate::model::intent::Reshape;
use crate::model::performance::Performance;
use crate::model::project::Song;
use crate::model::touch::Touch;
use crate::model::track::TrackKind;
use crate::session::document::part;

/// Velocity of what is launched or played without one.
const FULL: u8 = 127;

/// What an action of the stage comes to; `None` for any other.
pub(super) fn act(world: &World, action: &Action) -> Result<Option<Act>, ActError> {
    let play = match action {
        Action::Launch { clip } => {
            let (track, scene) = find::filled(world, clip)?;
            Performance::Launch(track, scene, FULL)
        }
        Action::Release { clip } => {
            let (track, scene) = find::slot(world, clip)?;
            Performance::Release(track, scene)
        }
        Action::Fill { clip } => {
            let (track, scene) = find::filled(world, clip)?;
            Performance::Fill(track, scene)
        }
        Action::LaunchScene { scene } => Performance::LaunchScene(find::scene(world, scene)?),
        Action::StopTrack { track } => Performance::StopTrack(find::track(world, track)?),
        Action::StopAll => Performance::StopAll,
        Action::Cancel => Performance::Cancel(None),
        Action::CancelTrack { track } => Performance::Cancel(Some(find::track(world, track)?)),
        Action::BackToArrangement => Performance::BackToArrangement(None),
        Action::BackTrack { track } => {
            Performance::BackToArrangement(Some(find::track(world, track)?))
        }
        Action::Play => Performance::Play,
        Action::Continue => Performance::Continue,
        Action::Stop => Performance::Stop,
        Action::CountIn { bars } => Performance::CountIn(*bars),
        Action::Locate { at } => Performance::Locate(find::place(world, at)?),
        Action::Nudge { bend } => Performance::Nudge(*bend),
        Action::Glide { tempo, beats } => Performance::Glide(*tempo, *beats),
        Action::Metronome { switch } => Performance::Metronome(held(*switch)?),
        Action::RecordEnd { track } => Performance::RecordEnd(find::track(world, track)?),
        Action::NoteOn { track, pitch, velocity } => {
            Performance::NoteOn(find::track(world, track)?, *pitch, velocity.unwrap_or(100))
        }
        Action::NoteOff { track, pitch } => {
            Performance::NoteOff(find::track(world, track)?, *pitch)
        }
        Action::Listen { strip, switch } => {
            Performance::Listen(find::strip(world, strip)?, held(*switch)?)
        }
        Action::Touch { strip, touch: (touch, value) } => {
            Performance::Touch(touchable(world, strip)?, *touch, *value)
        }
        Action::TouchOff { strip } => {
            let strip = touchable(world, strip)?;
            let off = |touch| Performance::Touch(strip, touch, 0.0);
            return Ok(Some(Act::Perform(Touch::ALL.map(off).to_vec())));
        }
        other => return errand(world, other).map(|errand| errand.map(Act::App)),
    };
    Ok(Some(Act::Perform(vec![play])))
}

fn errand(world: &World, action: &Action) -> Result<Option<Errand>, ActError> {
    Ok(Some(match action {
        Action::Undo => Errand::Undo,
        Action::Redo => Errand::Redo,
        Action::Save => Errand::Save,
        Action::SaveAs { path } => Errand::SaveAs(path.clone()),
        Action::Collect => Errand::Collect,
        Action::ProjectNew => Errand::New,
        Action::ProjectOpen { path } => Errand::Open(path.clone()),
        Action::Tap => Errand::Tap,
        Action::Panic => Errand::Panic,
        Action::Audition { synth } => Errand::Audition(synth.clone()),
        Action::AuditionPreset { preset } => Errand::AuditionPreset(preset.clone()),
        Action::AuditionStop => Errand::AuditionStop,
        Action::MetersReset => Errand::MetersReset,
        Action::RecordQuantize { grid } => Errand::RecordQuantize(*grid),
        Action::RecordOpen => Errand::RecordLength(None),
        Action::RecordLength { length } => Errand::RecordLength(Some(*length)),
        Action::RecordCountInOff => Errand::RecordCountIn(0),
        Action::RecordCountIn { bars } => Errand::RecordCountIn(*bars),
        Action::Learn { line } => Errand::Learn { line: line.clone(), project: false },
        Action::LearnProject { line } => Errand::Learn { line: line.clone(), project: true },
        Action::Unlearn { line } => Errand::Unlearn(line.clone()),
        Action::Capture { name } => Errand::Capture(name.clone()),
        Action::SceneCapture { name, scene } => {
            let after = scene.as_ref().map(|after| find::scene(world, after)).transpose()?;
            Errand::SceneCapture(name.clone(), after)
        }
        Action::Compose { text, seed } => {
            Errand::Compose { text: text.clone(), into: None, seed: *seed }
        }
        Action::ComposeInto { clip, text, seed } => {
            let into = Some(find::slot(world, clip)?);
            Errand::Compose { text: text.clone(), into, seed: *seed }
        }
        Action::ClipVary { clip, seed }
        | Action::ClipFill { clip, seed }
        | Action::ClipBass { clip, seed } => {
            let what = match action {
                Action::ClipVary { .. } => Reshape::Vary,
                Action::ClipFill { .. } => Reshape::Fill,
                _ => Reshape::Bass,
            };
            Errand::Reshape { what, from: find::filled(world, clip)?, seed: *seed }
        }
        Action::ComposeKeep { number } => Errand::Proposal(*number, Decision::Keep),
        Action::ComposeReject { number } => Errand::Proposal(*number, Decision::Reject),
        Action::ComposeTry { switch, number } => Errand::Proposal(*number, Decision::Try(*switch)),
        Action::ComposeVary { number } => Errand::Proposal(*number, Decision::Vary),
        Action::ComposeChange { facet, number, text } => {
            Errand::Proposal(*number, Decision::Change(*facet, text.clone()))
        }
        Action::JobCancel { number } => Errand::JobCancel(*number),
        Action::BounceScene { scene } => Errand::BounceScene(find::scene(world, scene)?),
        Action::BounceClip { clip } => {
            let (track, scene) = find::filled(world, clip)?;
            Errand::BounceClip(track, scene)
        }
        Action::ClipRender { clip } => {
            let (track, scene) = find::filled(world, clip)?;
            Errand::RenderClip(track, scene)
        }
        Action::ClipImport { clip, path } => {
            Errand::Import { path: path.clone(), into: find::slot(world, clip)? }
        }
        Action::ClipSlice { clip } => Errand::Slice(find::clip(world, clip)?.id),
        Action::Import { path, scene } => {
            let scene = scene.as_ref().map(|scene| find::scene(world, scene)).transpose()?;
            Errand::ImportTrack { path: path.clone(), scene }
        }
        Action::Arm { track, switch } => Errand::Arm(find::track(world, track)?, *switch),
        Action::Record { clip, length } => {
            let (track, scene) = find::slot(world, clip)?;
            let signature = world.resource::<Song>().signature;
            Errand::Record(track, scene, length.map(|span| span.ticks(signature)))
        }
        other => return Ok(presets::errand(world, other)?.map(Errand::Preset)),
    }))
}

/// A switch of something the document does not hold, so that there is no other way to toggle from.
fn held(switch: Switch) -> Result<bool, ActError> {
    match switch {
        Switch::On => Ok(true),
        Switch::Off => Ok(false),
        Switch::Toggle => Err(ActError::missing("write on or off here".to_owned())),
    }
}

/// A strip with performance effects: the master's or a group's.
fn touchable(world: &World, strip: &StripRef) -> Result<StripId, ActError> {
    let id = find::strip(world, strip)?;
    let has = match id {
        StripId::Master => true,
        StripId::Track(track) => *part::<TrackKind>(world, track)? == TrackKind::Group,
        StripId::Bus(_) => false,
    };
    let none = || ActError::missing("only the master and groups have performance effects".into());
    has.then_some(id).ok_or_else(none)
}
