//! Floor 4: network interfaces by name and by number. See if_nametoindex(3).
//!
//! A number that no interface can have is refused: CPython before 3.13 takes its
//! low 32 bits, which may be another interface's.

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyModule};

use crate::args;
use crate::error::{Error, os_error_text};
use crate::method::{Answer, Args, table};
use crate::sys::iface;
use crate::text::{fs_decoded, fs_string};

table! {
    /// The functions of this file that take arguments as they did in any version.
    TABLE: PyModule {
        NoArgs if_nameindex = if_nameindex,
            "if_nameindex() -> list of (index, name)\n\n\
             The network interfaces of this system.";
        One if_indextoname = if_indextoname,
            "if_indextoname(index) -> name\n\n\
             The name of the network interface of a number.";
    }
}

#[cfg(Py_3_13)]
table! {
    /// The function that takes one argument since 3.13, and a tuple of one before.
    SINGLE: PyModule {
        One if_nametoindex(oname) = if_nametoindex,
            "if_nametoindex(name) -> index\n\n\
             The number of the network interface of a name.";
    }
}
#[cfg(not(Py_3_13))]
table! {
    /// The function that takes one argument since 3.13, and a tuple of one before.
    SINGLE: PyModule {
        Positional if_nametoindex = if_nametoindex,
            "if_nametoindex(name) -> index\n\n\
             The number of the network interface of a name.";
    }
}

fn if_nameindex<'py>(module: Borrowed<'_, 'py, PyModule>, _: Args<'_, 'py>) -> Answer<'py> {
    let py = module.py();
    let list = PyList::empty(py);
    for (index, name) in iface::nameindex().map_err(Error::from)? {
        list.append((index, fs_decoded(py, &name)?))?;
    }
    Ok(list.into_any())
}

fn if_nametoindex<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "if_nametoindex", 1, 1)?;
    let name = fs_string(args::required(args, 0)?)?;
    let index =
        iface::nametoindex(&name).map_err(|_| os_error_text("no interface with this name"))?;
    Ok(index.into_pyobject(args.py())?.into_any())
}

fn if_indextoname<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    let value = args::required(args, 0)?;
    let index = args::unsigned_long(value, || "an integer is required".to_owned())?;
    let index = u32::try_from(index).map_err(|_| PyOverflowError::new_err("index is too large"))?;
    let name = iface::indextoname(index).map_err(Error::from)?;
    fs_decoded(args.py(), &name)
}
