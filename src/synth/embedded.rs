//! The embedded executor: SynthDefs played by plyphon worlds inside the callback.
//!
//! A track's voices share one small world; every native effect is a world with one synth in it. A
//! world's clock counts its own blocks, so a world with nothing to do is not run at all.

use std::sync::Arc;

use plyphon::{
    AddAction, CommandTime, Controller, ControllerBatchCommand as Batch, Event, Nrt, Options,
    ROOT_GROUP_ID, Reply, World, engine,
};

use super::fuse;
use super::library::{Library, MAX_PARAMS, Sound};
use super::units;
use crate::engine::block::{BLOCK, StereoBlock};
use crate::engine::sound::{Insert, SoundError, SoundFactory, SoundSpec, VoiceStart, Voices};
use crate::model::sound::{BEAT_WRAP, SoundDescriptor, SoundKind};

/// Voices one world can hold, ended ones that were not yet noticed included.
const MAX_NODES: usize = 160;
/// State memory of a track's voices in bytes.
const VOICE_POOL: usize = 1 << 20;
/// State memory of an effect in bytes.
const EFFECT_POOL: usize = 1 << 18;
/// Below this an effect whose input ended counts as silent: −140 dB.
const SILENCE: f32 = 1e-7;

/// Makes embedded voices and inserts from a library.
pub struct EmbeddedFactory {
    library: Arc<Library>,
}

impl EmbeddedFactory {
    /// A factory for the sounds of `library`.
    pub fn new(library: Arc<Library>) -> Self {
        EmbeddedFactory { library }
    }

    fn sound(&self, name: &str, kind: SoundKind) -> Result<&Sound, SoundError> {
        let sound = self.library.get(name).ok_or_else(|| SoundError::Unknown(name.to_owned()))?;
        let words = |kind| match kind {
            SoundKind::Instrument => "an instrument",
            SoundKind::Effect => "an effect",
        };
        if sound.descriptor.kind == kind {
            Ok(sound)
        } else {
            let (is, wanted) = (words(sound.descriptor.kind), words(kind));
            Err(SoundError::WrongKind { name: name.to_owned(), is, wanted })
        }
    }
}

impl SoundFactory for EmbeddedFactory {
    fn descriptor(&self, name: &str) -> Option<&SoundDescriptor> {
        self.library.get(name).map(|s| &s.descriptor)
    }

    fn voices(&self, specs: &[SoundSpec], rate: u32) -> Result<Box<dyn Voices>, SoundError> {
        let mut host = Host::new(rate, 0, VOICE_POOL, 1 << 12);
        let mut sounds = Vec::with_capacity(specs.len());
        for spec in specs {
            let sound = self.sound(&spec.name, SoundKind::Instrument)?;
            sounds.push(host.prepare(sound, spec)?);
        }
        let active = Vec::with_capacity(MAX_NODES);
        Ok(Box::new(EmbeddedVoices {
            host,
            sounds,
            active,
            late: Vec::with_capacity(MAX_NODES),
            failed: 0,
            bpm: 120.0,
        }))
    }

    fn insert(&self, spec: &SoundSpec, rate: u32) -> Result<Box<dyn Insert>, SoundError> {
        let sound = self.sound(&spec.name, SoundKind::Effect)?;
        // plyphon rounds delay lines up to a power of two, hence twice the room.
        let memory = (sound.descriptor.memory_s * rate as f32 * 8.0) as usize + (1 << 16);
        let mut host = Host::new(rate, 4, EFFECT_POOL, memory);
        let mut prepared = host.prepare(sound, spec)?;
        host.begin_effect(&mut prepared)?;
        let tail_blocks = (sound.descriptor.tail_s * rate as f32 / BLOCK as f32) as u32 + 16;
        Ok(Box::new(EmbeddedInsert {
            host,
            sound: prepared,
            latency: sound.descriptor.latency_frames,
            tail_blocks,
            quiet_blocks: 0,
            asleep: false,
            reduction: sound.descriptor.reduction.then_some(1.0),
            beat: 0.0,
            beat_before: 0.0,
        }))
    }
}

/// A world with both of its other halves, driven from one place.
struct Host {
    controller: Controller,
    nrt: Nrt,
    world: World,
    /// Blocks rendered.
    block: u64,
    /// OSC time units a block, as plyphon's free-running clock counts them.
    increment: u64,
    units_per_frame: f64,
    inputs: usize,
    interleaved: Vec<f32>,
}

/// The engine's stereo input of a world, as a bus: the outputs come first.
const IN_BUS: f32 = 2.0;
/// The sidechain input.
const KEY_BUS: f32 = 4.0;
/// The control bus an effect writes its gain to.
const REDUCTION_BUS: u32 = 0;

/// A sound compiled into a world.
struct Prepared {
    def: u32,
    name: String,
    gate: Option<usize>,
    freq: Option<usize>,
    vel: Option<usize>,
    bpm: Option<usize>,
    beat: Option<usize>,
    /// World control of each descriptor parameter, with its value.
    params: Vec<(usize, f32)>,
    limits: Vec<(f32, f32)>,
}

impl Prepared {
    fn set(&mut self, param: u16, value: f32) -> Option<(usize, f32)> {
        let (min, max) = *self.limits.get(usize::from(param))?;
        let slot = self.params.get_mut(usize::from(param))?;
        if value.is_finite() {
            slot.1 = value.clamp(min, max);
        }
        Some(*slot)
    }
}

impl Host {
    fn new(rate: u32, inputs: usize, pool_bytes: usize, unit_pool_bytes: usize) -> Self {
        let (mut controller, nrt, world) = engine(Options {
            sample_rate: f64::from(rate),
            block_size: BLOCK,
            output_channels: 2,
            input_channels: inputs,
            audio_bus_channels: 8,
            control_bus_channels: 8,
            max_nodes: MAX_NODES,
            max_buffers: 1024,
            max_synthdefs: 128,
            pool_bytes,
            unit_pool_bytes,
            max_wire_bufs: 256,
            max_unit_outputs: fuse::MAX_OUTPUTS,
            command_capacity: 4096,
            max_scheduled: 4096,
            max_triggers: 1,
            max_node_msgs: 1,
            num_rgens: 1,
        });
        units::register(controller.registry_mut());
        let per_second = 4_294_967_296.0;
        Host {
            controller,
            nrt,
            world,
            block: 0,
            increment: (BLOCK as f64 * per_second / f64::from(rate)) as u64,
            units_per_frame: per_second / f64::from(rate),
            inputs,
            interleaved: vec![0.0; BLOCK * (2 + inputs)],
        }
    }

    fn prepare(&mut self, sound: &Sound, spec: &SoundSpec) -> Result<Prepared, SoundError> {
        let unusable = |cause: String| SoundError::Unusable { name: spec.name.clone(), cause };
        let def = &sound.def;
        // A kit may play one def from several pads: each compiles once.
        if self.controller.synthdef(&def.name).is_none() {
            for (unit, program) in &sound.fused.programs {
                self.controller.registry_mut().register(unit, Box::new(program.clone()));
            }
            let def = sound.fused.def.clone();
            self.controller.add_synthdef_rate(def, sound.rate.0, sound.rate.1);
        }
        let id = self.controller.ensure_compiled(&def.name).map_err(|e| unusable(e.to_string()))?;
        let mut params = Vec::with_capacity(MAX_PARAMS);
        for p in &sound.descriptor.params {
            let index = def.param_index(&p.name);
            let index = index.ok_or_else(|| unusable(format!("no control '{}'", p.name)))?;
            let value = spec.params.get(&p.name).map_or(p.default, |v| p.clamp(*v));
            params.push((index, value));
        }
        if let Some(name) = spec.params.keys().find(|n| sound.descriptor.param(n).is_none()) {
            return Err(unusable(format!("it has no parameter '{name}'")));
        }
        Ok(Prepared {
            def: id,
            name: def.name.clone(),
            gate: def.param_index("gate"),
            freq: def.param_index("freq"),
            vel: def.param_index("vel"),
            bpm: def.param_index("bpm"),
            beat: def.param_index("beat"),
            params,
            limits: sound.descriptor.params.iter().map(|p| (p.min, p.max)).collect(),
        })
    }

    /// Start the effect's only synth, off the callback: its delay lines are allocated here.
    fn begin_effect(&mut self, sound: &mut Prepared) -> Result<(), SoundError> {
        let fail = |cause: String| SoundError::Unusable { name: sound.name.clone(), cause };
        let made = self.controller.synth_new_with_id(
            EFFECT_NODE,
            &sound.name,
            ROOT_GROUP_ID,
            AddAction::Tail,
        );
        made.map_err(|e| fail(e.to_string()))?;
        let def = self.controller.synthdef(&sound.name).cloned();
        let def = def.ok_or_else(|| fail("it vanished".to_owned()))?;
        for (name, bus) in [("in", IN_BUS), ("key", KEY_BUS), ("reduction", REDUCTION_BUS as f32)] {
            if let Some(index) = def.param_index(name) {
                self.set(EFFECT_NODE, index, bus);
            }
        }
        for i in 0..sound.params.len() {
            let (index, value) = sound.params[i];
            self.set(EFFECT_NODE, index, value);
        }
        let mut silent = StereoBlock::SILENT;
        self.run(&mut silent, &StereoBlock::SILENT);
        while let Some(event) = self.nrt.poll() {
            if matches!(event, Event::SynthFailed { .. }) {
                return Err(fail(
                    "it needs more memory than its descriptor says (memory_s)".into(),
                ));
            }
        }
        Ok(())
    }

    fn set(&mut self, node: i32, control: usize, value: f32) {
        // A full ring drops the change of a knob, and the next one of that knob comes soon.
        let _ = self.try_set(node, control, value);
    }

    /// Set a control; `false` when the ring is full.
    fn try_set(&mut self, node: i32, control: usize, value: f32) -> bool {
        self.controller.set_control(node, control, value).is_ok()
    }

    /// The time tag of a frame of the coming block.
    fn tag(&self, offset: u8) -> CommandTime {
        let within = (f64::from(offset) * self.units_per_frame).round() as u64;
        CommandTime::At(self.block * self.increment + within)
    }

    /// Render a block: `audio` in (for effects), `audio` out.
    fn run(&mut self, audio: &mut StereoBlock, key: &StereoBlock) {
        let (out, input) = self.interleaved.split_at_mut(BLOCK * 2);
        if self.inputs > 0 {
            for (i, frame) in input.chunks_exact_mut(4).enumerate() {
                frame.copy_from_slice(&[audio.l[i], audio.r[i], key.l[i], key.r[i]]);
            }
        }
        self.world.fill_duplex(out, 2, input, self.inputs);
        for (i, frame) in out.chunks_exact(2).enumerate() {
            audio.l[i] = frame[0];
            audio.r[i] = frame[1];
        }
        self.block += 1;
    }
}

/// Node id of an effect's synth.
const EFFECT_NODE: i32 = 1000;

fn node_id(voice: u32) -> i32 {
    // Voices count from 1 to 10⁹; ids below 1000 are left to groups.
    1000i32.saturating_add_unsigned(voice)
}

struct Active {
    voice: u32,
    sound: u8,
    /// Block it was started in.
    born: u64,
}

struct EmbeddedVoices {
    host: Host,
    sounds: Vec<Prepared>,
    active: Vec<Active>,
    /// Gates of voices that start in this very block: sent a block later, else they would be lost.
    late: Vec<(u32, f32)>,
    /// Voices the world could not begin, since they were last asked for.
    failed: u32,
    bpm: f32,
}

impl EmbeddedVoices {
    fn gate(&mut self, voice: u32, value: f32) {
        if !self.send_gate(voice, value) {
            self.later(voice, value);
        }
    }

    /// Send a gate; `false` when it has to wait for the next block: the voice starts in this very one,
    /// or the ring is full.
    fn send_gate(&mut self, voice: u32, value: f32) -> bool {
        let Some(active) = self.active.iter().find(|a| a.voice == voice) else { return true };
        let Some(gate) = self.sounds[usize::from(active.sound)].gate else { return true };
        active.born != self.host.block && self.host.try_set(node_id(voice), gate, value)
    }

    /// Keep a gate for the next block. Of two of one voice the one that ends it sooner counts, so there
    /// are never more than there are voices, and none is lost.
    fn later(&mut self, voice: u32, value: f32) {
        if let Some((_, gate)) = self.late.iter_mut().find(|(other, _)| *other == voice) {
            *gate = gate.min(value);
        } else if self.late.len() < self.late.capacity() {
            self.late.push((voice, value));
        }
    }
}

impl Voices for EmbeddedVoices {
    fn start(&mut self, start: VoiceStart) -> bool {
        let Some(sound) = self.sounds.get(usize::from(start.sound)) else { return false };
        if self.active.len() >= MAX_NODES {
            return false;
        }
        let id = node_id(start.voice);
        let add = Batch::AddSynth {
            id,
            def_id: sound.def,
            target: ROOT_GROUP_ID,
            action: AddAction::Tail,
        };
        let mut batch = [add; MAX_PARAMS + 5];
        let mut n = 1;
        let own = [(sound.freq, start.freq), (sound.vel, start.velocity), (sound.bpm, self.bpm)];
        let own = own.into_iter().filter_map(|(index, value)| Some((index?, value)));
        for (param, value) in own.chain(sound.params.iter().copied()) {
            batch[n] = Batch::SetControl { node: id, param, value };
            n += 1;
        }
        let tag = self.host.tag(start.offset);
        self.host.controller.begin_scheduled(tag);
        let sent = self.host.controller.try_send_batch(&batch[..n]).is_ok();
        self.host.controller.end_scheduled();
        if sent {
            let (voice, sound, born) = (start.voice, start.sound, self.host.block);
            self.active.push(Active { voice, sound, born });
        }
        sent
    }

    fn release(&mut self, voice: u32) {
        self.gate(voice, 0.0);
    }

    fn cut(&mut self, voice: u32, seconds: f32) {
        // `EnvGen` fades out within |gate| − 1 seconds.
        self.gate(voice, -1.0 - seconds.max(0.0));
    }

    fn set_param(&mut self, sound: u8, param: u16, value: f32) {
        let Some(prepared) = self.sounds.get_mut(usize::from(sound)) else { return };
        let before = prepared.params.get(usize::from(param)).copied();
        let Some(now) = prepared.set(param, value) else { return };
        if before == Some(now) {
            return;
        }
        for i in 0..self.active.len() {
            if self.active[i].sound == sound && self.active[i].born != self.host.block {
                self.host.set(node_id(self.active[i].voice), now.0, now.1);
            }
        }
    }

    fn set_tempo(&mut self, bpm: f32) {
        self.bpm = bpm;
        for i in 0..self.active.len() {
            if let Some(control) = self.sounds[usize::from(self.active[i].sound)].bpm {
                self.host.set(node_id(self.active[i].voice), control, bpm);
            }
        }
    }

    fn render(&mut self, out: &mut StereoBlock) {
        if self.active.is_empty() {
            out.clear();
            return;
        }
        self.host.run(out, &StereoBlock::SILENT);
        let mut i = 0;
        while let Some((voice, value)) = self.late.get(i).copied() {
            if self.send_gate(voice, value) {
                self.late.swap_remove(i);
            } else {
                i += 1;
            }
        }
    }

    fn next_ended(&mut self) -> Option<u32> {
        self.host.nrt.process();
        while let Some(event) = self.host.nrt.poll() {
            let node = match event {
                Event::NodeEnded(node) => node.node,
                Event::SynthFailed { id } => {
                    self.failed += 1;
                    id
                }
                _ => continue,
            };
            if let Some(i) = self.active.iter().position(|a| node_id(a.voice) == node) {
                return Some(self.active.remove(i).voice);
            }
        }
        None
    }

    fn failed(&mut self) -> u32 {
        std::mem::take(&mut self.failed)
    }
}

struct EmbeddedInsert {
    host: Host,
    sound: Prepared,
    latency: u32,
    /// Blocks of silent input after which the effect may sleep once its output is silent too.
    tail_blocks: u32,
    quiet_blocks: u32,
    asleep: bool,
    /// The gain it turns the signal down by, of one that does.
    reduction: Option<f32>,
    /// Where the coming block lies in the music, and where the one before did.
    beat: f32,
    beat_before: f32,
}

impl Insert for EmbeddedInsert {
    fn process(&mut self, audio: &mut StereoBlock, key: &StereoBlock) {
        let silent_in = is_silent(audio);
        self.quiet_blocks = if silent_in { self.quiet_blocks.saturating_add(1) } else { 0 };
        if self.asleep && silent_in {
            audio.clear();
            self.reduction = self.reduction.and(Some(1.0));
            return;
        }
        if self.reduction.is_some() {
            // Answered before the block is computed: with what the one before wrote. A full ring
            // leaves the meter where it is for a block.
            let _ = self.host.controller.query_control_bus(REDUCTION_BUS);
        }
        if let Some(control) = self.sound.beat {
            if self.asleep {
                // It moves on from where it was a block ago, and that is not where it fell asleep.
                self.host.set(EFFECT_NODE, control, self.beat_before);
                self.host.run(&mut StereoBlock::SILENT.clone(), &StereoBlock::SILENT);
            }
            // Told only when the block is computed, so that a sleeping effect's ring stays empty.
            self.host.set(EFFECT_NODE, control, self.beat);
        }
        self.host.run(audio, key);
        self.asleep = self.quiet_blocks > self.tail_blocks && is_silent(audio);
        self.host.nrt.process();
        while self.host.nrt.poll().is_some() {}
        while let Some(reply) = self.host.nrt.poll_reply() {
            if let Reply::ControlValue { value, .. } = reply {
                self.reduction = Some(if value.is_nan() { 1.0 } else { value.clamp(0.0, 1.0) });
            }
        }
    }

    fn set_param(&mut self, param: u16, value: f32) {
        let before = self.sound.params.get(usize::from(param)).copied();
        if let Some(now) = self.sound.set(param, value)
            && before != Some(now)
        {
            self.host.set(EFFECT_NODE, now.0, now.1);
            // The change must be taken in, or changes would pile up in the ring.
            self.wake();
        }
    }

    fn set_tempo(&mut self, bpm: f32) {
        if let Some(control) = self.sound.bpm {
            self.host.set(EFFECT_NODE, control, bpm);
            self.wake();
        }
    }

    fn at_beat(&mut self, at: f64) {
        self.beat_before = self.beat;
        self.beat = at.rem_euclid(BEAT_WRAP) as f32;
    }

    fn latency(&self) -> u32 {
        self.latency
    }

    fn reduction(&self) -> Option<f32> {
        self.reduction
    }
}

impl EmbeddedInsert {
    fn wake(&mut self) {
        self.asleep = false;
    }
}

fn is_silent(block: &StereoBlock) -> bool {
    block.l.iter().chain(&block.r).all(|x| x.abs() < SILENCE)
}
