//! One refused act, again and again, and how often it was refused.

use std::time::Instant;

use nix::{errno::Errno, mount::MsFlags, mount::mount};

use super::{Done, number, take};

/// Mounts so often, under so many names in turn; the evidence is how often that was refused, and the
/// milliseconds it took.
pub(super) fn storm(args: &[&str]) -> Done {
    let [count, kinds] = take(args, "COUNT KINDS")?;
    let (count, kinds) = (number::<u64>(count)?, number::<u64>(kinds)?.max(1));
    let begin = Instant::now();
    let mut refused = 0_u64;
    for turn in 0..count {
        let source = format!("storm-{}", turn % kinds);
        let kind = Some("tmpfs");
        let mounted = mount(
            Some(source.as_str()),
            "/m",
            kind,
            MsFlags::empty(),
            None::<&str>,
        );
        refused += u64::from(mounted == Err(Errno::EPERM));
    }
    Ok(format!("{refused} {}", begin.elapsed().as_millis()))
}
