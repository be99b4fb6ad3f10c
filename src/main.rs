//! Parses the command line, runs it, exits with its code.

use std::process::ExitCode;

/// glibc keeps what a busy moment took, thread by thread, so that a server grows for hours; and musl's own is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    windscreen::command::main()
}
