//! Floor 5: `rsock._rsock`, the module that stands in for `_socket`. The table of
//! what it holds, and nothing else.

pub(crate) mod addr;
pub(crate) mod args;
pub(crate) mod buffer;
pub(crate) mod call;
pub(crate) mod error;
pub(crate) mod method;
pub(crate) mod sys;
pub(crate) mod timeout;
