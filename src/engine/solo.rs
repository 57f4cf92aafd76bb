//! Solo: who is heard while some strips are soloed.
//!
//! Tracks: the soloed ones, the groups they flow through and the members of soloed groups. Buses: the
//! soloed and the safe ones; what is sent to a soloed bus is heard there although its track is not.

use super::node::Node;

/// Where each node's output goes, as far as solo is concerned.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// The node that takes it after the fader.
    pub into: Vec<Option<usize>>,
    /// The node each send goes to.
    pub sends: Vec<Vec<usize>>,
}

impl Routes {
    /// The nodes a signal of `node` flows through after it. There is no circle, and no longer way
    /// than there are nodes.
    fn below(&self, node: usize) -> impl Iterator<Item = usize> {
        let next = |n: &usize| self.into.get(*n).copied().flatten();
        std::iter::successors(next(&node), next).take(self.into.len())
    }
}

/// Tell every strip whether solo silences it. Tracks come first, then buses, then cue and master,
/// which are always heard. `heard` is as long as `nodes`.
pub fn update(nodes: &mut [Option<Box<Node>>], tracks: usize, routes: &Routes, heard: &mut [bool]) {
    let soloed = |nodes: &[Option<Box<Node>>], n: usize| {
        nodes.get(n).and_then(Option::as_deref).is_some_and(|n| n.strip.solo)
    };
    let strips = nodes.len().saturating_sub(2);
    let any = (0..strips).any(|n| soloed(nodes, n));
    heard.fill(!any);
    for n in (0..strips).filter(|_| any) {
        if n >= tracks {
            let safe = nodes[n].as_deref().is_some_and(|n| n.strip.solo_safe);
            heard[n] |= safe || soloed(nodes, n);
        } else if soloed(nodes, n) {
            heard[n] = true;
            routes.below(n).for_each(|group| heard[group] = true);
        } else {
            heard[n] |= routes.below(n).any(|group| group < tracks && soloed(nodes, group));
        }
    }
    for n in 0..nodes.len() {
        for send in 0..routes.sends.get(n).map_or(0, Vec::len) {
            let through = soloed(nodes, routes.sends[n][send]);
            if let Some(node) = nodes[n].as_deref_mut() {
                node.strip.set_through(send, through);
            }
        }
        if let Some(node) = nodes[n].as_deref_mut() {
            node.strip.set_solo_mute(n < strips && !heard[n]);
        }
    }
}
