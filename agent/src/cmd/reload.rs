//! `bulkhead reload`.

use std::path::Path;

use super::{applied, print};
use crate::{
    exit::Exit,
    socket::{
        Applied, Request,
        client::{Client, LONG},
    },
};

pub fn reload(run_dir: &Path) -> anyhow::Result<Exit> {
    let mut client = Client::ask(run_dir, &Request::Reload)?;
    let told: Applied = client.answer_within(LONG)?;
    let mut lines = vec![told.summary.clone()];
    lines.extend(applied::lines(&told));
    print(&lines.join("\n"))?;
    Ok(Exit::Fine)
}
