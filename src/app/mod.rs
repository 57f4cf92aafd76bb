//! The application without a window: a document, what plays it, and the way from a line to both.
//!
//! | file | part |
//! |---|---|
//! | `player` | lines of actions to edits and gestures; what the engine tells back into the document |
//! | `record` | notes played into clips |
//! | `tap` | a tempo from taps |
//! | `script` | lines with times |

pub mod player;
pub mod record;
pub mod script;
pub mod tap;
