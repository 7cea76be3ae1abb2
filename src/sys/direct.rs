//! System calls that move bytes, made without the C library where it only adds time.
//!
//! glibc's `send` and `recv` are points at which a thread can be cancelled: as soon as a
//! process has a second thread, each call takes two locked operations more, and frames whose
//! returns the processor guesses wrong after a system call. Nobody may cancel a thread here:
//! it would unwind the interpreter.
//!
//! A library that was loaded to stand before these functions (`LD_PRELOAD`, a sanitizer) is
//! called as by any program in C. `cfg(direct_calls)` is set by build.rs. See syscall(2),
//! pthreads(7), ld.so(8).
#![expect(unsafe_code, reason = "a system call is an instruction")]

use std::ffi::c_int;

use crate::sys::errno::Errno;
use crate::sys::fd::RawFd;

/// The calls that are made so.
#[derive(Clone, Copy)]
pub(crate) enum Call {
    RecvFrom,
    SendTo,
}

/// Whether nothing stands before the C library; asked at the first call, as to find out takes
/// a hundredth of the time of an import.
#[cfg(direct_calls)]
mod alone {
    use std::ffi::c_void;
    use std::sync::atomic::{AtomicU8, Ordering};

    use crate::sys::ffi;

    static ANSWER: AtomicU8 = AtomicU8::new(UNKNOWN);
    const UNKNOWN: u8 = 0;
    const NO: u8 = 1;
    const YES: u8 = 2;

    #[inline]
    pub(super) fn is_alone() -> bool {
        match ANSWER.load(Ordering::Relaxed) {
            UNKNOWN => find_out(),
            known => known == YES,
        }
    }

    #[cold]
    fn find_out() -> bool {
        // One that nobody stands before, and those that the calls here are instead of.
        #[expect(clippy::as_conversions, reason = "a function's address")]
        let functions = [
            libc::gnu_get_libc_version as *const c_void,
            libc::recv as *const c_void,
            libc::recvfrom as *const c_void,
            libc::send as *const c_void,
            libc::sendto as *const c_void,
        ];
        let [own, rest @ ..] = functions.map(library);
        let alone = own.is_some() && rest.iter().all(|library| *library == own);
        ANSWER.store(if alone { YES } else { NO }, Ordering::Relaxed);
        alone
    }

    /// Where the library is loaded that an address belongs to.
    fn library(address: *const c_void) -> Option<usize> {
        let mut found = libc::Dl_info {
            dli_fname: std::ptr::null(),
            dli_fbase: std::ptr::null_mut(),
            dli_sname: std::ptr::null(),
            dli_saddr: std::ptr::null_mut(),
        };
        (ffi::dladdr(address, &mut found) != 0).then(|| found.dli_fbase.addr())
    }
}

/// Flags as an argument: the kernel takes the low half, with its sign.
#[inline]
pub(crate) fn word(flags: c_int) -> usize {
    usize::try_from(flags.cast_unsigned()).unwrap_or(usize::MAX)
}

/// Makes a call on a descriptor; None where the C library is to be called.
///
/// # Safety
/// `rest` is what follows the descriptor in the call's manual page, addresses exposed; what
/// must hold of it for the C library's function must hold here.
#[inline]
pub(crate) unsafe fn call(call: Call, fd: RawFd, rest: [usize; 5]) -> Option<Result<usize, Errno>> {
    #[cfg(not(direct_calls))]
    {
        let _ = (call, fd, rest); // nothing is known of how to make it
        None
    }
    #[cfg(direct_calls)]
    {
        if !alone::is_alone() {
            return None;
        }
        let number = match call {
            Call::RecvFrom => libc::SYS_recvfrom,
            Call::SendTo => libc::SYS_sendto,
        };
        let [address, len, flags, name, name_len] = rest;
        let answer: isize;
        // SAFETY: the kernel reads and writes what the arguments say, which the caller
        // vouches for, and changes no registers but these.
        unsafe {
            std::arch::asm!(
                "syscall",
                inlateout("rax") number => answer,
                in("rdi") word(fd),
                in("rsi") address,
                in("rdx") len,
                in("r10") flags,
                in("r8") name,
                in("r9") name_len,
                lateout("rcx") _,
                lateout("r11") _,
                options(nostack)
            );
        }
        // Below zero it is an error's number.
        let count = usize::try_from(answer);
        Some(count.map_err(|_| Errno(c_int::try_from(-answer).unwrap_or(libc::EINVAL))))
    }
}
