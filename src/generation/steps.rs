//! Step strings, the knowledge base's way of writing rhythms.
//!
//! One character a step: `x` a hit, `X` an accent, `o` a soft hit, `-` the hit before it held on,
//! `.` silence; spaces are for the eye.

use serde::Deserialize;

/// One hit of a step string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Step from 0.
    pub step: usize,
    /// Steps held, at least 1.
    pub length: usize,
    /// −1 soft, 0 plain, 1 accent.
    pub accent: i8,
}

/// A rhythm read from a step string.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Steps {
    /// Steps in all.
    pub length: usize,
    /// The hits in order.
    pub hits: Vec<Hit>,
}

impl Steps {
    /// Whether a hit falls on the step.
    pub fn hit(&self, step: usize) -> bool {
        self.hits.iter().any(|hit| hit.step == step)
    }
}

impl TryFrom<String> for Steps {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut hits: Vec<Hit> = Vec::new();
        let mut length = 0;
        let mut open = false;
        for c in text.chars().filter(|c| !c.is_whitespace()) {
            let accent = match c {
                'x' => Some(0),
                'X' => Some(1),
                'o' => Some(-1),
                '-' if open => {
                    if let Some(hit) = hits.last_mut() {
                        hit.length += 1;
                    }
                    None
                }
                '.' => {
                    open = false;
                    None
                }
                other => return Err(format!("“{other}” means nothing in the steps “{text}”")),
            };
            if let Some(accent) = accent {
                open = true;
                hits.push(Hit { step: length, length: 1, accent });
            }
            length += 1;
        }
        Ok(Steps { length, hits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hits_holds_and_rests() {
        let steps = Steps::try_from("x--. X.o-".to_owned()).expect("steps");
        assert_eq!(steps.length, 8);
        let read: Vec<_> = steps.hits.iter().map(|h| (h.step, h.length, h.accent)).collect();
        assert_eq!(read, [(0, 3, 0), (4, 1, 1), (6, 2, -1)]);
        assert!(steps.hit(4) && !steps.hit(1));
        assert!(Steps::try_from("x.-".to_owned()).is_err());
        assert!(Steps::try_from("y".to_owned()).is_err());
    }
}
