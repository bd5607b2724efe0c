//! The probe's own log, in builds that have one.

use aya::Ebpf;

#[cfg(feature = "trace")]
pub(super) fn forward(ebpf: &mut Ebpf, wanted: bool) {
    if !wanted {
        return;
    }
    match aya_log::EbpfLogger::init(ebpf) {
        Ok(logger) => log_forever(logger),
        Err(error) => log::warn!("the probe's log cannot be read: {error}"),
    }
}

#[cfg(feature = "trace")]
fn log_forever(logger: aya_log::EbpfLogger<&'static dyn log::Log>) {
    let Ok(mut fd) = crate::descriptor::watch(logger) else {
        return;
    };
    tokio::spawn(async move {
        while let Ok(mut guard) = fd.readable_mut().await {
            guard.get_inner_mut().flush();
            guard.clear_ready();
        }
    });
}

#[cfg(not(feature = "trace"))]
pub(super) fn forward(_ebpf: &mut Ebpf, wanted: bool) {
    if wanted {
        log::warn!("this build's probe has no log: build with `cargo xtask build --trace`");
    }
}
