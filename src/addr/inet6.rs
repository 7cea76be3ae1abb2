//! Floor 3b: AF_INET6, `(host, port[, flowinfo[, scope_id]])`. See ipv6(7).
//!
//! A scope in the literal (`fe80::1%eth0`) counts where the tuple has none.

use std::net::Ipv6Addr;

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;

use crate::addr::form::{self, Target};
use crate::addr::host;
use crate::sys::libc;
use crate::sys::storage::{RawAddr, Reader, Writer};

/// A flow label has 20 bits.
pub(crate) const FLOWINFO_MAX: u32 = 0xf_ffff;

/// An IPv6 address, a port, and what belongs to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inet6Addr {
    pub(crate) ip: Ipv6Addr,
    pub(crate) port: u16,
    pub(crate) flowinfo: u32,
    pub(crate) scope_id: u32,
}

impl Inet6Addr {
    pub(crate) fn encode(self) -> RawAddr {
        let mut writer = Writer::new(libc::AF_INET6);
        writer.put(&self.port.to_be_bytes());
        writer.put(&self.flowinfo.to_be_bytes());
        writer.put(&self.ip.octets());
        writer.put_u32(self.scope_id);
        writer.finish()
    }

    pub(crate) fn decode(raw: &RawAddr) -> Self {
        let reader = Reader::new(raw);
        Self {
            port: u16::from_be_bytes(reader.array(2)),
            flowinfo: u32::from_be_bytes(reader.array(4)),
            ip: Ipv6Addr::from(reader.array::<16>(8)),
            scope_id: reader.u32(24),
        }
    }
}

pub(crate) fn from_python(target: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    let tuple = form::tuple(target, "AF_INET6", value)?;
    form::length(
        tuple,
        2,
        4,
        "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])",
    )?;
    let host = form::field(tuple, 0)?;
    let host = host::name(&host)?;
    let port = form::port(target, tuple, 1)?;
    // Out of range is one error, whatever the number, and said after the host is known.
    let flowinfo = match form::u32_or_zero(tuple, 2) {
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => u32::MAX,
        read => read?,
    };
    let scope_id = form::u32_or_zero(tuple, 3)?;
    let (ip, literal_scope) = host::ipv6(value.py(), &host)?;
    let port = port.check(target)?;
    if flowinfo > FLOWINFO_MAX {
        return Err(PyOverflowError::new_err(format!(
            "{}(): flowinfo must be 0-1048575.",
            target.caller
        )));
    }
    let scope_id = if tuple.len() > 3 {
        scope_id
    } else {
        literal_scope
    };
    Ok(Inet6Addr {
        ip,
        port,
        flowinfo,
        scope_id,
    }
    .encode())
}

pub(crate) fn to_python<'py>(py: Python<'py>, raw: &RawAddr) -> PyResult<Bound<'py, PyAny>> {
    let addr = Inet6Addr::decode(raw);
    let host = host::ipv6_text(py, addr.ip);
    Ok((host, addr.port, addr.flowinfo, addr.scope_id)
        .into_pyobject(py)?
        .into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    #[test]
    fn decode_undoes_encode() {
        let addr = Inet6Addr {
            ip: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1),
            port: 443,
            flowinfo: 0x12345,
            scope_id: 7,
        };
        let raw = addr.encode();
        assert_eq!(raw.len(), size_of::<libc::sockaddr_in6>());
        assert_eq!(Inet6Addr::decode(&raw), addr);
    }

    fuzz::decoder_tests!("inet6", |raw| Some(Inet6Addr::decode(raw)), |addr| Some(
        addr.encode()
    ));

    #[test]
    fn fuzz_encode() {
        bolero::check!().with_type().for_each(
            |&(ip, port, flowinfo, scope_id): &(u128, u16, u32, u32)| {
                let ip = Ipv6Addr::from(ip);
                fuzz::same(
                    &Inet6Addr {
                        ip,
                        port,
                        flowinfo,
                        scope_id,
                    },
                    |addr| Some(addr.encode()),
                    |raw| Some(Inet6Addr::decode(raw)),
                );
            },
        );
    }
}
