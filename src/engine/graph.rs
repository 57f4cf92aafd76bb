//! The mixer graph: who feeds whom, in which order nodes are computed, and which paths are delayed
//! so that all of them arrive together.

use super::block::{Lag, StereoBlock};
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
}

/// A path with the delay that lines it up.
#[derive(Debug)]
pub struct Path<T> {
    /// The path.
    pub edge: T,
    /// Its delay.
    pub lag: Lag,
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
            let arrival = audio.chain(keys).max().unwrap_or(0);
            voices[node] = Lag::new(if shape.has_voices { arrival } else { 0 });
            wiring[node].inputs = shape
                .inputs
                .iter()
                .map(|&edge| Path { edge, lag: Lag::new(arrival - latency[edge.from]) })
                .collect();
            wiring[node].keys = shape
                .keys
                .iter()
                .map(|&edge| {
                    let delay = arrival + before(edge.insert) - latency[edge.from];
                    Path { edge, lag: Lag::new(delay) }
                })
                .collect();
            latency[node] = arrival + before(usize::MAX);
        }
        Ok(Graph { wiring, levels, voices, latency, routes: routes(shapes) })
    }

    /// Take over what the paths of `old` hold, so that nothing on its way is lost. Runs on the
    /// callback: nothing is allocated or freed. The lags of voices lie with their nodes.
    pub fn succeed(&mut self, old: &mut Graph) {
        for (new, old) in self.wiring.iter_mut().zip(&mut old.wiring) {
            succeed(&mut new.inputs, &mut old.inputs);
            succeed(&mut new.keys, &mut old.keys);
        }
    }
}

fn succeed<T: PartialEq>(new: &mut [Path<T>], old: &mut [Path<T>]) {
    for path in new {
        if let Some(before) = old.iter_mut().find(|p| p.edge == path.edge) {
            path.lag.succeed(&mut before.lag);
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
        self.lag.process(&mut audio);
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
        }
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
