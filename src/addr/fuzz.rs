//! What the families' fuzz targets check, and the corpus that they begin with.
//!
//! A target is a test whose name begins with `fuzz_`: `cargo test` runs it for a
//! moment on random input, `make fuzz` for longer, and `cargo bolero` guided by
//! coverage. Knows addresses only as bytes.

use std::fmt::Debug;
use std::path::Path;

use crate::sys::storage::RawAddr;

/// Runs a check on each file of `fuzz/corpus/<name>`.
pub(crate) fn corpus(name: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let mut seen = 0;
    for entry in folder.read_dir().expect("the family has a corpus") {
        let path = entry.expect("the corpus is readable").path();
        check(&std::fs::read(path).expect("the corpus is readable"));
        seen += 1;
    }
    assert!(seen > 0, "the corpus of {name} is empty");
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
