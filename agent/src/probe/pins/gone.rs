//! The kernel takes a program off some time after the last name of its link is gone.

use std::{
    collections::BTreeSet,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use aya::programs::{
    links::{FdLink, PinnedLink},
    loaded_programs,
};

use super::{
    PinError,
    folder::{is_own, names_of_any},
};

/// Taking one off waits for every task of the machine to have been somewhere else.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

/// Ids of the programs that the links below these layouts keep attached; what is no link has none.
pub(super) fn programs<'a>(layouts: impl Iterator<Item = &'a Path>) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    for links in layouts.map(|layout| layout.join("links")) {
        // What is not Bulkhead's is not looked into.
        let Ok(names) = is_own(&links).and_then(|()| names_of_any(&links)) else {
            continue;
        };
        for link in names
            .iter()
            .map(|name| PinnedLink::from_pin(links.join(name)))
        {
            let info = link.and_then(|link| FdLink::from(link).info());
            found.extend(info.map(|info| info.program_id()));
        }
    }
    found
}

/// Waits until they are.
///
/// # Errors
/// If that takes too long, or the kernel does not say which programs there are.
pub(super) fn wait(programs: &BTreeSet<u32>) -> Result<(), PinError> {
    let since = Instant::now();
    loop {
        let mut left = 0;
        for program in loaded_programs() {
            match program {
                Ok(program) => left += usize::from(programs.contains(&program.id())),
                // One may go between its id and the question.
                Err(_) => left += 1,
            }
        }
        if left == 0 {
            return Ok(());
        }
        if since.elapsed() > PATIENCE {
            return Err(PinError::Late(left));
        }
        thread::sleep(PAUSE);
    }
}
