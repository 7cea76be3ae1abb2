//! Passes the interpreter's `cfg(Py_3_x)` and `cfg(Py_GIL_DISABLED)` to this crate.

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
}
