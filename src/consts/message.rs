//! Floor 4c: the flags of `send` and `recv` on Linux, the types of ancillary data at
//! `SOL_SOCKET`, and what the error queue says of a message. Knows only names and
//! numbers. Flags that the kernel keeps for itself (`MSG_FIN`, `MSG_PROXY`) are left
//! out. See recv(2), cmsg(3), ip(7) on `IP_RECVERR`, and `linux/errqueue.h`.

#![cfg(target_os = "linux")]

pub(super) static NAMES: &[(&str, i64)] = table! {
    // Flags of `send(2)` and `recv(2)`, `bits/socket.h`.
    MSG_CONFIRM,
    MSG_ERRQUEUE,
    MSG_MORE,
    MSG_WAITFORONE,
    MSG_BATCH = 0x0004_0000,
    MSG_SOCK_DEVMEM = 0x0200_0000,
    MSG_ZEROCOPY,
    MSG_FASTOPEN,
    MSG_CMSG_CLOEXEC,

    // SCTP: the message is a notification, `linux/sctp.h`.
    MSG_NOTIFICATION,

    // Ancillary data at `SOL_SOCKET`, `bits/socket.h`, `asm-generic/socket.h`.
    SCM_CREDENTIALS,
    SCM_SECURITY = 3,
    SCM_PIDFD = 4,
    SCM_WIFI_STATUS,
    SCM_TIMESTAMPING_OPT_STATS,
    SCM_TIMESTAMPING_PKTINFO,
    SCM_TXTIME,
    SCM_DEVMEM_LINEAR,
    SCM_DEVMEM_DMABUF,
    SCM_TIMESTAMPNS,
    SCM_TIMESTAMPING,

    // What `SCM_TIMESTAMPING` in the error queue reports, `linux/errqueue.h`.
    SCM_TSTAMP_SND = 0,
    SCM_TSTAMP_SCHED = 1,
    SCM_TSTAMP_ACK = 2,
    SCM_TSTAMP_COMPLETION = 3,

    // Origins and codes of `struct sock_extended_err`, `linux/errqueue.h`.
    SO_EE_ORIGIN_NONE,
    SO_EE_ORIGIN_LOCAL,
    SO_EE_ORIGIN_ICMP,
    SO_EE_ORIGIN_ICMP6,
    SO_EE_ORIGIN_TXSTATUS,
    SO_EE_ORIGIN_ZEROCOPY = 5,
    SO_EE_ORIGIN_TXTIME = 6,
    SO_EE_ORIGIN_TIMESTAMPING,
    SO_EE_CODE_ZEROCOPY_COPIED = 1,
    SO_EE_CODE_TXTIME_INVALID_PARAM = 1,
    SO_EE_CODE_TXTIME_MISSED = 2,
    SO_EE_RFC4884_FLAG_INVALID = 1,
};
