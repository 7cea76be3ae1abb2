//! Floor 5: `rsock._rsock`, the module that stands in for `_socket`. The table of
//! what it holds, and nothing else.

use pyo3::exceptions::{PyOSError, PyTimeoutError};
use pyo3::prelude::*;

pub(crate) mod addr;
pub(crate) mod args;
pub(crate) mod audit;
pub(crate) mod buffer;
pub(crate) mod call;
mod capi;
pub(crate) mod caught;
mod consts;
mod convert;
pub(crate) mod enums;
pub(crate) mod error;
pub(crate) mod finalize;
pub(crate) mod habit;
mod iface;
pub(crate) mod libpython;
pub(crate) mod method;
mod module;
mod netdb;
pub(crate) mod once;
pub(crate) mod release;
pub(crate) mod sockobj;
pub(crate) mod suggest;
pub(crate) mod sys;
pub(crate) mod text;
pub(crate) mod timeout;
pub(crate) mod typeobj;

/// The functions and classes of `_socket`, and what the shim needs besides.
#[pymodule(gil_used = false)]
fn _rsock(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    caught::prepare(py);
    sys::start().map_err(error::os_error)?;
    let [base, public] = sockobj::classes(py)?;
    module.setattr("socket", &base)?;
    module.setattr("SocketType", &base)?;
    module.setattr("_Socket", &public)?;
    for table in [
        convert::SINGLE,
        convert::TABLE,
        #[cfg(unix)]
        convert::SIZES,
        iface::SINGLE,
        iface::TABLE,
        module::TABLE,
        #[cfg(unix)]
        module::PAIR,
        netdb::TABLE,
        netdb::hosts::TABLE,
        #[cfg(unix)]
        netdb::hosts::SETTING,
        netdb::nameinfo::TABLE,
        netdb::services::TABLE,
    ] {
        typeobj::add_functions(module, "", table)?;
    }
    typeobj::add_functions(module, "_", netdb::PUBLIC)?;
    typeobj::add_functions(module, "", consts::TABLE)?;
    let resolver = error::ResolverErrors::get(py)?;
    module.setattr("gaierror", &resolver.gaierror)?;
    module.setattr("herror", &resolver.herror)?;
    module.setattr("error", py.get_type::<PyOSError>())?;
    module.setattr("timeout", py.get_type::<PyTimeoutError>())?;
    module.setattr("has_ipv6", true)?;
    module.setattr("_build_profile", BUILD_PROFILE)?;
    capi::add(module)?;
    consts::register(module)
}

const BUILD_PROFILE: &str = if cfg!(debug_assertions) {
    "debug"
} else {
    "release"
};
