//! What a client sends, and what an earlier agent left.

#[path = "../../agent/src/socket/filter.rs"]
mod filter;
#[path = "../../agent/src/socket/memory.rs"]
mod memory;
#[expect(dead_code, reason = "the agent says hello, not the client")]
#[path = "../../agent/src/socket/request.rs"]
mod request;

pub use filter::Filter;
pub use memory::{Memory, Past};
pub use request::{Request, Tail};
