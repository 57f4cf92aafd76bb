//! Checks of sounds and strips: instruments, kits, faders, racks, sends.

use std::collections::BTreeSet;

use super::{Checker, Field, MAX_INSERTS, MAX_STATE, Step, short};
use crate::model::mixer::{Effect, MixerSettings};
use crate::model::track::{Instrument, Kit, Pad, PadSound, TrackKind};

impl Checker<'_> {
    pub(super) fn kind(&mut self, kind: &TrackKind) {
        match kind {
            TrackKind::Instrument(instrument) => self.instrument(instrument),
            TrackKind::Drums(kit) => self.kit(kit),
            TrackKind::Audio | TrackKind::Group => {}
        }
    }

    fn instrument(&mut self, instrument: &Instrument) {
        self.file_stem("synth", &instrument.synth);
        self.params(&instrument.params);
    }

    fn kit(&mut self, kit: &Kit) {
        self.count("pads", kit.pads.len(), 128);
        let mut notes = BTreeSet::new();
        for (i, pad) in kit.pads.iter().enumerate() {
            let label = format!("pad '{}'", short(&pad.name));
            self.at(&[Field("pads"), Step::Index(i)], label, |c| {
                c.pad(pad);
                c.field("note", notes.insert(pad.note), || {
                    format!("note {} already plays another pad", pad.note)
                });
            });
        }
    }

    fn pad(&mut self, pad: &Pad) {
        self.name("name", &pad.name);
        self.field("note", pad.note <= 127, || format!("note {} is outside 0 to 127", pad.note));
        self.level("gain", pad.gain);
        self.at(&[Field("sound")], "", |c| match &pad.sound {
            PadSound::Synth { instrument, pitch } => {
                c.at(&[Field("instrument")], "", |c| c.instrument(instrument));
                c.range("pitch", *pitch, 0.0, 127.0);
            }
            PadSound::Sample { pitch, .. } => c.range("pitch", *pitch, -48.0, 48.0),
        });
    }

    /// A strip. `bus` is the place of the return bus it belongs to; the master's field is `master`.
    pub(super) fn strip(&mut self, field: &'static str, strip: &MixerSettings, bus: Option<usize>) {
        let label = if field == "master" { "master" } else { "" };
        self.at(&[Field(field)], label, |c| {
            c.level("volume", strip.volume);
            c.range("pan", strip.pan, -1.0, 1.0);
            c.count("inserts", strip.inserts.len(), MAX_INSERTS);
            for (i, effect) in strip.inserts.iter().enumerate() {
                let label = format!("insert '{}' (id {})", short(&effect.name), effect.id);
                c.at(&[Field("inserts"), Step::Index(i)], label, |c| c.effect(effect));
            }
            c.field("sends", field != "master" || strip.sends.is_empty(), || {
                "the master cannot send to a bus, because every bus plays into the master"
                    .to_owned()
            });
            let mut used = BTreeSet::new();
            for (i, send) in strip.sends.iter().enumerate() {
                if c.full() {
                    return;
                }
                c.at(&[Field("sends"), Step::Index(i)], "", |c| {
                    c.level("level", send.level);
                    let id = send.bus;
                    let target = c.index.buses.get(&id).copied();
                    c.field("bus", target.is_some(), || {
                        format!("it sends to bus {id}, which does not exist")
                    });
                    c.field("bus", used.insert(id), || format!("it has two sends to bus {id}"));
                    let later = !matches!((bus, target), (Some(own), Some(to)) if to <= own);
                    c.field("bus", later, || {
                        format!("it sends to bus {id}, but a bus sends only to buses further right")
                    });
                });
            }
        });
    }

    fn effect(&mut self, effect: &Effect) {
        self.file_stem("name", &effect.name);
        self.params(&effect.params);
        if let Some(track) = effect.key_from {
            self.track_exists("key_from", track);
        }
        self.field("state", effect.state.len() <= MAX_STATE, || {
            format!("the plug-in's state has {} bytes, more than {MAX_STATE}", effect.state.len())
        });
        let new = self.effects.insert(effect.id, ()).is_none();
        self.field("id", new, || format!("id {} is used by more than one insert", effect.id));
    }
}
