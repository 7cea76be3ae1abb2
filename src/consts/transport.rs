//! Floor 4c: the options of TCP, UDP, UDP-Lite, Multipath TCP, kernel TLS and SMC on
//! Linux, and the values that they take. Knows only names and numbers. See tcp(7),
//! udp(7), udplite(7) and the headers `linux/tcp.h`, `linux/mptcp.h` and `linux/tls.h`.

#![cfg(target_os = "linux")]

pub(super) static NAMES: &[(&str, i64)] = table! {
    // Options at `IPPROTO_TCP`, `linux/tcp.h`.
    TCP_CORK,
    TCP_KEEPIDLE,
    TCP_SYNCNT,
    TCP_LINGER2,
    TCP_DEFER_ACCEPT,
    TCP_WINDOW_CLAMP,
    TCP_INFO,
    TCP_QUICKACK,
    TCP_CONGESTION,
    TCP_MD5SIG,
    TCP_THIN_LINEAR_TIMEOUTS,
    TCP_THIN_DUPACK,
    TCP_USER_TIMEOUT,
    TCP_REPAIR,
    TCP_REPAIR_QUEUE,
    TCP_QUEUE_SEQ,
    TCP_REPAIR_OPTIONS,
    TCP_TIMESTAMP,
    TCP_NOTSENT_LOWAT,
    TCP_CC_INFO,
    TCP_SAVE_SYN,
    TCP_SAVED_SYN,
    TCP_REPAIR_WINDOW,
    TCP_FASTOPEN_CONNECT,
    TCP_ULP,
    TCP_MD5SIG_EXT,
    TCP_FASTOPEN_KEY,
    TCP_FASTOPEN_NO_COOKIE,
    TCP_ZEROCOPY_RECEIVE,
    TCP_INQ,
    TCP_CM_INQ,
    TCP_TX_DELAY = 37,
    TCP_AO_ADD_KEY = 38,
    TCP_AO_DEL_KEY = 39,
    TCP_AO_INFO = 40,
    TCP_AO_GET_KEYS = 41,
    TCP_AO_REPAIR = 42,
    TCP_IS_MPTCP = 43,
    TCP_RTO_MAX_MS = 44,
    TCP_RTO_MIN_US = 45,
    TCP_DELACK_MAX_US = 46,

    // Values that the options of TCP take, `linux/tcp.h`.
    TCP_REPAIR_ON = 1,
    TCP_REPAIR_OFF = 0,
    TCP_REPAIR_OFF_NO_WP = -1,
    TCP_NO_QUEUE = 0,
    TCP_RECV_QUEUE = 1,
    TCP_SEND_QUEUE = 2,
    TCP_MD5SIG_MAXKEYLEN = 80,
    TCP_MD5SIG_FLAG_PREFIX = 0x1,
    TCP_MD5SIG_FLAG_IFINDEX = 0x2,
    TCP_AO_MAXKEYLEN = 80,
    TCP_AO_KEYF_IFINDEX = 0x1,
    TCP_AO_KEYF_EXCLUDE_OPT = 0x2,
    TCP_RECEIVE_ZEROCOPY_FLAG_TLB_CLEAN_HINT = 1,

    // States that `TCP_INFO` reports, `netinet/tcp.h`.
    TCP_ESTABLISHED = 1,
    TCP_SYN_SENT = 2,
    TCP_SYN_RECV = 3,
    TCP_FIN_WAIT1 = 4,
    TCP_FIN_WAIT2 = 5,
    TCP_TIME_WAIT = 6,
    TCP_CLOSE = 7,
    TCP_CLOSE_WAIT = 8,
    TCP_LAST_ACK = 9,
    TCP_LISTEN = 10,
    TCP_CLOSING = 11,

    // Options at `IPPROTO_UDP`, `linux/udp.h`.
    UDP_CORK,
    UDP_ENCAP,
    UDP_NO_CHECK6_TX,
    UDP_NO_CHECK6_RX,
    UDP_SEGMENT,
    UDP_GRO,
    UDP_ENCAP_ESPINUDP_NON_IKE = 1,
    UDP_ENCAP_ESPINUDP = 2,
    UDP_ENCAP_L2TPINUDP = 3,
    UDP_ENCAP_GTP0 = 4,
    UDP_ENCAP_GTP1U = 5,
    UDP_ENCAP_RXRPC = 6,
    UDP_ENCAP_OVPNINUDP = 8,
    TCP_ENCAP_ESPINTCP = 7,

    // Options of UDP-Lite, RFC 3828.
    UDPLITE_SEND_CSCOV = 10,
    UDPLITE_RECV_CSCOV = 11,

    // Options at `SOL_MPTCP`, `linux/mptcp.h`.
    MPTCP_INFO = 1,
    MPTCP_TCPINFO = 2,
    MPTCP_SUBFLOW_ADDRS = 3,
    MPTCP_FULL_INFO = 4,

    // Options at `SOL_TLS`, `linux/tls.h`.
    TLS_TX,
    TLS_RX,
    TLS_TX_ZEROCOPY_RO,
    TLS_RX_EXPECT_NO_PAD,
    TLS_TX_MAX_PAYLOAD_LEN = 5,

    // Ancillary data at `SOL_TLS`.
    TLS_SET_RECORD_TYPE,
    TLS_GET_RECORD_TYPE,

    // Versions and ciphers of `struct tls_crypto_info`.
    TLS_1_2_VERSION,
    TLS_1_3_VERSION,
    TLS_CIPHER_AES_GCM_128,
    TLS_CIPHER_AES_GCM_256,
    TLS_CIPHER_AES_CCM_128,
    TLS_CIPHER_CHACHA20_POLY1305,
    TLS_CIPHER_SM4_GCM,
    TLS_CIPHER_SM4_CCM,
    TLS_CIPHER_ARIA_GCM_128,
    TLS_CIPHER_ARIA_GCM_256,

    // SMC, `linux/smc.h`.
    SMC_LIMIT_HS = 1,
};
