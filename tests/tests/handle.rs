//! A contained task opens a file by its handle ("shocker"): inode 2 is the root of the filesystem
//! that the container's volume lies on.

use bulkhead_tests::attack::Attack;

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    let attack = |name, argv| {
        Attack::actor(name, "handle", argv)
            .hook("capable")
            .reveals()
    };
    let arguments = |verb| [verb, "/v", "2", "root/bulkhead-secret"];
    suite.attacks(vec![
        attack("shocker", &arguments("open-by-inode")),
        attack("shocker_by_32_bit_call", &arguments("open-by-inode-32")),
        attack(
            "shocker_in_new_mounts",
            &[&["unshare-mounts"], &arguments("open-by-inode")[..]].concat(),
        ),
    ]);
}
