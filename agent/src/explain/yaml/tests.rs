use super::*;

#[test]
fn values_have_lines_and_kubernetes_meaning() {
    let text = "---\na: &x\n  b: yes\n  c: 0\nd:\n  <<: *x\n  e: [1, two]\n---\n# nothing\n---\n{\"j\": true, \"n\": null}\n";
    let documents = read(text).unwrap();
    let first = &documents[0];
    assert!(first.at(&["d", "b"]).unwrap().is_true(), "merged");
    assert_eq!(first.at(&["d", "c"]).unwrap().number(), Some(0));
    assert_eq!(
        first.at(&["d", "e"]).unwrap().list()[1].text().as_deref(),
        Some("two")
    );
    assert_eq!(first.at(&["a", "b"]).unwrap().line, 3);
    let last = documents.last().unwrap();
    assert!(last.get("j").unwrap().is_true());
    assert_eq!(last.get("n"), None);
    assert!(read("a: [").is_err());
}

#[test]
fn what_grows_without_end_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..12 {
        let of = format!("*a{}", i - 1);
        text += &format!("a{i}: &a{i} [{}]\n", vec![of; 10].join(", "));
    }
    assert!(read(&text).is_err());
    assert!(read(&"[".repeat(100_000)).is_err());
    let deep = "[".repeat(100) + &"]".repeat(100);
    assert!(read(&deep).is_err());
}
