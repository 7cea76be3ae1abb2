//! What the families' fuzz targets check, and the corpus that they begin with.
//!
//! A target is a test whose name begins with `fuzz_`: `cargo test` runs it for a
//! moment on random input, `make fuzz` for longer, and `cargo bolero` guided by
//! coverage. Knows addresses only as bytes.

use std::fmt::Debug;
use std::path::Path;

use crate::sys::storage::{CAPACITY, RawAddr};

/// The files of `fuzz/corpus/<name>`.
fn contents(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let files: Vec<_> = folder
        .read_dir()
        .expect("there is a corpus")
        .map(|entry| entry.expect("the corpus is readable").path())
        .map(|path| std::fs::read(path).expect("the corpus is readable"))
        .collect();
    assert!(!files.is_empty(), "the corpus of {name} is empty");
    files
}

/// Runs a check on each file of `fuzz/corpus/<name>`.
pub(crate) fn corpus(name: &str, check: impl Fn(&[u8])) {
    for bytes in contents(name) {
        check(&bytes);
    }
}

/// Whatever length the kernel reports, what stands in the storage behind that
/// length is not read, and nothing is read behind the storage.
pub(crate) fn within<T: PartialEq + Debug>(name: &str, decode: impl Fn(&RawAddr) -> T) {
    for mut bytes in contents(name) {
        for fill in [0xff, b'x', 1] {
            bytes.truncate(CAPACITY);
            let tail = CAPACITY - bytes.len();
            let full = [&bytes[..], &vec![fill; tail]].concat();
            let mut raw = RawAddr::from_bytes(&full).expect("the storage is as large");
            for len in 0..=CAPACITY {
                raw.set_reported_len(libc::socklen_t::try_from(len).expect("it is small"));
                let alone = RawAddr::from_bytes(&full[..len]).expect("it fits");
                assert_eq!(decode(&raw), decode(&alone), "{len} bytes of {full:x?}");
            }
            let whole = decode(&raw);
            for len in [129, 4096, 0x7fff_ffff, libc::socklen_t::MAX] {
                raw.set_reported_len(len);
                assert_eq!(decode(&raw), whole, "a length of {len}");
            }
        }
    }
}

/// Whatever bytes the kernel hands over, reading them does not panic, and what
/// was read survives being written and read again.
pub(crate) fn stable<T: PartialEq + Debug>(
    bytes: &[u8],
    decode: impl Fn(&RawAddr) -> Option<T>,
    encode: impl Fn(&T) -> Option<RawAddr>,
) {
    let Ok(raw) = RawAddr::from_bytes(bytes) else {
        return;
    };
    let Some(value) = decode(&raw) else {
        return;
    };
    let again = encode(&value).expect("what was read can be written");
    assert_eq!(decode(&again), Some(value));
}

/// A value survives being written and read.
pub(crate) fn same<T: PartialEq + Debug>(
    value: &T,
    encode: impl Fn(&T) -> Option<RawAddr>,
    decode: impl Fn(&RawAddr) -> Option<T>,
) {
    let raw = encode(value).expect("the value can be written");
    assert_eq!(decode(&raw).as_ref(), Some(value));
}

/// The tests that each family's decoder has: `within`, and `stable` over its corpus and
/// over random input.
macro_rules! decoder_tests {
    ($corpus:literal, $decode:expr, $encode:expr) => {
        fn check(bytes: &[u8]) {
            $crate::addr::fuzz::stable(bytes, $decode, $encode);
        }

        #[test]
        fn nothing_is_read_behind_the_length() {
            $crate::addr::fuzz::within($corpus, $decode);
        }

        #[test]
        fn fuzz_decode() {
            $crate::addr::fuzz::corpus($corpus, check);
            bolero::check!().for_each(check);
        }
    };
}
pub(crate) use decoder_tests;
