//! Images are built: what `RUN` does is done in a container like any other.

use bulkhead_tests::workload::{self, Workload};

use crate::suite::Suite;

/// With the recipe that all of them follow.
macro_rules! build {
    ($name:literal) => {
        (
            $name,
            concat!(
                include_str!("workloads/recipe.sh"),
                include_str!(concat!("workloads/", $name, ".sh"))
            ),
        )
    };
}

const BUILDS: &[Workload] = &[
    build!("build_legacy"),
    build!("build_buildkit"),
    build!("build_buildkit_mounts"),
    build!("build_buildah"),
];

pub(crate) fn register(suite: &mut Suite) {
    for build in BUILDS {
        suite.workload(build.0, move |_, _| workload::run(build));
    }
}
