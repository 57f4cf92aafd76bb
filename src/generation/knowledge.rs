//! The knowledge base: the `.ron` tables of `knowledge_base/`, embedded and read once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::steps::Steps;
use crate::model::intent::{Character, Genre, Role};
use crate::model::key::{PitchClass, Scale};

/// Everything about a genre that is a number or a name; documented in `knowledge_base/genres.ron`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenreRow {
    /// The genre.
    pub genre: Genre,
    /// Whose patterns it is written with.
    pub writes_as: Genre,
    /// Tempo in BPM: lowest, highest, default.
    pub bpm: (f64, f64, f64),
    /// Swing in percent, lowest and highest; 50 is straight.
    pub swing: (f64, f64),
    /// Whether snare or clap on 2 and 4 is a must.
    pub backbeat: bool,
    /// Notes a bar of the tune, fewest and most.
    pub lead_notes: (u32, u32),
    /// Chords per 8 bars, fewest and most.
    pub chords: (u32, u32),
    /// Short-term loudness of the drop, LUFS, quietest and loudest.
    pub lufs: (f64, f64),
    /// Widest range of the tune, semitones.
    pub lead_range: i32,
    /// Scales with weights.
    pub scales: Vec<(Scale, u32)>,
    /// Roots the seed chooses from.
    pub roots: Vec<PitchClass>,
    /// The roles a prompt that names none is about.
    pub headline: Vec<Role>,
    /// What the user is told when the genre is written with another's patterns.
    #[serde(default)]
    pub says: Option<String>,
}

/// How a style of music is written; documented in `knowledge_base/gabber.ron`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// The genre it writes.
    pub genre: Genre,
    /// Who plays in which block.
    pub forms: Vec<Form>,
    /// Chord progressions of 8 bars.
    pub progressions: Vec<Progression>,
    /// The kick.
    pub kick: KickTable,
    /// Bars for every drum but the kick.
    pub drums: BTreeMap<Role, Vec<DrumBar>>,
    /// Fills.
    pub fills: Vec<Fill>,
    /// Bass lines.
    pub bass: Vec<BassLine>,
    /// Rumble lines.
    pub rumble: Vec<BassLine>,
    /// MIDI pitch near which the bass has its roots.
    pub bass_register: f64,
    /// What can carry the tune.
    pub hooks: Vec<Hook>,
    /// What can answer it.
    pub answers: Vec<Answer>,
}

/// Which blocks each role plays in, as letters: `"ABCD"`, `".BCD"`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Its name, for people.
    pub name: String,
    /// How likely it is beside the others.
    pub weight: u32,
    /// Where the tune plays.
    pub tune: String,
    /// Where what answers the tune plays.
    pub answer: String,
    /// Where everything else plays.
    pub roles: BTreeMap<Role, String>,
}

/// Eight bars of chords.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progression {
    /// How likely it is beside the others.
    pub weight: u32,
    /// For major and mixolydian keys; the others are for minor ones.
    #[serde(default)]
    pub major: bool,
    /// Scale degree 1–7 and bars, eight bars in all.
    pub chords: Vec<(i32, u32)>,
}

/// The kick's numbers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KickTable {
    /// Note length as a share of the time to the next kick, at most one beat.
    pub length: f64,
    /// The same in bars where a bass plays: its tail makes room.
    pub length_with_bass: f64,
    /// Velocity of every kick.
    pub velocity: u8,
    /// Bars 4 and 12 when the kick is to roll.
    pub roll: Steps,
    /// Bars 4 and 12: the kick turning round, with weights.
    pub turns: Vec<(u32, Steps)>,
}

/// One bar of a drum.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrumBar {
    /// How likely it is beside the others.
    pub weight: u32,
    /// Sixteen steps.
    pub steps: Steps,
    /// Note length in steps.
    #[serde(default = "one")]
    pub length: f64,
}

fn one() -> f64 {
    1.0
}

/// A fill at the end of a bar.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// Its name, for people.
    pub name: String,
    /// 1–4.
    pub beats: u32,
    /// Whether it ends the whole form (bar 16) rather than a half (bar 8).
    #[serde(default)]
    pub big: bool,
    /// The kick, 4 or 6 steps a beat.
    pub kick: Steps,
    /// The snare or clap, on the same grid; none leaves them silent.
    #[serde(default)]
    pub snare: Option<Steps>,
    /// Whether hats and ride play on.
    #[serde(default)]
    pub hats: bool,
    /// Whether bass, tune and answer stop too.
    #[serde(default)]
    pub stop: bool,
}

impl Fill {
    /// Whether its kick has four hits in a row.
    pub fn rolls(&self) -> bool {
        self.kick.hits.windows(4).any(|w| w[3].step - w[0].step == 3)
    }
}

/// A line of low notes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BassLine {
    /// How likely it is beside the others.
    pub weight: u32,
    /// Sixteen steps: most bars.
    pub steps: Steps,
    /// Sixteen steps: every fourth bar.
    pub turn: Steps,
    /// Sixteen steps: block D, when it gets denser.
    #[serde(default)]
    pub full: Option<Steps>,
    /// Scale steps above the chord's root for the turn's last hits, backwards.
    #[serde(default)]
    pub turn_degrees: Vec<i32>,
}

/// A way to play the tune.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// Who plays it.
    pub role: Role,
    /// How likely it is beside the others.
    pub weight: u32,
    /// MIDI pitch near which it has its root.
    pub register: f64,
    /// Scale steps below and above the root it may use.
    pub window: (i32, i32),
    /// Two-bar rhythms: call and answer.
    pub cells: Vec<(Steps, Steps)>,
    /// Contours in scale steps from the root, for a bar.
    pub shapes: Vec<Vec<i32>>,
    /// Whether soft hits slide into the next note.
    #[serde(default)]
    pub slides: bool,
}

/// A part that answers the tune in its rests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Who plays it.
    pub role: Role,
    /// How likely it is beside the others.
    pub weight: u32,
    /// MIDI pitch near which it has its root.
    pub register: f64,
    /// Two-bar rhythms.
    pub cells: Vec<(Steps, Steps)>,
    /// Contours in scale steps from the chord's root.
    pub shapes: Vec<Vec<i32>>,
}

/// Sounds and mix of a style; documented in `knowledge_base/sounds.ron`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundTable {
    /// Sound and place in the mix of each role, for all styles.
    pub roles: BTreeMap<Role, SoundRow>,
    /// What differs in a style.
    pub styles: BTreeMap<Genre, BTreeMap<Role, StyleSound>>,
    /// What an adjective does to a role's sound.
    #[serde(default)]
    pub characters: BTreeMap<Role, BTreeMap<Character, CharacterRow>>,
    /// Effect buses.
    pub buses: Vec<BusRow>,
    /// The master's effects.
    pub master: Vec<InsertRow>,
    /// The master's effects in a genre or in whatever is written with its patterns.
    #[serde(default)]
    pub masters: BTreeMap<Genre, Vec<InsertRow>>,
    /// Added to the fader for each preset of a SynthDef, dB: presets differ in loudness, and the place
    /// in the mix is the role's.
    #[serde(default)]
    pub trims: BTreeMap<String, BTreeMap<String, f32>>,
}

impl SoundTable {
    /// The master's effects for `genre` written with the patterns of `style`.
    pub fn master_of(&self, genre: Genre, style: Genre) -> &[InsertRow] {
        let own = self.masters.get(&genre).or_else(|| self.masters.get(&style));
        own.unwrap_or(&self.master)
    }

    /// What the preset of a SynthDef adds to the fader, dB; 0 where the table says nothing.
    pub fn trim(&self, sound: &str, preset: &str) -> f32 {
        self.trims.get(sound).and_then(|presets| presets.get(preset)).copied().unwrap_or(0.0)
    }
}

/// What an adjective does to a role's sound.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CharacterRow {
    /// The preset it asks for, whatever the style.
    pub preset: Option<String>,
    /// Factors of parameters.
    pub times: BTreeMap<String, f32>,
    /// Added to parameters.
    pub plus: BTreeMap<String, f32>,
    /// Whether it is about notes as well or only: rolls, lengths.
    pub notes: bool,
}

/// A role's sound and place in the mix.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundRow {
    /// SynthDef.
    pub sound: String,
    /// Presets to choose from; empty takes the defaults.
    #[serde(default)]
    pub presets: Vec<String>,
    /// Parameters on top of the preset.
    #[serde(default)]
    pub params: BTreeMap<String, f32>,
    /// Fader, dB.
    pub volume_db: f32,
    /// Added to the fader where it answers the tune instead of carrying it, dB: few short notes are
    /// quieter than a line.
    #[serde(default)]
    pub answer_db: f32,
    /// −1 left … 1 right.
    #[serde(default)]
    pub pan: f32,
    /// Bus and level in dB.
    #[serde(default)]
    pub sends: Vec<(String, f32)>,
    /// Effects.
    #[serde(default)]
    pub inserts: Vec<InsertRow>,
    /// Parameter and its values at the start of A, B, C, D and at the end.
    #[serde(default)]
    pub moves: Vec<(String, [f32; 5])>,
    /// Fader in blocks A–D, dB relative to `volume_db`.
    #[serde(default)]
    pub lift: Option<[f32; 4]>,
    /// Added to a parameter per step of energy.
    #[serde(default)]
    pub energy: BTreeMap<String, f32>,
    /// A parameter's factor per step of brightness.
    #[serde(default)]
    pub brightness: BTreeMap<String, f32>,
    /// Parameters when the key is major.
    #[serde(default)]
    pub major: BTreeMap<String, f32>,
    /// Told to the user when the sound only stands in for the role.
    #[serde(default)]
    pub stands_in: Option<String>,
}

/// What differs from the role's row in one style; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StyleSound {
    /// SynthDef.
    pub sound: Option<String>,
    /// Presets to choose from.
    pub presets: Vec<String>,
    /// Parameters on top of the preset.
    pub params: BTreeMap<String, f32>,
    /// Fader, dB.
    pub volume_db: Option<f32>,
    /// Parameter movements.
    pub moves: Option<Vec<(String, [f32; 5])>>,
    /// Effects.
    pub inserts: Option<Vec<InsertRow>>,
    /// Fader in blocks A–D.
    pub lift: Option<[f32; 4]>,
}

/// An effect in a chain.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsertRow {
    /// SynthDef.
    pub effect: String,
    /// Parameters that differ from the defaults.
    #[serde(default)]
    pub params: BTreeMap<String, f32>,
    /// Keyed by this role; left out when the role does not play.
    #[serde(default)]
    pub key_from: Option<Role>,
}

/// An effect bus.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusRow {
    /// Its name.
    pub name: String,
    /// Effects in order.
    pub effects: Vec<InsertRow>,
    /// Return, dB.
    pub volume_db: f32,
}

/// The whole knowledge base but the words.
pub struct Knowledge {
    /// One row per genre.
    pub genres: Vec<GenreRow>,
    /// The styles that are written out.
    pub styles: Vec<Style>,
    /// Sounds and mix.
    pub sounds: SoundTable,
}

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| Knowledge {
    genres: read("genres.ron", include_str!("../../knowledge_base/genres.ron")),
    styles: vec![
        read("gabber.ron", include_str!("../../knowledge_base/gabber.ron")),
        read("frenchcore.ron", include_str!("../../knowledge_base/frenchcore.ron")),
        read("hard_techno.ron", include_str!("../../knowledge_base/hard_techno.ron")),
    ],
    sounds: read("sounds.ron", include_str!("../../knowledge_base/sounds.ron")),
});

/// Reads an embedded table. It ships inside the program and a test reads it, so a mistake in it
/// cannot reach a user.
fn read<T: DeserializeOwned>(name: &str, source: &str) -> T {
    match ron::from_str(source) {
        Ok(table) => table,
        Err(error) => panic!("knowledge_base/{name}: {error}"),
    }
}

impl Knowledge {
    /// The embedded knowledge base.
    pub fn get() -> &'static Knowledge {
        &KNOWLEDGE
    }

    /// The row of `genre`.
    pub fn genre(&self, genre: Genre) -> &GenreRow {
        // A test checks that every genre has its row.
        self.genres.iter().find(|row| row.genre == genre).unwrap_or(&self.genres[0])
    }

    /// The style `genre` is written with.
    pub fn style(&self, genre: Genre) -> &Style {
        let wanted = self.genre(genre).writes_as;
        self.styles.iter().find(|style| style.genre == wanted).unwrap_or(&self.styles[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sound::{SoundDescriptor, SoundKind};
    use std::path::Path;

    #[test]
    fn every_genre_has_its_row_and_numbers_make_sense() {
        let knowledge = Knowledge::get();
        for genre in Genre::ALL {
            let rows = knowledge.genres.iter().filter(|row| row.genre == genre);
            assert_eq!(rows.count(), 1, "{genre}");
            let row = knowledge.genre(genre);
            let (low, high, usual) = row.bpm;
            assert!(low < high && (low..=high).contains(&usual), "{genre}");
            assert!(row.swing.0 >= 50.0 && row.swing.0 <= row.swing.1, "{genre}");
            assert!(row.lead_notes.0 < row.lead_notes.1 && row.chords.0 <= row.chords.1, "{genre}");
            assert!(row.lufs.0 < row.lufs.1 && !row.roots.is_empty() && !row.headline.is_empty());
            assert!(row.scales.iter().any(|(_, weight)| *weight > 0), "{genre}");
            let style = knowledge.style(genre);
            assert_eq!(style.genre, row.writes_as, "{genre}");
            let band = row.chords.0..=row.chords.1;
            let fits = |p: &Progression| band.contains(&(p.chords.len() as u32));
            assert!(style.progressions.iter().any(fits), "{genre} has no progression");
        }
    }

    #[test]
    fn every_style_is_well_formed() {
        for style in &Knowledge::get().styles {
            let name = style.genre;
            for form in &style.forms {
                let letters = form.roles.values().chain([&form.tune, &form.answer]);
                for mask in letters {
                    let fine = mask.len() == 4
                        && mask.chars().zip("ABCD".chars()).all(|(c, l)| c == '.' || c == l);
                    assert!(fine, "{name}, form {}: {mask}", form.name);
                }
                assert_eq!(form.roles.get(&Role::Kick).map(String::as_str), Some("ABCD"));
            }
            for progression in &style.progressions {
                let bars: u32 = progression.chords.iter().map(|(_, bars)| bars).sum();
                assert_eq!(bars, 8, "{name}: {progression:?}");
                assert!(progression.chords.iter().all(|(d, _)| (1..=7).contains(d)));
            }
            let mut bars: Vec<&Steps> = style.kick.turns.iter().map(|(_, steps)| steps).collect();
            bars.push(&style.kick.roll);
            bars.extend(style.drums.values().flatten().map(|bar| &bar.steps));
            for line in style.bass.iter().chain(&style.rumble) {
                bars.extend([&line.steps, &line.turn]);
                bars.extend(&line.full);
            }
            let cells = style.hooks.iter().map(|h| &h.cells);
            for (call, answer) in cells.chain(style.answers.iter().map(|a| &a.cells)).flatten() {
                bars.extend([call, answer]);
            }
            for steps in bars {
                assert_eq!(steps.length, 16, "{name}: {steps:?}");
            }
            for fill in &style.fills {
                assert!((1..=4).contains(&fill.beats), "{name}: {}", fill.name);
                for steps in [Some(&fill.kick), fill.snare.as_ref()].into_iter().flatten() {
                    let a_beat = steps.length as u32 / fill.beats;
                    assert!(matches!(a_beat, 4 | 6), "{name}: {}", fill.name);
                    assert_eq!(steps.length as u32 % fill.beats, 0, "{name}: {}", fill.name);
                }
            }
            for big in [false, true] {
                assert!(style.fills.iter().filter(|fill| fill.big == big).count() >= 3);
            }
            for hook in &style.hooks {
                assert!(hook.window.1 - hook.window.0 >= 7, "{name}: {}", hook.role);
                assert!(!hook.cells.is_empty() && hook.shapes.len() >= 2, "{name}: {}", hook.role);
            }
        }
    }

    /// Every sound, preset and parameter the table names exists among the descriptors.
    #[test]
    fn every_sound_that_is_named_exists() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("synthdefs");
        if !folder.is_dir() {
            // Without the sound library beside it there is nothing to compare with.
            return;
        }
        let find = |name: &str| -> SoundDescriptor {
            let file = folder.join(format!("{name}.ron"));
            let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file:?}: {e}"));
            ron::from_str(&text).unwrap_or_else(|e| panic!("{file:?}: {e}"))
        };
        let params = |sound: &SoundDescriptor, named: &BTreeMap<String, f32>| {
            for (name, value) in named {
                let param = sound.param(name);
                let inside = param.is_some_and(|p| p.clamp(*value) == *value);
                assert!(inside, "{}: {name} = {value}", sound.name);
            }
        };
        let effects = |rows: &[InsertRow]| {
            for row in rows {
                let effect = find(&row.effect);
                assert_eq!(effect.kind, SoundKind::Effect);
                assert!(row.key_from.is_none() || effect.key_input, "{}", row.effect);
                params(&effect, &row.params);
            }
        };
        let table = &Knowledge::get().sounds;
        let plain = StyleSound::default();
        for (role, row) in &table.roles {
            let in_styles = table.styles.values().filter_map(|roles| roles.get(role));
            for style in in_styles.chain([&plain]) {
                let sound = find(style.sound.as_ref().unwrap_or(&row.sound));
                assert_eq!(sound.kind, SoundKind::Instrument);
                for preset in row.presets.iter().chain(&style.presets) {
                    assert!(sound.preset(preset).is_some(), "{}: preset {preset}", sound.name);
                }
                params(&sound, &row.params);
                params(&sound, &row.major);
                params(&sound, &style.params);
                for (name, values) in row.moves.iter().chain(style.moves.iter().flatten()) {
                    for value in values {
                        params(&sound, &BTreeMap::from([(name.clone(), *value)]));
                    }
                }
                for name in row.energy.keys().chain(row.brightness.keys()) {
                    assert!(sound.param(name).is_some(), "{}: {name}", sound.name);
                }
            }
            effects(&row.inserts);
            table
                .styles
                .values()
                .filter_map(|roles| roles.get(role)?.inserts.as_ref())
                .for_each(|i| effects(i));
            for (bus, _) in &row.sends {
                assert!(table.buses.iter().any(|b| b.name == *bus), "{role}: bus {bus}");
            }
        }
        table.buses.iter().for_each(|bus| effects(&bus.effects));
        effects(&table.master);
        table.masters.values().for_each(|master| effects(master));
        for (role, rows) in &table.characters {
            let sound = find(&table.roles[role].sound);
            for (character, row) in rows {
                let preset = row.preset.as_ref().is_none_or(|p| sound.preset(p).is_some());
                assert!(preset, "{role}: {character:?}");
                let params = row.times.keys().chain(row.plus.keys());
                params.for_each(|name| assert!(sound.param(name).is_some(), "{role}: {name}"));
            }
        }
        for (name, presets) in &table.trims {
            let sound = find(name);
            for preset in presets.keys() {
                assert!(sound.preset(preset).is_some(), "{name}: preset {preset}");
            }
        }
    }
}
