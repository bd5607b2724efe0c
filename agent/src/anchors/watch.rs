//! Waits for directories that a runtime makes: until they are looked up they allow nothing, and
//! what is mounted from one may be made an instant before.

use std::{
    collections::BTreeSet,
    io,
    os::fd::{AsFd, AsRawFd, RawFd},
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    sys::inotify::{AddWatchFlags, InitFlags, Inotify},
};
use tokio::io::unix::AsyncFd;

use super::{
    known::ANCHORS,
    roots::{Root, Roots},
};

pub struct Watch {
    root: PathBuf,
    changes: AsyncFd<Changes>,
    nearest: BTreeSet<PathBuf>,
}

struct Changes(Inotify);

impl AsRawFd for Changes {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl Watch {
    /// Begins to watch below `root`, the host's root folder.
    ///
    /// # Errors
    /// If the kernel has no more of what it takes.
    pub fn new(root: &Path) -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        let mut watch = Self {
            root: root.to_owned(),
            changes: crate::descriptor::watch(Changes(inotify))?,
            nearest: BTreeSet::new(),
        };
        watch.renew();
        Ok(watch)
    }

    /// Waits until a directory of a runtime's, or one on the way to it, was made.
    ///
    /// # Errors
    /// If there is nothing to wait for any more.
    pub async fn appeared(&mut self) -> io::Result<()> {
        loop {
            let mut guard = self.changes.readable().await?;
            // Who did what does not matter; an overflow is a change too.
            let Changes(inotify) = guard.get_inner();
            while match inotify.read_events() {
                Ok(_) => true,
                Err(Errno::EAGAIN) => false,
                Err(e) => return Err(e.into()),
            } {}
            guard.clear_ready();
            if self.renew() {
                return Ok(());
            }
        }
    }

    /// Watches what is nearest to each directory that is missing, until no more is made meanwhile.
    /// True if that is something new.
    fn renew(&mut self) -> bool {
        let mut new = false;
        loop {
            let nearest = self.look();
            if nearest == self.nearest {
                return new;
            }
            self.nearest = nearest;
            new = true;
        }
    }

    fn look(&self) -> BTreeSet<PathBuf> {
        let mut nearest = BTreeSet::new();
        let roots = Roots::find(&self.root);
        // What users make they could make as often as they like.
        let of_root = ANCHORS.iter().filter(|known| known.root != Root::User);
        let paths = of_root.flat_map(|known| {
            let places = roots.of(known.root);
            places.map(|place| place.path.join(known.path))
        });
        for path in paths {
            let there = path.ancestors().find(|path| path.exists());
            let Some(there) = there else { continue };
            if there != path {
                // It may be gone again by now; then the next look, two seconds on, finds out.
                let made = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO;
                let _ = self.changes.get_ref().0.add_watch(there, made);
            }
            nearest.insert(there.to_owned());
        }
        nearest
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn each_step_towards_a_directory_is_seen() {
        let host = tempfile::tempdir().unwrap();
        let mut watch = Watch::new(host.path()).unwrap();
        for step in ["var", "var/lib", "var/lib/docker", "var/lib/docker/volumes"] {
            fs::create_dir(host.path().join(step)).unwrap();
            let seen = timeout(SOON * 50, watch.appeared()).await;
            seen.expect(step).unwrap();
        }
        fs::create_dir(host.path().join("var/lib/elsewhere")).unwrap();
        assert!(timeout(SOON, watch.appeared()).await.is_err(), "nobody's");
    }

    #[tokio::test]
    async fn what_is_made_in_one_go_is_seen() {
        let host = tempfile::tempdir().unwrap();
        let mut watch = Watch::new(host.path()).unwrap();
        fs::create_dir_all(host.path().join("run/systemd/nspawn/propagate")).unwrap();
        let seen = timeout(SOON * 50, watch.appeared()).await;
        seen.expect("seen").unwrap();
        assert!(
            watch
                .nearest
                .contains(&host.path().join("run/systemd/nspawn/propagate"))
        );
    }
}
