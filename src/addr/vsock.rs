//! Floor 3b: `AF_VSOCK`, `(cid, port)`. See vsock(7).

use pyo3::prelude::*;

use crate::addr::form;
use crate::sys::storage::{RawAddr, Reader, Writer};

/// A machine's context and a port of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VsockAddr {
    pub(crate) cid: u32,
    pub(crate) port: u32,
}

impl VsockAddr {
    pub(crate) fn encode(self) -> RawAddr {
        let mut writer = Writer::new(libc::AF_VSOCK);
        writer.skip_to(4);
        writer.put_u32(self.port);
        writer.put_u32(self.cid);
        writer.finish_len(size_of::<libc::sockaddr_vm>())
    }

    pub(crate) fn decode(raw: &RawAddr) -> Self {
        let reader = Reader::new(raw);
        Self {
            port: reader.u32(4),
            cid: reader.u32(8),
        }
    }
}

pub(crate) fn from_python(value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    let (cid, port) = form::u32_pair("AF_VSOCK", value)?;
    Ok(VsockAddr { cid, port }.encode())
}

pub(crate) fn to_python<'py>(py: Python<'py>, raw: &RawAddr) -> PyResult<Bound<'py, PyAny>> {
    let VsockAddr { cid, port } = VsockAddr::decode(raw);
    Ok((cid, port).into_pyobject(py)?.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    #[test]
    fn the_fields_are_where_the_kernel_has_them() {
        let raw = VsockAddr { cid: 1, port: 2 }.encode();
        assert_eq!(raw.len(), 16);
        let mut wanted = [0; 16];
        wanted[..2].copy_from_slice(&40_u16.to_ne_bytes());
        wanted[4..8].copy_from_slice(&2_u32.to_ne_bytes());
        wanted[8..12].copy_from_slice(&1_u32.to_ne_bytes());
        assert_eq!(raw.bytes(), wanted);
    }

    fuzz::decoder_tests!("vsock", |raw| Some(VsockAddr::decode(raw)), |addr| Some(
        addr.encode()
    ));

    #[test]
    fn fuzz_encode() {
        bolero::check!()
            .with_type()
            .for_each(|&(cid, port): &(u32, u32)| {
                fuzz::same(
                    &VsockAddr { cid, port },
                    |addr| Some(addr.encode()),
                    |raw| Some(VsockAddr::decode(raw)),
                );
            });
    }
}
