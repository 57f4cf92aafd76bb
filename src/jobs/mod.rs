//! Work in the background: entities of the document's world that say how far it is, and a small pool.
//!
//! | file | part |
//! |---|---|
//! | `pool` | two workers, a queue with an end, and the way back |
//! | `compose` | words and a seed to a proposal |
//! | `reshape` | a clip to its variation, its fill, its bass |
//! | `proposal` | a proposal, and the edit that puts it into a document |
//! | `bounce` | a scene to files |
//! | `audition` | a sound tried by itself |
//! | `import` | a file to a clip |
//! | `slice` | a recording cut at its hits |
//!
//! A worker gets copies and gives back values: only [`pump`], called once a frame by who owns the
//! world, changes anything. A job is an entity with [`Job`], [`Progress`], [`Log`], [`State`] and
//! [`Cancel`]; one that composed also gets its [`Proposal`](proposal::Proposal). The number of a job
//! is the number of its proposal.

pub mod audition;
pub mod bounce;
pub mod compose;
pub mod import;
mod pool;
pub mod proposal;
pub mod reshape;
pub mod slice;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bevy_ecs::component::Component;
use bevy_ecs::entity::Entity;
use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;

use import::Imported;
pub use pool::Teller;
use pool::{Item, Pool, Told};
use proposal::{Proposal, Trial};
use slice::Slices;

use crate::engine::samples::Sample;
use crate::model::ids::{SceneId, TrackId};
use crate::model::intent::Composed;
use crate::model::time::Signature;
use crate::session::act::ActError;
use crate::session::document::exists;
use crate::session::edit::Edit;

/// Jobs that are over and still listed.
const OVER: usize = 12;
/// Proposals that wait to be kept or rejected; the oldest of more goes.
const PROPOSALS: usize = 24;

/// The number of a job, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u32);

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It composes a proposal.
    Compose,
    /// It writes a scene to files.
    Bounce,
    /// It makes a clip of a file.
    Import,
    /// It cuts a recording.
    Slice,
    /// It plays a phrase on a sound.
    Audition,
}

/// A piece of work.
#[derive(Component, Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What it does.
    pub kind: Kind,
    /// The same for people.
    pub title: String,
}

/// How far a job is, 0–1.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress(pub f32);

/// Sentences a job said, oldest first.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq)]
pub struct Log(pub Vec<String>);

/// Raised to have a job broken off; shared with its worker.
#[derive(Component, Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

/// Where a job stands.
#[derive(Component, Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is in the queue.
    Waiting,
    /// A worker has it.
    Running,
    /// It is done.
    Done,
    /// It came to nothing; why, in a sentence.
    Failed(String),
    /// It was broken off.
    Cancelled,
}

impl State {
    /// Whether nothing more comes of it.
    pub fn is_over(&self) -> bool {
        !matches!(self, State::Waiting | State::Running)
    }
}

/// The slot that a job works for; without it the result has no place to go to.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target(pub TrackId, pub SceneId);

/// The files a job wrote.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(pub Vec<PathBuf>);

/// What a worker gives back.
#[derive(Debug)]
pub enum Output {
    /// Music to keep or to reject.
    Proposal(Box<Proposal>),
    /// Files that were written.
    Files(Vec<PathBuf>),
    /// Something for the document.
    Made(Made),
    /// Something for the player's ears.
    Heard(Sample),
}

/// Something that was made and waits to become a step of the document.
#[derive(Clone, Debug, PartialEq)]
pub enum Made {
    /// A clip.
    Clip(Box<Imported>),
    /// Slices.
    Slices(Slices),
}

impl Made {
    /// The step and what it is called in the history.
    ///
    /// # Errors
    /// What it was made for is gone.
    pub fn step(&self, world: &World) -> Result<(String, Edit), ActError> {
        Ok(match self {
            Made::Clip(clip) => (format!("Import “{}”", clip.name), clip.edit(world)?),
            Made::Slices(slices) => {
                ("Slice a recording at its hits".to_owned(), slices.edit(world)?)
            }
        })
    }

    /// What there is of it, in bars of `signature`.
    pub fn sentence(&self, signature: Signature) -> String {
        match self {
            Made::Clip(clip) => clip.sentence(signature),
            Made::Slices(slices) => slices.sentence(),
        }
    }
}

/// The work itself: with a copy of everything it needs.
pub type Work = Box<dyn FnOnce(&mut Teller) -> Result<Output, String> + Send>;

/// Something that came of a job, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// It did not go as asked.
    pub refused: bool,
    /// In words.
    pub text: String,
}

/// All jobs of a world, and who works on them.
#[derive(Resource)]
pub struct Jobs {
    pool: Pool,
    all: BTreeMap<JobId, Entity>,
    next: u32,
    /// What was composed last: "the same but …" starts from it.
    last: Option<Composed>,
    /// What was kept last: the set is of its genre.
    kept: Option<Composed>,
    /// What was made and is not in the document yet.
    made: Vec<(JobId, Made)>,
    /// What was made to be heard, and was not sent there yet.
    heard: Option<Sample>,
}

impl Default for Jobs {
    fn default() -> Self {
        Jobs {
            pool: Pool::default(),
            all: BTreeMap::new(),
            next: 1,
            last: None,
            kept: None,
            made: Vec::new(),
            heard: None,
        }
    }
}

/// A job as it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'w> {
    /// What it is.
    pub job: &'w Job,
    /// How far it is, 0–1.
    pub share: f32,
    /// Where it stands.
    pub state: &'w State,
    /// What it said, oldest first.
    pub log: &'w [String],
}

/// Give work to the pool.
///
/// # Errors
/// So much waits already that the queue is full, or this machine starts no more threads.
pub fn begin(
    world: &mut World,
    kind: Kind,
    title: String,
    target: Option<Target>,
    work: impl FnOnce(JobId, &mut Teller) -> Result<Output, String> + Send + 'static,
) -> Result<JobId, String> {
    let cancel = Cancel::default();
    let mut jobs = world.get_resource_or_init::<Jobs>();
    let id = JobId(jobs.next);
    let work: Work = Box::new(move |teller| work(id, teller));
    jobs.pool.push(Item { id, cancel: Arc::clone(&cancel.0), work })?;
    jobs.next += 1;
    let parts = (Job { id, kind, title }, Progress::default(), Log::default(), State::Waiting);
    let mut entity = world.spawn((parts, cancel));
    if let Some(target) = target {
        entity.insert(target);
    }
    let entity = entity.id();
    world.resource_mut::<Jobs>().all.insert(id, entity);
    Ok(id)
}

/// Break off a job; its worker stops at the next chance it looks.
///
/// # Errors
/// There is no such job, or it is over.
pub fn cancel(world: &mut World, id: JobId) -> Result<String, String> {
    let missing = || format!("there is no job {}", id.0);
    let entity = entity(world, id).ok_or_else(missing)?;
    let job = world.get::<Job>(entity).ok_or_else(missing)?.title.clone();
    let mut state = world.get_mut::<State>(entity).ok_or_else(missing)?;
    if state.is_over() {
        return Err(format!("job {} is over already", id.0));
    }
    *state = State::Cancelled;
    if let Some(flag) = world.get::<Cancel>(entity) {
        flag.0.store(true, Ordering::Relaxed);
    }
    Ok(format!("cancelled: {job}"))
}

/// Break off everything and forget all jobs and proposals: another project is opened in this world.
pub fn forget(world: &mut World) {
    world.remove_resource::<Trial>();
    let Some(mut jobs) = world.get_resource_mut::<Jobs>() else { return };
    (jobs.last, jobs.kept) = (None, None);
    jobs.made.clear();
    jobs.heard = None;
    let all = std::mem::take(&mut jobs.all);
    for entity in all.into_values() {
        if let Some(flag) = world.get::<Cancel>(entity) {
            flag.0.store(true, Ordering::Relaxed);
        }
        world.despawn(entity);
    }
}

/// Take in what the workers did since the last call. Never waits; gives sentences for people.
pub fn pump(world: &mut World) -> Vec<Notice> {
    let Some(jobs) = world.get_resource::<Jobs>() else { return Vec::new() };
    let told: Vec<(JobId, Told)> = jobs.pool.told().collect();
    if told.is_empty() {
        return Vec::new();
    }
    let mut notices = Vec::new();
    for (id, told) in told {
        let Some(entity) = entity(world, id) else {
            if matches!(told, Told::Ended(Ok(_))) {
                let text = format!("what job {} made came too late: its project is closed", id.0);
                notices.push(Notice { refused: true, text });
            }
            continue;
        };
        match told {
            Told::Began => set(world, entity, State::Running),
            Told::Progress(share) => {
                world.entity_mut(entity).insert(Progress(share));
            }
            Told::Said(sentence) => {
                if let Some(mut log) = world.get_mut::<Log>(entity) {
                    log.0.push(sentence);
                }
            }
            Told::Ended(result) => notices.extend(ended(world, entity, result)),
        }
    }
    tidy(world);
    notices
}

/// Changes where a job stands, unless it is over.
fn set(world: &mut World, entity: Entity, state: State) {
    if let Some(mut old) = world.get_mut::<State>(entity)
        && !old.is_over()
    {
        *old = state;
    }
}

fn ended(world: &mut World, entity: Entity, result: Result<Output, String>) -> Option<Notice> {
    let cancelled = matches!(world.get::<State>(entity), Some(State::Cancelled));
    if cancelled {
        return None;
    }
    let title = world.get::<Job>(entity)?.title.clone();
    let gone = world
        .get::<Target>(entity)
        .is_some_and(|Target(track, scene)| !exists(world, *track) || !exists(world, *scene));
    let result = match result {
        Ok(_) if gone => Err("the slot it was made for is gone; ask for it again".to_owned()),
        result => result,
    };
    let said = match result {
        Ok(Output::Proposal(proposal)) => {
            let said = proposal.sentence();
            world.resource_mut::<Jobs>().last = Some(proposal.composed());
            world.entity_mut(entity).insert(*proposal);
            Ok(said)
        }
        Ok(Output::Files(files)) => {
            let names: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
            world.entity_mut(entity).insert(Files(files));
            Ok(format!("{title}: {}", names.join(" and ")))
        }
        Ok(Output::Made(made)) => {
            let id = world.get::<Job>(entity)?.id;
            world.resource_mut::<Jobs>().made.push((id, made));
            return None;
        }
        // It is heard: nobody has to be told, and no list has to keep it.
        Ok(Output::Heard(sample)) => {
            let id = world.get::<Job>(entity)?.id;
            world.despawn(entity);
            let mut jobs = world.resource_mut::<Jobs>();
            jobs.all.remove(&id);
            jobs.heard = Some(sample);
            return None;
        }
        Err(sentence) => Err(sentence),
    };
    Some(over(world, entity, title, said))
}

/// A job is over: what it came to, and what is said of it.
fn over(world: &mut World, entity: Entity, title: String, said: Result<String, String>) -> Notice {
    match said {
        Ok(text) => {
            world.entity_mut(entity).insert(Progress(1.0));
            set(world, entity, State::Done);
            Notice { refused: false, text }
        }
        Err(why) => {
            let text = format!("{title}: {why}");
            set(world, entity, State::Failed(why));
            Notice { refused: true, text }
        }
    }
}

/// What was made since the last call and is not in the document yet, with its jobs; [`settle`] is to be
/// told what came of each.
pub fn made(world: &mut World) -> Vec<(JobId, Made)> {
    let jobs = world.get_resource_mut::<Jobs>();
    jobs.map_or_else(Vec::new, |mut jobs| std::mem::take(&mut jobs.made))
}

/// What was made since the last call for the player's ears.
pub fn heard(world: &mut World) -> Option<Sample> {
    world.get_resource_mut::<Jobs>()?.heard.take()
}

/// What came of what a job made.
pub fn settle(world: &mut World, id: JobId, said: Result<String, String>) -> Option<Notice> {
    let entity = entity(world, id)?;
    let title = world.get::<Job>(entity)?.title.clone();
    Some(over(world, entity, title, said))
}

/// Lets go of the oldest of what is over, and of the oldest proposals.
fn tidy(world: &mut World) {
    let Some(jobs) = world.get_resource::<Jobs>() else { return };
    let all: Vec<(JobId, Entity)> = jobs.all.iter().map(|(id, entity)| (*id, *entity)).collect();
    let (proposed, over): (Vec<_>, Vec<_>) = all
        .into_iter()
        .filter(|(_, entity)| world.get::<State>(*entity).is_none_or(State::is_over))
        .partition(|(_, entity)| world.get::<Proposal>(*entity).is_some());
    let oldest = |list: Vec<(JobId, Entity)>, keep: usize| {
        let gone = list.len().saturating_sub(keep);
        list.into_iter().take(gone)
    };
    let gone: Vec<_> = oldest(proposed, PROPOSALS).chain(oldest(over, OVER)).collect();
    for (id, entity) in gone {
        world.despawn(entity);
        world.resource_mut::<Jobs>().all.remove(&id);
    }
}

fn entity(world: &World, id: JobId) -> Option<Entity> {
    world.get_resource::<Jobs>()?.all.get(&id).copied()
}

/// All jobs that are listed, oldest first.
pub fn list(world: &World) -> Vec<Shown<'_>> {
    let Some(jobs) = world.get_resource::<Jobs>() else { return Vec::new() };
    let shown = |entity: &Entity| {
        Some(Shown {
            job: world.get(*entity)?,
            share: world.get::<Progress>(*entity)?.0,
            state: world.get(*entity)?,
            log: &world.get::<Log>(*entity)?.0,
        })
    };
    jobs.all.values().filter_map(shown).collect()
}

/// All proposals that wait for a decision, oldest first.
pub fn proposals(world: &World) -> Vec<&Proposal> {
    let Some(jobs) = world.get_resource::<Jobs>() else { return Vec::new() };
    jobs.all.values().filter_map(|entity| world.get(*entity)).collect()
}

/// The proposal of this number, or the newest one.
///
/// # Errors
/// There is none.
pub fn proposal(world: &World, number: Option<u32>) -> Result<&Proposal, String> {
    let mut all = proposals(world);
    match number {
        Some(number) => all
            .into_iter()
            .find(|proposal| proposal.id == JobId(number))
            .ok_or_else(|| format!("there is no proposal {number}")),
        None => all.pop().ok_or_else(|| {
            "nothing is proposed: write compose and what you want to hear".to_owned()
        }),
    }
}

/// The proposal that is in the document for trial, if there is one.
pub fn tried(world: &World) -> Option<JobId> {
    world.get_resource::<Trial>().map(|trial| trial.id)
}

/// Let go of a proposal; `kept` says that it went into the document.
pub fn decided(world: &mut World, id: JobId, kept: bool) {
    let Some(entity) = entity(world, id) else { return };
    let Some(proposal) = world.entity_mut(entity).take::<Proposal>() else { return };
    if kept {
        world.resource_mut::<Jobs>().kept = Some(proposal.composed());
    }
}

/// What was composed last, and what of it was kept last.
pub fn history(world: &World) -> (Option<Composed>, Option<Composed>) {
    let jobs = world.get_resource::<Jobs>();
    jobs.map_or((None, None), |jobs| (jobs.last.clone(), jobs.kept.clone()))
}
