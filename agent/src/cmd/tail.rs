//! `bulkhead tail`: history, then what comes.

use std::{
    io::{self, Write, stdout},
    ops::ControlFlow,
    path::Path,
    thread,
    time::Duration,
};

use crate::{
    cli::{self, Lines},
    denials::{Line, clock},
    exit::Exit,
    output::Formatter,
    socket::{Filter, Hello, Position, Request, SocketError, Tail, client::Client},
};

/// Lines of history where nobody said how many.
const LINES: usize = 10;
/// Between two tries to reach the agent.
const RETRY: Duration = Duration::from_millis(500);

pub fn tail(args: &cli::Tail, run_dir: &Path) -> anyhow::Result<Exit> {
    let mut reader = Reader {
        run_dir,
        formatter: Formatter::for_stdout(args.output),
        request: request(args),
        quiet: false,
    };
    loop {
        match reader.session() {
            Ok(ControlFlow::Break(())) => return Ok(Exit::Fine),
            Err(SocketError::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => {
                return Ok(Exit::Fine);
            }
            Err(SocketError::NoAgent | SocketError::Talk(_) | SocketError::Silent)
                if !args.no_follow =>
            {
                reader.say_once("no agent is running, waiting for one");
            }
            Ok(ControlFlow::Continue(())) => {
                reader.say_once("the agent has ended, waiting for one")
            }
            Err(e) => return Err(e.into()),
        }
        thread::sleep(RETRY);
    }
}

struct Reader<'a> {
    run_dir: &'a Path,
    formatter: Formatter,
    request: Tail,
    /// It was said that there is no agent.
    quiet: bool,
}

impl Reader<'_> {
    /// Reads until the agent ends, or everything asked for is there.
    fn session(&mut self) -> Result<ControlFlow<()>, SocketError> {
        let mut client = Client::ask(self.run_dir, &Request::Tail(self.request.clone()))?;
        let hello: Hello = client.answer()?;
        self.quiet = false;
        let agent = hello.position.agent.clone();
        let before = self.request.after.as_ref();
        if before.is_some_and(|before| before.agent != agent) {
            eprintln!("bulkhead: this agent knows nothing of before: its numbers begin anew");
        }
        // Whatever ends this session, the next misses and repeats nothing.
        let (mut history, now) = (hello.history, hello.position.seq);
        loop {
            if history == 0 {
                self.go_on_after(&agent, now);
            }
            let Some(text) = client.line()? else { break };
            let line: Line = serde_json::from_str(&text).map_err(SocketError::Answer)?;
            self.print(&line).map_err(SocketError::Output)?;
            if let Some(seq) = line.seq() {
                self.go_on_after(&agent, seq);
            }
            history = history.saturating_sub(1);
        }
        if !self.request.follow {
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    }

    fn go_on_after(&mut self, agent: &str, seq: u64) {
        let reached = self.request.after.as_ref();
        if reached.is_none_or(|reached| reached.agent != agent || reached.seq < seq) {
            let agent = agent.to_owned();
            self.request.lines = None;
            self.request.after = Some(Position { agent, seq });
        }
    }

    fn print(&self, line: &Line) -> io::Result<()> {
        let mut out = stdout().lock();
        writeln!(out, "{}", self.formatter.format(line))?;
        out.flush()
    }

    fn say_once(&mut self, what: &str) {
        if !std::mem::replace(&mut self.quiet, true) {
            eprintln!("bulkhead: {what}");
        }
    }
}

fn request(args: &cli::Tail) -> Tail {
    let all = args.since.is_some().then_some(Lines::All);
    Tail {
        filter: Filter {
            since: args.since.map(clock::format),
            containers: args.container.clone(),
            images: args.image.clone(),
            rules: args.rule.clone(),
            verdicts: args.verdict.clone(),
        },
        lines: match args.lines.or(all).unwrap_or(Lines::Last(LINES)) {
            Lines::All => None,
            Lines::Last(lines) => Some(lines),
        },
        after: None,
        follow: !args.no_follow,
    }
}
