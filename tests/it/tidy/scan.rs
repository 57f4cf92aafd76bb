//! Reads a Rust source as tokens: which paths it names, where it is unsafe, what its attributes allow.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// Words that may stand before a path and are no part of it.
const LANGUAGE: &[&str] = &[
    "as", "break", "const", "dyn", "else", "for", "if", "impl", "in", "let", "match", "move",
    "mut", "pub", "ref", "return", "static", "type", "unsafe", "use", "where", "while",
];

/// What a source says, each thing with its line.
#[derive(Debug, Default)]
pub struct Scan {
    /// Every path of the source.
    pub names: Vec<Name>,
    /// Lines with the keyword `unsafe`.
    pub unsafe_lines: Vec<usize>,
    /// Lines with an `allow` or `expect` attribute that gives no reason.
    pub silent_allows: Vec<usize>,
    /// Lines with `todo!` or `unimplemented!`.
    pub unfinished: Vec<usize>,
}

/// One path, such as `crate::model::time::Ticks` or `std::fs::File`.
#[derive(Debug, PartialEq, Eq)]
pub struct Name {
    /// Its parts; `crate`, `self` and `super` are resolved away where `in_crate`.
    pub parts: Vec<String>,
    /// Whether it counts from the root of this crate.
    pub in_crate: bool,
    /// Where it stands.
    pub line: usize,
    /// Whether it stands below `#[cfg(test)]`.
    pub test: bool,
}

impl Scan {
    /// Reads `text`, the source of the module `module` (parts counted from the crate's root).
    pub fn of(text: &str, module: &[String]) -> Result<Self, String> {
        let tokens = TokenStream::from_str(text).map_err(|error| error.to_string())?;
        let mut scan = Self::default();
        scan.stream(tokens, module, false);
        Ok(scan)
    }

    fn stream(&mut self, stream: TokenStream, module: &[String], test: bool) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        // Set between `#[cfg(test)]` and the end of the item that it stands before.
        let mut test_item = false;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                TokenTree::Punct(mark) if mark.as_char() == '#' => {
                    let inner = usize::from(is_punct(tokens.get(at), '!'));
                    let Some(TokenTree::Group(group)) = tokens.get(at + inner) else {
                        continue;
                    };
                    if group.delimiter() == Delimiter::Bracket {
                        test_item |= squeezed(group) == "cfg(test)";
                        self.attribute(group);
                    }
                }
                TokenTree::Punct(mark) if mark.as_char() == ';' => test_item = false,
                TokenTree::Group(group) => {
                    self.stream(group.stream(), module, test || test_item);
                    test_item &= group.delimiter() != Delimiter::Brace;
                }
                TokenTree::Ident(word) if *word == "mod" => {
                    let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
                        (tokens.get(at), tokens.get(at + 1))
                    else {
                        continue;
                    };
                    let inner: Vec<String> =
                        module.iter().cloned().chain([name.to_string()]).collect();
                    self.stream(body.stream(), &inner, test || test_item);
                    test_item = false;
                    at += 2;
                }
                TokenTree::Ident(word) => {
                    if *word == "unsafe" {
                        self.unsafe_lines.push(line(word));
                    }
                    if (*word == "todo" || *word == "unimplemented")
                        && is_punct(tokens.get(at), '!')
                    {
                        self.unfinished.push(line(word));
                    }
                    // After a word of the language, `::` begins a path: `use ::std::fs`.
                    if !LANGUAGE.iter().any(|own| word == own) {
                        at += self.path(word, &tokens[at..], &[], module, test || test_item);
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    /// Takes the path that begins with `first` and goes on in `rest`; answers how many of `rest` belong to it.
    fn path(
        &mut self,
        first: &Ident,
        rest: &[TokenTree],
        prefix: &[String],
        module: &[String],
        test: bool,
    ) -> usize {
        let mut parts = prefix.to_vec();
        parts.push(first.to_string());
        let mut used = 0;
        while is_punct(rest.get(used), ':') && is_punct(rest.get(used + 1), ':') {
            match rest.get(used + 2) {
                Some(TokenTree::Ident(part)) => parts.push(part.to_string()),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    self.group_of_paths(group, &parts, module, test);
                    return used + 3;
                }
                Some(TokenTree::Punct(star)) if star.as_char() == '*' => parts.push("*".to_owned()),
                _ => break,
            }
            used += 3;
        }
        if let Some(name) = resolve(parts, module, line(first), test) {
            self.names.push(name);
        }
        used
    }

    /// The inside of `use a::{b, c::d}`.
    fn group_of_paths(&mut self, group: &Group, prefix: &[String], module: &[String], test: bool) {
        let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                // The new name after `as` is no path.
                TokenTree::Ident(word) if *word == "as" => at += 1,
                TokenTree::Ident(word) => {
                    at += self.path(word, &tokens[at..], prefix, module, test)
                }
                TokenTree::Punct(star) if star.as_char() == '*' => {
                    let line = star.span().start().line;
                    self.names.extend(resolve(prefix.to_vec(), module, line, test));
                }
                _ => {}
            }
        }
    }

    fn attribute(&mut self, group: &Group) {
        let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        for pair in tokens.windows(2) {
            let (TokenTree::Ident(word), TokenTree::Group(inside)) = (&pair[0], &pair[1]) else {
                continue;
            };
            if (*word == "allow" || *word == "expect") && !gives_reason(inside) {
                self.silent_allows.push(line(word));
            }
            self.attribute(inside);
        }
    }
}

fn gives_reason(group: &Group) -> bool {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    tokens.windows(3).any(|three| {
        let word = matches!(&three[0], TokenTree::Ident(word) if *word == "reason");
        // At least a word or two between the quotes.
        word && is_punct(three.get(1), '=') && three[2].to_string().len() > 8
    })
}

/// A path counted from the crate's root, or from outside it; `None` when it says nothing of where it leads.
fn resolve(parts: Vec<String>, module: &[String], line: usize, test: bool) -> Option<Name> {
    let own = |from: &[String], rest: &[String]| {
        let parts: Vec<String> =
            from.iter().chain(rest.iter().filter(|part| *part != "self")).cloned().collect();
        (!parts.is_empty()).then_some(Name { parts, in_crate: true, line, test })
    };
    match parts.first()?.as_str() {
        "crate" => own(&[], &parts[1..]),
        "self" => own(module, &parts[1..]),
        "super" => {
            let ups = parts.iter().take_while(|part| *part == "super").count();
            own(&module[..module.len().checked_sub(ups)?], &parts[ups..])
        }
        _ => Some(Name { parts, in_crate: false, line, test }),
    }
}

fn is_punct(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

fn squeezed(group: &Group) -> String {
    group.stream().to_string().split_whitespace().collect()
}

fn line(word: &Ident) -> usize {
    word.span().start().line
}
