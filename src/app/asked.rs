//! What controllers ask that needs the document: arming, recording, undo, learning.

use super::player::Player;
use crate::live::desk::{At, Order};
use crate::live::hands::Asked;
use crate::midi::pads::PadIntent;
use crate::model::ids::{SceneId, TrackId};
use crate::model::scene::Scene;
use crate::session::document::{Order as Places, part};

impl Player {
    fn places(&self, track: u16, scene: u16) -> Option<(TrackId, SceneId)> {
        let order = self.world.get_resource::<Places>()?;
        let track = order.tracks.get(usize::from(track))?;
        Some((*track, *order.scenes.get(usize::from(scene))?))
    }

    /// Do what a controller asks. Gives a sentence for people, if there is one.
    pub(super) fn asked(
        &mut self,
        asked: Asked,
        port: &str,
        orders: &mut dyn FnMut(Order),
    ) -> Option<String> {
        let line = match asked {
            Asked::Intent(PadIntent::Record) => return self.session_record(orders),
            Asked::Intent(PadIntent::Select(track)) => {
                let (track, _) = self.places(track, 0)?;
                orders(Order::Select(track));
                return None;
            }
            Asked::Intent(intent) => self.line_of(intent)?,
            Asked::Action(index, pressed) => self.bound_line(index).filter(|_| pressed)?,
            Asked::Heard(_, bytes, count) => {
                return self.heard(port, bytes.get(..usize::from(count))?, orders);
            }
        };
        match self.line(&line, At::Now, orders) {
            Ok(_) => None,
            Err(error) => Some(format!("“{line}”: {error}")),
        }
    }

    /// The record key: ends what records; else each armed track records into its first empty slot.
    fn session_record(&mut self, orders: &mut dyn FnMut(Order)) -> Option<String> {
        let armed: Vec<TrackId> = self.armed.iter().copied().collect();
        if armed.is_empty() {
            return Some("nothing is armed: arm a track to record into it".to_owned());
        }
        let recording: Vec<_> = armed.iter().filter(|track| self.records(**track)).collect();
        let lines: Vec<_> = if recording.is_empty() {
            let place = |track: &TrackId| match self.empty_slot(*track) {
                Some(scene) => Ok(format!("record #{} #{}", track.0, scene.0)),
                None => Err("there is no empty slot to record into: add a scene".to_owned()),
            };
            armed.iter().map(place).collect()
        } else {
            recording.iter().map(|track| Ok(format!("record end #{}", track.0))).collect()
        };
        let mut said = None;
        for line in lines {
            let done = line.and_then(|line| {
                self.line(&line, At::Now, orders).map_err(|error| format!("“{line}”: {error}"))
            });
            said = said.or(done.err());
        }
        said
    }

    fn empty_slot(&self, track: TrackId) -> Option<SceneId> {
        let scenes = &self.world.get_resource::<Places>()?.scenes;
        let empty = |scene: &&SceneId| {
            let scene = part::<Scene>(&self.world, **scene);
            scene.is_ok_and(|s| s.slots.get(&track).is_none_or(|slot| slot.clip.is_none()))
        };
        scenes.iter().find(empty).copied()
    }

    /// The line that says what a key of a pad controller means.
    fn line_of(&self, intent: PadIntent) -> Option<String> {
        let slot = |track: u16, scene: u16| {
            self.places(track, scene).map(|(t, s)| format!("#{} #{}", t.0, s.0))
        };
        let track = |track: u16| self.places(track, 0).map(|(t, _)| format!("#{}", t.0));
        Some(match intent {
            PadIntent::Launch { track: t, scene, .. } => {
                let (id, _) = self.places(t, scene)?;
                if self.records(id) {
                    format!("record end #{}", id.0)
                } else {
                    format!("record {}", slot(t, scene)?)
                }
            }
            PadIntent::Arm(t) => format!("arm {} toggle", track(t)?),
            PadIntent::Clear { track: t, scene } => format!("clip {} delete", slot(t, scene)?),
            PadIntent::Duplicate { track: t, scene } => {
                let (_, next) = self.places(t, scene + 1)?;
                format!("clip {} duplicate #{}", slot(t, scene)?, next.0)
            }
            PadIntent::Quantize { track: t, scene } => {
                format!("clip {} quantize 1/16", slot(t, scene)?)
            }
            PadIntent::Metronome => {
                format!("metronome {}", if self.metronome { "off" } else { "on" })
            }
            PadIntent::FixedLength if self.manner.length.is_some() => {
                "record length open".to_owned()
            }
            PadIntent::FixedLength => format!("record length {}", self.manner.fixed),
            PadIntent::Undo => "undo".to_owned(),
            PadIntent::Redo => "redo".to_owned(),
            PadIntent::Play if self.view()?.snapshot.playhead().playing => "stop".to_owned(),
            PadIntent::Play => "play".to_owned(),
            PadIntent::Tap => "tap".to_owned(),
            PadIntent::Nudge(by) => format!("nudge {}", i32::from(by) * 2),
            PadIntent::Tempo(by) => {
                let bpm = self.view()?.snapshot.playhead().bpm.get();
                format!("bpm {}", (bpm + f64::from(by)).clamp(20.0, 999.0))
            }
            _ => return None,
        })
    }
}
