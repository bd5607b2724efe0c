//! What an earlier agent left, or who wrote to its folder: it is right, or it begins anew.
#![no_main]

use std::sync::LazyLock;

use bulkhead_fuzz::{Folder, socket::Memory};
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<Folder> = LazyLock::new(Folder::new);

fuzz_target!(|data: &[u8]| {
    FOLDER.write("history", data);
    let (mut memory, past) = Memory::open(FOLDER.path(), "boot", "new");
    let first = past.count.seq - past.lines.len() as u64;
    for (line, seq) in past.lines.iter().zip(first + 1..) {
        assert_eq!(line.seq(), Some(seq));
    }
    // What is kept of it says the same to the next.
    memory.mend(&past.lines);
    let (_, again) = Memory::open(FOLDER.path(), "boot", "newer");
    assert_eq!((&again.count, &again.lines), (&past.count, &past.lines));
});
