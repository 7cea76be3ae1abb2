//! Floor 4c: sockets between a virtual machine and its host: addresses, options and the
//! request that asks for the machine's own number. Knows only names and numbers. See
//! vsock(7) and the header `linux/vm_sockets.h`.

#![cfg(target_os = "linux")]

pub(super) static NAMES: &[(&str, i64)] = table! {
    // Virtual machine sockets, `linux/vm_sockets.h`.
    SO_VM_SOCKETS_BUFFER_SIZE = 0,
    SO_VM_SOCKETS_BUFFER_MIN_SIZE = 1,
    SO_VM_SOCKETS_BUFFER_MAX_SIZE = 2,
    SO_VM_SOCKETS_PEER_HOST_VM_ID = 3,
    SO_VM_SOCKETS_TRUSTED = 5,
    SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD = 6,
    SO_VM_SOCKETS_NONBLOCK_TXRX = 7,
    SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW = 8,
    SO_VM_SOCKETS_CONNECT_TIMEOUT = 6,
    VMADDR_CID_ANY,
    VMADDR_PORT_ANY,
    VMADDR_CID_HYPERVISOR,
    VMADDR_CID_LOCAL,
    VMADDR_CID_HOST,
    VMADDR_FLAG_TO_HOST = 1,
    VM_SOCKETS_INVALID_VERSION = 0xffff_ffff,
    #[cfg(not(any(target_arch = "mips", target_arch = "mips64", target_arch = "powerpc", target_arch = "powerpc64", target_arch = "sparc64")))]
    IOCTL_VM_SOCKETS_GET_LOCAL_CID = 0x7b9,
    #[cfg(any(target_arch = "mips", target_arch = "mips64", target_arch = "powerpc", target_arch = "powerpc64", target_arch = "sparc64"))]
    IOCTL_VM_SOCKETS_GET_LOCAL_CID = 0x2000_07b9,
    VSOCK_RECVERR = 1,
};
