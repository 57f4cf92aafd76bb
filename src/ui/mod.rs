//! The window's panels: each a function of what is, that asks for actions and changes nothing itself.
//!
//! | file | part |
//! |---|---|
//! | `theme` | colours, type, measures |
//! | `seen`, `ask`, `state` | what panels read, what they ask for, what belongs to the window alone |
//! | `widgets` | faders, knobs, meters, switches |
//! | `grid` | tracks, scenes, slots |

pub mod ask;
pub mod grid;
pub mod seen;
pub mod state;
pub mod theme;
pub mod widgets;
