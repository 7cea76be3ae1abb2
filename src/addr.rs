//! Floor 3c: the table of address families: which file reads and writes the
//! addresses of which family. A new family is one file and one line in each
//! of the two tables here.

use std::ffi::c_int;

use pyo3::prelude::*;

use crate::sys::libc;
use crate::sys::storage::RawAddr;

pub(crate) mod form;
pub(crate) mod host;
pub(crate) mod inet;
pub(crate) mod inet6;
pub(crate) mod recent;
#[cfg(unix)]
pub(crate) mod unix;
pub(crate) mod unknown;

#[cfg(target_os = "linux")]
pub(crate) mod alg;
#[cfg(target_os = "linux")]
pub(crate) mod bluetooth;
#[cfg(target_os = "linux")]
pub(crate) mod can;
#[cfg(target_os = "linux")]
pub(crate) mod netlink;
#[cfg(target_os = "linux")]
pub(crate) mod packet;
#[cfg(target_os = "linux")]
pub(crate) mod qipcrtr;
#[cfg(target_os = "linux")]
pub(crate) mod tipc;
#[cfg(target_os = "linux")]
pub(crate) mod vsock;

// In the tests of every system, too: its codec and forms need no Windows.
#[cfg(any(windows, test))]
pub(crate) mod hyperv;
#[cfg(target_vendor = "apple")]
pub(crate) mod system;

#[cfg(test)]
pub(crate) mod fuzz;

pub(crate) use form::Target;

/// `PF_DIVERT`, which libc does not name.
#[cfg(target_os = "freebsd")]
const PF_DIVERT: c_int = 44;

/// The address that a Python value stands for on a socket.
pub(crate) fn from_python(target: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    match target.family {
        libc::AF_INET => {
            if let Some(raw) = recent::raw(value) {
                return Ok(raw);
            }
            let raw = inet::from_python(target, value)?;
            let text = crate::sys::ntop::ipv4_text(inet::InetAddr::decode(&raw).ip);
            recent::keep_to(&raw, value, text.as_str());
            Ok(raw)
        }
        libc::AF_INET6 => inet6::from_python(target, value),
        #[cfg(unix)]
        libc::AF_UNIX => unix::from_python(target, value),
        #[cfg(target_os = "linux")]
        libc::AF_ALG => alg::from_python(target, value),
        #[cfg(target_os = "linux")]
        libc::AF_BLUETOOTH => bluetooth::from_python(target, value),
        #[cfg(target_os = "linux")]
        libc::AF_CAN => can::from_python(target, value),
        #[cfg(target_os = "linux")]
        libc::AF_NETLINK => netlink::from_python(target, value),
        #[cfg(target_os = "linux")]
        libc::AF_PACKET => packet::from_python(target, value),
        #[cfg(target_os = "linux")]
        qipcrtr::FAMILY => qipcrtr::from_python(value),
        // A reliable datagram socket is named by its IPv4 address.
        #[cfg(target_os = "linux")]
        libc::AF_RDS => inet::from_python(target, value),
        #[cfg(target_os = "linux")]
        libc::AF_TIPC => tipc::from_python(target, value),
        #[cfg(target_os = "linux")]
        libc::AF_VSOCK => vsock::from_python(value),
        // A divert socket is named by an IPv4 address too, and by its port.
        #[cfg(target_os = "freebsd")]
        PF_DIVERT => inet::from_python(target, value),
        #[cfg(windows)]
        hyperv::FAMILY => hyperv::from_python(target, value),
        #[cfg(target_vendor = "apple")]
        libc::AF_SYSTEM => system::from_python(target, value),
        _ => unknown::from_python(target, value),
    }
}

/// The Python value of an address that the kernel filled in; None where it wrote
/// none. `proto` is the socket's protocol.
#[inline]
pub(crate) fn to_python<'py>(
    py: Python<'py>,
    raw: &RawAddr,
    proto: c_int,
) -> PyResult<Bound<'py, PyAny>> {
    if raw.len() == 0 {
        return Ok(py.None().into_bound(py));
    }
    by_family(py, raw, proto)
}

fn by_family<'py>(py: Python<'py>, raw: &RawAddr, proto: c_int) -> PyResult<Bound<'py, PyAny>> {
    #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
    let _ = proto;
    let known = match raw.family() {
        libc::AF_INET => {
            if let Some(tuple) = recent::tuple(py, raw) {
                return Ok(tuple);
            }
            let tuple = inet::to_python(py, raw)?;
            recent::keep_from(raw, &tuple);
            Some(tuple)
        }
        libc::AF_INET6 => Some(inet6::to_python(py, raw)?),
        #[cfg(unix)]
        libc::AF_UNIX => Some(unix::to_python(py, raw)?),
        #[cfg(target_os = "linux")]
        libc::AF_ALG => Some(alg::to_python(py, raw)?),
        #[cfg(target_os = "linux")]
        libc::AF_BLUETOOTH => bluetooth::to_python(py, raw, proto)?,
        #[cfg(target_os = "linux")]
        libc::AF_CAN => Some(can::to_python(py, raw, proto)?),
        #[cfg(target_os = "linux")]
        libc::AF_NETLINK => Some(netlink::to_python(py, raw)?),
        #[cfg(target_os = "linux")]
        libc::AF_PACKET => Some(packet::to_python(py, raw)?),
        #[cfg(target_os = "linux")]
        qipcrtr::FAMILY => Some(qipcrtr::to_python(py, raw)?),
        #[cfg(target_os = "linux")]
        libc::AF_TIPC => tipc::to_python(py, raw)?,
        #[cfg(target_os = "linux")]
        libc::AF_VSOCK => Some(vsock::to_python(py, raw)?),
        #[cfg(windows)]
        hyperv::FAMILY => Some(hyperv::to_python(py, raw)?),
        #[cfg(target_vendor = "apple")]
        libc::AF_SYSTEM => system::to_python(py, raw, proto)?,
        _ => None,
    };
    known.map_or_else(|| unknown::to_python(py, raw), Ok)
}
