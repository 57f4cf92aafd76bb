//! The plan of an idea before its notes: key, form, chords, fills, and who plays where.

use std::collections::BTreeMap;

use super::rng::Chance;
use crate::generation::idea::{BAR, BEAT, Block, Chord, Span};
use crate::generation::knowledge::{Fill, Form, GenreRow, Knowledge, Style};
use crate::model::intent::{Intent, Role};
use crate::model::key::{Key, Scale};

/// Everything that is decided before notes are written.
pub struct Plan {
    /// What was asked.
    pub intent: Intent,
    /// The genre's numbers.
    pub row: &'static GenreRow,
    /// Whose patterns are used.
    pub style: &'static Style,
    /// The key.
    pub key: Key,
    /// Bars.
    pub bars: u32,
    /// The letter of each 4-bar block.
    pub blocks: Vec<Block>,
    /// The chords.
    pub chords: Vec<Chord>,
    /// Fills with where they lie.
    pub fills: Vec<(Span, &'static Fill)>,
    /// Bars that end in a fill, from 0, and whether it is a big one.
    pub fill_bars: Vec<(u32, bool)>,
    /// Who carries the tune.
    pub tune: Option<Role>,
    /// Who answers it.
    pub answers: Vec<Role>,
    /// In which letters each role plays.
    pub active: BTreeMap<Role, [bool; 4]>,
    /// Swing in percent.
    pub swing: f64,
}

impl Plan {
    /// The letter of a bar counted from 0.
    pub fn block(&self, bar: u32) -> Block {
        let index = (bar / 4) as usize;
        self.blocks.get(index).copied().unwrap_or(Block::A)
    }

    /// Whether `role` plays in a bar counted from 0.
    pub fn plays(&self, role: Role, bar: u32) -> bool {
        self.active.get(&role).is_some_and(|blocks| blocks[self.block(bar).index()])
    }

    /// The chord at a tick.
    pub fn chord(&self, tick: i64) -> i32 {
        let sounding = self.chords.iter().rev().find(|chord| chord.start <= tick);
        sounding.map_or(0, |chord| chord.degree)
    }

    /// The fill that holds a tick.
    pub fn fill(&self, tick: i64) -> Option<&'static Fill> {
        let found = self.fills.iter().find(|(span, _)| span.holds(tick));
        found.map(|(_, fill)| *fill)
    }
}

/// The key an intent gets with a seed: what is decided stays, the rest is one of the genre's.
pub fn choose_key(intent: &Intent, seed: u64) -> Key {
    let row = Knowledge::get().genre(intent.genre);
    let mut chance = Chance::new(seed, "key");
    // Darker asks for scales with lowered seconds, brighter for those with raised sixths and thirds.
    let colour = |scale: Scale| -> i32 {
        let steps = scale.steps();
        (steps[1] - 2) * 2 + (steps[5] - 8) + (steps[2] - 3)
    };
    let lean = i32::from(intent.brightness);
    let scale = chance
        .weighted(&row.scales, |(scale, weight)| {
            let boost = 1 + u32::try_from((colour(*scale) * lean).max(0)).unwrap_or(0);
            weight * boost
        })
        .map_or(Scale::Minor, |(scale, _)| *scale);
    let root = chance.one(&row.roots).copied();
    Key { root: intent.root.or(root).unwrap_or(row.roots[0]), scale: intent.scale.unwrap_or(scale) }
}

/// Plans one candidate: `seed` is the candidate's own, `tune` who carries the tune in all of them.
pub fn plan(intent: &Intent, key: Key, tune: Option<Role>, seed: u64) -> Plan {
    let knowledge = Knowledge::get();
    let row = knowledge.genre(intent.genre);
    let style = knowledge.style(intent.genre);
    let mut chance = Chance::new(seed, "form");
    let bars = intent.bars.clamp(1, 128);
    let blocks = letters(bars);
    let form = chance.weighted(&style.forms, |form| form.weight).unwrap_or(&style.forms[0]);
    let answers = choose_answers(intent, style, tune, &mut chance);
    let (low, high) = row.swing;
    let swing = low + f64::from(chance.between(0, ((high - low) * 10.0) as i32)) / 10.0;
    let mut plan = Plan {
        intent: intent.clone(),
        row,
        style,
        key,
        bars,
        blocks,
        chords: chords(row, style, key, bars, &mut chance),
        fills: Vec::new(),
        fill_bars: fill_bars(bars),
        tune,
        answers,
        active: BTreeMap::new(),
        swing,
    };
    plan.active = cast(&plan, form);
    plan
}

/// The letters of the 4-bar blocks: the whole form A–D stretched over the length; the last block is
/// always D unless the idea is so short that it only loops.
fn letters(bars: u32) -> Vec<Block> {
    const ALL: [Block; 4] = [Block::A, Block::B, Block::C, Block::D];
    let count = bars.div_ceil(4) as usize;
    match count {
        0 | 1 => vec![Block::C],
        2 => vec![Block::C, Block::D],
        3 => vec![Block::A, Block::B, Block::D],
        _ => (0..count).map(|i| ALL[i * 4 / count]).collect(),
    }
}

/// Every eighth bar and the last end in a fill; loops of one and two bars have none.
fn fill_bars(bars: u32) -> Vec<(u32, bool)> {
    if bars < 4 {
        return Vec::new();
    }
    (1..=bars)
        .filter(|bar| bar % 8 == 0 || *bar == bars)
        .map(|bar| (bar - 1, bar == bars))
        .collect()
}

fn chords(row: &GenreRow, style: &Style, key: Key, bars: u32, chance: &mut Chance) -> Vec<Chord> {
    let (fewest, most) = row.chords;
    let major = matches!(key.scale, Scale::Major | Scale::Mixolydian);
    let fits: Vec<_> = style
        .progressions
        .iter()
        .filter(|p| p.major == major && (fewest..=most).contains(&(p.chords.len() as u32)))
        .collect();
    let chosen = chance.weighted(&fits, |p| p.weight).copied().unwrap_or(&style.progressions[0]);
    let mut out = Vec::new();
    let mut bar = 0;
    'write: loop {
        for (degree, length) in &chosen.chords {
            if bar >= bars {
                break 'write;
            }
            let chord = Chord { start: i64::from(bar) * BAR, degree: degree - 1 };
            if out.last().is_none_or(|last: &Chord| last.degree != chord.degree) {
                out.push(chord);
            }
            bar += (*length).max(1);
        }
    }
    out
}

/// Who carries the tune. Decided by the seed alone, before candidates compete: otherwise whichever
/// instrument scores best would play every time.
pub fn choose_tune(intent: &Intent, seed: u64) -> Option<Role> {
    let style = Knowledge::get().style(intent.genre);
    let mut chance = Chance::new(seed, "who");
    let wanted = Role::MELODIC.into_iter().find(|role| intent.wants(*role));
    if wanted.is_some() {
        return wanted;
    }
    // "No lead" asks for no tune, not for another one.
    if intent.only || intent.without.contains(&Role::Lead) {
        return None;
    }
    let free: Vec<_> = style
        .hooks
        .iter()
        .filter(|hook| hook.weight > 0 && !intent.without.contains(&hook.role))
        .collect();
    chance.weighted(&free, |hook| hook.weight).map(|hook| hook.role)
}

fn choose_answers(
    intent: &Intent,
    style: &Style,
    tune: Option<Role>,
    chance: &mut Chance,
) -> Vec<Role> {
    let mut answers: Vec<Role> = Role::MELODIC
        .into_iter()
        .filter(|role| intent.wants(*role) && Some(*role) != tune)
        .collect();
    let silent = intent.only || tune.is_none();
    if answers.is_empty() && !silent {
        let free: Vec<_> = style
            .answers
            .iter()
            .filter(|a| Some(a.role) != tune && !intent.without.contains(&a.role))
            .collect();
        answers.extend(chance.weighted(&free, |a| a.weight).map(|a| a.role));
    }
    answers
}

/// Who plays in which letters: the form's roles, what was asked for, minus what must not sound.
fn cast(plan: &Plan, form: &Form) -> BTreeMap<Role, [bool; 4]> {
    let intent = &plan.intent;
    let mask = |letters: &str| -> [bool; 4] {
        let mut out = [false; 4];
        for (slot, c) in out.iter_mut().zip(letters.chars()) {
            *slot = c != '.';
        }
        out
    };
    let everywhere = [true; 4];
    let mut active = BTreeMap::new();
    if intent.only {
        for role in &intent.roles {
            active.insert(*role, everywhere);
        }
    } else {
        for (role, letters) in &form.roles {
            active.insert(*role, mask(letters));
        }
        for role in &intent.roles {
            active.entry(*role).or_insert(everywhere);
        }
        // A rumble asked for takes the bass's place, and the other way round.
        if active.contains_key(&Role::Bass) && active.contains_key(&Role::Rumble) {
            match (intent.wants(Role::Bass), intent.wants(Role::Rumble)) {
                (true, false) => drop(active.remove(&Role::Rumble)),
                (false, true) => drop(active.remove(&Role::Bass)),
                _ => {}
            }
        }
        if plan.row.backbeat && !active.contains_key(&Role::Snare) {
            active.insert(Role::Clap, everywhere);
        }
        // A break takes the kick's place in the words; until there are breaks the kick plays on.
        if active.contains_key(&Role::Break) {
            active.insert(Role::Kick, everywhere);
        }
        for role in &plan.answers {
            active.insert(*role, mask(&form.answer));
        }
        if let Some(role) = plan.tune {
            active.insert(role, mask(&form.tune));
        }
    }
    active.retain(|role, _| !intent.without.contains(role));
    active
}

/// The ticks a fill of some beats takes at the end of a bar counted from 0.
pub fn fill_span(bar: u32, beats: u32) -> Span {
    let end = i64::from(bar + 1) * BAR;
    Span { start: end - i64::from(beats) * BEAT, end }
}
