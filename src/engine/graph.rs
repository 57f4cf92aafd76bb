//! The mixer graph: who feeds whom, in which order nodes are computed, and which paths are delayed
//! so that all of them arrive together.

use super::block::{BLOCK, Lag, Ramp, StereoBlock};
use super::solo::Routes;

/// Where on a source a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tap {
    /// After the fader.
    Post,
    /// The n-th send of the source; its level and whether it is pre-fader lie with the source.
    Send(u8),
    /// Before the fader, for the cue output.
    Cue,
}

/// An audio path into a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Index of the source node.
    pub from: usize,
    /// Where it begins.
    pub tap: Tap,
}

/// A sidechain path into an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyEdge {
    /// Index of the source node.
    pub from: usize,
    /// Place of the insert in the rack.
    pub insert: usize,
}

/// What the graph is computed from: one entry a node, in project order.
#[derive(Clone, Debug, Default)]
pub struct NodeShape {
    /// Audio paths into the node, in project order.
    pub inputs: Vec<Edge>,
    /// Sidechain paths.
    pub keys: Vec<KeyEdge>,
    /// Latency of each insert in frames.
    pub insert_latency: Vec<u32>,
    /// Whether the node makes sound of its own.
    pub has_voices: bool,
    /// Frames by which that sound lags the music.
    pub voice_latency: u32,
}

/// A path with the delay that lines it up.
#[derive(Debug)]
pub struct Path<T> {
    /// The path.
    pub edge: T,
    /// Its delay.
    pub lag: Lag,
    /// What becomes of it in the next block.
    pub fade: Fade,
}

/// What becomes of a path in a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fade {
    /// It carries its signal.
    #[default]
    None,
    /// It comes in, and carries on.
    In,
    /// It goes out, and carries nothing from then on.
    Out,
    /// It went out.
    Gone,
}

/// A node's place in the graph.
#[derive(Debug)]
pub struct Wiring {
    /// Audio paths in, in project order.
    pub inputs: Vec<Path<Edge>>,
    /// Sidechain paths in.
    pub keys: Vec<Path<KeyEdge>>,
}

/// The graph, ready to compute.
#[derive(Debug)]
pub struct Graph {
    /// By node.
    pub wiring: Vec<Wiring>,
    /// Nodes that can be computed together, in order; each list in project order.
    pub levels: Vec<Vec<usize>>,
    /// Delay of each node's own voices.
    pub voices: Vec<Lag>,
    /// Frames by which each node's output lags the music.
    pub latency: Vec<u32>,
    /// The same paths seen from their sources.
    pub routes: Routes,
}

/// The paths form a circle through this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// Index of a node on the circle.
    pub node: usize,
}

impl Graph {
    /// Order the nodes (Kahn's algorithm, level by level) and line up their latencies.
    ///
    /// # Errors
    /// The node of a circle of paths, sidechains included.
    pub fn new(shapes: &[NodeShape]) -> Result<Self, Cycle> {
        let levels = levels(shapes)?;
        let mut latency = vec![0u32; shapes.len()];
        let mut voices: Vec<Lag> = shapes.iter().map(|_| Lag::default()).collect();
        let mut wiring: Vec<Wiring> =
            shapes.iter().map(|_| Wiring { inputs: Vec::new(), keys: Vec::new() }).collect();
        for &node in levels.iter().flatten() {
            let shape = &shapes[node];
            // Latency of the rack before an insert.
            let before = |i: usize| shape.insert_latency.iter().take(i).sum::<u32>();
            let audio = shape.inputs.iter().map(|e| latency[e.from]);
            let keys = shape.keys.iter().map(|k| latency[k.from].saturating_sub(before(k.insert)));
            let own = shape.voice_latency;
            let arrival = audio.chain(keys).max().unwrap_or(0).max(own);
            voices[node] = Lag::new(if shape.has_voices { arrival - own } else { 0 });
            wiring[node].inputs = shape
                .inputs
                .iter()
                .map(|&edge| Path {
                    edge,
                    lag: Lag::new(arrival - latency[edge.from]),
                    fade: Fade::None,
                })
                .collect();
            wiring[node].keys = shape
                .keys
                .iter()
                .map(|&edge| {
                    let delay = arrival + before(edge.insert) - latency[edge.from];
                    Path { edge, lag: Lag::new(delay), fade: Fade::None }
                })
                .collect();
            latency[node] = arrival + before(usize::MAX);
        }
        Ok(Graph { wiring, levels, voices, latency, routes: routes(shapes) })
    }

    /// Let the audio paths of `before`, given by the nodes they run between now, that are no longer
    /// there go out over a block instead of breaking off. One whose source is not computed before its
    /// goal any more breaks off all the same.
    pub fn let_go(&mut self, before: &[(usize, Edge)]) {
        let level = |node: usize| self.levels.iter().position(|l| l.contains(&node));
        let leaving: Vec<(usize, Edge)> = before
            .iter()
            .filter(|(to, edge)| {
                let kept = self.wiring[*to].inputs.iter().any(|p| p.edge == *edge);
                !kept && level(edge.from) < level(*to)
            })
            .copied()
            .collect();
        for (to, edge) in leaving {
            self.wiring[to].inputs.push(Path { edge, lag: Lag::default(), fade: Fade::Out });
        }
    }

    /// Take over what the paths of `old` hold, so that nothing on its way is lost; `from` tells which
    /// node of `old` a node was. A path that was not there before fades in. Runs on the callback:
    /// nothing is allocated or freed. The lags of voices lie with their nodes.
    pub fn succeed(&mut self, old: &mut Graph, from: impl Fn(usize) -> Option<usize>) {
        for (node, new) in self.wiring.iter_mut().enumerate() {
            let Some(old) = from(node).and_then(|n| old.wiring.get_mut(n)) else { continue };
            let edge = |edge: &Edge| Some(Edge { from: from(edge.from)?, ..*edge });
            succeed(&mut new.inputs, &mut old.inputs, edge);
            let key = |edge: &KeyEdge| Some(KeyEdge { from: from(edge.from)?, ..*edge });
            succeed(&mut new.keys, &mut old.keys, key);
        }
    }
}

fn succeed<T: PartialEq>(new: &mut [Path<T>], old: &mut [Path<T>], was: impl Fn(&T) -> Option<T>) {
    for path in new {
        let before = was(&path.edge);
        match old.iter_mut().find(|p| before.as_ref() == Some(&p.edge) && p.fade != Fade::Out) {
            Some(before) => path.lag.succeed(&mut before.lag),
            None if path.fade == Fade::None => path.fade = Fade::In,
            None => {}
        }
    }
}

fn levels(shapes: &[NodeShape]) -> Result<Vec<Vec<usize>>, Cycle> {
    let sources = |shape: &NodeShape| -> Vec<usize> {
        let inputs = shape.inputs.iter().map(|e| e.from);
        inputs.chain(shape.keys.iter().map(|k| k.from)).collect()
    };
    let mut waiting: Vec<Vec<usize>> = shapes.iter().map(sources).collect();
    let mut done = vec![false; shapes.len()];
    let mut levels: Vec<Vec<usize>> = Vec::new();
    let mut left = shapes.len();
    while left > 0 {
        let ready: Vec<usize> =
            (0..shapes.len()).filter(|&n| !done[n] && waiting[n].is_empty()).collect();
        if ready.is_empty() {
            return Err(Cycle { node: on_circle(&waiting, &done) });
        }
        for &n in &ready {
            done[n] = true;
        }
        for list in &mut waiting {
            list.retain(|&from| !done[from]);
        }
        left -= ready.len();
        levels.push(ready);
    }
    Ok(levels)
}

fn routes(shapes: &[NodeShape]) -> Routes {
    let mut routes =
        Routes { into: vec![None; shapes.len()], sends: vec![Vec::new(); shapes.len()] };
    for (to, shape) in shapes.iter().enumerate() {
        for edge in &shape.inputs {
            match edge.tap {
                Tap::Post => routes.into[edge.from] = Some(to),
                Tap::Send(i) => {
                    let sends = &mut routes.sends[edge.from];
                    sends.resize(sends.len().max(usize::from(i) + 1), to);
                    sends[usize::from(i)] = to;
                }
                Tap::Cue => {}
            }
        }
    }
    routes
}

/// A node on a circle: upstream of whatever waits, as each waits for another that does, until a node
/// comes round again. Those that merely hang off the circle lie downstream of it.
fn on_circle(waiting: &[Vec<usize>], done: &[bool]) -> usize {
    let mut node = done.iter().position(|d| !d).unwrap_or(0);
    let mut seen = vec![false; waiting.len()];
    while !std::mem::replace(&mut seen[node], true) {
        node = waiting[node].first().copied().unwrap_or(node);
    }
    node
}

impl<T> Path<T> {
    /// Add what the path carries to `into`, after its delay.
    pub fn carry(&mut self, mut audio: StereoBlock, into: &mut StereoBlock) {
        if self.fade == Fade::Gone {
            return;
        }
        self.lag.process(&mut audio);
        match std::mem::take(&mut self.fade) {
            Fade::In => audio.scale(Ramp { from: 0.0, to: 1.0, over: BLOCK }),
            Fade::Out => {
                audio.scale(Ramp { from: 1.0, to: 0.0, over: BLOCK });
                self.fade = Fade::Gone;
            }
            Fade::None | Fade::Gone => {}
        }
        into.add(&audio);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(inputs: &[usize], keys: &[usize], latency: &[u32]) -> NodeShape {
        NodeShape {
            inputs: inputs.iter().map(|&from| Edge { from, tap: Tap::Post }).collect(),
            keys: keys.iter().map(|&from| KeyEdge { from, insert: 0 }).collect(),
            insert_latency: latency.to_vec(),
            has_voices: true,
            voice_latency: 0,
        }
    }

    #[test]
    fn voices_that_are_late_hold_up_the_rest() {
        // A late track, one that is not, a group that both go through.
        let late = NodeShape { voice_latency: 128, ..shape(&[], &[], &[10]) };
        let graph = Graph::new(&[late, shape(&[], &[], &[]), shape(&[0, 1], &[], &[])]).unwrap();
        assert_eq!(graph.latency, [138, 0, 138]);
        assert_eq!(graph.voices[0].frames(), 0);
        let lags: Vec<_> = graph.wiring[2].inputs.iter().map(|p| p.lag.frames()).collect();
        assert_eq!(lags, [0, 138]);
        // What comes in later than its voices makes them wait for the rest.
        let late = NodeShape { voice_latency: 128, ..shape(&[1], &[], &[]) };
        let graph = Graph::new(&[late, shape(&[], &[], &[200])]).unwrap();
        assert_eq!((graph.voices[0].frames(), graph.latency[0]), (72, 200));
    }

    #[test]
    fn paths_of_different_latency_are_lined_up() {
        // Two tracks, one with a rack of 30 frames, into a master with 5.
        let graph =
            Graph::new(&[shape(&[], &[], &[30]), shape(&[], &[], &[]), shape(&[0, 1], &[], &[5])])
                .unwrap();
        assert_eq!(graph.levels, [vec![0, 1], vec![2]]);
        assert_eq!(graph.latency, [30, 0, 35]);
        assert_eq!(graph.wiring[2].inputs[0].lag.frames(), 0);
        assert_eq!(graph.wiring[2].inputs[1].lag.frames(), 30);
    }

    #[test]
    fn a_late_key_delays_the_audio_it_ducks() {
        let graph = Graph::new(&[shape(&[], &[], &[30]), shape(&[], &[0], &[0])]).unwrap();
        assert_eq!(graph.voices[1].frames(), 30);
        assert_eq!(graph.latency[1], 30);
    }

    #[test]
    fn a_circle_is_refused() {
        let shapes = [shape(&[1], &[], &[]), shape(&[], &[0], &[])];
        assert!(Graph::new(&shapes).is_err());
    }

    #[test]
    fn a_refused_circle_is_named_by_a_node_on_it() {
        // 0 hangs off 1, which hangs off the circle 2 → 3 → 2; 4 feeds it.
        let shapes = [
            shape(&[1], &[], &[]),
            shape(&[2], &[], &[]),
            shape(&[3, 4], &[], &[]),
            shape(&[2], &[], &[]),
            shape(&[], &[], &[]),
        ];
        let cycle = Graph::new(&shapes).map(|_| ()).unwrap_err();
        assert!([2, 3].contains(&cycle.node), "{cycle:?}");
    }
}
