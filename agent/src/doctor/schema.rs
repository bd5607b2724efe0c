//! `docs/doctor.schema.json` is made from the types; `BLESS=1 cargo test schema` writes it anew.

use super::{Finding, Level, Report, look};
use crate::{host::tests::host, repository};

#[test]
fn the_schema_file_is_up_to_date() {
    repository::has_schema("docs/doctor.schema.json", &schemars::schema_for!(Report));
}

#[test]
fn reports_are_as_the_schema_says() {
    let schema = schemars::schema_for!(Report);
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let all = [Level::Fine, Level::Unknown, Level::Warning, Level::Problem];
    let findings = all.map(|level| Finding::new("lsm", level, "x").remedy("y"));
    for report in [
        Report::of(findings.into()),
        Report::of(Vec::new()),
        look(host(&[]).path()),
    ] {
        let report = serde_json::to_value(&report).unwrap();
        assert!(validator.is_valid(&report), "{report}");
        // Every key is always there, so that a reader need not ask.
        for finding in report["findings"].as_array().unwrap() {
            assert_eq!(finding.as_object().unwrap().len(), 4, "{finding}");
        }
        let mut wrong = report.clone();
        wrong["ok"] = "yes".into();
        assert!(!validator.is_valid(&wrong));
    }
}
