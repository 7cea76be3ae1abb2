//! Floor 4: network interfaces by name and by number. See if_nametoindex(3).
//!
//! A number that no interface can have is refused: CPython before 3.13 takes its
//! low 32 bits, which may be another interface's.

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyModule};

use crate::args;
use crate::error::{Error, os_error, os_error_text};
use crate::method::{Answer, Args, table};
use crate::sys::iface;
use crate::text::{fs_decoded, fs_string};

table! {
    /// The function that takes no argument.
    TABLE: PyModule {
        NoArgs if_nameindex = if_nameindex,
            "if_nameindex() -> list of (index, name)\n\n\
             The network interfaces of this system.";
    }
}

macro_rules! single {
    ($style:ident $(, $index:ident)?) => {
        table! {
            /// The functions that take one argument; a name was in a tuple of one before 3.13.
            SINGLE: PyModule {
                $style if_nametoindex(oname) = if_nametoindex,
                    "if_nametoindex(name) -> index\n\nThe number of the network interface with this name.";
                One if_indextoname $(($index))? = if_indextoname,
                    "if_indextoname(index) -> name\n\nThe name of the network interface with this number.";
            }
        }
    };
}
#[cfg(Py_3_14)]
single!(One, if_index);
#[cfg(all(Py_3_13, not(Py_3_14)))]
single!(One);
#[cfg(not(Py_3_13))]
single!(Positional);

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
    let index = iface::nametoindex(&name).map_err(|errno| {
        if cfg!(Py_3_14) {
            os_error(errno)
        } else {
            os_error_text("no interface with this name")
        }
    })?;
    Ok(index.into_pyobject(args.py())?.into_any())
}

fn if_indextoname<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    let value = args::required(args, 0)?;
    let index = if cfg!(Py_3_14) {
        args::unsigned(value, "unsigned int")?
    } else {
        let index = args::unsigned_long(value, || "an integer is required".to_owned())?;
        u32::try_from(index).map_err(|_| PyOverflowError::new_err("index is too large"))?
    };
    let name = iface::indextoname(index).map_err(Error::from)?;
    fs_decoded(args.py(), &name)
}
