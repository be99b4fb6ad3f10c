//! Memory that stays as it was: the allocator keeps few arenas.
//!
//! glibc gives threads arenas of their own, up to eight for each core, and what a busy moment or a reading of the rules
//! took stays in each. Over an hour of load that grows to several times what is in use; docs/soak.md has the figures.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// What glibc reads once, when a program starts.
const ARENAS: &str = "MALLOC_ARENA_MAX";
/// Enough that threads hardly wait for each other.
const FEW: &str = "2";

/// Begins this process anew with few arenas, unless somebody chose how many. It is the same process to whoever started
/// it. Where it cannot begin anew it goes on as it is: that costs memory alone.
pub(super) fn few() {
    if std::env::var_os(ARENAS).is_some() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        // Returns only what stood in the way.
        let _ = Command::new(program).args(std::env::args_os().skip(1)).env(ARENAS, FEW).exec();
    }
}
