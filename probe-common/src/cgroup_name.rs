//! Which cgroup names are containers.
