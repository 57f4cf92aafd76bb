//! The `hardcore` program: everything it does lives in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    hardcore::cli::run::main()
}
