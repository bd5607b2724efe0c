//! `trace!`: logs a decision through aya-log in builds with the feature `trace`, else is nothing.

macro_rules! trace {
    ($ctx:expr, $($arg:tt)+) => {{
        #[cfg(feature = "trace")]
        aya_log_ebpf::info!($ctx, $($arg)+);
        #[cfg(not(feature = "trace"))]
        let _ = &$ctx;
    }};
}
pub(crate) use trace;
