//! What the RON reader means, in a musician's words.

use ron::error::{Error, SpannedError};

use super::locate::Place;

/// Longest cause, in characters.
const LONGEST: usize = 300;

/// Place and cause of a reading error.
pub(super) fn explain(text: &str, error: &SpannedError) -> (Place, String) {
    let at = match error.code {
        // These are noticed after the reader has passed the culprit.
        Error::NoSuchStructField { .. }
        | Error::NoSuchEnumVariant { .. }
        | Error::DuplicateStructField { .. }
        | Error::InvalidValueForType { .. }
        | Error::IntegerOutOfBounds
        | Error::Message(_) => &error.span.start,
        _ => &error.span.end,
    };
    let byte = Place::byte(text, at.line, at.col);
    let place = Place::of(text, byte);
    if text[byte..].trim().is_empty() && error.code != Error::TrailingCharacters {
        return (place, cause(&Error::Eof));
    }
    (place, one_line(&cause(&error.code)))
}

fn cause(error: &Error) -> String {
    match error {
        Error::Eof => "the file ends too early; it may have been cut off".to_owned(),
        Error::Message(text) => text.clone(),
        Error::ExpectedArray => "a list in [ ] belongs here".to_owned(),
        Error::ExpectedArrayEnd => "the list is not closed with ]".to_owned(),
        Error::ExpectedBoolean => "true or false belongs here".to_owned(),
        Error::ExpectedComma => "a comma or a closing bracket is missing".to_owned(),
        Error::ExpectedFloat | Error::FloatUnderscore => "a number belongs here".to_owned(),
        Error::ExpectedInteger
        | Error::InvalidIntegerDigit { .. }
        | Error::UnderscoreAtBeginning => "a whole number belongs here".to_owned(),
        Error::IntegerOutOfBounds => "this number is too large or too small here".to_owned(),
        Error::ExpectedOption => "None or Some(…) belongs here".to_owned(),
        Error::ExpectedOptionEnd | Error::ExpectedStructLikeEnd => {
            "a closing ) is missing".to_owned()
        }
        Error::ExpectedMap => "a table in { } belongs here".to_owned(),
        Error::ExpectedMapColon => "a colon between name and value is missing".to_owned(),
        Error::ExpectedMapEnd => "the table is not closed with }".to_owned(),
        Error::ExpectedDifferentStructName { expected, found } => {
            format!("'{expected}' belongs here, not '{found}'")
        }
        Error::ExpectedStructLike | Error::ExpectedNamedStructLike(_) => {
            "settings in ( ) belong here".to_owned()
        }
        Error::ExpectedString | Error::ExpectedChar => "a text in quotes belongs here".to_owned(),
        Error::ExpectedStringEnd => "a text is not closed with a quote".to_owned(),
        Error::ExpectedIdentifier => "a name belongs here".to_owned(),
        Error::InvalidEscape(_) => "a text holds a \\ with something unknown after it".to_owned(),
        Error::UnclosedBlockComment => "a comment is not closed with */".to_owned(),
        Error::UnexpectedChar(c) => format!("{c:?} does not belong here"),
        Error::TrailingCharacters => "there is more after the end of the project".to_owned(),
        Error::InvalidValueForType { expected, found } => {
            format!("{expected} belongs here, not {found}")
        }
        Error::NoSuchEnumVariant { expected, found, .. } => unknown("value", found, expected),
        Error::NoSuchStructField { expected, found, .. } => unknown("setting", found, expected),
        Error::MissingStructField { field, outer } => match outer {
            Some(outer) => {
                format!("the setting '{field}' of this {} is missing", outer.to_lowercase())
            }
            None => format!("the setting '{field}' is missing"),
        },
        Error::DuplicateStructField { field, .. } => format!("'{field}' is set twice"),
        Error::ExceededRecursionLimit => "brackets are nested too deeply".to_owned(),
        Error::NoSuchExtension(name) => format!("the extension '{name}' is unknown"),
        other => other.to_string(),
    }
}

fn unknown(what: &str, found: &str, expected: &[&str]) -> String {
    let score = |name: &&str| strsim::jaro_winkler(&found.to_lowercase(), &name.to_lowercase());
    let best = expected.iter().copied().max_by(|a, b| score(a).total_cmp(&score(b)));
    match best.filter(|name| score(name) > 0.75) {
        Some(name) => format!("there is no {what} '{found}' here; did you mean '{name}'?"),
        None if expected.is_empty() => format!("there is no {what} '{found}' here"),
        None => format!("there is no {what} '{found}' here, only {}", expected.join(", ")),
    }
}

/// One line of bounded length, without control characters.
pub(super) fn one_line(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.chars().take(LONGEST).map(clean).collect();
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}
