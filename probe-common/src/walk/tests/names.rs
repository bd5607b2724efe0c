//! Names in the record.

use super::{docker::docker, text, walk};

#[test]
fn two_hundred_and_fifty_levels() {
    let path = vec!["level"; 250].join("/");
    let mut d = docker();
    d.bind(&path, "x");
    for list in [true, false] {
        let walk = walk(&d.tree, list);
        assert_eq!(walk.found.violations, 1);
        assert_eq!((walk.host_path.cut, walk.path.cut), (1, 0));
        assert!(text(&walk.host_path).ends_with("/level/level"));
        assert!(walk.steps < 2_000, "{}", walk.steps);
    }
}

#[test]
fn two_hundred_and_fifty_levels_below_an_anchor() {
    let mut d = docker();
    let path = format!("{}/{}", super::docker::VOLUME, vec!["level"; 250].join("/"));
    d.bind(&path, "x");
    super::allowed(&d.tree);
}

#[test]
fn a_path_in_the_container_without_room() {
    let mut d = docker();
    d.bind("etc", &vec!["component"; 30].join("/"));
    let walk = walk(&d.tree, true);
    assert_eq!((walk.host_path.cut, walk.path.cut), (0, 1));
    assert_eq!(text(&walk.host_path), "/etc");
}

#[test]
fn the_longest_name_that_is_whole() {
    let name = "n".repeat(79);
    let mut d = docker();
    d.bind(&name, "x");
    super::refused(
        &d.tree,
        crate::rule::causes::UNANCHORED,
        &format!("/{name}"),
        "/x",
    );
}

#[test]
fn a_longer_name_is_cut_and_says_so() {
    let mut d = docker();
    d.bind(&format!("srv/{}", "n".repeat(255)), "x");
    let walk = walk(&d.tree, true);
    assert_eq!(walk.host_path.cut, 1);
    assert_eq!(text(&walk.host_path), format!("/srv/{}", "n".repeat(79)));
}
