//! Somebody who plays and edits a project by lines of actions, at random and all at once.

use hardcore::model::ids::{BusId, ClipId, SceneId, TrackId};
use hardcore::model::project::Project;
use hardcore::model::track::TrackKind;
use rand::Rng;
use rand_pcg::Pcg64Mcg;

const INSTRUMENTS: [&str; 5] = ["hoover", "acid_303", "lead_screech", "stab_rave", "kick_gabber"];
const EFFECTS: [&str; 7] = [
    "fx_filter",
    "fx_distortion",
    "fx_compressor",
    "fx_chorus",
    "fx_delay",
    "fx_limiter",
    "fx_ducker",
];
const GRIDS: [&str; 8] = ["none", "1bar", "1/2", "1/4", "1/8", "1/8t", "1/16", "1/32"];
const FOLLOWS: [&str; 8] = ["next", "previous", "first", "last", "any", "other", "again", "stop"];
/// Beyond these it grows no more.
const MOST_TRACKS: usize = 14;
const MOST_SCENES: usize = 7;
const MOST_BUSES: usize = 4;

/// What there is to name in a project, by stable ids.
struct Names<'a> {
    p: &'a Project,
    rng: &'a mut Pcg64Mcg,
}

fn one<T: Copy>(rng: &mut Pcg64Mcg, of: &[T]) -> Option<T> {
    (!of.is_empty()).then(|| of[rng.random_range(0..of.len())])
}

impl Names<'_> {
    fn below(&mut self, n: usize) -> usize {
        self.rng.random_range(0..n.max(1))
    }

    fn word(&mut self, of: &[&'static str]) -> &'static str {
        of[self.rng.random_range(0..of.len())]
    }

    fn float(&mut self, from: f32, to: f32) -> f32 {
        (self.rng.random_range(from..to) * 100.0).round() / 100.0
    }

    fn track_id(&mut self) -> Option<TrackId> {
        let all: Vec<_> = self.p.tracks.iter().map(|t| t.id).collect();
        one(self.rng, &all)
    }

    fn track(&mut self) -> Option<String> {
        self.track_id().map(|id| format!("#{id}"))
    }

    /// A track of a kind.
    fn of_kind(&mut self, is: fn(&TrackKind) -> bool) -> Option<String> {
        let all: Vec<_> = self.p.tracks.iter().filter(|t| is(&t.kind)).map(|t| t.id).collect();
        one(self.rng, &all).map(|id| format!("#{id}"))
    }

    fn melodic(&mut self) -> Option<String> {
        self.of_kind(|k| matches!(k, TrackKind::Instrument(_)))
    }

    fn scene(&mut self) -> Option<String> {
        let all: Vec<SceneId> = self.p.scenes.iter().map(|s| s.id).collect();
        one(self.rng, &all).map(|id| format!("#{id}"))
    }

    fn bus(&mut self) -> Option<String> {
        let all: Vec<BusId> = self.p.buses.iter().map(|b| b.id).collect();
        one(self.rng, &all).map(|id| format!("#{id}"))
    }

    fn strip(&mut self) -> Option<String> {
        match self.below(8) {
            0 => Some("master".into()),
            1 => self.bus().map(|b| format!("bus {b}")),
            _ => self.track(),
        }
    }

    /// A strip with performance effects.
    fn hands(&mut self) -> Option<String> {
        if self.rng.random_bool(0.5) {
            return Some("master".into());
        }
        self.of_kind(|k| *k == TrackKind::Group)
    }

    /// A clip, in a slot or not; of notes if asked so.
    fn clip(&mut self, notes: bool) -> Option<String> {
        let clips = self.p.tracks.iter().flat_map(|t| &t.clips);
        let fits = clips.filter(|c| !notes || c.midi().is_some());
        let all: Vec<ClipId> = fits.map(|c| c.id).collect();
        one(self.rng, &all).map(|id| format!("@{id}"))
    }

    fn slot(&mut self) -> Option<String> {
        Some(format!("{} {}", self.track()?, self.scene()?))
    }

    fn place(&mut self) -> String {
        let (bar, beat) = (1 + self.below(8), 1 + self.below(4));
        format!("{bar}.{beat}.{}", 1 + self.below(4))
    }

    /// A place in a bar.
    fn near(&mut self) -> String {
        format!("1.{}.{}", 1 + self.below(4), 1 + self.below(4))
    }

    fn pitch(&mut self) -> usize {
        let all = [36, 38, 42, 46, 47, 48, 53, 60];
        all[self.below(all.len())]
    }

    fn insert(&mut self) -> Option<(String, usize)> {
        let strips = self.p.tracks.iter().map(|t| (format!("#{}", t.id), t.mixer.inserts.len()));
        let master = ("master".to_owned(), self.p.song.master.inserts.len());
        let all: Vec<_> = strips.chain([master]).filter(|(_, n)| *n > 0).collect();
        (!all.is_empty()).then(|| all[self.below(all.len())].clone())
    }
}

/// What one does with hands: nothing of it changes the document, but for levels.
fn played(n: &mut Names) -> Option<String> {
    Some(match n.below(100) {
        0..24 => format!("launch {}", n.clip(false)?),
        24..30 => format!("scene {}", n.scene()?),
        30..34 => format!("release {}", n.clip(false)?),
        34..36 => format!("fill {}", n.clip(false)?),
        36..40 => format!("stop {}", n.track()?),
        40 => "stop all".into(),
        41 => "cancel".into(),
        42 => format!("cancel {}", n.track()?),
        43 => "back".into(),
        44 => format!("back {}", n.track()?),
        45 => n.word(&["play", "continue", "stop", "count in 1"]).into(),
        46 => format!("locate {}", n.place()),
        47 => format!("nudge {}", n.float(-4.0, 4.0)),
        48..50 => format!("glide {} {}", 120 + n.below(140), 1 + n.below(16)),
        50 => format!("metronome {}", n.word(&["on", "off"])),
        51..62 => format!("note on {} {} vel {}", n.track()?, n.pitch(), 1 + n.below(127)),
        62..74 => format!("note off {} {}", n.track()?, n.pitch()),
        74 => format!("touch {} off", n.hands()?),
        75..80 => {
            let hands = n.hands()?;
            let what = n.word(&["mute on", "mute off", "kickkill on", "repeat 1/16", "repeat off"]);
            format!("touch {hands} {what}")
        }
        80..83 => format!("touch {} filter {}", n.hands()?, n.float(-1.0, 1.0)),
        83..85 => {
            let hands = n.hands()?;
            let what = n.word(&["tape on", "tape off", "stutter 1/16", "stutter off", "mute off"]);
            format!("touch {hands} {what}")
        }
        85 => format!("listen {} {}", n.strip()?, n.word(&["on", "off"])),
        86..91 => format!("volume {} {}", n.strip()?, n.float(-30.0, 0.0)),
        91..93 => format!("pan {} {}", n.strip()?, n.float(-1.0, 1.0)),
        93 => format!("mute {} {}", n.strip()?, n.word(&["off", "off", "toggle"])),
        94 => format!("solo {} {}", n.strip()?, n.word(&["off", "off", "off", "toggle"])),
        95..97 => format!("send {} {} {}", n.track()?, n.bus()?, n.float(-40.0, -6.0)),
        97 => format!("record {}{}", n.slot()?, n.word(&["", " for 1bar", " for 2bars"])),
        98 => format!("record end {}", n.track()?),
        _ => n.word(&["tap", "panic", "arm 3 toggle"]).into(),
    })
}

/// What changes what a clip plays, or how.
fn clips(n: &mut Names) -> Option<String> {
    Some(match n.below(30) {
        0..5 => {
            let (clip, pitch, at) = (n.clip(true)?, n.pitch(), n.near());
            let length = n.word(&["1/16", "1/8", "1/4"]);
            format!("clip {clip} note {pitch} at {at} for {length} vel {}", 20 + n.below(108))
        }
        5 => format!("clip {} clear", n.clip(true)?),
        6 => format!("clip {} transpose {}", n.clip(true)?, n.below(13) as i32 - 6),
        7 => format!("clip {} quantize 1/16", n.clip(true)?),
        8 => format!("clip {} double", n.clip(true)?),
        9 => format!("clip {} halve", n.clip(true)?),
        10 => format!("clip {} length {}bars", n.clip(false)?, 1 + n.below(2)),
        11 => format!("clip {} loop off", n.clip(false)?),
        12 => format!("clip {} loop {} 1/4", n.clip(false)?, n.near()),
        13 => format!("clip {} mute {}", n.clip(false)?, n.word(&["off", "on", "off"])),
        14 => {
            let clip = n.clip(false)?;
            format!("clip {clip} mode {}", n.word(&["trigger", "gate", "toggle", "repeat"]))
        }
        15 => format!("clip {} launch {}", n.clip(false)?, n.word(&GRIDS)),
        16 => format!("clip {} legato toggle", n.clip(false)?),
        17 | 18 => {
            let (clip, a, b) = (n.clip(false)?, n.word(&FOLLOWS), n.word(&FOLLOWS));
            let chance = n.below(101);
            format!("clip {clip} follow {a} chance {chance} else {b} after {}", 1 + n.below(3))
        }
        19 => format!("clip {} follow off", n.clip(false)?),
        20 | 21 => format!("clip {} move {}", n.clip(false)?, n.scene()?),
        22 => format!("clip {} duplicate {}", n.clip(false)?, n.scene()?),
        23 => format!("clip {} delete", n.clip(false)?),
        24 => format!("clip {} add 1bar", n.slot()?),
        25 => format!("clip {} groove off", n.clip(false)?),
        26 => format!("clip {} velocity {}", n.clip(false)?, n.float(0.0, 1.0)),
        27 => {
            format!(
                "clip {} automate volume at {} {}",
                n.clip(true)?,
                n.near(),
                n.float(-20.0, 0.0)
            )
        }
        28 => format!("clip {} automate volume off", n.clip(true)?),
        _ => format!("slot {} stop toggle", n.slot()?),
    })
}

/// What changes racks and the mixer.
fn mixer(n: &mut Names) -> Option<String> {
    Some(match n.below(22) {
        0..3 => format!("insert {} add {}", n.strip()?, n.word(&EFFECTS)),
        3 | 4 => {
            let (strip, count) = n.insert()?;
            format!("insert {strip} {} delete", 1 + n.below(count))
        }
        5..8 => {
            let (strip, count) = n.insert()?;
            format!("insert {strip} {} move {}", 1 + n.below(count), 1 + n.below(count))
        }
        8 | 9 => {
            let (strip, count) = n.insert()?;
            format!("insert {strip} {} bypass toggle", 1 + n.below(count))
        }
        10 => {
            let (strip, count) = n.insert()?;
            format!("insert {strip} {} key {}", 1 + n.below(count), n.track()?)
        }
        11 => format!("send {} {} pre toggle", n.track()?, n.bus()?),
        12 => format!("send {} {} off", n.track()?, n.bus()?),
        13 if n.p.buses.len() < MOST_BUSES => "bus add Extra".into(),
        13 | 14 => format!("bus {} delete", n.bus()?),
        15 => format!("bus {} move {}", n.bus()?, 1 + n.below(n.p.buses.len())),
        16 => format!("bus {} safe toggle", n.bus()?),
        17 => format!("param {} cutoff {}", n.melodic()?, 200 + n.below(3000)),
        18 => format!("cue {}", n.float(-20.0, 0.0)),
        _ => {
            let (strip, count) = n.insert()?;
            let param = n.word(&["drive", "cutoff", "depth", "ratio", "mix"]);
            format!("insert {strip} {} set {param} {}", 1 + n.below(count), n.float(0.1, 4.0))
        }
    })
}

/// What changes which tracks and scenes there are, and the song.
fn song(n: &mut Names) -> Option<String> {
    let tracks = n.p.tracks.len();
    let scenes = n.p.scenes.len();
    Some(match n.below(30) {
        0 | 1 if tracks < MOST_TRACKS => {
            format!("track add instrument {} Extra", n.word(&INSTRUMENTS))
        }
        2 if tracks < MOST_TRACKS => "track add group Gang".into(),
        3 if tracks < MOST_TRACKS => format!("track {} duplicate", n.track()?),
        0..4 => format!("track {} delete", n.track()?),
        4 | 5 => format!("track {} move {}", n.track()?, 1 + n.below(tracks)),
        6 => format!("track {} group {}", n.track()?, n.of_kind(|k| *k == TrackKind::Group)?),
        7 => format!("track {} ungroup", n.track()?),
        8 => format!("track {} instrument {}", n.melodic()?, n.word(&INSTRUMENTS)),
        9 if scenes < MOST_SCENES => "scene add More".into(),
        10 if scenes < MOST_SCENES => format!("scene {} duplicate", n.scene()?),
        9..11 if scenes > 2 => format!("scene {} delete", n.scene()?),
        9..12 => format!("scene {} move {}", n.scene()?, 1 + n.below(scenes)),
        12 => format!("scene {} tempo {} over {}", n.scene()?, 140 + n.below(80), 1 + n.below(8)),
        13 => format!("scene {} tempo off", n.scene()?),
        14 => format!("scene {} signature {}", n.scene()?, n.word(&["3/4", "4/4", "7/8"])),
        15 => format!("signature {}", n.word(&["4/4", "3/4", "4/4"])),
        16 | 17 => format!("quantize {}", n.word(&GRIDS)),
        18 => format!("bpm {}", 130 + n.below(120)),
        19 => format!("tempo {} at {}", 130 + n.below(120), n.place()),
        20 => "tempo clear".into(),
        21 => format!("seed {}", n.below(1000)),
        22 => format!("arrange {} at {} for 2bars", n.clip(false)?, n.place()),
        23 => format!("arrange {} delete {}", n.track()?, n.place()),
        24 => format!("loop {} 2bars", n.place()),
        25 => "loop off".into(),
        26 => {
            let kit = n.of_kind(|k| matches!(k, TrackKind::Drums(_)))?;
            let (pitch, group) = (n.pitch(), 1 + n.below(3));
            match n.below(3) {
                0 => format!("pad {kit} {pitch} choke {group}"),
                1 => format!("pad {kit} {pitch} gain -{group}"),
                _ => format!("pad {kit} {pitch} synth kick_gabber F1"),
            }
        }
        _ => n.word(&["undo", "undo", "redo"]).into(),
    })
}

/// A line that may be done to `p`: nearly always it can be, and two of three are played, not edited.
pub fn line(rng: &mut Pcg64Mcg, p: &Project) -> String {
    loop {
        let kind = rng.random_range(0..100);
        let n = &mut Names { p, rng };
        let line = match kind {
            0..66 => played(n),
            66..80 => clips(n),
            80..91 => mixer(n),
            _ => song(n),
        };
        if let Some(line) = line {
            return line;
        }
    }
}
