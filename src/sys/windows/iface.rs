//! The list of network interfaces, as Windows has it. A part of `iface`. See GetIfTable2Ex
//! and ConvertInterfaceLuidToNameW of the IP Helper reference.
#![expect(unsafe_code, reason = "the IP Helper library is a C library")]

use std::ffi::c_uint;

use windows_sys::Win32::Foundation as win;
use windows_sys::Win32::NetworkManagement::IpHelper as ip;

use crate::sys::errno::Errno;
use crate::sys::libc::IF_NAMESIZE;
use crate::sys::pointer::Pointer;

/// A `WIN32_ERROR` as an error number.
fn errno(error: win::WIN32_ERROR) -> Errno {
    Errno(i32::try_from(error).unwrap_or(i32::MAX))
}

/// The system's table, freed when dropped.
struct Table(Pointer<ip::MIB_IF_TABLE2>);

impl Drop for Table {
    fn drop(&mut self) {
        // SAFETY: the table came from GetIfTable2Ex and is freed only here.
        unsafe { ip::FreeMibTable(self.0.raw().cast()) };
    }
}

/// The name of an interface, in UTF-8.
fn name_of(row: &ip::MIB_IF_ROW2) -> Result<Vec<u8>, Errno> {
    let mut name = [0_u16; IF_NAMESIZE];
    let luid = &raw const row.InterfaceLuid;
    // SAFETY: the identifier is the row's, and the buffer has its own length.
    match unsafe { ip::ConvertInterfaceLuidToNameW(luid, name.as_mut_ptr(), IF_NAMESIZE) } {
        win::NO_ERROR => {}
        error => return Err(errno(error)),
    }
    let name = name.split(|unit| *unit == 0).next().unwrap_or_default();
    Ok(String::from_utf16_lossy(name).into_bytes())
}

/// Every interface: its number and its name.
pub(crate) fn nameindex() -> Result<Vec<(c_uint, Vec<u8>)>, Errno> {
    let mut table = Table(Pointer::NULL);
    let place = (&raw mut table.0).cast();
    // SAFETY: the call writes one pointer, which is ours: to a table that is whole until
    // it is freed.
    match unsafe { ip::GetIfTable2Ex(ip::MibIfTableRaw, place) } {
        win::NO_ERROR => {}
        error => return Err(errno(error)),
    }
    let head = table.0.get().ok_or(Errno::EINVAL)?;
    let count = usize::try_from(head.NumEntries).map_err(|_| Errno::EINVAL)?;
    let first = std::mem::offset_of!(ip::MIB_IF_TABLE2, Table);
    let first: *const ip::MIB_IF_ROW2 = table.0.raw().wrapping_byte_add(first).cast();
    // SAFETY: the table has as many rows as it says, from the first on, and lives until
    // `table` drops.
    let rows = unsafe { std::slice::from_raw_parts(first, count) };
    rows.iter()
        .map(|row| Ok((row.InterfaceIndex, name_of(row)?)))
        .collect()
}
