//! What makes a project sound: limits, references, order and routes, checked as pure values.

mod strips;
#[cfg(test)]
mod tests;
mod timeline;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::control::MidiMap;
use super::ids::{BusId, EffectId, GrooveId, SceneId, TrackId};
use super::mixer::{Db, MixerSettings};
use super::project::{PROJECT_VERSION, Project};
use super::scene::Scene;
use super::time::{Signature, Ticks};
use super::track::{Track, TrackKind};

/// Most tracks in a project, groups included.
pub const MAX_TRACKS: usize = 256;
/// Most return buses.
pub const MAX_BUSES: usize = 64;
/// Most scenes.
pub const MAX_SCENES: usize = 1024;
/// Most clips on one track.
pub const MAX_CLIPS: usize = 4096;
/// Most notes in one clip.
pub const MAX_NOTES: usize = 100_000;
/// Most points in one automation lane, and most warp markers in one clip.
pub const MAX_POINTS: usize = 100_000;
/// Most automation lanes of one clip or of one track in the arrangement.
pub const MAX_LANES: usize = 256;
/// Most effects in one rack.
pub const MAX_INSERTS: usize = 32;
/// Most named parameters of one instrument or effect.
pub const MAX_PARAMS: usize = 1024;
/// Most tempo changes, groove templates, arrangement markers, and grid positions in one groove.
pub const MAX_ENTRIES: usize = 4096;
/// Most clip instances on one lane of the arrangement.
pub const MAX_INSTANCES: usize = 100_000;
/// Most bytes of a plug-in's saved state.
pub const MAX_STATE: usize = 8 << 20;
/// Most characters in a name.
pub const MAX_NAME: usize = 200;
/// Positions and lengths stay below this: 2^40 ticks, some 12 years at 180 BPM. Sums of two never overflow.
pub const MAX_TICKS: i64 = 1 << 40;
/// Longest stretch of all tempo ramps together: 4096 bars of 4/4. Ramps are stairs of a 64th note
/// ([`RAMP_STEP`](super::time::RAMP_STEP)), so this bounds the stairs.
pub const MAX_RAMP_TICKS: i64 = 4096 * 4 * super::time::PPQ;
/// Ids stay below this, so that counting on from the highest never overflows.
pub const MAX_ID: u32 = 1 << 31;
/// Problems gathered before the check stops looking.
pub const MAX_PROBLEMS: usize = 100;

/// One step from the project towards a value in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A named field.
    Field(&'static str),
    /// The n-th element of a list, from 0.
    Index(usize),
    /// A map's entry, by its key as written in a file.
    Key(String),
}

/// Something a project must not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The way to the culprit from the project down.
    pub path: Vec<Step>,
    /// The culprit in words: `track 'Kick' (id 3), clip 'Roll' (id 9), note 17`.
    pub place: String,
    /// What is wrong with it.
    pub cause: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            write!(f, "{}", self.cause)
        } else {
            write!(f, "{}: {}", self.place, self.cause)
        }
    }
}

impl Project {
    /// Checks everything the rest of the program relies on: ids, references, routes, ranges, order
    /// and counts. Pure: it looks at no file, so a sample or SynthDef that does not exist is no problem.
    ///
    /// # Errors
    /// Every problem found, in the order of the project, at most [`MAX_PROBLEMS`].
    pub fn validate(&self) -> Result<(), Vec<Problem>> {
        let mut check = Checker::new(self);
        check.project();
        if check.problems.is_empty() { Ok(()) } else { Err(check.problems) }
    }

    /// The smallest id counter that is above every id in use (notes count within their clip only).
    pub fn lowest_next_id(&self) -> u32 {
        let strips = self.tracks.iter().map(|t| &t.mixer);
        let strips = strips.chain(self.buses.iter().map(|b| &b.mixer)).chain([&self.song.master]);
        let ids = strips.flat_map(|m| m.inserts.iter().map(|e| e.id.0));
        let ids = ids
            .chain(self.tracks.iter().map(|t| t.id.0))
            .chain(self.tracks.iter().flat_map(|t| t.clips.iter().map(|c| c.id.0)))
            .chain(self.buses.iter().map(|b| b.id.0))
            .chain(self.scenes.iter().map(|s| s.id.0))
            .chain(self.grooves.iter().map(|g| g.id.0));
        ids.max().map_or(1, |id| id.saturating_add(1))
    }
}

/// What the project holds, by id: where an id first appears in its list.
struct Index {
    tracks: HashMap<TrackId, usize>,
    buses: HashMap<BusId, usize>,
    scenes: HashMap<SceneId, usize>,
    grooves: HashMap<GrooveId, usize>,
}

struct Checker<'a> {
    project: &'a Project,
    index: Index,
    effects: HashMap<EffectId, ()>,
    path: Vec<Step>,
    place: Vec<String>,
    problems: Vec<Problem>,
}

use Step::{Field, Key};

fn first_at<T: Eq + std::hash::Hash>(ids: impl Iterator<Item = T>) -> HashMap<T, usize> {
    let mut map = HashMap::new();
    for (i, id) in ids.enumerate() {
        map.entry(id).or_insert(i);
    }
    map
}

impl<'a> Checker<'a> {
    fn new(project: &'a Project) -> Self {
        let index = Index {
            tracks: first_at(project.tracks.iter().map(|t| t.id)),
            buses: first_at(project.buses.iter().map(|b| b.id)),
            scenes: first_at(project.scenes.iter().map(|s| s.id)),
            grooves: first_at(project.grooves.iter().map(|g| g.id)),
        };
        Checker {
            project,
            index,
            effects: HashMap::new(),
            path: Vec::new(),
            place: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Runs `f` one level further in. `label` names the level for people; empty names nothing.
    fn at(&mut self, steps: &[Step], label: impl Into<String>, f: impl FnOnce(&mut Self)) {
        let depth = (self.path.len(), self.place.len());
        self.path.extend_from_slice(steps);
        let label = label.into();
        if !label.is_empty() {
            self.place.push(label);
        }
        f(self);
        self.path.truncate(depth.0);
        self.place.truncate(depth.1);
    }

    fn full(&self) -> bool {
        self.problems.len() >= MAX_PROBLEMS
    }

    fn fail(&mut self, cause: impl Into<String>) {
        if !self.full() {
            let place = self.place.join(", ");
            self.problems.push(Problem { path: self.path.clone(), place, cause: cause.into() });
        }
    }

    /// A problem with the field here unless `ok`.
    fn field(&mut self, field: &'static str, ok: bool, cause: impl FnOnce() -> String) {
        if !ok {
            self.at(&[Field(field)], "", |c| c.fail(cause()));
        }
    }

    fn count(&mut self, field: &'static str, n: usize, max: usize) {
        self.field(field, n <= max, || format!("has {n} {field}, more than the {max} allowed"));
    }

    fn name(&mut self, field: &'static str, name: &str) {
        let n = name.chars().count();
        self.field(field, n <= MAX_NAME, || {
            format!("the name has {n} characters, more than the {MAX_NAME} allowed")
        });
        self.field(field, !name.chars().any(char::is_control), || {
            "the name holds a line break or another control character".to_owned()
        });
    }

    /// A name that may become a file's stem: of a SynthDef or a plug-in's class.
    fn file_stem(&mut self, field: &'static str, name: &str) {
        self.name(field, name);
        let ok = !name.is_empty() && !name.contains(['/', '\\', ':']) && !name.starts_with('.');
        self.field(field, ok, || {
            format!(
                "{:?} cannot be the name of a sound: no '/', '\\', ':' or leading dot",
                short(name)
            )
        });
    }

    fn range(&mut self, field: &'static str, value: f32, low: f32, high: f32) {
        self.field(field, (low..=high).contains(&value), || {
            format!("{} {value} is outside {low} to {high}", words(field))
        });
    }

    fn finite(&mut self, field: &'static str, value: f32) {
        self.field(field, value.is_finite(), || {
            format!("{} is {value}, not a number", words(field))
        });
    }

    fn level(&mut self, field: &'static str, level: Db) {
        let ok = level == Db::SILENCE || (level.is_valid() && level.0 >= -120.0);
        self.field(field, ok, || {
            format!("{} {} dB is outside -120 to 24 (or -inf)", words(field), level.0)
        });
    }

    fn params(&mut self, params: &BTreeMap<String, f32>) {
        self.count("params", params.len(), MAX_PARAMS);
        for (name, value) in params {
            self.at(&[Field("params"), Key(format!("{:?}", short(name)))], "", |c| {
                if !value.is_finite() {
                    c.fail(format!("parameter {:?} is {value}, not a number", short(name)));
                }
                if name.is_empty()
                    || name.chars().count() > MAX_NAME
                    || name.chars().any(char::is_control)
                {
                    c.fail(format!("{:?} cannot be the name of a parameter", short(name)));
                }
            });
        }
    }

    /// A position: from 0, below [`MAX_TICKS`].
    fn position(&mut self, field: &'static str, at: Ticks) {
        self.field(field, (0..MAX_TICKS).contains(&at.0), || {
            format!("{} {} is outside 0 to {} ticks", words(field), at.0, MAX_TICKS - 1)
        });
    }

    /// A length: at least one tick, below [`MAX_TICKS`].
    fn length(&mut self, field: &'static str, length: Ticks) {
        self.field(field, (1..MAX_TICKS).contains(&length.0), || {
            format!("{} {} is outside 1 to {} ticks", words(field), length.0, MAX_TICKS - 1)
        });
    }

    fn signature(&mut self, signature: Signature) {
        let ok = Signature::checked(signature.numerator, signature.denominator).is_some();
        self.field("signature", ok, || {
            format!("{signature} is no time signature: 1 to 32 over 1, 2, 4, 8, 16 or 32")
        });
    }

    fn track_exists(&mut self, field: &'static str, id: TrackId) {
        let ok = self.index.tracks.contains_key(&id);
        self.field(field, ok, || format!("there is no track with id {id}"));
    }

    fn groove_exists(&mut self, field: &'static str, id: GrooveId) {
        let ok = self.index.grooves.contains_key(&id);
        self.field(field, ok, || format!("there is no groove with id {id}"));
    }

    /// Reports ids that appear twice in one list.
    fn unique<T: Eq + std::hash::Hash + Copy + fmt::Display>(
        &mut self,
        list: &'static str,
        ids: impl Iterator<Item = T>,
    ) {
        let mut seen = HashMap::new();
        for (i, id) in ids.enumerate() {
            if seen.insert(id, ()).is_some() {
                self.at(&[Field(list), Step::Index(i), Field("id")], "", |c| {
                    c.fail(format!("id {id} is used by more than one of the {list}"));
                });
            }
        }
    }

    fn project(&mut self) {
        let project = self.project;
        self.field("version", project.version == PROJECT_VERSION, || {
            format!("the version is {}, not {PROJECT_VERSION}", project.version)
        });
        self.song();
        self.count("tracks", project.tracks.len(), MAX_TRACKS);
        self.count("buses", project.buses.len(), MAX_BUSES);
        self.count("scenes", project.scenes.len(), MAX_SCENES);
        self.count("grooves", project.grooves.len(), MAX_ENTRIES);
        if self.full() || project.tracks.len() > MAX_TRACKS || project.scenes.len() > MAX_SCENES {
            return;
        }
        self.unique("tracks", project.tracks.iter().map(|t| t.id));
        self.unique("buses", project.buses.iter().map(|b| b.id));
        self.unique("scenes", project.scenes.iter().map(|s| s.id));
        self.unique("grooves", project.grooves.iter().map(|g| g.id));
        let mut clips = HashMap::new();
        for (i, track) in project.tracks.iter().enumerate() {
            self.at(&[Field("tracks"), Step::Index(i)], track_label(track), |c| {
                c.track(track);
                for (k, clip) in track.clips.iter().enumerate() {
                    if clips.insert(clip.id, ()).is_some() {
                        c.at(&[Field("clips"), Step::Index(k), Field("id")], "", |c| {
                            c.fail(format!("id {} is used by more than one clip", clip.id));
                        });
                    }
                }
            });
        }
        for (i, bus) in project.buses.iter().enumerate() {
            let label = format!("bus '{}' (id {})", short(&bus.name), bus.id);
            self.at(&[Field("buses"), Step::Index(i)], label, |c| {
                c.name("name", &bus.name);
                c.strip("mixer", &bus.mixer, Some(i));
            });
        }
        for (i, scene) in project.scenes.iter().enumerate() {
            let label = format!("scene '{}' (id {})", short(&scene.name), scene.id);
            self.at(&[Field("scenes"), Step::Index(i)], label, |c| c.scene(scene));
        }
        if let Some(arrangement) = &project.arrangement {
            self.at(&[Field("arrangement")], "arrangement", |c| c.arrangement(arrangement));
        }
        for (i, groove) in project.grooves.iter().enumerate() {
            let label = format!("groove '{}' (id {})", short(&groove.name), groove.id);
            self.at(&[Field("grooves"), Step::Index(i)], label, |c| c.groove(groove));
        }
        if self.problems.is_empty() {
            self.routes();
        }
    }

    fn song(&mut self) {
        let song = &self.project.song;
        let lowest = self.project.lowest_next_id();
        self.at(&[Field("song")], "song", |c| {
            c.name("name", &song.name);
            c.tempo(&song.tempo);
            c.signature(song.signature);
            if let Some(groove) = song.groove {
                c.groove_exists("groove", groove);
            }
            c.range("groove_amount", song.groove_amount, 0.0, 1.3);
            c.strip("master", &song.master, None);
            c.level("cue", song.cue);
            c.controls(&song.controls);
            c.field("next_id", song.next_id.0 >= lowest, || {
                format!("next_id is {}, but ids up to {} are in use", song.next_id.0, lowest - 1)
            });
            c.field("next_id", song.next_id.0 <= MAX_ID, || {
                format!("next_id is {}, which leaves no room for more ids", song.next_id.0)
            });
        });
    }

    fn controls(&mut self, map: &MidiMap) {
        self.count("controls", map.bindings.len(), MAX_ENTRIES);
        for (i, binding) in map.bindings.iter().enumerate() {
            if let Err(fault) = binding.check() {
                let steps = [Field("controls"), Field("bindings"), Step::Index(i)];
                self.at(&steps, format!("binding {}", i + 1), |c| c.fail(fault.to_string()));
            }
        }
    }

    fn track(&mut self, track: &Track) {
        self.name("name", &track.name);
        if let Some(group) = track.group {
            let parent = self.index.tracks.get(&group).map(|&i| &self.project.tracks[i]);
            let ok = parent.is_some_and(|p| p.kind == TrackKind::Group);
            self.field("group", ok, || format!("there is no group track with id {group}"));
        }
        self.at(&[Field("kind")], "", |c| c.kind(&track.kind));
        self.strip("mixer", &track.mixer, None);
        self.count("clips", track.clips.len(), MAX_CLIPS);
        for (i, clip) in track.clips.iter().enumerate() {
            if self.full() {
                return;
            }
            let label = format!("clip '{}' (id {})", short(&clip.name), clip.id);
            self.at(&[Field("clips"), Step::Index(i)], label, |c| c.clip(track, clip));
        }
        if let Some(a) = &track.analysis {
            self.at(&[Field("analysis")], "analysis", |c| {
                c.finite("dominant_freq_hz", a.dominant_freq_hz);
                c.finite("spectral_centroid_hz", a.spectral_centroid_hz);
                c.field("loudness_lufs", !a.loudness_lufs.is_nan(), || {
                    "loudness is not a number".to_owned()
                });
                c.finite("crest_db", a.crest_db);
                c.finite("onsets_per_s", a.onsets_per_s);
            });
        }
    }

    fn scene(&mut self, scene: &Scene) {
        self.name("name", &scene.name);
        if let Some(signature) = scene.signature {
            self.signature(signature);
        }
        for (&id, slot) in &scene.slots {
            self.at(&[Field("slots"), Key(id.to_string())], "", |c| {
                let Some(&i) = c.index.tracks.get(&id) else {
                    return c.fail(format!("a slot belongs to track {id}, which does not exist"));
                };
                let track = &c.project.tracks[i];
                if let Some(clip) = slot.clip
                    && !track.clips.iter().any(|k| k.id == clip)
                {
                    c.fail(format!(
                        "its slot holds clip {clip}, which {} does not have",
                        track_label(track)
                    ));
                }
            });
        }
    }

    /// The whole signal graph: tracks into their groups, sends into buses, keys into racks.
    fn routes(&mut self) {
        let project = self.project;
        let tracks = project.tracks.len();
        let mut into: Vec<Vec<usize>> = vec![Vec::new(); tracks + project.buses.len()];
        let keys = |m: &MixerSettings, node: usize, into: &mut Vec<Vec<usize>>| {
            for id in m.inserts.iter().filter_map(|e| e.key_from) {
                if let Some(&from) = self.index.tracks.get(&id) {
                    into[node].push(from);
                }
            }
        };
        let sends = |m: &MixerSettings, node: usize, into: &mut Vec<Vec<usize>>| {
            for send in &m.sends {
                if let Some(&bus) = self.index.buses.get(&send.bus) {
                    into[tracks + bus].push(node);
                }
            }
        };
        for (i, track) in project.tracks.iter().enumerate() {
            if let Some(&group) = track.group.and_then(|g| self.index.tracks.get(&g)) {
                into[group].push(i);
            }
            keys(&track.mixer, i, &mut into);
            sends(&track.mixer, i, &mut into);
        }
        for (i, bus) in project.buses.iter().enumerate() {
            keys(&bus.mixer, tracks + i, &mut into);
            sends(&bus.mixer, tracks + i, &mut into);
        }
        if let Some(node) = cycle(&into) {
            let step = match node.checked_sub(tracks) {
                None => [Field("tracks"), Step::Index(node)],
                Some(bus) => [Field("buses"), Step::Index(bus)],
            };
            let label = match node.checked_sub(tracks) {
                None => track_label(&project.tracks[node]),
                Some(bus) => format!("bus '{}'", short(&project.buses[bus].name)),
            };
            self.at(&step, label, |c| {
                c.fail("its signal comes back to it through groups, sends or sidechain keys");
            });
        }
    }
}

/// A node on a cycle, if there is one. `into[n]` lists the nodes that feed node `n`.
fn cycle(into: &[Vec<usize>]) -> Option<usize> {
    // Kahn's algorithm, 1962: what is never freed of its feeders lies on or behind a cycle.
    let mut open: Vec<usize> = into.iter().map(Vec::len).collect();
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); into.len()];
    for (node, feeders) in into.iter().enumerate() {
        for &f in feeders {
            out[f].push(node);
        }
    }
    let mut ready: Vec<usize> = (0..into.len()).filter(|&n| open[n] == 0).collect();
    while let Some(node) = ready.pop() {
        for &next in &out[node] {
            open[next] -= 1;
            if open[next] == 0 {
                ready.push(next);
            }
        }
    }
    // Walking back along unfreed feeders ends on the cycle itself.
    let mut node = (0..into.len()).find(|&n| open[n] > 0)?;
    for _ in 0..into.len() {
        node = into[node].iter().copied().find(|&f| open[f] > 0)?;
    }
    Some(node)
}

fn track_label(track: &Track) -> String {
    format!("track '{}' (id {})", short(&track.name), track.id)
}

/// At most 40 characters of a name, without control characters.
fn short(name: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut text: String = name.chars().take(40).map(clean).collect();
    if name.chars().nth(40).is_some() {
        text.push('…');
    }
    text
}

/// A field's name as people read it.
fn words(field: &str) -> String {
    field.replace('_', " ")
}
