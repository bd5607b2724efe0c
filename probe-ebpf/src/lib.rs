//! Empty on purpose: the agent's build depends on this library so that cargo rebuilds the probe
//! when its sources change. The programs are in `main.rs`.
#![no_std]
