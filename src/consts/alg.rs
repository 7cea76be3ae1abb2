//! Floor 4c: the cryptographic interface of the kernel: options and operations. Knows
//! only names and numbers. Signing is in no released kernel; the standard library has
//! its three names, so they are here. See the header `linux/if_alg.h`.

#![cfg(target_os = "linux")]

pub(super) static NAMES: &[(&str, i64)] = table! {
    // The cryptographic interface of the kernel, `linux/if_alg.h`.
    ALG_SET_KEY,
    ALG_SET_IV,
    ALG_SET_OP,
    ALG_SET_AEAD_ASSOCLEN,
    ALG_SET_AEAD_AUTHSIZE,
    ALG_SET_DRBG_ENTROPY,
    ALG_SET_KEY_BY_KEY_SERIAL,
    ALG_OP_DECRYPT,
    ALG_OP_ENCRYPT,
    ALG_SET_PUBKEY = 6,
    ALG_OP_SIGN = 2,
    ALG_OP_VERIFY = 3,
};
