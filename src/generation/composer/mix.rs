//! Sounds and levels: turns written notes into parts with their place in the mix.

use std::collections::BTreeMap;

use super::drums::Notes;
use super::form::Plan;
use super::rng::Chance;
use crate::generation::idea::{
    BAR, Bus, Idea, IdeaNote, Insert, Movement, Part, Span, Target, Tweak,
};
use crate::generation::knowledge::{CharacterRow, InsertRow, Knowledge, SoundRow, StyleSound};
use crate::model::intent::Role;

/// Builds the idea of a plan from its notes.
pub fn build(plan: Plan, seed: u64, mut notes: Notes) -> Idea {
    let table = &Knowledge::get().sounds;
    let styles = table.styles.get(&plan.style.genre);
    let mut parts = Vec::new();
    let mut told = Vec::new();
    notes.retain(|_, list| !list.is_empty());
    let playing: Vec<Role> = notes.keys().copied().collect();
    for (role, mut list) in notes {
        list.sort_by_key(|note| (note.start, note.pitch));
        let Some(row) = table.roles.get(&role) else {
            continue;
        };
        told.extend(row.stands_in.clone());
        let style = styles.and_then(|styles| styles.get(&role));
        parts.push(part(&plan, role, row, style, list, seed, &playing));
    }
    for role in &plan.intent.roles {
        if !table.roles.contains_key(role) {
            let name = role.name();
            told.push(format!("there is no sound for the {name} yet: it is left out"));
        }
    }
    for (role, character) in plan.intent.characters.iter().filter(|(r, _)| playing.contains(r)) {
        if table.characters.get(role).is_none_or(|rows| !rows.contains_key(character)) {
            told.push(format!("there is no {} {role} yet: the usual one plays", character.name()));
        }
    }
    let mut intent = plan.intent.clone();
    intent.root = Some(plan.key.root);
    intent.scale = Some(plan.key.scale);
    let buses = table.buses.iter().map(|bus| Bus {
        name: bus.name.clone(),
        effects: inserts(&bus.effects, &playing),
        volume_db: bus.volume_db,
    });
    Idea {
        seed,
        bpm: intent.bpm,
        key: plan.key,
        bars: plan.bars,
        blocks: plan.blocks.clone(),
        chords: plan.chords.clone(),
        fills: plan.fills.iter().map(|(span, _): &(Span, _)| *span).collect(),
        breaks: breaks(&plan),
        tune: plan.tune.filter(|role| playing.contains(role)),
        buses: buses.collect(),
        master: inserts(table.master_of(intent.genre, plan.style.genre), &playing),
        notes: told,
        intent,
        parts,
    }
}

/// An idea that was asked to have no kick is one long break.
fn breaks(plan: &Plan) -> Vec<Span> {
    if plan.active.contains_key(&Role::Kick) {
        Vec::new()
    } else {
        vec![Span { start: 0, end: i64::from(plan.bars) * BAR }]
    }
}

fn part(
    plan: &Plan,
    role: Role,
    row: &SoundRow,
    style: Option<&StyleSound>,
    notes: Vec<IdeaNote>,
    seed: u64,
    playing: &[Role],
) -> Part {
    let mut chance = Chance::new(seed, &format!("sound {role}"));
    let presets = match style {
        Some(style) if !style.presets.is_empty() => &style.presets,
        _ => &row.presets,
    };
    let intent = &plan.intent;
    let mut params = row.params.clone();
    if let Some(style) = style {
        params.extend(style.params.clone());
    }
    let mut preset = chance.one(presets).cloned().unwrap_or_default();
    let rows = Knowledge::get().sounds.characters.get(&role);
    let asked = intent.characters.iter().filter(|(asked, _)| *asked == role);
    let characters: Vec<&CharacterRow> = asked.filter_map(|(_, c)| rows?.get(c)).collect();
    if let Some(named) = characters.iter().rev().find_map(|row| row.preset.clone()) {
        preset = named;
    }
    let sound = style.and_then(|s| s.sound.clone()).unwrap_or_else(|| row.sound.clone());
    let volume_db = style.and_then(|s| s.volume_db).unwrap_or(row.volume_db)
        + Knowledge::get().sounds.trim(&sound, &preset)
        + if plan.tune == Some(role) { 0.0 } else { row.answer_db };
    let lift = style.and_then(|s| s.lift).or(row.lift);
    let chain = style.and_then(|s| s.inserts.as_ref()).unwrap_or(&row.inserts);
    let moves = style.and_then(|s| s.moves.as_ref()).unwrap_or(&row.moves);
    let bright = |param: &str, value: f32| match row.brightness.get(param) {
        Some(factor) => value * factor.powi(i32::from(intent.brightness)),
        None => value,
    };
    if plan.key.scale.is_major() {
        params.extend(row.major.clone());
    }
    let mut tweaks: BTreeMap<String, Tweak> = BTreeMap::new();
    for (param, plus) in row.energy.iter().filter(|_| intent.energy != 0) {
        let plus = plus * f32::from(intent.energy);
        tweaks.insert(param.clone(), Tweak { times: 1.0, plus });
    }
    for (param, factor) in row.brightness.iter().filter(|_| intent.brightness != 0) {
        let tweak = tweaks.entry(param.clone()).or_insert(Tweak { times: 1.0, plus: 0.0 });
        tweak.times = factor.powi(i32::from(intent.brightness));
    }
    for row in characters {
        for (param, factor) in &row.times {
            let tweak = tweaks.entry(param.clone()).or_insert(Tweak { times: 1.0, plus: 0.0 });
            tweak.times *= factor;
        }
        for (param, plus) in &row.plus {
            let tweak = tweaks.entry(param.clone()).or_insert(Tweak { times: 1.0, plus: 0.0 });
            tweak.plus += plus;
        }
    }
    Part {
        role,
        name: role.name().to_owned(),
        sound,
        preset,
        params,
        tweaks,
        volume_db,
        pan: row.pan,
        // Kicks are never displaced, and neither is what is glued to them.
        swing: match role {
            Role::Kick | Role::Riser | Role::Crash => 50.0,
            _ => plan.swing,
        },
        sends: row.sends.clone(),
        inserts: inserts(chain, playing),
        notes,
        automation: moves
            .iter()
            .map(|(param, values)| movement(plan, param, values.map(|v| bright(param, v))))
            .chain(lift.map(|lift| lifted(plan, volume_db, lift)))
            .collect(),
    }
}

/// The fader stepping from block to block.
fn lifted(plan: &Plan, volume_db: f32, lift: [f32; 4]) -> Movement {
    let end = i64::from(plan.bars) * BAR;
    let mut points = Vec::new();
    for (i, block) in plan.blocks.iter().enumerate() {
        let from = i as i64 * 4 * BAR;
        let level = volume_db + lift[block.index()];
        points.push((from, level));
        points.push(((from + 4 * BAR).min(end) - 1, level));
    }
    Movement { target: Target::Volume, points }
}

/// The effects of a chain; a sidechain whose key does not play is left out.
fn inserts(rows: &[InsertRow], playing: &[Role]) -> Vec<Insert> {
    rows.iter()
        .filter(|row| row.key_from.is_none_or(|key| playing.contains(&key)))
        .map(|row| Insert {
            effect: row.effect.clone(),
            params: row.params.clone(),
            key_from: row.key_from,
        })
        .collect()
}

/// A line through the form: a value at the start of each block, straight in between.
fn movement(plan: &Plan, param: &str, values: [f32; 5]) -> Movement {
    let mut points = Vec::new();
    for (i, block) in plan.blocks.iter().enumerate() {
        let again = i > 0 && plan.blocks[i - 1] == *block;
        if !again {
            points.push((i as i64 * 4 * BAR, values[block.index()]));
        }
    }
    let last = plan.blocks.last().map_or(0, |block| block.index());
    points.push((i64::from(plan.bars) * BAR, values[last + 1]));
    Movement { target: Target::Sound(param.to_owned()), points }
}
