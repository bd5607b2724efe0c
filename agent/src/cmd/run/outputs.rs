//! What the command line says of outputs: opened before anything is attached, started with the agent.

use std::path::Path;

use anyhow::{Context, bail};
use tokio::sync::mpsc;

use crate::{
    agent::{Agent, Kernel},
    cli::{Outputs, RunForm},
    events::Event,
    metrics::Place,
    output::{Export, Formatter, JOURNAL, Journal, Output, Printer, Target},
};

pub(super) struct Opened {
    printer: Option<Formatter>,
    export: Option<Export>,
    journal: Option<Journal>,
    pub(super) metrics: Option<Place>,
}

pub(super) struct Started {
    printer: Option<Printer>,
    outputs: Vec<Output>,
}

impl Opened {
    /// # Errors
    /// If one of them cannot be had.
    pub(super) fn open(args: &Outputs) -> anyhow::Result<Self> {
        let metrics = args.metrics.clone();
        if let Some(place) = &metrics
            && place.is_public()
            && !args.metrics_public
        {
            bail!("{place} is not on loopback: add --metrics-public if other machines may read it");
        }
        let journal = (args.output == Some(RunForm::Journal))
            .then(|| Journal::new(Path::new(JOURNAL)))
            .transpose()
            .context("cannot make a socket for the journal")?;
        Ok(Self {
            printer: RunForm::on_stdout(args.output).map(Formatter::for_stdout),
            export: export(args)?,
            journal,
            metrics,
        })
    }

    /// # Errors
    /// If there can be no thread.
    pub(super) fn start<K: Kernel>(
        self,
        agent: &mut Agent<K>,
        events: mpsc::Sender<Event>,
    ) -> anyhow::Result<Started> {
        let mut outputs = Vec::new();
        if let Some(export) = self.export {
            outputs.push(Output::start(export, agent.feed("export"))?);
        }
        if let Some(journal) = self.journal {
            outputs.push(Output::start(journal, agent.feed("journal"))?);
        }
        let printer = self
            .printer
            .map(|formatter| Printer::start(formatter, agent.follow(), events))
            .transpose()?;
        Ok(Started { printer, outputs })
    }
}

impl Started {
    /// Waits, but not for long, until everything is where it should be.
    pub(super) fn finish(self) {
        if let Some(printer) = self.printer {
            printer.finish();
        }
        self.outputs.into_iter().for_each(Output::finish);
    }
}

fn export(args: &Outputs) -> anyhow::Result<Option<Export>> {
    let Some(path) = args.export_file.clone() else {
        return Ok(None);
    };
    let shown = path.display().to_string();
    let target = Target {
        path,
        size: args.export_size << 20,
        files: args.export_files,
    };
    Export::open(target)
        .map(Some)
        .with_context(|| format!("cannot write to the export file {shown}"))
}
