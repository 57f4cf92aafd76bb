//! Learning: the next control that is touched does a line, or moves a value; kept for the user or with
//! the project.

use std::path::PathBuf;

use super::player::Player;
use crate::files::{read_limited, write_atomic};
use crate::live::desk::Order;
use crate::live::rig::{Bound, Played};
use crate::midi::learn::Learn;
use crate::midi::stream::Stream;
use crate::model::action::{Action, StripRef, parse};
use crate::model::control::{Does, MapTarget, MidiMap, Parameter, Response, Strip, Takeover};
use crate::model::performance::Performance;
use crate::model::project::Song;
use crate::session::act::{Act, resolve};
use crate::session::edit::{Edit, EffectSet, SongSet, StripSet, TrackSet};
use crate::session::history::{Outcome, Request, perform};

/// Largest map that is read.
const MAX_BYTES: u64 = 4 << 20;

/// The user's map, and what is being learned.
#[derive(Default)]
pub struct Learned {
    /// The map.
    pub map: MidiMap,
    /// Where it is kept.
    path: Option<PathBuf>,
    /// And whether it is for the project.
    learning: Option<(Learn, bool)>,
    /// What is in use, as it was sent last.
    bound: MidiMap,
}

impl Learned {
    /// The map in `path`. A file that is broken is left alone, and named.
    pub fn load(path: PathBuf) -> (Learned, Option<String>) {
        if !path.exists() {
            return (Learned { path: Some(path), ..Learned::default() }, None);
        }
        let text = read_limited(&path, MAX_BYTES).map_err(|e| e.to_string());
        let map = text.and_then(|bytes| {
            let broken = |e| format!("the MIDI map '{}' is broken: {e}", path.display());
            ron::de::from_bytes::<MidiMap>(&bytes).map_err(broken)
        });
        match map {
            Ok(map) => (Learned { map, path: Some(path), ..Learned::default() }, None),
            // Not written over: it may be mended by hand.
            Err(sentence) => (Learned::default(), Some(format!("{sentence}; nothing is mapped"))),
        }
    }

    fn save(&self) -> Result<(), String> {
        let Some(path) = &self.path else { return Ok(()) };
        let text = ron::ser::to_string_pretty(&self.map, ron::ser::PrettyConfig::default())
            .map_err(|e| e.to_string())?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| e.to_string())?;
        }
        write_atomic(path, text.as_bytes()).map_err(|e| e.to_string())
    }
}

impl Player {
    fn controls(&self) -> MidiMap {
        self.world.get_resource::<Song>().map(|song| song.controls.clone()).unwrap_or_default()
    }

    /// What the maps' lines play, the project's before the user's, sent to the hands; to be called when
    /// a map or the document changed.
    pub fn bind(&mut self, orders: &mut dyn FnMut(Order)) {
        let map = self.controls().over(&self.learned.map);
        let had = std::mem::replace(&mut self.learned.bound, map.clone());
        if had.is_empty() && map.is_empty() {
            return;
        }
        let played = map.bindings.iter().map(|b| match &b.does {
            Does::Action(line) => self.played(line),
            Does::Parameter(_) => Played::default(),
        });
        let played = played.collect();
        orders(Order::Bind(Box::new(Bound { map, played })));
    }

    fn played(&self, line: &str) -> Played {
        let act = parse(line).ok().and_then(|action| resolve(&self.world, &action).ok());
        let Some(Act::Perform(all)) = act else { return Played::default() };
        let [press] = all[..] else { return Played::default() };
        let release = match press {
            Performance::Launch(track, scene, _) => Some(Performance::Release(track, scene)),
            Performance::NoteOn(track, pitch, _) => Some(Performance::NoteOff(track, pitch)),
            Performance::Touch(strip, touch, _) => Some(Performance::Touch(strip, touch, 0.0)),
            Performance::Nudge(_) => Some(Performance::Nudge(0)),
            _ => None,
        };
        // Ending a recording needs the document.
        let own = !matches!(press, Performance::RecordEnd(_));
        Played { press: Some(press).filter(|_| own), release }
    }

    /// The line of a binding.
    pub(super) fn bound_line(&self, index: u16) -> Option<String> {
        match &self.learned.bound.bindings.get(usize::from(index))?.does {
            Does::Action(line) => Some(line.clone()),
            Does::Parameter(_) => None,
        }
    }

    /// Let the next control that is touched do what `line` says. A line that sets something which can
    /// be turned or switched teaches the control to do that, whatever value the line gives: a fader, a
    /// pan, mute, solo, listening, a send's level, the master's and the cue's level, a parameter of an
    /// instrument, of a pad or of an effect, an effect's bypass. `volume kick 0` has the control move
    /// the fader, `insert kick 1 set drive 0` the drive. What is learned for the `project` is saved
    /// with it and takes the control from what it does for the user.
    ///
    /// # Errors
    /// A line that is no action, or names what is not there.
    pub fn learn(&mut self, line: &str, project: bool) -> Result<String, String> {
        let does = self.does(line)?;
        let learn = Learn::new(does).map_err(|e| e.to_string())?;
        self.learned.learning = Some((learn, project));
        Ok(format!("touch the control that is to do “{line}”"))
    }

    fn does(&self, line: &str) -> Result<Does, String> {
        let action = parse(line).map_err(|e| e.to_string())?;
        Ok(match self.parameter(&action)? {
            Some(parameter) => Does::Parameter(parameter),
            None => Does::Action(action.to_string()),
        })
    }

    /// Take a line from the controls that do it, for the project and for the user.
    ///
    /// # Errors
    /// A line that no control does, or a map that cannot be kept.
    pub(super) fn unlearn(
        &mut self,
        line: &str,
        orders: &mut dyn FnMut(Order),
    ) -> Result<String, String> {
        let does = self.does(line)?;
        let mut controls = self.controls();
        let own = controls.take(&does);
        if !own.is_empty() {
            self.keep(controls)?;
        }
        let users = self.learned.map.take(&does);
        if !users.is_empty() {
            self.learned.save()?;
        }
        self.bind(orders);
        let freed: Vec<_> = own.iter().chain(&users).map(|b| b.source.to_string()).collect();
        match freed.is_empty() {
            true => Err(format!("no control does “{line}”")),
            false => Ok(format!("{}: free again", freed.join(", "))),
        }
    }

    /// The project's own map becomes this one: a step of the history.
    fn keep(&mut self, controls: MidiMap) -> Result<(), String> {
        let edit = Edit::Song(SongSet::Controls(controls));
        match perform(&mut self.world, Request::step("learn", edit)) {
            Outcome::Refused { error, .. } => Err(error.to_string()),
            _ => Ok(()),
        }
    }

    /// What an action sets, where a control can move that.
    fn parameter(&self, action: &Action) -> Result<Option<Parameter>, String> {
        let act = resolve(&self.world, action).map_err(|e| e.to_string())?;
        let (strip, target) = match (action, act) {
            (Action::Cue { .. }, _) => (Strip::Cue, MapTarget::Volume),
            (Action::Listen { strip, .. }, _) => (self.map_strip(strip)?, MapTarget::Cue),
            (_, Act::Edit { edit: Edit::Strip(id, set), .. }) => {
                let target = match set {
                    StripSet::Volume(_) => MapTarget::Volume,
                    StripSet::Pan(_) => MapTarget::Pan,
                    StripSet::Mute(_) => MapTarget::Mute,
                    StripSet::Solo(_) => MapTarget::Solo,
                    StripSet::SendLevel(bus, _) => MapTarget::Send(bus),
                    StripSet::Sends(_) if matches!(action, Action::SendLevel { .. }) => {
                        return Err("there is no such send yet: set its level first".to_owned());
                    }
                    _ => return Ok(None),
                };
                (Strip::from(id), target)
            }
            (
                _,
                Act::Edit {
                    edit: Edit::Track(id, TrackSet::Param { pad, name, value: Some(_) }),
                    ..
                },
            ) => {
                let target = match pad {
                    Some(note) => MapTarget::Pad(note, name),
                    None => MapTarget::Param(name),
                };
                (Strip::Track(id), target)
            }
            (
                Action::InsertSet { strip, .. } | Action::InsertBypass { strip, .. },
                Act::Edit { edit: Edit::Effect(id, set), .. },
            ) => {
                let target = match set {
                    EffectSet::Param { name, .. } => MapTarget::Insert(id, name),
                    EffectSet::Bypass(_) => MapTarget::Bypass(id),
                    _ => return Ok(None),
                };
                (self.map_strip(strip)?, target)
            }
            _ => return Ok(None),
        };
        let response = match target.is_switch() {
            true => Response::Toggle,
            false => Response::Absolute(Takeover::PickUp),
        };
        Ok(Some(Parameter { strip, target, min: 0.0, max: 1.0, response }))
    }

    fn map_strip(&self, wanted: &StripRef) -> Result<Strip, String> {
        self.strip(wanted).map(Strip::from).map_err(|e| e.to_string())
    }

    /// A control was touched: what is being learned may take it.
    pub(super) fn heard(
        &mut self,
        port: &str,
        bytes: &[u8],
        orders: &mut dyn FnMut(Order),
    ) -> Option<String> {
        let (learning, project) = self.learned.learning.as_mut()?;
        let project = *project;
        let mut found = None;
        Stream::default().feed(bytes, &mut |message| {
            found = found.take().or_else(|| learning.hear(port, &message));
        });
        let binding = found?;
        self.learned.learning = None;
        let mut said = format!("{} is learned", binding.source);
        let mut controls = self.controls();
        let own = controls.bindings.iter().any(|own| own.source.overlaps(&binding.source));
        let (replaced, kept) = if project {
            let replaced = controls.put(binding);
            (replaced, self.keep(controls))
        } else {
            let replaced = self.learned.map.put(binding);
            (replaced, self.learned.save())
        };
        if !replaced.is_empty() {
            said.push_str(", in place of what it did before");
        }
        if own && !project {
            said.push_str("; in this project it does what the project says");
        }
        if let Err(error) = kept {
            said.push_str(&format!(", but the map cannot be kept: {error}"));
        }
        self.bind(orders);
        Some(said)
    }
}
