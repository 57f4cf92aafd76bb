//! Rewrites a SynthDef so that its arithmetic runs in few units, for the embedded synth.
//!
//! Every run of arithmetic units of one rate becomes one [`ExprDef`]. To make the runs long, units of
//! which nothing but their inputs matters are moved as far to the front as their inputs allow. The
//! others keep their order, because they may share state (random numbers, buses, buffers).

use std::collections::HashMap;

use plyphon::{InputRef, Rate, SynthDef, UnitSpec};

use super::units::expr::{ExprDef, MAX_REGISTERS, Op, Operand, Operator};

/// Most values one unit may hand to others; the worlds are made with room for as many.
pub const MAX_OUTPUTS: usize = 64;

/// A SynthDef for a world in which each of `programs` is registered as a unit of its name.
#[derive(Clone, Debug)]
pub struct Fused {
    /// The rewritten graph, with the name and the controls of the original.
    pub def: SynthDef,
    /// The units made for it.
    pub programs: Vec<(String, ExprDef)>,
}

/// Larger graphs stay as they are: sorting them would take longer than anyone waits.
const MAX_UNITS: usize = 4096;

/// Rewrite `def`. What it computes stays the same to the last bit.
pub fn fuse(def: &SynthDef) -> Fused {
    let unchanged = || Fused { def: def.clone(), programs: Vec::new() };
    if def.units.len() > MAX_UNITS {
        return unchanged();
    }
    let mut fuser = Fuser {
        def,
        readers: readers(def),
        units: Vec::new(),
        programs: Vec::new(),
        moved: HashMap::new(),
        waiting: (0..def.units.len()).collect(),
    };
    loop {
        let kept = fuser.keep_what_is_ready();
        let run = match fuser.arithmetic_that_is_ready(Rate::Control) {
            run if run.is_empty() => fuser.arithmetic_that_is_ready(Rate::Audio),
            run => run,
        };
        if run.is_empty() && !kept {
            break;
        }
        fuser.waiting.retain(|i| !run.contains(i));
        fuser.place(&run);
    }
    if !fuser.waiting.is_empty() {
        // A unit reads what is not there or comes later: plyphon is to say what is wrong with that.
        return unchanged();
    }
    Fused {
        def: SynthDef { name: def.name.clone(), params: def.params.clone(), units: fuser.units },
        programs: fuser.programs,
    }
}

/// Units whose result depends on nothing but their own inputs and past: they may run in any order
/// that has their inputs first. All others keep the order they have among themselves.
const FREE: &str = "A2K AllpassC AllpassL AllpassN BBandPass BHiPass BHiShelf BLowPass BLowShelf BPF \
    BPeakEQ CombC CombN Compander ControlDur ControlRate Delay1 DelayC DelayL DelayN EnvGen FOS \
    FreqShift HPF HPZ1 HcDelay HcLimiter HcShaper Impulse K2A LFPulse LFSaw LFTri LPF Lag LagUD Latch \
    LeakDC OnePole Phasor RHPF RLPF SampleDur SampleRate Schmidt Select SinOsc Sweep XFade2";

fn is_free(unit: &UnitSpec) -> bool {
    FREE.split(' ').any(|name| name == unit.name) || operators(unit).is_some()
}

/// For each unit those that read it.
fn readers(def: &SynthDef) -> Vec<Vec<usize>> {
    let mut readers = vec![Vec::new(); def.units.len()];
    for (reader, unit) in def.units.iter().enumerate() {
        for input in &unit.inputs {
            if let InputRef::Unit { unit, .. } = *input
                && let Some(list) = readers.get_mut(unit as usize)
            {
                list.push(reader);
            }
        }
    }
    readers
}

/// What a unit of arithmetic does, one operator after the other: the first takes the first input,
/// each later one the result so far, with the input named.
fn operators(unit: &UnitSpec) -> Option<Vec<(Operator, usize)>> {
    let list = match unit.name.as_str() {
        "BinaryOpUGen" => vec![(Operator::binary(unit.special_index)?, 1)],
        "UnaryOpUGen" => vec![(Operator::unary(unit.special_index)?, 0)],
        "MulAdd" => vec![(Operator::Mul, 1), (Operator::Add, 2)],
        "Sum3" => vec![(Operator::Add, 1), (Operator::Add, 2)],
        "Sum4" => vec![(Operator::Add, 1), (Operator::Add, 2), (Operator::Add, 3)],
        "Clip" => vec![(Operator::Min, 2), (Operator::Max, 1)],
        _ => return None,
    };
    list.iter().all(|(_, input)| *input < unit.inputs.len()).then_some(list)
}

/// Whether the unit only computes with the present values of its inputs, at a rate they have.
fn is_arithmetic(def: &SynthDef, index: usize) -> bool {
    let unit = &def.units[index];
    let fits = |input: &InputRef| {
        let rate = match *input {
            InputRef::Constant(_) => Some(Rate::Scalar),
            InputRef::Param(p) => def.params.get(p as usize).map(|p| p.rate),
            // A reference forwards is broken: plyphon is to say so.
            InputRef::Unit { unit, .. } if unit as usize >= index => None,
            InputRef::Unit { unit, .. } => def.units.get(unit as usize).map(|u| u.rate),
        };
        match rate {
            Some(Rate::Scalar | Rate::Control) => true,
            Some(Rate::Audio) => unit.rate == Rate::Audio,
            _ => false,
        }
    };
    matches!(unit.rate, Rate::Audio | Rate::Control)
        && unit.num_outputs == 1
        && operators(unit).is_some()
        && unit.inputs.iter().all(fits)
}

struct Fuser<'a> {
    def: &'a SynthDef,
    readers: Vec<Vec<usize>>,
    units: Vec<UnitSpec>,
    programs: Vec<(String, ExprDef)>,
    /// Where an output of an original unit is found now.
    moved: HashMap<(u32, u32), InputRef>,
    /// Units not yet placed, in order.
    waiting: Vec<usize>,
}

impl Fuser<'_> {
    /// Place every unit that is no arithmetic and has its inputs, and those that this makes ready.
    fn keep_what_is_ready(&mut self) -> bool {
        let before = self.units.len();
        loop {
            let mut in_turn = true;
            let ready = self.waiting.iter().position(|&i| {
                if is_arithmetic(self.def, i) {
                    return false;
                }
                let free = is_free(&self.def.units[i]);
                let ready = (free || in_turn) && self.is_ready(i, &[]);
                in_turn &= free;
                ready
            });
            let Some(ready) = ready else { return self.units.len() > before };
            let index = self.waiting.remove(ready);
            self.keep(index);
        }
    }

    /// The arithmetic of a rate that has its inputs, or will have them from arithmetic before it.
    fn arithmetic_that_is_ready(&self, rate: Rate) -> Vec<usize> {
        let mut run = Vec::new();
        for &i in &self.waiting {
            let of_rate = self.def.units[i].rate == rate && is_arithmetic(self.def, i);
            if of_rate && self.is_ready(i, &run) {
                run.push(i);
            }
        }
        run
    }

    /// Whether all the unit reads is placed, or in `run`.
    fn is_ready(&self, index: usize, run: &[usize]) -> bool {
        self.def.units[index].inputs.iter().all(|input| match *input {
            InputRef::Unit { unit, output } => {
                self.moved.contains_key(&(unit, output)) || run.contains(&(unit as usize))
            }
            _ => true,
        })
    }

    /// Place a unit as it is.
    fn keep(&mut self, index: usize) {
        let unit = &self.def.units[index];
        let inputs = unit.inputs.iter().map(|input| self.find(*input)).collect();
        let place = self.units.len() as u32;
        for output in 0..unit.num_outputs as u32 {
            let now = InputRef::Unit { unit: place, output };
            self.moved.insert((index as u32, output), now);
        }
        self.units.push(UnitSpec { inputs, ..unit.clone() });
    }

    /// Make one unit of `run`, or several if it is too much for one.
    fn place(&mut self, run: &[usize]) {
        let run: Vec<usize> =
            run.iter().copied().filter(|i| !self.readers[*i].is_empty()).collect();
        if run.is_empty() {
            return;
        }
        let Some(program) = self.program(&run) else {
            match run.split_at(run.len() / 2) {
                ([], alone) => alone.iter().for_each(|i| self.keep(*i)),
                (first, second) => {
                    self.place(first);
                    self.place(second);
                }
            }
            return;
        };
        let name = format!("HcExpr {} {}", self.def.name, self.programs.len());
        let unit = self.units.len() as u32;
        for (output, index) in program.outputs.iter().enumerate() {
            let now = InputRef::Unit { unit, output: output as u32 };
            self.moved.insert((*index as u32, 0), now);
        }
        let rate = self.def.units[run[0]].rate;
        self.units.push(UnitSpec::new(&name, rate, program.inputs, program.outputs.len()));
        self.programs.push((name, program.def));
    }

    /// Where an input of an original unit comes from now.
    fn find(&self, input: InputRef) -> InputRef {
        match input {
            InputRef::Unit { unit, output } => {
                self.moved.get(&(unit, output)).copied().unwrap_or(input)
            }
            other => other,
        }
    }

    /// The program of `run`; `None` when a single unit cannot hold it.
    fn program(&self, run: &[usize]) -> Option<Program> {
        let mut draft = Draft::default();
        for &index in run {
            let unit = &self.def.units[index];
            let mut so_far = draft.operand(self, run, unit.inputs.first()?)?;
            for (operator, input) in operators(unit)? {
                let other = draft.operand(self, run, &unit.inputs[input])?;
                // A unary operator names its own input again.
                let other = if input == 0 { so_far } else { other };
                draft.steps.push((operator, so_far, other));
                so_far = Value::Step(draft.steps.len() - 1);
            }
            draft.results.insert(index, draft.steps.len() - 1);
        }
        let read_elsewhere = |i: &usize| self.readers[*i].iter().any(|r| !run.contains(r));
        let outputs: Vec<usize> = run.iter().copied().filter(read_elsewhere).collect();
        if outputs.len() > MAX_OUTPUTS {
            return None;
        }
        let def = draft.assemble(&outputs)?;
        Some(Program { def, inputs: draft.inputs, outputs })
    }
}

struct Program {
    def: ExprDef,
    inputs: Vec<InputRef>,
    /// The original units whose values are handed out, in order.
    outputs: Vec<usize>,
}

/// A value while a program is made.
#[derive(Clone, Copy, PartialEq)]
enum Value {
    Input(u16),
    Step(usize),
}

#[derive(Default)]
struct Draft {
    inputs: Vec<InputRef>,
    steps: Vec<(Operator, Value, Value)>,
    /// The step that computes the value of an original unit.
    results: HashMap<usize, usize>,
}

impl Draft {
    fn operand(&mut self, fuser: &Fuser<'_>, run: &[usize], input: &InputRef) -> Option<Value> {
        if let InputRef::Unit { unit, .. } = *input
            && run.contains(&(unit as usize))
        {
            return self.results.get(&(unit as usize)).map(|step| Value::Step(*step));
        }
        let now = fuser.find(*input);
        let place = self.inputs.iter().position(|i| same(*i, now)).unwrap_or_else(|| {
            self.inputs.push(now);
            self.inputs.len() - 1
        });
        // The highest bit tells inputs from registers.
        (place < 1 << 15).then_some(Value::Input(place as u16))
    }

    /// Give every step a register, freed after its last reader.
    fn assemble(&self, outputs: &[usize]) -> Option<ExprDef> {
        let mut last_read = vec![0; self.steps.len()];
        for (at, (_, a, b)) in self.steps.iter().enumerate() {
            for value in [a, b] {
                if let Value::Step(step) = value {
                    last_read[*step] = at;
                }
            }
        }
        let mut free: Vec<u8> = (0..MAX_REGISTERS as u8).rev().collect();
        let (mut register, mut registers) = (Vec::with_capacity(self.steps.len()), 0);
        let mut ops = Vec::with_capacity(self.steps.len());
        for (at, (operator, a, b)) in self.steps.iter().enumerate() {
            // Taken before those of the operands are given back: it must be another.
            let own = if last_read[at] > 0 { Some(free.pop()?) } else { None };
            registers = registers.max(own.map_or(0, |own| usize::from(own) + 1));
            register.push(own);
            let operand = |value: &Value| match *value {
                Value::Input(i) => Some(Operand::Input(i)),
                Value::Step(step) => register[step].map(|r| Operand::Register(u16::from(r))),
            };
            let out = outputs.iter().position(|unit| self.results.get(unit) == Some(&at));
            ops.push(Op::new(*operator, own, out.map(|o| o as u8), operand(a)?, operand(b)?));
            let twice = a == b;
            for value in [Some(a), Some(b).filter(|_| !twice)].into_iter().flatten() {
                if let Value::Step(step) = *value
                    && last_read[step] == at
                {
                    free.extend(register[step]);
                }
            }
        }
        Some(ExprDef { ops, registers })
    }
}

fn same(a: InputRef, b: InputRef) -> bool {
    match (a, b) {
        (InputRef::Constant(a), InputRef::Constant(b)) => a.to_bits() == b.to_bits(),
        (InputRef::Param(a), InputRef::Param(b)) => a == b,
        (InputRef::Unit { unit, output }, InputRef::Unit { unit: u, output: o }) => {
            (unit, output) == (u, o)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use plyphon::{AddAction, Controller, Options, ROOT_GROUP_ID, World, engine};
    use proptest::prelude::*;

    use super::*;
    use crate::model::sound::SoundKind;
    use crate::synth::library::Library;
    use crate::synth::units;

    fn world() -> (Controller, World) {
        let (mut controller, _, world) = engine(Options {
            sample_rate: 48_000.0,
            output_channels: 2,
            max_wire_bufs: 512,
            max_unit_outputs: MAX_OUTPUTS,
            pool_bytes: 1 << 22,
            unit_pool_bytes: 1 << 24,
            ..Options::default()
        });
        units::register(controller.registry_mut());
        (controller, world)
    }

    /// The bits of what a def plays for `blocks` blocks, the gate closing halfway.
    fn play(def: &SynthDef, programs: &[(String, ExprDef)], blocks: usize) -> Vec<u32> {
        let (mut controller, mut world) = world();
        for (name, program) in programs {
            controller.registry_mut().register(name, Box::new(program.clone()));
        }
        controller.add_synthdef(def.clone());
        let started = controller.synth_new(&def.name, ROOT_GROUP_ID, AddAction::Tail);
        let node = started.unwrap_or_else(|e| panic!("{}: {e}", def.name));
        let mut bits = Vec::new();
        for block in 0..blocks {
            if let Some(gate) = def.param_index("gate").filter(|_| block == blocks / 2) {
                let _ = controller.set_control(node, gate, 0.0);
            }
            let mut out = [0.0f32; 128];
            world.fill_duplex(&mut out, 2, &[], 0);
            bits.extend(out.map(f32::to_bits));
        }
        bits
    }

    #[test]
    fn every_instrument_sounds_the_same_to_the_last_bit() {
        let library = Library::built_in();
        for sound in library.iter().filter(|s| s.descriptor.kind == SoundKind::Instrument) {
            let fused = &sound.fused;
            assert!(fused.def.units.len() < sound.def.units.len(), "{}", sound.def.name);
            let (before, after) =
                (play(&sound.def, &[], 400), play(&fused.def, &fused.programs, 400));
            assert!(before.iter().any(|bits| f32::from_bits(*bits).abs() > 0.01), "it is silent");
            assert!(before == after, "{} changed", sound.def.name);
        }
    }

    /// A unit of a random graph: what it is, and which earlier units it reads.
    type Recipe = (usize, i16, Vec<usize>);

    /// Two controls, then `recipes`, each reading what comes before, then everything out.
    fn graph(recipes: &[Recipe]) -> SynthDef {
        let constant = InputRef::Constant;
        let mut units = vec![
            UnitSpec::new("SinOsc", Rate::Audio, vec![constant(440.0), constant(0.5)], 1),
            UnitSpec::new("SinOsc", Rate::Control, vec![constant(3.0), constant(0.0)], 1),
        ];
        for (kind, special, reads) in recipes {
            let read = |n: usize, control: bool| {
                let at = reads[n] % (units.len() + 2);
                match at.checked_sub(2) {
                    None => InputRef::Param(at as u32),
                    Some(u) if control && units[u].rate == Rate::Audio => constant(u as f32 * 0.3),
                    Some(u) => InputRef::Unit { unit: u as u32, output: 0 },
                }
            };
            let (name, inputs) = match kind % 7 {
                0..=2 => ("BinaryOpUGen", 2),
                3 => ("UnaryOpUGen", 1),
                4 => ("MulAdd", 3),
                5 => ("Sum3", 3),
                _ => ("HPZ1", 1),
            };
            let control = kind % 2 == 0 && name != "HPZ1";
            let rate = if control { Rate::Control } else { Rate::Audio };
            let mut unit =
                UnitSpec::new(name, rate, (0..inputs).map(|n| read(n, control)).collect(), 1);
            let list: &[i16] = if name == "UnaryOpUGen" {
                &[0, 5, 12, 28, 36, 43]
            } else {
                &[0, 1, 2, 12, 13, 45]
            };
            if name.ends_with("OpUGen") {
                unit.special_index = list[*special as usize % list.len()];
            }
            if name == "HPZ1" && unit_is_held(&unit.inputs[0], &units) {
                unit.inputs[0] = InputRef::Unit { unit: 0, output: 0 };
            }
            units.push(unit);
        }
        let mut inputs = vec![constant(0.0)];
        let all = 0..units.len() as u32;
        let sum = all.fold(constant(0.0), |sum, unit| {
            let add = vec![sum, InputRef::Unit { unit, output: 0 }];
            units.push(UnitSpec::new("BinaryOpUGen", Rate::Audio, add, 1));
            InputRef::Unit { unit: units.len() as u32 - 1, output: 0 }
        });
        inputs.push(sum);
        units.push(UnitSpec::new("Out", Rate::Audio, inputs, 0));
        let params = ["a", "b"].map(|name| plyphon::Param::control(name, 0.7)).into();
        SynthDef { name: "graph".into(), params, units }
    }

    fn unit_is_held(input: &InputRef, units: &[UnitSpec]) -> bool {
        !matches!(input, InputRef::Unit { unit, .. } if units[*unit as usize].rate == Rate::Audio)
    }

    proptest! {
        #[test]
        fn any_graph_computes_the_same(
            recipes in prop::collection::vec(
                (0usize..14, 0i16..6, prop::collection::vec(0usize..200, 3)), 1..120)
        ) {
            let def = graph(&recipes);
            let fused = fuse(&def);
            prop_assert_eq!(play(&def, &[], 3), play(&fused.def, &fused.programs, 3));
        }
    }
}
