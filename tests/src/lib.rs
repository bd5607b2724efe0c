//! Scenario fixtures.
