//! Kernel memory that the verifier knows the type of: a field is read by an instruction, where
//! `bpf_probe_read_kernel` takes some sixty. What is not there reads as 0.

/// A pointer that the kernel gave to a program, or one read from what such a pointer leads to.
#[derive(Clone, Copy)]
pub struct Typed(*const u8);

impl Typed {
    #[inline(always)]
    pub fn new<T>(pointer: *const T) -> Self {
        Self(pointer.cast())
    }

    /// The verifier knows the offset as a constant, and refuses one that is not this field's.
    #[inline(always)]
    pub fn read<T: Copy>(self, offset: u64) -> T {
        let field = self.0.wrapping_add(offset as usize).cast::<T>();
        // SAFETY: the verifier has checked place and size; the kernel survives memory that is gone.
        // Volatile, because memory changes.
        unsafe { core::ptr::read_volatile(field) }
    }

    /// What a field points to.
    #[inline(always)]
    pub fn follow(self, offset: u64) -> Self {
        Self(self.read(offset))
    }

    #[inline(always)]
    pub fn address(self) -> u64 {
        self.0 as u64
    }
}
