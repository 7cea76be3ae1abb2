//! Floor 3b: `AF_NETLINK`, `(pid, groups)`. See netlink(7).

use pyo3::prelude::*;

use crate::addr::form::{self, Target};
use crate::sys::storage::{RawAddr, Reader, Writer};

/// A netlink port and a mask of multicast groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NetlinkAddr {
    pub(crate) pid: u32,
    pub(crate) groups: u32,
}

impl NetlinkAddr {
    pub(crate) fn encode(self) -> RawAddr {
        let mut writer = Writer::new(libc::AF_NETLINK);
        writer.skip_to(4);
        writer.put_u32(self.pid);
        writer.put_u32(self.groups);
        writer.finish()
    }

    pub(crate) fn decode(raw: &RawAddr) -> Self {
        let reader = Reader::new(raw);
        Self {
            pid: reader.u32(4),
            groups: reader.u32(8),
        }
    }
}

pub(crate) fn from_python(target: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    let tuple = form::tuple(target, "AF_NETLINK", value)?;
    form::length(
        tuple,
        2,
        2,
        "AF_NETLINK address must be a pair (pid, groups)",
    )?;
    let pid = form::u32_field(tuple, 0)?;
    let groups = form::u32_field(tuple, 1)?;
    Ok(NetlinkAddr { pid, groups }.encode())
}

pub(crate) fn to_python<'py>(py: Python<'py>, raw: &RawAddr) -> PyResult<Bound<'py, PyAny>> {
    let NetlinkAddr { pid, groups } = NetlinkAddr::decode(raw);
    Ok((pid, groups).into_pyobject(py)?.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    #[test]
    fn the_fields_are_where_the_kernel_has_them() {
        let raw = NetlinkAddr { pid: 1, groups: 2 }.encode();
        assert_eq!(raw.len(), size_of::<libc::sockaddr_nl>());
        let mut wanted = [0; 12];
        wanted[..2].copy_from_slice(&16_u16.to_ne_bytes());
        wanted[4..8].copy_from_slice(&1_u32.to_ne_bytes());
        wanted[8..].copy_from_slice(&2_u32.to_ne_bytes());
        assert_eq!(raw.bytes(), wanted);
    }

    fuzz::decoder_tests!(
        "netlink",
        |raw| Some(NetlinkAddr::decode(raw)),
        |addr| Some(addr.encode())
    );

    #[test]
    fn fuzz_encode() {
        bolero::check!()
            .with_type()
            .for_each(|&(pid, groups): &(u32, u32)| {
                fuzz::same(
                    &NetlinkAddr { pid, groups },
                    |addr| Some(addr.encode()),
                    |raw| Some(NetlinkAddr::decode(raw)),
                );
            });
    }
}
