//! The load client: N connections on one epoll, each with one request in flight; every
//! reply must be the bytes of its request. Prints replies, time and latencies as JSON.
//! It knows no server: whatever echoes will do; with `each` the server closes after a reply.

mod slot;

use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};

use crate::{bad, sys};
use slot::Slot;

pub struct Plan {
    pub port: u16,
    pub connections: usize,
    pub size: usize,
    pub seconds: f64,
    /// A new connection for each request.
    pub each: bool,
}

/// Connections that may wait for their first reply at once, below any listener's backlog.
const OPENING: usize = 64;
/// How long the first replies may take, all together.
const PATIENCE_NS: u64 = 120_000_000_000;

struct Client<'a> {
    plan: &'a Plan,
    epoll: OwnedFd,
    slots: Vec<Slot>,
    events: Vec<libc::epoll_event>,
    buffer: Vec<u8>,
}

impl Client<'_> {
    /// Waits once; calls `finished` with each slot whose reply has come.
    fn turn(&mut self, finished: &mut impl FnMut(&mut Slot) -> io::Result<()>) -> io::Result<()> {
        let ready = sys::epoll_wait(self.epoll.as_fd(), &mut self.events, 100)?;
        for event in self.events.iter().take(ready) {
            let token = event.u64;
            let writable = event.events & libc::EPOLLOUT.unsigned_abs() != 0;
            let index = usize::try_from(token).map_err(|_| bad("event of no slot"))?;
            let Some(slot) = self.slots.get_mut(index) else {
                return Err(bad("event of no slot"));
            };
            if writable {
                slot.push(self.epoll.as_fd())?;
            }
            if slot.pull(&mut self.buffer)? {
                finished(slot)?;
            }
        }
        Ok(())
    }

    /// Opens every connection and sees one verified reply on each.
    fn open(&mut self) -> io::Result<()> {
        let deadline = sys::monotonic_ns()? + PATIENCE_NS;
        let mut answered = 0;
        while answered < self.plan.connections {
            while self.slots.len() < self.plan.connections && self.slots.len() - answered < OPENING
            {
                let mut slot = Slot::new(self.slots.len(), self.plan.each, self.plan.size);
                slot.begin(self.plan.port, self.epoll.as_fd())?;
                self.slots.push(slot);
            }
            self.turn(&mut |_| {
                answered += 1;
                Ok(())
            })?;
            if sys::monotonic_ns()? > deadline {
                return Err(bad(format!("only {answered} connections were answered")));
            }
        }
        Ok(())
    }
}

/// The value below which `share` percent of the sorted values lie.
fn percentile(sorted: &[u64], share: usize) -> u64 {
    let index = sorted.len() * share / 100;
    let last = sorted.len().saturating_sub(1);
    sorted.get(index.min(last)).copied().unwrap_or(0)
}

pub fn run(plan: &Plan) -> io::Result<()> {
    let mut client = Client {
        plan,
        epoll: sys::epoll()?,
        slots: Vec::new(),
        events: vec![libc::epoll_event { events: 0, u64: 0 }; 256],
        buffer: vec![0; 65_536],
    };
    client.open()?;

    let watcher = client.epoll.try_clone()?;
    // "ready" and the answer bracket the load, so that the caller can read the server's clocks.
    writeln!(io::stdout(), "ready")?;
    let mut go = String::new();
    io::stdin().read_line(&mut go)?;

    let start = sys::monotonic_ns()?;
    let length = std::time::Duration::try_from_secs_f64(plan.seconds)
        .ok()
        .and_then(|length| u64::try_from(length.as_nanos()).ok())
        .ok_or_else(|| bad("seconds out of range"))?;
    let mut now = start;
    let mut latencies: Vec<u64> = Vec::new();
    for slot in &mut client.slots {
        slot.begin(plan.port, watcher.as_fd())?;
    }
    while now < start + length {
        client.turn(&mut |slot| {
            latencies.push(sys::monotonic_ns()?.saturating_sub(slot.started));
            slot.rounds += 1;
            slot.begin(plan.port, watcher.as_fd())
        })?;
        now = sys::monotonic_ns()?;
    }
    let fewest = client
        .slots
        .iter()
        .map(|slot| slot.rounds)
        .min()
        .unwrap_or(0);
    let most = client
        .slots
        .iter()
        .map(|slot| slot.rounds)
        .max()
        .unwrap_or(0);
    latencies.sort_unstable();
    writeln!(
        io::stdout(),
        "{{\"replies\": {}, \"ns\": {}, \"p50_ns\": {}, \"p99_ns\": {}, \"max_ns\": {}, \
         \"fewest\": {fewest}, \"most\": {most}}}",
        latencies.len(),
        now - start,
        percentile(&latencies, 50),
        percentile(&latencies, 99),
        latencies.last().copied().unwrap_or(0),
    )?;
    // Held until the caller has read the clocks: closing costs the server time as well.
    go.clear();
    io::stdin().read_line(&mut go)?;
    Ok(())
}
