//! The one gate to `aya::Pod`: a type crosses only if every one of its bytes means something.

/// Grants `aya::Pod` on the agent's side, after zerocopy has proved that there is no padding, and
/// fixes the size so that a change of layout does not go unnoticed.
macro_rules! pod {
    ($type:ty, $size:expr) => {
        const _: () = {
            const fn plain<T: zerocopy::IntoBytes + zerocopy::FromBytes + Copy + 'static>() {}
            plain::<$type>();
            assert!(size_of::<$type>() == $size);
            assert!(align_of::<$type>() <= 8);
        };
        // SAFETY: zerocopy's derives, demanded above, prove that any bytes are a value and that no
        // byte is padding.
        #[cfg(feature = "agent")]
        unsafe impl aya::Pod for $type {}
    };
}
pub(crate) use pod;
