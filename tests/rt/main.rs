//! What makes sound neither allocates, frees nor waits: the renderer, and all that a device calls, under
//! a counting allocator for some seconds, or five minutes (`HARDCORE_SOAK=1`). A program of its own: the
//! allocator is everybody's.

#[path = "../it/lines.rs"]
mod lines;
#[path = "../it/stage.rs"]
mod stage;

mod callback;
mod crowd;
mod desk;
mod fingers;
mod guard;
mod hand;
mod scsynth;
