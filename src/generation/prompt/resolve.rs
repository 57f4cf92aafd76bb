//! Fills what the words leave open from the running set and the genre, and says what was understood.

use super::{Said, add};
use crate::generation::knowledge::Knowledge;
use crate::model::intent::{Chip, EditRequest, Genre, Intent, Mood, Origin, Role, SetContext};

/// Turns what was said into a complete intent.
pub(super) fn resolve(prompt: &str, said: Said, context: &SetContext) -> Intent {
    let named = if said.with { Vec::new() } else { said.roles.clone() };
    let said = with_profiles(said);
    let (genre, genre_from) = genre(&said, context);
    let last = context.last.as_ref().filter(|_| said.same);
    let mut intent = Intent {
        prompt: prompt.to_owned(),
        genre,
        genre_from,
        bpm: 0.0,
        bpm_from: Origin::Genre,
        root: said.root,
        scale: said.scale,
        key_from: Origin::Stated,
        bars: said.bars.or(last.map(|l| l.intent.bars)).unwrap_or(DEFAULT_BARS),
        roles: said.roles.clone(),
        named,
        only: said.only,
        without: said.without.clone(),
        energy: said.energy,
        brightness: said.brightness,
        density: said.density,
        moods: said.moods.clone(),
        characters: said.characters.clone(),
        styles: styles(&said),
        edit: None,
        understood: Vec::new(),
        notes: Vec::new(),
        unknown: said.unknown.clone(),
    };
    if said.same {
        edit(&mut intent, &said, context);
    }
    tempo(&mut intent, &said, context);
    key(&mut intent, &said, context);
    roles(&mut intent, &said);
    limit(&mut intent);
    tell(&mut intent, &said);
    intent
}

/// Bars of an idea when the words name no length.
const DEFAULT_BARS: u32 = 16;

/// Adds what the named artists, labels and eras stand for.
fn with_profiles(mut said: Said) -> Said {
    for profile in said.profiles.clone() {
        said.genres.push((profile.genre, 5));
        for role in &profile.roles {
            if !said.without.contains(role) {
                add(&mut said.roles, *role);
            }
        }
        for mood in &profile.moods {
            add(&mut said.moods, *mood);
        }
        said.scale = said.scale.or(profile.scale);
    }
    // "Beuken" leans to uptempo only at its tempo; slower it is plain gabber.
    if said.bpm.is_some_and(|bpm| bpm < 190.0) {
        for (genre, weight) in &mut said.genres {
            if *genre == Genre::Uptempo && *weight < 6 {
                *genre = Genre::Gabber;
            }
        }
    }
    said
}

/// The weight of the running set's genre against hints in the words.
const SET_WEIGHT: u32 = 2;

fn genre(said: &Said, context: &SetContext) -> (Genre, Origin) {
    let mut best: Option<(u32, Genre)> = None;
    for (genre, _) in &said.genres {
        let votes = said.genres.iter().filter(|(g, _)| g == genre);
        let weight = votes.map(|(_, w)| u32::from(*w)).sum();
        if best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, *genre));
        }
    }
    match (best, context.genre) {
        (Some((weight, genre)), set) if set.is_none() || weight >= SET_WEIGHT => {
            let named = said.genres.iter().any(|(g, w)| *g == genre && *w >= 6);
            let from = if named { Origin::Stated } else { Origin::Style };
            (genre, from)
        }
        (_, Some(set)) => (set, Origin::Set),
        // A decade alone is that decade's genre.
        _ => (Genre::Gabber, Origin::Genre),
    }
}

fn styles(said: &Said) -> Vec<String> {
    let names = said.profiles.iter().map(|p| p.name.clone());
    names.chain(said.eras.iter().cloned()).collect()
}

/// "The same but …": starts from what was composed last and changes what the words change.
fn edit(intent: &mut Intent, said: &Said, context: &SetContext) {
    if let Some(last) = &context.last {
        let was = &last.intent;
        if said.genres.is_empty() {
            intent.genre = was.genre;
        }
        intent.roles = was.roles.clone();
        for role in &said.roles {
            add(&mut intent.roles, *role);
        }
        for role in &was.without {
            add(&mut intent.without, *role);
        }
        intent.only |= was.only;
        intent.energy += was.energy;
        intent.brightness += was.brightness;
        intent.density += was.density;
        for mood in &was.moods {
            add(&mut intent.moods, *mood);
        }
        for character in &was.characters {
            add(&mut intent.characters, *character);
        }
        intent.root = intent.root.or(was.root);
        intent.scale = intent.scale.or(was.scale);
    } else {
        intent.notes.push(
            "nothing was composed here before, so there is nothing to change: this is new".into(),
        );
    }
    intent.edit =
        Some(EditRequest { base: context.last.clone().map(Box::new), locked: said.locked.clone() });
}

fn tempo(intent: &mut Intent, said: &Said, context: &SetContext) {
    let row = Knowledge::get().genre(intent.genre);
    let (low, high, usual) = row.bpm;
    let style = said.profiles.iter().find_map(|p| p.bpm).map(f64::from);
    let genre_asked = intent.genre_from != Origin::Set && !said.genres.is_empty();
    let before = context.last.as_ref().filter(|_| said.same);
    let set = context.bpm.or(before.map(|l| l.intent.bpm));
    let moved = |bpm: f64| match said.tempo.signum() {
        -1 => ((bpm * 0.95).round(), Origin::Stated),
        1 => ((bpm * 1.05).round(), Origin::Stated),
        _ => (bpm, Origin::Set),
    };
    (intent.bpm, intent.bpm_from) = match (said.bpm, set, style) {
        (Some(bpm), _, _) => (bpm, Origin::Stated),
        (None, Some(set), _) => moved(set),
        (None, None, Some(bpm)) => (bpm, Origin::Style),
        (None, None, None) => match said.tempo.signum() {
            -1 => (((low + usual) / 2.0).round(), Origin::Stated),
            1 => (((high + usual) / 2.0).round(), Origin::Stated),
            _ => (usual, Origin::Genre),
        },
    };
    let from_set = intent.bpm_from == Origin::Set && said.bpm.is_none();
    if from_set && genre_asked && !(low..=high).contains(&intent.bpm) {
        intent.notes.push(format!(
            "the set's {} BPM stays; {} is usually {low}–{high}: type a tempo to change it",
            intent.bpm, intent.genre
        ));
    }
}

fn key(intent: &mut Intent, said: &Said, context: &SetContext) {
    intent.key_from = if said.root.is_some() || said.scale.is_some() {
        Origin::Stated
    } else if let Some(key) = context.key {
        (intent.root, intent.scale) = (Some(key.root), Some(key.scale));
        Origin::Set
    } else if intent.root.is_some() {
        Origin::Set
    } else {
        Origin::Genre
    };
    // A scale without a root turns the set's key, it does not leave it.
    if intent.root.is_none() && intent.scale.is_some() {
        intent.root = context.key.map(|key| key.root);
    }
}

fn roles(intent: &mut Intent, said: &Said) {
    let row = Knowledge::get().genre(intent.genre);
    if said.no_melody {
        for role in Role::MELODIC {
            add(&mut intent.without, role);
        }
    }
    let named = !intent.roles.is_empty();
    if said.intro && !said.roles.contains(&Role::Kick) {
        add(&mut intent.without, Role::Kick);
    }
    if !named && !intent.only {
        intent.roles = row.headline.clone();
    } else if intent.roles == [Role::Kick]
        && !said.with
        && !said.same
        && intent.without.is_empty()
        && said.genres.iter().all(|(_, weight)| *weight < 6 || *weight == 9)
    {
        // "angerfist kick": one sound was asked for, not a track. A genre's own name beside it
        // ("gabber with a hard kick") asks for the track.
        intent.only = true;
    } else if named && !intent.only {
        // A tune without its drum is no hardcore; a break takes the kick's place.
        let carried = intent.roles.contains(&Role::Break);
        if !carried && !intent.roles.contains(&Role::Kick) {
            intent.roles.insert(0, Role::Kick);
        }
    }
    let without = intent.without.clone();
    intent.characters.retain(|(role, _)| !without.contains(role));
    intent.roles.retain(|role| !without.contains(role));
    intent.roles.sort();
}

fn limit(intent: &mut Intent) {
    for mood in intent.moods.clone() {
        match mood {
            Mood::Euphoric | Mood::Silly | Mood::Playful => intent.brightness += 1,
            Mood::Dark | Mood::Ominous | Mood::Bleak if intent.brightness == 0 => {
                intent.brightness -= 1;
            }
            Mood::Hypnotic => intent.density -= 1,
            _ => {}
        }
    }
    for value in [&mut intent.energy, &mut intent.brightness, &mut intent.density] {
        *value = (*value).clamp(-2, 2);
    }
}

/// Writes the chips and sentences.
fn tell(intent: &mut Intent, said: &Said) {
    let row = Knowledge::get().genre(intent.genre);
    let mut chips: Vec<(&str, String)> = Vec::new();
    let whence = |origin: Origin| match origin {
        Origin::Stated => "",
        Origin::Style => " (the style's)",
        Origin::Set => " (the set's)",
        Origin::Genre => " (usual)",
    };
    let genre_whence = match intent.genre_from {
        Origin::Genre => " (none was named)",
        other => whence(other),
    };
    chips.push(("genre", format!("{}{genre_whence}", intent.genre)));
    let bpm = (intent.bpm * 1000.0).round() / 1000.0;
    chips.push(("tempo", format!("{bpm} BPM{}", whence(intent.bpm_from))));
    let key = match (intent.root, intent.scale) {
        (Some(root), Some(scale)) => format!("{root} {}{}", scale.name(), whence(intent.key_from)),
        (Some(root), None) => format!("{root}, the seed chooses the scale"),
        (None, Some(scale)) => format!("{}, the seed chooses the root", scale.name()),
        (None, None) => "the seed chooses".into(),
    };
    chips.push(("key", key));
    chips.push(("bars", intent.bars.to_string()));
    let names = |roles: &[Role]| -> String {
        let names: Vec<&str> = roles.iter().map(|r| r.name()).collect();
        names.join(", ")
    };
    if !intent.roles.is_empty() {
        let only = if intent.only { " only" } else { "" };
        chips.push(("roles", format!("{}{only}", names(&intent.roles))));
    }
    if !intent.without.is_empty() {
        chips.push(("roles", format!("no {}", names(&intent.without))));
    }
    for (role, character) in &intent.characters {
        chips.push(("sound", format!("{} {}", character.name(), role.name())));
    }
    if !intent.moods.is_empty() {
        let moods: Vec<&str> = intent.moods.iter().map(|m| m.name()).collect();
        chips.push(("mood", moods.join(", ")));
    }
    let steps = [
        (intent.energy, "calmer", "harder"),
        (intent.brightness, "darker", "brighter"),
        (intent.density, "fewer notes", "more notes"),
    ];
    for (value, less, more) in steps {
        match value {
            0 => {}
            n if n < 0 => chips.push(("mood", less.to_owned())),
            _ => chips.push(("mood", more.to_owned())),
        }
    }
    if !intent.styles.is_empty() {
        chips.push(("style", intent.styles.join(", ")));
    }
    if intent.edit.is_some() {
        let what = match said.locked.len() {
            0 => "a change of what was there".to_owned(),
            _ => format!("a change; {} stays", names(&said.locked)),
        };
        chips.push(("edit", what));
    }
    intent.understood =
        chips.into_iter().map(|(kind, text)| Chip { kind: kind.to_owned(), text }).collect();
    if let Some(says) = &row.says {
        intent.notes.push(says.clone());
    }
}
