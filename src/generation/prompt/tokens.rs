//! Cuts a prompt into words and numbers, and reads numbers as people type them.

/// A word, a number or a break between clauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// As typed.
    pub raw: String,
    /// Lower case, `♯` and `♭` as `#` and `b`.
    pub low: String,
}

impl Token {
    /// Whether it only separates clauses: "no hoover, acid" excludes the hoover alone.
    pub fn is_break(&self) -> bool {
        self.low == ","
    }
}

/// Cuts `prompt` at spaces, hyphens and punctuation; a comma or full stop stays as a break. At most
/// 400 tokens are read: longer texts are no prompts.
pub fn tokens(prompt: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    let mut letters = prompt.chars().peekable();
    while let Some(c) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        let inside_number = before.is_ascii_digit() && next.is_ascii_digit();
        match c {
            '.' | ',' if inside_number => word.push('.'),
            // A range, 160-170, stays whole; the number reader takes its middle.
            '-' | '–' if inside_number => word.push('-'),
            ',' | '.' | ';' | ':' | '!' | '?' | '\n' => {
                push(&mut out, &mut word);
                out.push(Token { raw: ",".into(), low: ",".into() });
            }
            '-' | '–' | '_' | '/' | '(' | ')' | '"' | '“' | '”' | '„' | '[' | ']' => {
                push(&mut out, &mut word);
            }
            c if c.is_whitespace() => push(&mut out, &mut word),
            c => word.push(c),
        }
        before = c;
        if out.len() >= 400 {
            return out;
        }
    }
    push(&mut out, &mut word);
    out
}

fn push(out: &mut Vec<Token>, word: &mut String) {
    if word.is_empty() {
        return;
    }
    let raw = std::mem::take(word);
    // "180bmp", "16bars": a number with a word stuck to it are two tokens.
    let digits = raw.chars().take_while(|c| c.is_ascii_digit()).count();
    let tail: String = raw.chars().skip(digits).collect();
    if digits > 0 && tail.chars().count() >= 3 && tail.chars().all(char::is_alphabetic) {
        word.push_str(&raw[..digits]);
        push(out, word);
        *word = tail;
        return push(out, word);
    }
    let low = raw.to_lowercase().replace('♯', "#").replace('♭', "b");
    out.push(Token { raw, low });
}

/// A number in a prompt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// Its value; "200+" is 2.5 % more (whole), a range its middle.
    pub value: f64,
    /// Written so that it can only be a tempo: "200+", "160-170".
    pub is_bpm: bool,
    /// Written as a decade: "90s".
    pub is_decade: bool,
}

/// Reads a number, with letters typed for digits ("19O", "l70") forgiven when at least one digit is
/// there.
pub fn number(low: &str) -> Option<Number> {
    let plain = |value| Number { value, is_bpm: false, is_decade: false };
    if let Some((from, to)) = low.split_once('-') {
        let middle = (digits(from)? + digits(to)?) / 2.0;
        return Some(Number { is_bpm: true, ..plain(middle) });
    }
    if let Some(at_least) = low.strip_suffix('+') {
        return Some(Number { is_bpm: true, ..plain((digits(at_least)? * 1.025).round()) });
    }
    if let Some(decade) = low.strip_suffix("'s").or_else(|| low.strip_suffix('s'))
        && let Some(value) = digits(decade)
    {
        return Some(Number { is_decade: true, ..plain(value) });
    }
    let low = low.strip_prefix(['\'', '’', '~', '±']).unwrap_or(low);
    digits(low).map(plain)
}

fn digits(text: &str) -> Option<f64> {
    if !text.chars().any(|c| c.is_ascii_digit()) || text.len() > 8 {
        return None;
    }
    let tidy: String = text
        .chars()
        .map(|c| match c {
            'o' => '0',
            'l' | 'i' => '1',
            other => other,
        })
        .collect();
    let fine = tidy.chars().all(|c| c.is_ascii_digit() || c == '.');
    fine.then(|| tidy.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn low(prompt: &str) -> Vec<String> {
        tokens(prompt).into_iter().map(|t| t.low).collect()
    }

    #[test]
    fn cuts_words_numbers_and_breaks() {
        assert_eq!(low("180bmp, F♯m"), ["180", "bmp", ",", "f#m"]);
        assert_eq!(low("h-moll 174.5 160-170"), ["h", "moll", "174.5", "160-170"]);
        assert_eq!(low("  "), Vec::<String>::new());
    }

    #[test]
    fn reads_numbers_as_typed() {
        let value = |text| number(text).map(|n| n.value);
        assert_eq!(value("19o"), Some(190.0));
        assert_eq!(value("l70"), Some(170.0));
        assert_eq!(value("200+"), Some(205.0));
        assert_eq!(value("160-170"), Some(165.0));
        assert_eq!(value("90s"), Some(90.0));
        assert_eq!(value("174.5"), Some(174.5));
        for text in ["", "oil", "x", "1.2.3", "+", "-", "12345678901234", "nan", "1e9"] {
            assert_eq!(value(text), None, "{text}");
        }
    }
}
