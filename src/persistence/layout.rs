//! The look of RON files: short things on one line, lists of things one to a line.

use super::scan::{Kind, Token, Tokens};

/// Longest contents of a bracket, in bytes, that stay on its line, however deep it is; so a note is
/// a line wherever it stands.
const WIDTH: usize = 100;

/// How a bracket's contents are laid out.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// On the line of the bracket.
    Inline,
    /// One element to a line.
    Broken,
    /// As many bare values to a line as fit.
    Fill,
}

/// What the contents of a bracket need.
#[derive(Clone, Copy, Default)]
struct Need {
    /// Bytes on one line, brackets included.
    width: usize,
    /// Broken whatever the width: a list of bracketed things is, so that a changed note is a changed line.
    broken: bool,
    /// Holds another bracket.
    nested: bool,
}

/// Lays out compact RON. Only spaces, line breaks and trailing commas are added, so it means the same.
pub(super) fn layout(compact: &str) -> String {
    let tokens: Vec<Token> = Tokens::new(compact).collect();
    let needs = measure(compact, &tokens);
    let mut out = String::with_capacity(compact.len() * 3 / 2);
    let mut modes: Vec<Mode> = Vec::new();
    let mut line_start = 0;
    let mut prefix = String::from("\n");
    let newline = |out: &mut String, prefix: &str, line_start: &mut usize| {
        out.push_str(prefix);
        *line_start = out.len() + 1 - prefix.len();
    };
    for (i, token) in tokens.iter().enumerate() {
        let text = &compact[token.start..token.end];
        let mode = modes.last().copied().unwrap_or(Mode::Broken);
        match token.kind {
            Kind::Open => {
                let need = needs[i];
                let next = if mode == Mode::Inline || (need.width <= 2) {
                    Mode::Inline
                } else if modes.is_empty() || need.broken || need.width > WIDTH {
                    if text == "[" && !need.nested { Mode::Fill } else { Mode::Broken }
                } else {
                    Mode::Inline
                };
                out.push_str(text);
                if next != Mode::Inline {
                    prefix.push_str("    ");
                    newline(&mut out, &prefix, &mut line_start);
                }
                modes.push(next);
            }
            Kind::Close => {
                modes.pop();
                if mode != Mode::Inline {
                    out.push(',');
                    prefix.truncate(prefix.len().saturating_sub(4).max(1));
                    newline(&mut out, &prefix, &mut line_start);
                }
                out.push_str(text);
            }
            Kind::Comma => {
                out.push(',');
                let next = tokens.get(i + 1).map_or(0, |t| t.end - t.start);
                let full = out.len() - line_start + next + 2 > WIDTH;
                if mode == Mode::Broken || (mode == Mode::Fill && full) {
                    newline(&mut out, &prefix, &mut line_start);
                } else {
                    out.push(' ');
                }
            }
            Kind::Colon => out.push_str(": "),
            Kind::Text | Kind::Word => out.push_str(text),
        }
    }
    out.push('\n');
    out
}

/// What every opening bracket needs, by its token's place.
fn measure(compact: &str, tokens: &[Token]) -> Vec<Need> {
    let mut needs = vec![Need::default(); tokens.len()];
    let mut open: Vec<usize> = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        let width = match token.kind {
            Kind::Comma | Kind::Colon => 2,
            _ => token.end - token.start,
        };
        if token.kind == Kind::Open {
            if let Some(&outer) = open.last() {
                needs[outer].nested = true;
                needs[outer].broken |= compact.as_bytes()[tokens[outer].start] == b'[';
            }
            open.push(i);
        }
        if let Some(&inner) = open.last() {
            needs[inner].width += width;
        }
        if token.kind == Kind::Close {
            let inner = open.pop().map(|i| needs[i]);
            if let (Some(inner), Some(&outer)) = (inner, open.last()) {
                needs[outer].width += inner.width;
                needs[outer].broken |= inner.broken;
            }
        }
    }
    needs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_a_line_and_short_things_stay_together() {
        let compact = "(version:1,song:(name:\"a,(b\",bpm:174.0),notes:[(id:1,start:0),(id:2,start:480)],none:[],state:[1,2,3])";
        let wanted = "(
    version: 1,
    song: (name: \"a,(b\", bpm: 174.0),
    notes: [
        (id: 1, start: 0),
        (id: 2, start: 480),
    ],
    none: [],
    state: [1, 2, 3],
)
";
        assert_eq!(layout(compact), wanted);
    }

    #[test]
    fn long_lists_of_numbers_fill_their_lines() {
        let numbers: Vec<String> = (0..200).map(|i| i.to_string()).collect();
        let text = layout(&format!("(state:[{}])", numbers.join(",")));
        assert!(text.lines().count() < 20, "{text}");
        assert!(text.lines().all(|l| l.len() <= WIDTH), "{text}");
    }
}
