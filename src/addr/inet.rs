//! Floor 3b: AF_INET, `(host, port)`. See ip(7).

use std::net::Ipv4Addr;

use pyo3::prelude::*;

use crate::addr::form::{self, Target};
use crate::addr::host;
use crate::sys::libc;
use crate::sys::storage::{RawAddr, Reader, Writer};

/// An IPv4 address and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InetAddr {
    pub(crate) ip: Ipv4Addr,
    pub(crate) port: u16,
}

impl InetAddr {
    pub(crate) fn encode(self) -> RawAddr {
        let mut writer = Writer::new(libc::AF_INET);
        writer.put(&self.port.to_be_bytes());
        writer.put(&self.ip.octets());
        writer.skip_to(size_of::<libc::sockaddr_in>());
        writer.finish()
    }

    pub(crate) fn decode(raw: &RawAddr) -> Self {
        let reader = Reader::new(raw);
        Self {
            ip: Ipv4Addr::from(reader.array::<4>(4)),
            port: u16::from_be_bytes(reader.array(2)),
        }
    }
}

pub(crate) fn from_python(target: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    let tuple = form::tuple(target, "AF_INET", value)?;
    form::length(tuple, 2, 2, "AF_INET address must be a pair (host, port)")?;
    let host = form::field(tuple, 0)?;
    let host = host::name(&host)?;
    let port = form::port(target, tuple, 1)?;
    let ip = host::ipv4(value.py(), &host)?;
    let port = port.check(target)?;
    Ok(InetAddr { ip, port }.encode())
}

pub(crate) fn to_python<'py>(py: Python<'py>, raw: &RawAddr) -> PyResult<Bound<'py, PyAny>> {
    let InetAddr { ip, port } = InetAddr::decode(raw);
    let host = host::ipv4_text(py, ip);
    Ok((host, port).into_pyobject(py)?.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    #[test]
    fn decode_undoes_encode() {
        let addr = InetAddr {
            ip: Ipv4Addr::new(1, 2, 3, 4),
            port: 0x0506,
        };
        let raw = addr.encode();
        assert_eq!(raw.len(), size_of::<libc::sockaddr_in>());
        assert_eq!(raw.bytes().get(2..8), Some(&[5, 6, 1, 2, 3, 4][..]));
        assert_eq!(InetAddr::decode(&raw), addr);
    }

    fuzz::decoder_tests!("inet", |raw| Some(InetAddr::decode(raw)), |addr| Some(
        addr.encode()
    ));

    #[test]
    fn fuzz_encode() {
        bolero::check!()
            .with_type()
            .for_each(|&(ip, port): &(u32, u16)| {
                let ip = Ipv4Addr::from(ip);
                fuzz::same(
                    &InetAddr { ip, port },
                    |addr| Some(addr.encode()),
                    |raw| Some(InetAddr::decode(raw)),
                );
            });
    }
}
