//! Fuzz target: no line of text makes the action parser panic, and what it reads it can write and read again.
#![no_main]

use hardcore::model::action;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match action::parse(text) {
        Ok(read) => {
            let written = read.to_string();
            let again = action::parse(&written).expect("what was written can be read");
            assert_eq!(again.to_string(), written);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
