//! The vocabulary: everything the program can do as an [`Action`] with a one-line text form.
//!
//! One table ([`table`]) lists for every action its words, arguments, help line and example; the
//! parser, the formatter, completion and help all read it. `model` knows no document, so an action
//! names things the way people do ([`TrackRef`] and its kin) and the session finds them.

mod args;
mod complete;
mod error;
mod kind;
mod refs;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod text;

pub use complete::{Completion, Names, complete, help, help_for, usage};
pub use error::ParseError;
pub use refs::{
    BusRef, ClipRef, FollowRef, GrooveRef, LaneRef, Position, Ref, SceneRef, Span, StripRef,
    Switch, TrackRef,
};
pub use table::{Action, Form, forms};

/// Reads one action from its text form. Never panics, whatever the text.
///
/// # Errors
/// What was expected, where, and the nearest word there is.
pub fn parse(text: &str) -> Result<Action, ParseError> {
    let tokens = text::tokens(text).map_err(|start| ParseError::open_quote(text, start))?;
    let mut stops = text::Stops::default();
    for form in forms() {
        for pattern in form.patterns {
            let mut walk = text::Walk::new(pattern, &tokens, &mut stops);
            if let Ok(action) = (form.read)(&mut walk) {
                return Ok(action);
            }
        }
    }
    Err(ParseError::at(text, &tokens, stops))
}

impl std::str::FromStr for Action {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse(text)
    }
}
