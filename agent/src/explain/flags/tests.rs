use super::*;

const PROGRAM: Program = Program {
    name: "docker run",
    flags: &[&[
        switch("detach d"),
        switch("interactive i"),
        switch("privileged"),
        value("publish p"),
        value("volume v"),
    ]],
};

/// Names with values, and the rest.
type Line = (Vec<(&'static str, String)>, String);

fn read(line: &str) -> Result<Line, String> {
    let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let parsed = parse(PROGRAM, &words).map_err(|e| e.to_string())?;
    let given = parsed
        .given
        .into_iter()
        .map(|given| (given.name, given.value));
    Ok((given.collect(), parsed.rest.join(" ")))
}

#[test]
fn every_way_to_write_a_flag() {
    let volume = || ("volume", "/a:/b".to_owned());
    let on = |name| (name, "true".to_owned());
    for line in [
        "-v /a:/b x",
        "-v/a:/b x",
        "-v=/a:/b x",
        "--volume /a:/b x",
        "--volume=/a:/b x",
    ] {
        assert_eq!(read(line), Ok((vec![volume()], "x".into())), "{line}");
    }
    let all = vec![on("detach"), on("interactive"), volume()];
    assert_eq!(read("-div /a:/b x -v y"), Ok((all, "x -v y".into())));
    let off = ("privileged", "false".to_owned());
    assert_eq!(
        read("--privileged=false -- -x"),
        Ok((vec![off], "-x".into()))
    );
    assert_eq!(
        read("-"),
        Ok((vec![], "-".into())),
        "as Docker: an image's name"
    );
}

#[test]
fn what_is_unknown_is_named() {
    for (line, error) in [
        ("--privilegd x", "docker run has no option --privilegd"),
        ("-dxi y", "docker run has no option -x"),
        ("-v", "--volume stands without a value"),
        (
            "--privileged=maybe x",
            "--privileged is \"maybe\", must be true or false",
        ),
        ("-d=x y", "--detach is \"x\", must be true or false"),
    ] {
        assert_eq!(read(line), Err(error.to_owned()), "{line}");
    }
    let words = ["--privilegd".to_owned()];
    let hint = parse(PROGRAM, &words).unwrap_err().hint();
    assert_eq!(hint.as_deref(), Some("did you mean --privileged?"));
}
