//! What both sides agree on.
