//! Why an edit was refused, in a sentence a musician understands.

/// Why an edit was refused. The document is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It speaks of something that is not there.
    #[error("there is no {what} with id {id}")]
    Missing {
        /// What kind of thing.
        what: &'static str,
        /// Its id.
        id: u32,
    },
    /// It adds something whose id is in use.
    #[error("{what} id {id} is already in use")]
    Taken {
        /// What kind of thing.
        what: &'static str,
        /// Its id.
        id: u32,
    },
    /// It removes something that something else still points at.
    #[error("{what} {id} is still used by {by}")]
    InUse {
        /// What kind of thing.
        what: &'static str,
        /// Its id.
        id: u32,
        /// Who uses it.
        by: String,
    },
    /// A number that a document cannot hold.
    #[error("{what} cannot be {value}: it must be {range}")]
    Range {
        /// What the number is.
        what: &'static str,
        /// The number.
        value: String,
        /// What is allowed.
        range: &'static str,
    },
    /// It would break a rule of the document.
    #[error("{0}")]
    Rule(String),
}

impl EditError {
    /// A [`EditError::Rule`] from a sentence.
    pub fn rule(sentence: impl Into<String>) -> Self {
        EditError::Rule(sentence.into())
    }

    /// A [`EditError::Range`].
    pub fn range(what: &'static str, value: impl ToString, range: &'static str) -> Self {
        EditError::Range { what, value: value.to_string(), range }
    }
}
