use super::*;
use crate::denials::sample;

struct Agent {
    memory: Memory,
    taken: Taken,
    lines: VecDeque<Arc<Line>>,
    seq: u64,
}

impl Agent {
    fn start(folder: &Path) -> (Self, u64) {
        let (mut memory, past) = Memory::open(folder, "boot", "new");
        memory.mend(&past.lines);
        let agent = Self {
            taken: memory.taken(past.in_hand),
            memory,
            seq: past.count.seq,
            lines: past.lines,
        };
        (agent, past.in_hand)
    }

    fn give(&mut self, mut line: Line) {
        self.seq += 1;
        line.set_seq(self.seq);
        let line = Arc::new(line);
        self.lines.push_back(Arc::clone(&line));
        if self.lines.len() > 100 {
            self.lines.pop_front();
        }
        self.memory.keep(&line, &self.lines);
    }
}

fn denial() -> Line {
    sample::line(&sample::mount(), 0)
}

fn repeated(count: u64) -> Line {
    let mut line = denial();
    if let Line::Denial(denial) = &mut line {
        denial.repeated = Some(count);
    }
    line
}

fn seqs(lines: &VecDeque<Arc<Line>>) -> Vec<u64> {
    lines.iter().filter_map(|line| line.seq()).collect()
}

#[test]
fn the_next_agent_goes_on_with_the_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let (mut first, _) = Agent::start(dir.path());
    for _ in 0..3 {
        first.give(denial());
    }
    let series = first.memory.count.series.clone();
    drop(first);
    let (mut second, _) = Agent::start(dir.path());
    assert_eq!(second.memory.count.series, series);
    assert_eq!(seqs(&second.lines), [1, 2, 3]);
    second.give(denial());
    drop(second);
    assert_eq!(seqs(&Agent::start(dir.path()).0.lines), [1, 2, 3, 4]);
}

#[test]
fn the_file_stays_short_and_knows_the_count() {
    let dir = tempfile::tempdir().unwrap();
    let (mut agent, _) = Agent::start(dir.path());
    for _ in 0..1_000 {
        agent.give(denial());
        agent.give(repeated(9));
    }
    agent.give(Line::lost(7, "ring", "web-3"));
    let count = agent.memory.count.clone();
    assert_eq!((count.seq, count.given, count.ring), (2_001, 10_000, 7));
    drop(agent);
    let text = fs::read_to_string(dir.path().join(LINES)).unwrap();
    assert!(text.lines().count() <= 202, "{}", text.lines().count());
    let (agent, _) = Agent::start(dir.path());
    assert_eq!(agent.memory.count, count);
    assert_eq!(agent.seq, 2_001);
}

#[test]
fn what_a_killed_agent_had_in_hand_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let (mut first, _) = Agent::start(dir.path());
    first.taken.add(10);
    first.give(denial());
    first.give(repeated(4));
    first.give(Line::lost(2, "budget", "web-3"));
    first.give(Line::lost(90, "ring", "web-3"));
    drop(first);
    let (mut second, in_hand) = Agent::start(dir.path());
    assert_eq!(in_hand, 3);
    // It tells so at once, or is killed before it does.
    drop(second);
    (second, _) = Agent::start(dir.path());
    second.give(Line::lost(in_hand, "agent", "web-3"));
    second.taken.add(1);
    second.give(denial());
    drop(second);
    assert_eq!(Agent::start(dir.path()).1, 0);
}

#[test]
fn half_a_line_was_nobodys() {
    let dir = tempfile::tempdir().unwrap();
    let (mut agent, _) = Agent::start(dir.path());
    agent.give(denial());
    drop(agent);
    let file = dir.path().join(LINES);
    let mut text = fs::read(&file).unwrap();
    text.extend_from_slice(b"{\"v\":1,\"seq\":2,");
    fs::write(&file, text).unwrap();
    let (mut agent, _) = Agent::start(dir.path());
    agent.give(denial());
    assert_eq!(seqs(&Agent::start(dir.path()).0.lines), [1, 2]);
}

#[test]
fn what_is_wrong_or_of_another_boot_begins_a_new_count() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(LINES);
    let (mut agent, _) = Agent::start(dir.path());
    for _ in 0..3 {
        agent.give(denial());
    }
    drop(agent);
    let right = fs::read_to_string(&file).unwrap();
    let without_second: Vec<_> = right.split_inclusive('\n').collect();
    let gap = [without_second[0], without_second[1], without_second[3]].concat();
    for wrong in [
        "",
        "{}\n",
        "nonsense\n",
        &gap,
        &right.replace("\"boot\":\"boot\"", "\"boot\":\"other\""),
        &right.replacen("\"v\":1", "\"v\":2", 1),
    ] {
        fs::write(&file, wrong).unwrap();
        let (_, past) = Memory::open(dir.path(), "boot", "another");
        assert_eq!(past.count.seq, 0, "{wrong}");
        assert_eq!(past.count.series, "another");
        assert_eq!(past.in_hand, 0);
    }
    fs::write(&file, [0xff, b'\n']).unwrap();
    assert!(read(dir.path(), "boot").is_err());
    fs::write(&file, right).unwrap();
    assert_eq!(read(dir.path(), "boot").unwrap().count.seq, 3);
}

#[test]
fn a_folder_that_takes_nothing_leaves_nothing_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let (mut agent, _) = Agent::start(dir.path());
    agent.give(denial());
    let gone = dir.path().join("gone");
    agent.memory.drop_file(&io::Error::other("full"));
    agent.memory.place.as_mut().unwrap().folder = gone.clone();
    agent.give(denial());
    agent.memory.mend(&agent.lines);
    assert!(!dir.path().join(LINES).exists());
    fs::create_dir(&gone).unwrap();
    agent.memory.mend(&agent.lines);
    agent.give(denial());
    assert_eq!(seqs(&Agent::start(&gone).0.lines), [1, 2, 3]);
}
