//! Composing as a job: words, a seed and what is running → a proposal.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use bevy_ecs::world::World;

use super::proposal::{Proposal, Proposed};
use super::{JobId, Kind, Output, Target, Teller, begin, history};
use crate::engine::sound::SoundFactory;
use crate::generation::project::project;
use crate::generation::{compose_best_of, understand};
use crate::model::ids::{SceneId, TrackId};
use crate::model::intent::{Facet, Intent, Origin, Role, SetContext};
use crate::model::project::Song;
use crate::model::time::Signature;

/// What is asked for: in words, or as an intent that was read already.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// Words.
    Words(String),
    /// An intent, as a proposal before had it or with one thing changed.
    Intent(Box<Intent>),
}

/// What a composing job works from.
#[derive(Clone)]
pub struct Wish {
    /// What is asked for.
    pub asked: Asked,
    /// The seed; the same wish with the same seed gives the same notes.
    pub seed: u64,
    /// The slot it is for.
    pub into: Option<(TrackId, SceneId)>,
    /// The tempo the set runs at now, BPM; `None` takes the song's.
    pub bpm: Option<f64>,
    /// Ideas that are made; the best is proposed.
    pub candidates: u32,
}

/// A seed nobody used before, short enough to type: the hasher's keys come from the system.
pub fn fresh_seed() -> u64 {
    RandomState::new().build_hasher().finish() % 1_000_000
}

/// Give a wish to the pool.
///
/// # Errors
/// No words, or the queue is full.
pub fn compose(
    world: &mut World,
    factory: Arc<dyn SoundFactory>,
    wish: Wish,
) -> Result<JobId, String> {
    let prompt = match &wish.asked {
        Asked::Words(words) => words.trim().to_owned(),
        Asked::Intent(intent) => intent.prompt.clone(),
    };
    if prompt.is_empty() {
        return Err("say what you want to hear, such as: compose dark hoover".to_owned());
    }
    let (context, signature) = context(world, wish.bpm);
    let target = wish.into.map(|(track, scene)| Target(track, scene));
    let work = move |id: JobId, teller: &mut Teller| {
        let intent = match wish.asked {
            Asked::Words(words) => understand(&words, &context),
            Asked::Intent(intent) => *intent,
        };
        for note in &intent.notes {
            teller.say(note.clone());
        }
        teller.progress(0.1);
        let mut proposal = make(id, &intent, wish.seed, wish.candidates, &*factory)?;
        proposal.into = wish.into;
        if signature != Signature::default() {
            let sentence = format!("the notes lie in bars of 4/4; the set counts {signature}");
            proposal.notes.push(sentence);
        }
        let set = context.bpm.unwrap_or(proposal.bpm);
        if (set - proposal.bpm).abs() > 0.01 && proposal.parts.len() == 1 {
            let bpm = proposal.bpm;
            proposal.notes.push(format!(
                "made for {bpm} BPM; the set stays at {set}: write bpm {bpm} to change that"
            ));
        }
        Ok(Output::Proposal(Box::new(proposal)))
    };
    begin(world, Kind::Compose, format!("compose “{prompt}”"), target, work)
}

/// What is running, as words are read against it.
pub(super) fn context(world: &World, bpm: Option<f64>) -> (SetContext, Signature) {
    let song = world.get_resource::<Song>();
    let (last, kept) = history(world);
    let context = SetContext {
        bpm: bpm.or(song.map(|song| song.tempo.start.get())),
        key: song.map(|song| song.key),
        genre: kept.map(|kept| kept.intent.genre),
        last,
    };
    (context, song.map_or_else(Signature::default, |song| song.signature))
}

pub(super) fn make(
    id: JobId,
    intent: &Intent,
    seed: u64,
    candidates: u32,
    factory: &dyn SoundFactory,
) -> Result<Proposal, String> {
    let idea = compose_best_of(intent, seed, candidates);
    let project = project(&idea, |name| factory.descriptor(name));
    // The whole idea is composed, so that what was asked for fits to the rest of it.
    let wanted = |role: &Role| intent.named.is_empty() || intent.named.contains(role);
    let all = idea.parts.iter().map(|part| part.role).zip(project.tracks);
    let parts: Vec<Proposed> = all
        .filter(|(role, _)| wanted(role))
        .filter(|(_, track)| track.clips.iter().any(holds_notes))
        .map(|(role, track)| Proposed { role, track })
        .collect();
    if parts.is_empty() {
        return Err(match intent.named.as_slice() {
            [] => "nothing came of these words; name a sound or a genre".to_owned(),
            roles => {
                let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
                let genre = idea.intent.genre;
                format!("{genre} has no part for {}; name another genre with it", names.join(", "))
            }
        });
    }
    let mut notes = idea.intent.notes.clone();
    notes.extend(idea.notes.iter().filter(|note| !intent.notes.contains(note)).cloned());
    Ok(Proposal {
        id,
        prompt: intent.prompt.clone(),
        intent: intent.clone(),
        seed,
        bpm: idea.bpm,
        key: idea.key,
        bars: idea.bars,
        parts,
        buses: project.buses,
        notes,
        into: None,
        of: None,
    })
}

fn holds_notes(clip: &crate::model::clip::Clip) -> bool {
    clip.midi().is_some_and(|midi| !midi.notes.is_empty())
}

/// The intent with one thing of it said anew, in words.
///
/// # Errors
/// Words that do not say such a thing; which ones they are and an example.
pub fn change(intent: &Intent, facet: Facet, text: &str) -> Result<Intent, String> {
    let words = match facet {
        Facet::Tempo if text.trim().parse::<f64>().is_ok() => format!("{} bpm", text.trim()),
        Facet::Bars if text.trim().parse::<u32>().is_ok() => format!("{} bars", text.trim()),
        // A context that differs from all that can be said tells what was said.
        _ => text.trim().to_owned(),
    };
    let read = understand(&words, &SetContext::default());
    let example = match facet {
        Facet::Genre => "frenchcore",
        Facet::Tempo => "a number from 20 to 999",
        Facet::Key => "F minor",
        Facet::Bars => "a number from 1 to 128",
        Facet::Roles => "kick, hoover",
    };
    let (what, no) = (facet.name(), || {
        let what = facet.name();
        Err(format!("“{}” is understood as no {what}; write such as: {example}", text.trim()))
    });
    if let [first, ..] = read.unknown.as_slice() {
        return Err(format!("“{first}” means nothing as {what}; write such as: {example}"));
    }
    let mut new = intent.clone();
    match facet {
        Facet::Genre if read.genre_from != Origin::Genre => {
            (new.genre, new.genre_from) = (read.genre, Origin::Stated);
        }
        Facet::Tempo if read.bpm_from == Origin::Stated => {
            (new.bpm, new.bpm_from) = (read.bpm, Origin::Stated);
        }
        Facet::Key if read.key_from == Origin::Stated => {
            new.root = read.root.or(new.root);
            new.scale = read.scale.or(new.scale);
            new.key_from = Origin::Stated;
        }
        Facet::Bars if words.chars().any(|c| c.is_ascii_digit()) => new.bars = read.bars,
        Facet::Roles if !read.named.is_empty() => {
            new.without.retain(|role| !read.named.contains(role));
            (new.roles, new.named) = (read.roles, read.named);
        }
        _ => return no(),
    }
    // What is changed is new music, not a change of older music.
    new.edit = None;
    Ok(new)
}
