//! Passes the interpreter's `cfg(Py_3_x)` and `cfg(Py_GIL_DISABLED)` to this crate, and
//! `cfg(direct_calls)` where `sys::direct` knows how the kernel is called.

use std::env;

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
    println!("cargo::rustc-check-cfg=cfg(direct_calls)");
    let target = ["OS", "ENV", "ARCH", "POINTER_WIDTH"];
    let target =
        target.map(|part| env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default());
    if target == ["linux", "gnu", "x86_64", "64"] {
        println!("cargo::rustc-cfg=direct_calls");
    }
}
