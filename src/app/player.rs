//! Lines of actions to edits and gestures, and what the engine tells back into the document.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bevy_ecs::world::World;

use super::learn::Learned;
use super::presets::Presets;
use super::record::{self, Manner, Recording};
use super::tap::Taps;
use crate::engine::clock::Pos;
use crate::jobs::compose::Asked;
use crate::jobs::import::Place;
use crate::live::desk::{At, News, Order, View};
use crate::live::moved::Moved;
use crate::model::action::{Action, StripRef, parse};
use crate::model::control::MapTarget;
use crate::model::ids::{ClipId, SceneId, StripId, TrackId};
use crate::model::launch::Quantization;
use crate::model::mixer::Db;
use crate::model::performance::Performance;
use crate::model::project::{Project, Song};
use crate::model::scene::Scene;
use crate::model::time::{Signature, Ticks};
use crate::model::track::Instrument;
use crate::session::act::{Act, ActError, Errand, at_once, find_strip, resolve};
use crate::session::compound::insert_scene;
use crate::session::document::{Order as Scenes, collect, part, spawn};
use crate::session::edit::{Edit, EffectSet, SongSet, StripSet, TrackSet};
use crate::session::error::EditError;
use crate::session::history::{Gesture, History, Outcome, Request, perform};
use crate::session::push::take_patches;

/// Why a line came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The action.
    #[error(transparent)]
    Act(#[from] ActError),
    /// Something about doing it now.
    #[error("{0}")]
    Now(String),
}

/// A document that plays.
pub struct Player {
    /// The document.
    pub world: World,
    pub(super) path: PathBuf,
    /// Nobody gave it a file name yet.
    pub(super) untitled: bool,
    /// Which document of this player it is, counted from 0.
    pub(super) document: u64,
    view: Option<View>,
    pub(super) taps: Taps,
    /// Tracks that play what comes in.
    pub armed: BTreeSet<TrackId>,
    pub(super) recordings: BTreeMap<TrackId, Recording>,
    /// How recordings are made.
    pub manner: Manner,
    /// The folders of the sample library.
    pub library: Vec<PathBuf>,
    /// The user's presets.
    pub presets: Presets,
    /// What controllers learned.
    pub learned: Learned,
    /// The metronome clicks.
    pub metronome: bool,
    /// The last value that a controller moved.
    pub(super) heard: u64,
}

impl Player {
    /// Open a project that lies in `path`.
    ///
    /// # Errors
    /// A project that breaks the rules of a document.
    pub fn new(project: Project, path: &Path) -> Result<Player, EditError> {
        let mut world = World::new();
        spawn(&mut world, project)?;
        take_patches(&mut world);
        Ok(Player {
            world,
            path: path.to_owned(),
            untitled: false,
            document: 0,
            view: None,
            taps: Taps::default(),
            armed: BTreeSet::new(),
            recordings: BTreeMap::new(),
            manner: Manner::default(),
            library: Vec::new(),
            presets: Presets::default(),
            learned: Learned::default(),
            metronome: false,
            heard: 0,
        })
    }

    /// Whether a track records.
    pub fn records(&self, track: TrackId) -> bool {
        self.recordings.contains_key(&track)
    }

    /// The strip that an action names.
    ///
    /// # Errors
    /// None of that name.
    pub fn strip(&self, wanted: &StripRef) -> Result<StripId, ActError> {
        find_strip(&self.world, wanted)
    }

    /// What to read meters and states from, once the engine has said so.
    pub fn view(&self) -> Option<&View> {
        self.view.as_ref()
    }

    /// The document in its saved form.
    pub fn project(&self) -> Option<Project> {
        collect(&self.world)
    }

    /// Whether the document has changed since it was saved.
    pub fn is_changed(&self) -> bool {
        self.world.get_resource::<History>().is_some_and(|h| h.is_dirty())
    }

    /// Names the document and its present state; equal pairs mean the same document.
    pub fn state(&self) -> (u64, u64) {
        (self.document, self.world.get_resource::<History>().map_or(0, History::state))
    }

    /// The project's file, which need not exist yet.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nobody gave the project a file name yet.
    pub fn is_untitled(&self) -> bool {
        self.untitled
    }

    /// Do what a line says and give a sentence of what it did. What is to be played may wait for a
    /// place; edits are made at once.
    ///
    /// # Errors
    /// A line that is no action, names what is not there, or asks what cannot be.
    pub fn line(
        &mut self,
        line: &str,
        at: At,
        orders: &mut dyn FnMut(Order),
    ) -> Result<String, LineError> {
        let action = parse(line).map_err(ActError::from)?;
        let said = self.act(&action, at, None, orders)?;
        self.push(orders);
        Ok(said)
    }

    /// Do an action; several of one `drag` that change the same thing are one step to undo.
    ///
    /// # Errors
    /// One that names what is not there, or asks what cannot be.
    pub fn drag(
        &mut self,
        action: &Action,
        drag: Option<Gesture>,
        orders: &mut dyn FnMut(Order),
    ) -> Result<String, LineError> {
        let said = self.act(action, At::Now, drag, orders)?;
        self.push(orders);
        Ok(said)
    }

    /// Do several actions that are one step to undo, called `name`. Those before one that cannot be
    /// done stay done.
    ///
    /// # Errors
    /// The first that names what is not there, or asks what cannot be.
    pub fn together(
        &mut self,
        name: &str,
        actions: &[Action],
        orders: &mut dyn FnMut(Order),
    ) -> Result<String, LineError> {
        let (_, state) = self.state();
        let mut done = actions.iter().map(|action| self.act(action, At::Now, None, orders));
        let failed = done.find_map(Result::err);
        if let Some(mut history) = self.world.get_resource_mut::<History>() {
            history.join(state, name);
        }
        self.push(orders);
        failed.map_or_else(|| Ok(name.to_owned()), Err)
    }

    /// Does several actions that change the document as one step, called `name`, and says what was
    /// done: all of them or none. Each names things as they are before any of the others.
    ///
    /// # Errors
    /// One that names what is not there, or that is no change of the document.
    pub fn at_once(
        &mut self,
        name: &str,
        actions: &[Action],
        orders: &mut dyn FnMut(Order),
    ) -> Result<String, LineError> {
        let Act::Edit { name, edit } = at_once(&self.world, name, actions)? else {
            return Err(LineError::Now(format!("{name}: that is no change of the document")));
        };
        let said = self.outcome(Request::step(name, edit))?;
        self.push(orders);
        Ok(said)
    }

    fn act(
        &mut self,
        action: &Action,
        at: At,
        gesture: Option<Gesture>,
        orders: &mut dyn FnMut(Order),
    ) -> Result<String, LineError> {
        let mut act = resolve(&self.world, action)?;
        if self.ends_trial(&act) {
            self.end_trial(true, orders)?;
            act = resolve(&self.world, action)?;
        }
        match act {
            Act::Edit { name, edit } => self.outcome(Request::Edit { name, edit, gesture }),
            Act::Perform(all) => {
                for what in all {
                    if let Performance::RecordEnd(track) = what {
                        self.record_ends(track)?;
                        self.push(orders);
                    }
                    if let Performance::Metronome(on) = what {
                        self.metronome = on;
                    }
                    orders(Order::Perform(what, at));
                }
                Ok(action.to_string())
            }
            Act::App(errand) => self.errand(errand, at, orders),
        }
    }

    pub(super) fn outcome(&mut self, request: Request) -> Result<String, LineError> {
        match perform(&mut self.world, request) {
            Outcome::Done(name) => Ok(name),
            Outcome::Undone(name) => Ok(format!("Undo: {name}")),
            Outcome::Redone(name) => Ok(format!("Redo: {name}")),
            Outcome::Refused { error, .. } => Err(ActError::from(error).into()),
            Outcome::Nothing => Err(LineError::Now("there is nothing to undo or redo".into())),
        }
    }

    fn errand(
        &mut self,
        errand: Errand,
        at: At,
        orders: &mut dyn FnMut(Order),
    ) -> Result<String, LineError> {
        let now = |sentence: &str| LineError::Now(sentence.to_owned());
        match errand {
            Errand::Undo => self.outcome(Request::Undo),
            Errand::Redo => self.outcome(Request::Redo),
            Errand::Save => self.save().map_err(LineError::Now),
            Errand::SaveAs(path) => self.save_as(Path::new(&path), orders).map_err(LineError::Now),
            Errand::Collect => self.collect().map_err(LineError::Now),
            Errand::New | Errand::Open(_) if self.is_changed() => {
                Err(now("the project has changed since it was saved; save it first"))
            }
            Errand::New => self.begin(orders).map_err(LineError::Now),
            Errand::Open(path) => self.open_file(Path::new(&path), orders).map_err(LineError::Now),
            Errand::Tap => {
                let view = self.view.as_ref().ok_or_else(|| now("nothing plays yet"))?;
                let frame = view.snapshot.playhead().frame;
                Ok(match self.taps.tap(frame, view.rate) {
                    Some(bpm) => {
                        orders(Order::Perform(Performance::Tempo(bpm), at));
                        format!("{bpm} BPM")
                    }
                    None => "tap".to_owned(),
                })
            }
            Errand::Arm(track, switch) => {
                let on = switch.from(self.armed.contains(&track));
                if on {
                    self.armed.insert(track);
                } else {
                    self.armed.remove(&track);
                }
                orders(Order::Arm(self.armed.iter().copied().collect()));
                Ok(if on { "armed" } else { "not armed any more" }.to_owned())
            }
            Errand::Record(track, scene, length) => {
                self.record(track, scene, length, at, orders).map_err(LineError::Now)
            }
            Errand::RecordQuantize(grid) => {
                if grid.step(Signature::default()) > Quantization::Half.step(Signature::default()) {
                    return Err(now("notes are moved by less than a bar: 1/4 to 1/32, or none"));
                }
                self.manner.grid = Some(grid).filter(|grid| *grid != Quantization::None);
                Ok("recorded notes go to the new grid".to_owned())
            }
            Errand::RecordLength(length) => {
                self.manner.length = length;
                self.manner.fixed = length.unwrap_or(self.manner.fixed);
                Ok("recordings into empty slots last as long from now on".to_owned())
            }
            Errand::RecordCountIn(bars) => {
                self.manner.count_in = bars;
                Ok(format!("{bars} bars are clicked before a recording that starts the transport"))
            }
            Errand::Learn { line, project } => self.learn(&line, project).map_err(LineError::Now),
            Errand::Unlearn(line) => self.unlearn(&line, orders).map_err(LineError::Now),
            Errand::Compose { text, into, seed } => self.compose(Asked::Words(text), into, seed),
            Errand::Reshape { what, from, seed } => self.reshape(what, from, seed),
            Errand::Proposal(number, decision) => self.decide(number, decision, orders),
            Errand::JobCancel(number) => self.cancel_job(number),
            Errand::BounceClip(track, scene) => self.bounce_clip(track, scene),
            Errand::RenderClip(track, scene) => self.render_clip(track, scene),
            Errand::Preset(errand) => self.preset(errand),
            Errand::Audition(synth) => self.audition(Instrument { synth, params: BTreeMap::new() }),
            Errand::AuditionPreset(name) => self.audition_preset(&name),
            Errand::AuditionStop => {
                self.stop_audition(orders);
                Ok("no sound is tried any more".to_owned())
            }
            Errand::BounceScene(scene) => self.bounce(scene),
            Errand::Import { path, into } => self.import(&path, Place::Slot(into.0, into.1)),
            Errand::Slice(clip) => self.slice(clip),
            Errand::ImportTrack { path, scene } => self.import(&path, Place::NewTrack(scene)),
            Errand::Panic => {
                orders(Order::Panic);
                Ok("every held note ends".to_owned())
            }
            Errand::MetersReset => {
                let view = self.view.as_ref().ok_or_else(|| now("nothing plays yet"))?;
                view.meters.iter().for_each(|meter| meter.reset());
                Ok("meters hold nothing any more".to_owned())
            }
            Errand::SceneCapture(name, after) => self.capture_scene(name, after),
            Errand::Capture(name) => {
                let good = !name.is_empty() && !name.contains(['/', '\\', '\0']) && name != "..";
                if !good {
                    return Err(now("a capture's name has no / or \\ in it"));
                }
                let file = format!("{}.wav", name.trim_end_matches(".wav"));
                orders(Order::Capture(self.path.with_file_name(file)));
                Ok("saving what was heard".to_owned())
            }
        }
    }

    /// A new scene with copies of the clips that play.
    fn capture_scene(&mut self, name: String, after: Option<SceneId>) -> Result<String, LineError> {
        let now = |sentence: &str| LineError::Now(sentence.to_owned());
        let view = self.view.as_ref().ok_or_else(|| now("nothing plays yet"))?;
        let order = self.world.resource::<Scenes>();
        let playing =
            order.tracks.iter().enumerate().filter(|(node, _)| *node < view.snapshot.tracks());
        let playing: Vec<(TrackId, ClipId)> = playing
            .filter_map(|(node, track)| {
                let row = view.snapshot.track(node).playing?;
                let scene =
                    part::<Scene>(&self.world, *order.scenes.get(usize::from(row))?).ok()?;
                Some((*track, scene.slots.get(track)?.clip?))
            })
            .collect();
        if playing.is_empty() {
            return Err(now("no clip plays: there is nothing to make a scene of"));
        }
        let edit = insert_scene(&self.world, after, name, &playing).map_err(ActError::from)?;
        self.outcome(Request::step("Capture and insert scene", edit))
    }

    /// Record into a slot: an empty one for `length`, or as long as all are recorded.
    fn record(
        &mut self,
        track: TrackId,
        scene: SceneId,
        length: Option<Ticks>,
        at: At,
        orders: &mut dyn FnMut(Order),
    ) -> Result<String, String> {
        if self.recordings.contains_key(&track) {
            return Err("the track records already; end that first: record end TRACK".to_owned());
        }
        let signature = self.world.resource::<Song>().signature;
        let slot = part::<Scene>(&self.world, scene).map_err(|e| e.to_string())?.slots.get(&track);
        let empty = slot.is_none_or(|slot| slot.clip.is_none());
        let fixed = self.manner.length.filter(|_| empty).map(|span| span.ticks(signature));
        let length = length.or(fixed);
        let begun = record::begin(&mut self.world, track, scene, length, self.manner.grid)?;
        self.recordings.insert(track, begun);
        self.push(orders);
        let head = self.view.as_ref().map(|view| view.snapshot.playhead());
        let stands = head.is_none_or(|head| !head.playing && !head.counting_in);
        if stands && self.manner.count_in > 0 {
            orders(Order::Perform(Performance::CountIn(self.manner.count_in), at));
        }
        orders(Order::Perform(Performance::Record(track, scene, length), at));
        Ok("records from the next line of the grid on".to_owned())
    }

    /// An open recording is about to be ended: it gets the length it will have on the next line of
    /// the grid, before it comes round.
    fn record_ends(&mut self, track: TrackId) -> Result<(), LineError> {
        let (Some(recording), Some(view)) = (self.recordings.get_mut(&track), &self.view) else {
            return Ok(());
        };
        let head = view.snapshot.playhead();
        let step = self.world.resource::<Song>().quantization.step(head.signature);
        let end = match step.map(Pos::from) {
            Some(step) => head.metre.origin + (head.pos - head.metre.origin).ceil_to(step),
            None => head.pos,
        };
        recording.will_end(&mut self.world, end).map_err(LineError::Now)
    }

    /// Send what changed to the engine.
    pub fn push(&mut self, orders: &mut dyn FnMut(Order)) {
        let patches = take_patches(&mut self.world);
        if !patches.is_empty() {
            orders(Order::Patch(patches, self.heard));
            self.bind(orders);
        }
    }

    /// Take in what the engine tells. Gives a sentence for people, if there is one.
    pub fn news(&mut self, news: News, orders: &mut dyn FnMut(Order)) -> Option<String> {
        let said = match news {
            News::View(view) => {
                self.view = Some(view);
                None
            }
            News::Notice(sentence) => Some(sentence),
            News::Moved(moved) => {
                self.moved(moved);
                None
            }
            News::Asked(asked, port) => self.asked(asked, &port, orders),
            News::Recording(track, _, from) => {
                if let Some(recording) = self.recordings.get_mut(&track) {
                    recording.began(from);
                }
                None
            }
            News::Played(track, pitch, velocity, at) => self
                .recordings
                .get_mut(&track)
                .and_then(|r| r.played(&mut self.world, pitch, velocity, at).err()),
            News::RecordCancelled(track, _) => self
                .recordings
                .remove(&track)
                .and_then(|recording| recording.cancelled(&mut self.world, track).err()),
            News::Recorded(track, scene, from, to) => self.recorded(track, scene, from, to),
        };
        self.push(orders);
        said
    }

    fn recorded(&mut self, track: TrackId, _: SceneId, from: Pos, to: Pos) -> Option<String> {
        let recording = self.recordings.remove(&track)?;
        let length = Ticks((to - from).ticks().round() as i64).beats();
        match recording.ended(&mut self.world, track, to) {
            Ok(Outcome::Done(_)) => Some(format!("recorded {length} beats")),
            Ok(Outcome::Refused { error, .. }) => Some(format!("not recorded: {error}")),
            Ok(_) => None,
            Err(sentence) => Some(format!("not recorded: {sentence}")),
        }
    }

    /// A value was moved by a controller: the document follows, outside the history.
    fn moved(&mut self, moved: Moved) {
        self.heard = moved.serial;
        if let Some(edit) = edit(moved) {
            perform(&mut self.world, Request::Silent(edit));
        }
    }
}

/// What sets in the document what a controller moved.
fn edit(moved: Moved) -> Option<Edit> {
    let Moved { strip, target, value, .. } = moved;
    let on = value >= 0.5;
    let Some(id) = strip.id() else {
        return (target == MapTarget::Volume).then_some(Edit::Song(SongSet::Cue(Db(value))));
    };
    let param = |pad: Option<u8>, name: String| match id {
        StripId::Track(id) => {
            Some(Edit::Track(id, TrackSet::Param { pad, name, value: Some(value) }))
        }
        _ => None,
    };
    let set = match target {
        MapTarget::Volume => StripSet::Volume(Db(value)),
        MapTarget::Pan => StripSet::Pan(value),
        MapTarget::Mute => StripSet::Mute(on),
        MapTarget::Solo => StripSet::Solo(on),
        MapTarget::Send(bus) => StripSet::SendLevel(bus, Db(value)),
        MapTarget::Param(name) => return param(None, name),
        MapTarget::Pad(note, name) => return param(Some(note), name),
        MapTarget::Insert(id, name) => {
            return Some(Edit::Effect(id, EffectSet::Param { name, value: Some(value) }));
        }
        MapTarget::Bypass(id) => return Some(Edit::Effect(id, EffectSet::Bypass(on))),
        MapTarget::Cue => return None,
    };
    Some(Edit::Strip(id, set))
}
