//! Ancillary data as bytes: control messages, encoded and decoded. See cmsg(3).
//!
//! The control buffer is plain aligned memory of ours, zeroed, and read and
//! written as bytes: a hostile or cut `cmsg_len` ends the walk, it is never
//! followed past what the kernel says it wrote.

use std::ffi::c_int;

use crate::sys::errno::Errno;
use crate::sys::fd::NewFd;

const HEADER: usize = size_of::<libc::cmsghdr>();
const LEVEL: usize = std::mem::offset_of!(libc::cmsghdr, cmsg_level);
const TYPE: usize = std::mem::offset_of!(libc::cmsghdr, cmsg_type);
/// What every message in the buffer is aligned to.
#[cfg(target_vendor = "apple")]
const ALIGN: usize = size_of::<u32>();
#[cfg(not(target_vendor = "apple"))]
const ALIGN: usize = size_of::<usize>();
/// The width of `cmsg_len`, the first field.
const LEN_WIDTH: usize = LEVEL;

/// The longest ancillary data: what fits a `socklen_t` where that has a sign.
pub(crate) const LEN_MAX: usize = 0x7fff_ffff;
/// More than any message brings: a longer buffer, which a caller may ask for,
/// would only be zeroed in vain.
const RECEIVED_MAX: usize = 1024 * 1024;

const fn aligned(len: usize) -> usize {
    (len + ALIGN - 1) & !(ALIGN - 1)
}

/// `CMSG_LEN`: a message's length with its header; None where that is too long.
pub(crate) fn cmsg_len(data: usize) -> Option<usize> {
    let start = aligned(HEADER);
    (data <= LEN_MAX - start).then(|| start + data)
}

/// `CMSG_SPACE`: the room that a message takes; None where that is too much.
pub(crate) fn cmsg_space(data: usize) -> Option<usize> {
    let start = aligned(HEADER);
    (data <= LEN_MAX - start - ALIGN).then(|| start + aligned(data))
}

/// One ancillary message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cmsg<D> {
    pub(crate) level: c_int,
    pub(crate) kind: c_int,
    pub(crate) data: D,
}

/// A control buffer: aligned, zeroed, and no longer than was asked for.
pub(crate) struct Control {
    words: Vec<u64>,
    len: usize,
}

impl Control {
    /// No ancillary data.
    pub(crate) const fn none() -> Self {
        Self {
            words: Vec::new(),
            len: 0,
        }
    }

    /// A buffer of `len` bytes, ENOMEM where there is no memory for it.
    fn with_len(len: usize) -> Result<Self, Errno> {
        let count = len.div_ceil(size_of::<u64>());
        let mut words = Vec::new();
        words.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
        words.resize(count, 0);
        Ok(Self { words, len })
    }

    /// A buffer to receive up to `len` bytes into.
    pub(crate) fn for_kernel(len: usize) -> Result<Self, Errno> {
        Self::with_len(len.min(RECEIVED_MAX))
    }

    /// The buffer of these messages; None where it would be too long.
    pub(crate) fn encode<D: AsRef<[u8]>>(messages: &[Cmsg<D>]) -> Option<Result<Self, Errno>> {
        let mut total: usize = 0;
        for message in messages {
            total = total.checked_add(cmsg_space(message.data.as_ref().len())?)?;
            if total > LEN_MAX {
                return None;
            }
        }
        let mut bytes = Vec::new();
        if bytes.try_reserve_exact(total).is_err() {
            return Some(Err(Errno::ENOMEM));
        }
        for message in messages {
            let data = message.data.as_ref();
            let end = bytes.len() + cmsg_space(data.len())?;
            let len = cmsg_len(data.len())?.to_ne_bytes();
            let len = if cfg!(target_endian = "little") {
                len.get(..LEN_WIDTH)
            } else {
                len.get(len.len() - LEN_WIDTH..)
            };
            bytes.extend_from_slice(len?);
            bytes.extend_from_slice(&message.level.to_ne_bytes());
            bytes.extend_from_slice(&message.kind.to_ne_bytes());
            bytes.resize(bytes.len() + aligned(HEADER) - HEADER, 0);
            bytes.extend_from_slice(data);
            bytes.resize(end, 0);
        }
        Some(Self::with_len(total).map(|mut control| {
            for (word, chunk) in control.words.iter_mut().zip(bytes.chunks(size_of::<u64>())) {
                let mut full = [0; size_of::<u64>()];
                for (to, from) in full.iter_mut().zip(chunk) {
                    *to = *from;
                }
                *word = u64::from_ne_bytes(full);
            }
            control
        }))
    }

    /// The buffer's length.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Where the kernel finds the buffer; null where it has no length.
    pub(crate) fn ptr(&mut self) -> *mut libc::c_void {
        if self.len == 0 {
            std::ptr::null_mut()
        } else {
            self.words.as_mut_ptr().cast()
        }
    }

    /// The messages in the first `len` bytes, each cut to what is there.
    pub(crate) fn decode(&self, len: usize) -> Decoded {
        let bytes: Vec<u8> = self
            .words
            .iter()
            .flat_map(|word| word.to_ne_bytes())
            .take(len.min(self.len))
            .collect();
        decode(&bytes)
    }
}

/// What a control buffer held.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) messages: Vec<Cmsg<Vec<u8>>>,
    /// Whether the last message says that it is longer than what is there.
    pub(crate) malformed: bool,
}

fn read_int(bytes: &[u8], at: usize) -> Option<c_int> {
    let field = bytes.get(at..at.checked_add(size_of::<c_int>())?)?;
    Some(c_int::from_ne_bytes(field.try_into().ok()?))
}

fn read_len(bytes: &[u8]) -> Option<usize> {
    let field = bytes.get(..LEN_WIDTH)?;
    let mut full = [0; size_of::<usize>()];
    let at = if cfg!(target_endian = "little") {
        0
    } else {
        full.len() - LEN_WIDTH
    };
    full.get_mut(at..at + LEN_WIDTH)?.copy_from_slice(field);
    Some(usize::from_ne_bytes(full))
}

/// Walks the messages of a buffer.
pub(crate) fn decode(mut bytes: &[u8]) -> Decoded {
    let mut decoded = Decoded::default();
    while bytes.len() >= HEADER {
        let (Some(len), Some(level), Some(kind)) = (
            read_len(bytes),
            read_int(bytes, LEVEL),
            read_int(bytes, TYPE),
        ) else {
            break;
        };
        if len < HEADER {
            decoded.malformed = true;
            break;
        }
        let end = len.min(bytes.len());
        let data = bytes.get(aligned(HEADER).min(end)..end).unwrap_or(&[]);
        decoded.messages.push(Cmsg {
            level,
            kind,
            data: data.to_vec(),
        });
        if len > bytes.len() {
            decoded.malformed = true;
            break;
        }
        bytes = bytes.get(aligned(len)..).unwrap_or(&[]);
    }
    decoded
}

/// The descriptors that came with messages, for a receiver that cannot keep them.
pub(crate) fn descriptors(messages: &[Cmsg<Vec<u8>>]) -> Vec<NewFd> {
    messages
        .iter()
        .filter(|message| message.level == libc::SOL_SOCKET && message.kind == libc::SCM_RIGHTS)
        .flat_map(|message| message.data.chunks_exact(size_of::<c_int>()))
        .filter_map(|field| Some(NewFd::new(c_int::from_ne_bytes(field.try_into().ok()?))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    fn cmsg(level: c_int, kind: c_int, data: &[u8]) -> Cmsg<Vec<u8>> {
        Cmsg {
            level,
            kind,
            data: data.to_vec(),
        }
    }

    #[test]
    fn decode_undoes_encode() {
        let messages = [
            cmsg(1, 1, b"abcd"),
            cmsg(41, 50, b""),
            cmsg(0, 8, b"abcdefghi"),
        ];
        let control = Control::encode(&messages).unwrap().unwrap();
        let decoded = control.decode(usize::MAX);
        assert_eq!(decoded.messages, messages);
        assert!(!decoded.malformed);
    }

    #[test]
    fn a_length_past_the_end_is_cut_and_reported() {
        let control = Control::encode(&[cmsg(1, 1, b"abcdefgh")])
            .unwrap()
            .unwrap();
        let decoded = control.decode(HEADER + 4);
        assert_eq!(decoded.messages, [cmsg(1, 1, b"abcd")]);
        assert!(decoded.malformed);
    }

    #[test]
    fn lengths_that_no_message_has_are_refused() {
        assert_eq!(cmsg_len(usize::MAX), None);
        assert_eq!(cmsg_space(LEN_MAX), None);
        assert!(Control::for_kernel(LEN_MAX).is_ok_and(|control| control.len == RECEIVED_MAX));
    }

    /// Whatever stands in the buffer, no message is read from beyond it, no
    /// message is longer than it, and the walk ends.
    fn check_walk(bytes: &[u8]) {
        let decoded = decode(bytes);
        let most = bytes.len() / HEADER;
        assert!(decoded.messages.len() <= most);
        let total: usize = decoded.messages.iter().map(|one| one.data.len()).sum();
        assert!(total <= bytes.len());
        if !decoded.malformed {
            let control = Control::encode(&decoded.messages).unwrap().unwrap();
            assert_eq!(control.decode(usize::MAX), decoded);
        }
    }

    #[test]
    fn nothing_is_read_behind_the_length() {
        let messages = [cmsg(1, 1, b"abcd"), cmsg(41, 50, &[0xff; 40])];
        let control = Control::encode(&messages).unwrap().unwrap();
        let bytes: Vec<u8> = control
            .words
            .iter()
            .flat_map(|word| word.to_ne_bytes())
            .collect();
        for len in 0..=bytes.len() {
            assert_eq!(control.decode(len), decode(&bytes[..len]), "{len} bytes");
        }
    }

    #[test]
    fn fuzz_walk() {
        fuzz::corpus("cmsg", check_walk);
        bolero::check!().for_each(check_walk);
    }

    #[test]
    fn fuzz_encode() {
        bolero::check!()
            .with_type::<Vec<(c_int, c_int, Vec<u8>)>>()
            .for_each(|messages| {
                let messages: Vec<_> = messages
                    .iter()
                    .map(|(level, kind, data)| cmsg(*level, *kind, data))
                    .collect();
                let control = Control::encode(&messages).unwrap().unwrap();
                let decoded = control.decode(control.len());
                assert_eq!(decoded.messages, messages);
                assert!(!decoded.malformed);
            });
    }

    #[test]
    fn fuzz_walk_of_headers() {
        bolero::check!()
            .with_type::<Vec<(u8, c_int, c_int, Vec<u8>)>>()
            .for_each(|messages| {
                let mut bytes = Vec::new();
                for (len, level, kind, data) in messages {
                    bytes.extend_from_slice(&usize::from(*len).to_ne_bytes());
                    bytes.extend_from_slice(&level.to_ne_bytes());
                    bytes.extend_from_slice(&kind.to_ne_bytes());
                    bytes.extend_from_slice(data);
                }
                check_walk(&bytes);
            });
    }
}
