//! `HcExpr`: a run of arithmetic units computed by one unit, made by [`crate::synth::fuse`].
//!
//! A SynthDef is mostly arithmetic: two thirds of the units of ours add, multiply or bend. Each costs
//! the embedded synth more in bookkeeping than in sums, and a wire of its own in the cache. One
//! `HcExpr` runs many of them over a few registers; every operator is the one of plyphon, in the same
//! order, so the result is the same to the last bit.

use bytemuck::{Pod, Zeroable};
use plyphon::{BuildContext, BuildError, BuiltUnit, DoneAction, Inputs, ProcessCtx, Rate, UnitDef};
use plyphon_dsp::ops;

use super::Signal;
use crate::engine::block::BLOCK;

/// Most registers a program may use.
pub const MAX_REGISTERS: usize = 32;
/// Marks an operand that is an input of the unit; without it, it is a register.
const INPUT: u16 = 1 << 15;
/// [`Op::out`] of a value that no other unit reads.
const NO_OUTPUT: u8 = u8::MAX;
/// [`Op::register`] of a value that no later operation reads.
const NO_REGISTER: u8 = u8::MAX;

/// What an operation does to its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "the operators of SuperCollider by their names")]
pub enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    Less,
    Greater,
    Min,
    Max,
    Round,
    Trunc,
    Pow,
    Clip2,
    Fold2,
    Wrap2,
    Neg,
    Abs,
    Squared,
    Cubed,
    Sqrt,
    Exp,
    Recip,
    MidiCps,
    MidiRatio,
    DbAmp,
    Sin,
    Tanh,
    Distort,
    SoftClip,
}

use Operator as O;

/// All operators, by their number.
const OPERATORS: [Operator; 28] = [
    O::Add,
    O::Sub,
    O::Mul,
    O::Div,
    O::Less,
    O::Greater,
    O::Min,
    O::Max,
    O::Round,
    O::Trunc,
    O::Pow,
    O::Clip2,
    O::Fold2,
    O::Wrap2,
    O::Neg,
    O::Abs,
    O::Squared,
    O::Cubed,
    O::Sqrt,
    O::Exp,
    O::Recip,
    O::MidiCps,
    O::MidiRatio,
    O::DbAmp,
    O::Sin,
    O::Tanh,
    O::Distort,
    O::SoftClip,
];

impl Operator {
    /// The operator of a `BinaryOpUGen`'s special index, where it is one of these.
    pub fn binary(special_index: i16) -> Option<Self> {
        Some(match special_index {
            0 => O::Add,
            1 => O::Sub,
            2 => O::Mul,
            4 => O::Div,
            8 => O::Less,
            9 => O::Greater,
            12 => O::Min,
            13 => O::Max,
            19 => O::Round,
            21 => O::Trunc,
            25 => O::Pow,
            42 => O::Clip2,
            44 => O::Fold2,
            45 => O::Wrap2,
            _ => return None,
        })
    }

    /// The operator of a `UnaryOpUGen`'s special index, where it is one of these.
    pub fn unary(special_index: i16) -> Option<Self> {
        Some(match special_index {
            0 => O::Neg,
            5 => O::Abs,
            12 => O::Squared,
            13 => O::Cubed,
            14 => O::Sqrt,
            15 => O::Exp,
            16 => O::Recip,
            17 => O::MidiCps,
            19 => O::MidiRatio,
            21 => O::DbAmp,
            28 => O::Sin,
            36 => O::Tanh,
            42 => O::Distort,
            43 => O::SoftClip,
            _ => return None,
        })
    }
}

/// Where an operand comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Input of the unit.
    Input(u16),
    /// Register written by an earlier operation.
    Register(u16),
}

/// One step of a program. Plain bytes, because a unit's state is.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Op {
    operator: u8,
    /// Register written, never one of the operands; or [`NO_REGISTER`].
    register: u8,
    /// Output of the unit that gets the value as well, or [`NO_OUTPUT`].
    out: u8,
    _pad: u8,
    a: u16,
    /// The second operand; the first again where there is one only.
    b: u16,
}

impl Op {
    /// `operator(a, b)`, written to a register, to output `out` or to both. A unary operator reads
    /// `a` alone.
    pub fn new(
        operator: Operator,
        register: Option<u8>,
        out: Option<u8>,
        a: Operand,
        b: Operand,
    ) -> Self {
        let code = |operand| match operand {
            Operand::Input(i) => i | INPUT,
            Operand::Register(r) => r,
        };
        let register = register.unwrap_or(NO_REGISTER);
        let out = out.unwrap_or(NO_OUTPUT);
        Op { operator: operator as u8, register, out, _pad: 0, a: code(a), b: code(b) }
    }
}

/// Builds one `HcExpr` of a given program. Inputs and outputs are the unit's; every output is
/// written by exactly one operation.
#[derive(Clone, Debug, PartialEq)]
pub struct ExprDef {
    /// What to compute, in order.
    pub ops: Vec<Op>,
    /// Registers used.
    pub registers: usize,
}

impl UnitDef for ExprDef {
    fn build(&self, ctx: &BuildContext<'_>) -> Result<BuiltUnit, BuildError> {
        let process = match (ctx.rate, self.registers) {
            (Rate::Audio, 0..=4) => run::<4>,
            (Rate::Audio, 5..=8) => run::<8>,
            (Rate::Audio, 9..=16) => run::<16>,
            (Rate::Audio, _) => run::<MAX_REGISTERS>,
            _ => run_held,
        };
        let mut state: Vec<u32> = Vec::new();
        if ctx.rate != Rate::Audio {
            let (inputs, outputs) = (ctx.input_rates.len(), ctx.num_outputs);
            state.extend([inputs as u32, outputs as u32, 1]);
            state.resize(HELD_HEADER + inputs + outputs, 0);
        }
        let ops: &[u8] = bytemuck::cast_slice(&self.ops);
        let init_bytes = [bytemuck::cast_slice(&state), ops].concat();
        Ok(BuiltUnit {
            process,
            init: process,
            alloc: |_, _, _| {},
            pool_aux: false,
            cleared_output: 0.0,
            size: init_bytes.len(),
            align: align_of::<u32>(),
            init_bytes: init_bytes.into(),
            aux_bytes: 0,
            aux_align: 1,
            local_buf: None,
        })
    }
}

/// Runs an audio program for the frames asked for: a block, or the one of a constructor.
fn run<const R: usize>(state: &mut [u8], ctx: &mut ProcessCtx<'_>) -> DoneAction {
    let program: &[Op] = bytemuck::cast_slice(state);
    let mut registers = [[0.0; BLOCK]; R];
    let frames = ctx.outs.audio(0).len().min(BLOCK);
    for op in program {
        if op.register == NO_REGISTER {
            let [a, b] = [op.a, op.b].map(|code| match code & INPUT {
                0 => Signal::Audio(&registers[usize::from(code) % R][..frames]),
                _ => Signal::of(&ctx.ins, usize::from(code & !INPUT)),
            });
            compute(op.operator, &mut ctx.outs.audio(usize::from(op.out))[..frames], a, b);
            continue;
        }
        step(op, &mut registers, &ctx.ins, frames);
        if op.out != NO_OUTPUT {
            let from = &registers[usize::from(op.register) % R][..frames];
            ctx.outs.audio(usize::from(op.out))[..frames].copy_from_slice(from);
        }
    }
    DoneAction::Nothing
}

fn step<const R: usize>(
    op: &Op,
    registers: &mut [[f32; BLOCK]; R],
    ins: &Inputs<'_>,
    frames: usize,
) {
    let register = |code: u16| (code & INPUT == 0).then(|| usize::from(code) % R);
    let to = usize::from(op.register) % R;
    let input = |code: u16| Signal::of(ins, usize::from(code & !INPUT));
    // The target is never an operand, so these places are apart; were they not, nothing happens.
    match (register(op.a), register(op.b)) {
        (None, None) => {
            compute(op.operator, &mut registers[to][..frames], input(op.a), input(op.b))
        }
        (Some(a), None) => {
            let Ok([to, a]) = registers.get_disjoint_mut([to, a]) else { return };
            compute(op.operator, &mut to[..frames], Signal::Audio(&a[..frames]), input(op.b));
        }
        (None, Some(b)) => {
            let Ok([to, b]) = registers.get_disjoint_mut([to, b]) else { return };
            compute(op.operator, &mut to[..frames], input(op.a), Signal::Audio(&b[..frames]));
        }
        (Some(a), Some(b)) if a == b => {
            let Ok([to, a]) = registers.get_disjoint_mut([to, a]) else { return };
            let a = Signal::Audio(&a[..frames]);
            compute(op.operator, &mut to[..frames], a, a);
        }
        (Some(a), Some(b)) => {
            let Ok([to, a, b]) = registers.get_disjoint_mut([to, a, b]) else { return };
            let (a, b) = (Signal::Audio(&a[..frames]), Signal::Audio(&b[..frames]));
            compute(op.operator, &mut to[..frames], a, b);
        }
    }
}

/// Words before the program of a control unit: how many inputs and outputs it has, and 1 until it
/// has run once. Then follow what was read last and what came of it.
const HELD_HEADER: usize = 3;

/// Runs a control program, unless all it reads is as it was: then what came of it is, too.
fn run_held(state: &mut [u8], ctx: &mut ProcessCtx<'_>) -> DoneAction {
    let words: &mut [u32] = bytemuck::cast_slice_mut(state);
    let Some(([inputs, outputs, fresh], rest)) = words.split_first_chunk_mut::<HELD_HEADER>()
    else {
        return DoneAction::Nothing;
    };
    let Some((read, rest)) = rest.split_at_mut_checked(*inputs as usize) else {
        return DoneAction::Nothing;
    };
    let Some((results, program)) = rest.split_at_mut_checked(*outputs as usize) else {
        return DoneAction::Nothing;
    };
    let mut changed = std::mem::replace(fresh, 0) != 0;
    for (i, read) in read.iter_mut().enumerate() {
        let now = ctx.ins.control(i).to_bits();
        changed |= now != *read;
        *read = now;
    }
    if changed {
        let mut registers = [0.0; MAX_REGISTERS];
        for op in bytemuck::cast_slice::<u32, Op>(program) {
            let [a, b] = [op.a, op.b].map(|code| match code & INPUT {
                0 => registers[usize::from(code) % MAX_REGISTERS],
                _ => read.get(usize::from(code & !INPUT)).map_or(0.0, |x| f32::from_bits(*x)),
            });
            let mut value = [0.0];
            compute(op.operator, &mut value, Signal::Held(a), Signal::Held(b));
            if op.register != NO_REGISTER {
                registers[usize::from(op.register) % MAX_REGISTERS] = value[0];
            }
            if let Some(result) = results.get_mut(usize::from(op.out)) {
                *result = value[0].to_bits();
            }
        }
    }
    for (output, result) in results.iter().enumerate() {
        *ctx.outs.control(output) = f32::from_bits(*result);
    }
    DoneAction::Nothing
}

/// One operation over all frames, with a loop of its own for each operator.
fn compute(operator: u8, to: &mut [f32], a: Signal<'_>, b: Signal<'_>) {
    let Some(operator) = OPERATORS.get(usize::from(operator)) else { return };
    match operator {
        O::Add => two(to, a, b, |x, y| x + y),
        O::Sub => two(to, a, b, |x, y| x - y),
        O::Mul => two(to, a, b, |x, y| x * y),
        O::Div => two(to, a, b, |x, y| x / y),
        O::Less => two(to, a, b, |x, y| f32::from(u8::from(x < y))),
        O::Greater => two(to, a, b, |x, y| f32::from(u8::from(x > y))),
        O::Min => two(to, a, b, f32::min),
        O::Max => two(to, a, b, f32::max),
        O::Round => two(to, a, b, ops::round),
        O::Trunc => two(to, a, b, ops::trunc),
        O::Pow => two(to, a, b, ops::pow),
        O::Clip2 => two(to, a, b, ops::clip2),
        O::Fold2 => two(to, a, b, ops::fold2),
        O::Wrap2 => two(to, a, b, ops::wrap2),
        O::Neg => one(to, a, |x| -x),
        O::Abs => one(to, a, f32::abs),
        O::Squared => one(to, a, |x| x * x),
        O::Cubed => one(to, a, |x| x * x * x),
        O::Sqrt => one(to, a, ops::signed_sqrt),
        O::Exp => one(to, a, f32::exp),
        O::Recip => one(to, a, |x| 1.0 / x),
        O::MidiCps => one(to, a, ops::midicps),
        O::MidiRatio => one(to, a, ops::midiratio),
        O::DbAmp => one(to, a, ops::dbamp),
        O::Sin => one(to, a, f32::sin),
        O::Tanh => one(to, a, f32::tanh),
        O::Distort => one(to, a, ops::distort),
        O::SoftClip => one(to, a, ops::softclip),
    }
}

#[inline(always)]
fn one(to: &mut [f32], a: Signal<'_>, f: impl Fn(f32) -> f32) {
    match a {
        Signal::Audio(a) => to.iter_mut().zip(a).for_each(|(to, &x)| *to = f(x)),
        Signal::Held(x) => to.fill(f(x)),
    }
}

#[inline(always)]
fn two(to: &mut [f32], a: Signal<'_>, b: Signal<'_>, f: impl Fn(f32, f32) -> f32) {
    match (a, b) {
        (Signal::Audio(a), Signal::Audio(b)) => {
            to.iter_mut().zip(a).zip(b).for_each(|((to, &x), &y)| *to = f(x, y));
        }
        (Signal::Audio(a), Signal::Held(y)) => {
            to.iter_mut().zip(a).for_each(|(to, &x)| *to = f(x, y));
        }
        (Signal::Held(x), Signal::Audio(b)) => {
            to.iter_mut().zip(b).for_each(|(to, &y)| *to = f(x, y));
        }
        (Signal::Held(x), Signal::Held(y)) => to.fill(f(x, y)),
    }
}
