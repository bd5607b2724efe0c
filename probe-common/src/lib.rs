//! What the probe and the agent agree on.
//!
//! Only plain bytes cross the boundary: `#[repr(C)]`, integers and byte arrays, no padding.
//! Read in this order.
#![cfg_attr(not(test), no_std)]

pub mod limits;
mod pod;

pub mod container;
pub mod label;

pub mod admission;
pub mod anchor;
pub mod cgroup_name;
pub mod file;
pub mod layout;
pub mod record;
pub mod rule;
pub mod walk;
