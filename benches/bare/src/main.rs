//! The benchmarks' yardstick. `calls` times every operation once and prints JSON, `serve`
//! times one operation at a time on request (so that it can be interleaved with Python),
//! `load` is the load client and `echo` the peer of the size benchmark.
//! It knows nothing of Python; the protocol is lines of text in and JSON out.

mod calls;
mod echo;
mod load;
mod sys;

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use calls::{NAMES, Operation};

const USAGE: &str = "usage: bare calls [iterations] | serve | echo SIZE | \
load PORT CONNECTIONS SIZE SECONDS [each]";

/// Malformed input as an error of the same kind as a failed call.
fn bad(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message.into())
}

fn number<T: std::str::FromStr>(text: Option<&str>, what: &str) -> io::Result<T> {
    let text = text.ok_or_else(|| bad(format!("{what} is missing")))?;
    text.parse()
        .map_err(|_| bad(format!("{what}: {text:?} is not a number")))
}

struct Timing {
    wall: u64,
    cpu: u64,
}

fn timed(operation: &mut Operation, iterations: u64) -> io::Result<Timing> {
    let cpu = sys::thread_cpu_ns()?;
    let wall = sys::monotonic_ns()?;
    (operation.work)(iterations)?;
    let timing = Timing {
        wall: sys::monotonic_ns()?.saturating_sub(wall),
        cpu: sys::thread_cpu_ns()?.saturating_sub(cpu),
    };
    if let Some(after) = &mut operation.after {
        after()?;
    }
    Ok(timing)
}

/// Lines `NAME ITERATIONS` on the standard input, a JSON object for each on the output.
fn serve() -> io::Result<()> {
    let mut built: Vec<(String, Operation)> = Vec::new();
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let iterations = number(words.next(), "iterations")?;
        let found = built.iter().position(|(known, _)| known == name);
        let index = if let Some(index) = found {
            index
        } else {
            let mut operation = calls::build(name)?;
            // The first run verifies and warms; it is never timed.
            timed(&mut operation, 16)?;
            built.push((name.to_owned(), operation));
            built.len() - 1
        };
        let Some((_, operation)) = built.get_mut(index) else {
            return Err(bad("no such operation"));
        };
        let Timing { wall, cpu } = timed(operation, iterations)?;
        writeln!(output, "{{\"wall\": {wall}, \"cpu\": {cpu}}}")?;
        output.flush()?;
    }
    Ok(())
}

/// Every operation, best of rounds: `{name: ns of CPU time}`.
fn all(iterations: u64) -> io::Result<()> {
    let iterations = iterations.max(1);
    let mut rows = Vec::new();
    for name in NAMES {
        let mut operation = calls::build(name)?;
        timed(&mut operation, 16)?;
        let mut best = u64::MAX;
        for _ in 0..50 {
            best = best.min(timed(&mut operation, iterations)?.cpu);
        }
        rows.push(format!("  \"{name}\": {}", best / iterations));
    }
    writeln!(io::stdout().lock(), "{{\n{}\n}}", rows.join(",\n"))
}

fn run(arguments: &[String]) -> io::Result<()> {
    let mut words = arguments.iter().map(String::as_str);
    match words.next() {
        Some("calls") => all(match words.next() {
            None => 100,
            given => number(given, "iterations")?,
        }),
        Some("serve") => serve(),
        Some("echo") => echo::run(number(words.next(), "size")?),
        Some("load") => load::run(&load::Plan {
            port: number(words.next(), "port")?,
            connections: number(words.next(), "connections")?,
            size: number(words.next(), "size")?,
            seconds: number(words.next(), "seconds")?,
            each: words.next() == Some("each"),
        }),
        _ => Err(bad(USAGE)),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bare: {error}");
            ExitCode::FAILURE
        }
    }
}
