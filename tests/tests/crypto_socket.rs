//! A contained task asks for the kernel's cryptography: Copy Fail (CVE-2026-31431) begins so.

use bulkhead_tests::attack::Attack;

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    let attack = |name, argv| Attack::actor(name, "crypto-socket", argv).hook("socket_create");
    suite.attacks(vec![
        attack("af_alg", &["socket", "38", "5"]),
        attack("af_alg_by_32_bit_call", &["socket-32", "38", "5"]),
        Attack::early(
            "early_container_af_alg",
            "crypto-socket",
            &["socket", "38", "5"],
        ),
    ]);
}
