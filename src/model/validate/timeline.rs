//! Checks of what runs in time: tempo, clips, notes, automation, grooves, the arrangement.

use std::collections::{BTreeSet, HashSet};

use super::{
    Checker, Field, Key, MAX_ENTRIES, MAX_ID, MAX_INSTANCES, MAX_LANES, MAX_NOTES, MAX_POINTS,
    MAX_RAMP_TICKS, MAX_TICKS, Step, short, track_label,
};
use crate::model::arrangement::Arrangement;
use crate::model::automation::{AutomationLane, AutomationPoint, AutomationTarget};
use crate::model::clip::{AudioClip, Clip, ClipContent, LoopBrace, MidiClip, Note, WarpMode};
use crate::model::groove::GrooveTemplate;
use crate::model::launch::{FollowKind, FollowTime, LaunchSettings};
use crate::model::time::{TempoMap, Ticks};
use crate::model::track::{Track, TrackKind};

impl Checker<'_> {
    pub(super) fn tempo(&mut self, tempo: &TempoMap) {
        self.at(&[Field("tempo")], "tempo", |c| {
            c.count("changes", tempo.changes.len(), MAX_ENTRIES);
            let (mut before, mut ramps) = (0i64, 0i64);
            for (i, change) in tempo.changes.iter().enumerate() {
                let at = change.at.0;
                c.at(&[Field("changes"), Step::Index(i)], format!("change {}", i + 1), |c| {
                    c.field("at", at > before && at < MAX_TICKS, || {
                        format!(
                            "tick {at} does not come after the change before it at tick {before}"
                        )
                    });
                });
                if change.ramp {
                    ramps = ramps.saturating_add(at.saturating_sub(before));
                }
                before = at;
            }
            c.field("changes", ramps <= MAX_RAMP_TICKS, || {
                format!(
                    "all ramps together last {ramps} ticks, more than the {MAX_RAMP_TICKS} allowed"
                )
            });
        });
    }

    pub(super) fn clip(&mut self, track: &Track, clip: &Clip) {
        self.name("name", &clip.name);
        self.length("length", clip.length);
        if let Some(brace) = clip.loop_brace {
            self.brace(brace, clip.length, "the clip");
        }
        self.at(&[Field("launch")], "", |c| c.launch(&clip.launch));
        if let Some((groove, amount)) = clip.groove {
            self.groove_exists("groove", groove);
            self.range("groove", amount, 0.0, 1.3);
        }
        let fits = matches!(
            (&clip.content, &track.kind),
            (ClipContent::Midi(_), TrackKind::Instrument(_) | TrackKind::Drums(_))
                | (ClipContent::Audio(_), TrackKind::Audio)
        );
        self.field("content", fits, || match &clip.content {
            ClipContent::Midi(_) => "a clip of notes needs an instrument or drum track".to_owned(),
            ClipContent::Audio(_) => "an audio clip needs an audio track".to_owned(),
        });
        self.at(&[Field("content")], "", |c| match &clip.content {
            ClipContent::Midi(midi) => c.midi(midi),
            ClipContent::Audio(audio) => c.audio(audio),
        });
        self.at(&[Field("automation")], "", |c| c.lanes(track, &clip.automation));
    }

    fn brace(&mut self, brace: LoopBrace, length: Ticks, of: &str) {
        let ok = brace.start.0 >= 0 && brace.start < brace.end && brace.end <= length;
        self.field("loop_brace", ok, || {
            format!(
                "the loop runs from {} to {}, which is not inside {of}, 0 to {}",
                brace.start.0, brace.end.0, length.0
            )
        });
    }

    fn launch(&mut self, launch: &LaunchSettings) {
        self.range("velocity_amount", launch.velocity_amount, 0.0, 1.0);
        let Some(follow) = &launch.follow else { return };
        self.at(&[Field("follow")], "follow action", |c| {
            for (field, chance) in [("chance_a", follow.chance_a), ("chance_b", follow.chance_b)] {
                c.field(field, chance <= 100, || format!("a chance of {chance} is above 100"));
            }
            for (field, kind) in [("a", follow.a), ("b", follow.b)] {
                if let FollowKind::Jump(scene) = kind {
                    let ok = c.index.scenes.contains_key(&scene);
                    c.field(field, ok, || {
                        format!("it jumps to scene {scene}, which does not exist")
                    });
                }
            }
            match follow.after {
                FollowTime::Loops(n) => c.field("after", (1..=64).contains(&n), || {
                    format!("it waits for {n} times round, outside 1 to 64")
                }),
                FollowTime::Time(time) => c.length("after", time),
            }
        });
    }

    fn midi(&mut self, midi: &MidiClip) {
        self.count("notes", midi.notes.len(), MAX_NOTES);
        let mut ids = HashSet::with_capacity(midi.notes.len().min(MAX_NOTES));
        let mut before: Option<&Note> = None;
        for (i, note) in midi.notes.iter().enumerate() {
            let twice = !ids.insert(note.id);
            let disordered = before.is_some_and(|b| b.order() > note.order());
            before = Some(note);
            if twice || disordered || !note_in_range(note) {
                self.at(&[Field("notes"), Step::Index(i)], format!("note {}", note.id), |c| {
                    c.note(note);
                    c.field("id", note.id.0 < MAX_ID, || {
                        format!("an id of {} leaves no room for more", note.id)
                    });
                    c.field("id", !twice, || "its id is used twice in the clip".to_owned());
                    c.field("start", !disordered, || {
                        "notes are not in order of start, pitch and id".to_owned()
                    });
                });
            }
            if self.full() {
                return;
            }
        }
    }

    fn note(&mut self, note: &Note) {
        self.position("start", note.start);
        self.length("length", note.length);
        self.field("pitch", note.pitch <= 127, || {
            format!("pitch {} is outside 0 to 127", note.pitch)
        });
        self.field("velocity", (1..=127).contains(&note.velocity), || {
            format!("velocity {} is outside 1 to 127", note.velocity)
        });
        self.field("probability", note.probability <= 100, || {
            format!("a probability of {} % is above 100", note.probability)
        });
    }

    fn audio(&mut self, audio: &AudioClip) {
        self.level("gain", audio.gain);
        self.range("pitch", audio.pitch, -48.0, 48.0);
        let known = audio.warp != WarpMode::Rate || audio.source_bpm.is_some();
        self.field("warp", known, || {
            "following the tempo by speed needs the recording's own tempo (source_bpm)".to_owned()
        });
        self.count("markers", audio.markers.len(), MAX_POINTS);
        let mut before = Ticks::ZERO;
        for (i, marker) in audio.markers.iter().enumerate() {
            if self.full() {
                return;
            }
            let ok = marker.at >= before && marker.at.0 < MAX_TICKS && marker.frame < 1 << 40;
            self.at(&[Field("markers"), Step::Index(i)], "", |c| {
                c.field("at", ok, || {
                    format!("warp marker {} is out of order or out of range", i + 1)
                });
            });
            before = marker.at;
        }
    }

    /// The automation lanes of the list the path leads to.
    fn lanes(&mut self, track: &Track, lanes: &[AutomationLane]) {
        if lanes.len() > MAX_LANES {
            return self
                .fail(format!("has {} automation lanes, more than {MAX_LANES}", lanes.len()));
        }
        let mut targets = BTreeSet::new();
        for (i, lane) in lanes.iter().enumerate() {
            if self.full() {
                return;
            }
            self.at(&[Step::Index(i)], format!("automation {}", i + 1), |c| {
                c.lane(track, lane);
                c.field("target", targets.insert(&lane.target), || {
                    "another lane moves the same thing".to_owned()
                });
            });
        }
    }

    fn lane(&mut self, track: &Track, lane: &AutomationLane) {
        let (low, high) = match &lane.target {
            AutomationTarget::Volume => (-120.0, 24.0),
            AutomationTarget::Pan => (-1.0, 1.0),
            AutomationTarget::Send(bus) => {
                let ok = track.mixer.sends.iter().any(|s| s.bus == *bus);
                self.field("target", ok, || {
                    format!("{} has no send to bus {bus}", track_label(track))
                });
                (-120.0, 24.0)
            }
            AutomationTarget::Instrument(name) => {
                self.name("target", name);
                let ok = matches!(track.kind, TrackKind::Instrument(_));
                self.field("target", ok, || format!("{} has no instrument", track_label(track)));
                (f32::MIN, f32::MAX)
            }
            AutomationTarget::Effect(id, name) => {
                self.name("target", name);
                let ok = track.mixer.inserts.iter().any(|e| e.id == *id);
                self.field("target", ok, || format!("{} has no insert {id}", track_label(track)));
                (f32::MIN, f32::MAX)
            }
        };
        self.count("points", lane.points.len(), MAX_POINTS);
        let mut before = Ticks::ZERO;
        for (i, &AutomationPoint { at, value, .. }) in lane.points.iter().enumerate() {
            if self.full() {
                return;
            }
            let in_order = at >= before && at.0 < MAX_TICKS;
            before = at;
            // Values move in straight lines, so even a level must be a finite number here.
            if in_order && (low..=high).contains(&value) {
                continue;
            }
            self.at(&[Field("points"), Step::Index(i)], format!("point {}", i + 1), |c| {
                c.range("value", value, low, high);
                c.field("at", in_order, || {
                    format!("tick {} is before the point before it, or out of range", at.0)
                });
            });
        }
    }

    pub(super) fn groove(&mut self, groove: &GrooveTemplate) {
        self.name("name", &groove.name);
        self.length("span", groove.span);
        self.count("timing", groove.timing.len(), MAX_ENTRIES);
        self.count("velocity", groove.velocity.len(), MAX_ENTRIES);
        let most = i32::try_from(groove.span.0).unwrap_or(i32::MAX);
        let maps =
            [("timing", &groove.timing, most, "ticks"), ("velocity", &groove.velocity, 100, "%")];
        for (field, map, most, unit) in maps {
            for (&at, &by) in map {
                if self.full() {
                    return;
                }
                let inside = at.0 >= 0 && at < groove.span;
                if inside && by.unsigned_abs() <= most.unsigned_abs() {
                    continue;
                }
                self.at(&[Field(field), Key(at.0.to_string())], "", |c| {
                    if !inside {
                        c.fail(format!(
                            "position {} is outside the span of {} ticks",
                            at.0, groove.span.0
                        ));
                    } else {
                        c.fail(format!("a change of {by} {unit} is more than {most}"));
                    }
                });
            }
        }
    }

    pub(super) fn arrangement(&mut self, arrangement: &Arrangement) {
        let project = self.project;
        for (&id, lane) in &arrangement.lanes {
            let steps = [Field("lanes"), Key(id.to_string())];
            let Some(&i) = self.index.tracks.get(&id) else {
                self.at(&steps, "", |c| {
                    c.fail(format!("a lane belongs to track {id}, which does not exist"))
                });
                continue;
            };
            let track = &project.tracks[i];
            self.at(&steps, track_label(track), |c| {
                if lane.len() > MAX_INSTANCES {
                    return c.fail(format!(
                        "has {} clips in a row, more than {MAX_INSTANCES}",
                        lane.len()
                    ));
                }
                let own: HashSet<_> = track.clips.iter().map(|k| k.id).collect();
                let mut end = Ticks::ZERO;
                for (n, instance) in lane.iter().enumerate() {
                    if c.full() {
                        return;
                    }
                    c.at(&[Step::Index(n)], format!("instance {}", n + 1), |c| {
                        let id = instance.clip;
                        c.field("clip", own.contains(&id), || {
                            format!("the track has no clip {id}")
                        });
                        c.position("at", instance.at);
                        c.length("length", instance.length);
                        c.position("offset", instance.offset);
                        c.field("at", instance.at >= end, || {
                            format!(
                                "tick {} is before the end of the instance before it",
                                instance.at.0
                            )
                        });
                    });
                    end = instance.at + instance.length;
                }
            });
        }
        for (&id, lanes) in &arrangement.automation {
            self.at(&[Field("automation")], "", |c| match c.index.tracks.get(&id) {
                None => c.fail(format!("automation belongs to track {id}, which does not exist")),
                Some(&i) => {
                    let track = &project.tracks[i];
                    c.at(&[Key(id.to_string())], track_label(track), |c| c.lanes(track, lanes));
                }
            });
        }
        self.count("markers", arrangement.markers.len(), MAX_ENTRIES);
        for (i, marker) in arrangement.markers.iter().enumerate() {
            if self.full() {
                return;
            }
            let label = format!("marker '{}'", short(&marker.name));
            self.at(&[Field("markers"), Step::Index(i)], label, |c| {
                c.name("name", &marker.name);
                c.position("at", marker.at);
                if let Some(id) = marker.scene {
                    let ok = c.index.scenes.contains_key(&id);
                    c.field("scene", ok, || format!("there is no scene with id {id}"));
                }
            });
        }
        if let Some(brace) = arrangement.loop_brace {
            self.brace(brace, Ticks(MAX_TICKS), "the timeline");
        }
    }
}

fn note_in_range(n: &Note) -> bool {
    n.id.0 < MAX_ID
        && (0..MAX_TICKS).contains(&n.start.0)
        && (1..MAX_TICKS).contains(&n.length.0)
        && n.pitch <= 127
        && (1..=127).contains(&n.velocity)
        && n.probability <= 100
}
