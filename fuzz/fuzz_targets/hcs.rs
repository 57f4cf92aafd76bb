//! Fuzz target: no text makes the project parser panic, and what it accepts is valid and can be saved.
#![no_main]

use hardcore::persistence::hcs;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match hcs::parse(text, "fuzz.hcs") {
        Ok(loaded) => {
            let saved = hcs::to_text(&loaded.project, "fuzz.hcs").expect("what was read can be saved");
            let again = hcs::parse(&saved, "fuzz.hcs").expect("what was saved can be read");
            assert_eq!(again.project, loaded.project);
        }
        Err(error) => assert!(!error.to_string().chars().any(char::is_control)),
    }
});
