//! Two tables at once, while one policy gives way to another.

use super::Table;

impl Table {
    /// What either allows.
    pub fn and(&self, other: &Self) -> Self {
        let mut both = other.clone();
        for (id, anchor) in &self.anchors {
            let place = both.anchors.entry(*id).or_insert(*anchor);
            place.read_only.extend(&anchor.read_only);
            place.writable.extend(&anchor.writable);
        }
        both.runtimes.extend(&self.runtimes);
        both
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Access, HostPath};

    #[test]
    fn both_allow() {
        let [host, nowhere] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let table = |number, access| {
            let path = host.path().to_owned();
            let paths = [(number, HostPath { path, access })];
            Table::resolve(&paths, nowhere.path()).unwrap()
        };
        let both = table(2, Access::Ro).and(&table(3, Access::Rw));
        let anchor = both.anchors().values().next().unwrap();
        assert!(anchor.read_only.contains(2) && !anchor.writable.contains(2));
        assert!(anchor.writable.contains(3) && !anchor.writable.contains(4));
        assert_eq!(
            table(2, Access::Ro).and(&Table::default()),
            table(2, Access::Ro)
        );
    }
}
