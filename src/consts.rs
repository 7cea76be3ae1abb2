//! Floor 4c: the constants of the module: every name and number that `socket` of any
//! supported Python has on this system, and those of the system's headers that users had
//! to write by hand. One table below for each system, or group of families of Linux.
//!
//! Must not know what any constant means. They go in as plain `int`; the Python layer
//! makes enumerations of `AF_*`, `SOCK_*`, `MSG_*` and `AI_*`. So a table may hold no name
//! in these prefixes that is not such a member, and none that sorts before a name of
//! the standard library with the same value: the first in order names the member.

use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyList, PyModule, PyString};

use crate::args;
use crate::method::{Answer, Args, table as functions};

/// Makes a table of names and numbers: `NAME` stands for the value of `libc::NAME`,
/// `NAME = 1` for the value beside it. A number is the value of the system's headers where
/// the `libc` crate lacks the name for some architecture or C library, or gives it a type
/// that an `i64` cannot hold.
macro_rules! table {
    (@value $name:ident) => { libc::$name as i64 };
    (@value $name:ident $value:expr) => { $value };
    ($($(#[$attribute:meta])* $name:ident $(= $value:expr)?,)*) => {
        &[$($(#[$attribute])* (stringify!($name), table!(@value $name $($value)?)),)*]
    };
}

mod alg;
mod apple;
mod bluetooth;
mod can;
mod family;
mod ip;
mod link;
mod message;
mod netlink;
mod option;
mod packet;
mod posix;
mod rare;
mod resolver;
mod sctp;
mod tipc;
mod transport;
mod vsock;
mod windows;

#[cfg(target_os = "linux")]
static NUMBERS: &[&[(&str, i64)]] = &[
    posix::NAMES,
    family::NAMES,
    message::NAMES,
    option::NAMES,
    #[cfg(not(any(target_arch = "sparc", target_arch = "sparc64")))]
    option::NUMBERED,
    ip::NAMES,
    transport::NAMES,
    sctp::NAMES,
    resolver::NAMES,
    #[cfg(target_env = "gnu")]
    resolver::GNU,
    netlink::NAMES,
    packet::NAMES,
    link::NAMES,
    can::NAMES,
    bluetooth::NAMES,
    tipc::NAMES,
    vsock::NAMES,
    alg::NAMES,
    rare::NAMES,
];

#[cfg(target_vendor = "apple")]
static NUMBERS: &[&[(&str, i64)]] = &[posix::NAMES, apple::NAMES];

#[cfg(windows)]
static NUMBERS: &[&[(&str, i64)]] = &[windows::NAMES];

#[cfg(all(unix, not(any(target_os = "linux", target_vendor = "apple"))))]
static NUMBERS: &[&[(&str, i64)]] = &[posix::NAMES];

#[cfg(target_os = "linux")]
static TEXTS: &[(&str, &str)] = bluetooth::TEXTS;

#[cfg(windows)]
static TEXTS: &[(&str, &str)] = windows::TEXTS;

#[cfg(not(any(target_os = "linux", windows)))]
static TEXTS: &[(&str, &str)] = &[];

/// Adds every constant to the module, straight into its dictionary: `PyModule::add` would
/// also list each in `__all__`, which `_socket` does not have. The names are not interned, since
/// that costs more at import than it saves at a look-up.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let namespace = module.dict();
    for &(name, value) in NUMBERS.iter().copied().flatten() {
        namespace.set_item(name, value)?;
    }
    for &(name, text) in TEXTS {
        namespace.set_item(name, text)?;
    }
    Ok(())
}

/// The prefixes of the names that the Python layer makes enumerations of.
const ENUMERATED: [&str; 4] = ["AF_", "SOCK_", "MSG_", "AI_"];

/// `_numbers()`: the constants of each enumeration, by prefix. To look through the names
/// in Python would take a tenth of the time of an import.
fn numbers<'py>(module: Borrowed<'_, 'py, PyModule>, _: Args<'_, 'py>) -> Answer<'py> {
    let py = module.py();
    let found = ENUMERATED.map(|prefix| (prefix, PyDict::new(py)));
    for &(name, value) in NUMBERS.iter().copied().flatten() {
        for (prefix, members) in &found {
            if name.starts_with(prefix) {
                members.set_item(name, value)?;
            }
        }
    }
    Ok(found.into_py_dict(py)?.into_any())
}

/// `_export(namespace)`: every name that the namespace lacks, as `import *` of a
/// module without `__all__` would give it, but in a tenth of the time.
fn export<'py>(module: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    let own = module.dict();
    let namespace = args::required(args, 0)?;
    let namespace = namespace.cast::<PyDict>().map_err(PyErr::from)?;
    // A merge that overrides takes half the time of one that asks for each name first.
    let kept = namespace.copy()?;
    namespace.update(own.as_mapping())?;
    namespace.update(kept.as_mapping())?;
    let names = own.keys();
    // The constants came last, and none is private.
    let constants = match NUMBERS.iter().copied().flatten().next() {
        Some((name, _)) => names.index(name)?,
        None => names.len(),
    };
    let public = PyList::empty(module.py());
    for name in names.get_slice(0, constants) {
        if !name.cast::<PyString>()?.to_str()?.starts_with('_') {
            public.append(name)?;
        }
    }
    names.set_slice(0, constants, &public)?;
    Ok(names.into_any())
}

functions! {
    /// The functions of this file.
    TABLE: PyModule {
        One _export = export, "_export(namespace) -> list\n\nAdd the names that a namespace lacks; the public ones are returned.";
        NoArgs _numbers = numbers, "_numbers() -> dict of dicts\n\nThe constants that begin with AF_, SOCK_, MSG_ and AI_, by prefix.";
    }
}

#[cfg(test)]
mod tests {
    use super::{NUMBERS, TEXTS};
    use std::collections::HashSet;

    /// A name that stood twice would take the value of whichever table comes last.
    #[test]
    fn a_name_stands_in_one_table() {
        let numbers = NUMBERS.iter().copied().flatten().map(|&(name, _)| name);
        let mut seen = HashSet::new();
        for name in numbers.chain(TEXTS.iter().map(|&(name, _)| name)) {
            assert!(seen.insert(name), "{name} stands twice");
            assert!(!name.starts_with('_'), "{name} is private");
        }
        assert!(seen.len() > 150, "only {} names", seen.len());
    }
}
