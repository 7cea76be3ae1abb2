//! Floor 4c: the constants that Linux, Android, the Apple systems and FreeBSD share.
//! Must not know Python. Every value is the `libc` crate's, since it may differ from
//! system to system; the few numbers here are fixed by an RFC or a registry. See the
//! manual pages socket(2), ip(4), tcp(4) and getaddrinfo(3).

#![cfg(unix)]

pub(super) static NAMES: &[(&str, i64)] = table! {
    // Address families, `sys/socket.h`.
    AF_UNSPEC,
    AF_UNIX,
    AF_INET,
    AF_IPX,
    AF_APPLETALK,
    AF_INET6,
    AF_DECnet,
    AF_ROUTE,
    AF_SNA,
    AF_ISDN,

    // Protocol families, `sys/socket.h`.
    PF_UNSPEC,
    PF_LOCAL,
    PF_UNIX,
    PF_INET,
    PF_IPX,
    PF_APPLETALK,
    PF_INET6,
    PF_DECnet,
    PF_KEY,
    PF_ROUTE,
    PF_SNA,
    PF_ISDN,

    // Socket types, `sys/socket.h`.
    SOCK_STREAM,
    SOCK_DGRAM,
    SOCK_RAW,
    SOCK_RDM,
    SOCK_SEQPACKET,

    // `shutdown(2)` and `listen(2)`.
    SHUT_RD,
    SHUT_WR,
    SHUT_RDWR,
    SOMAXCONN,

    // Flags of `send(2)` and `recv(2)`.
    MSG_OOB,
    MSG_PEEK,
    MSG_DONTROUTE,
    MSG_CTRUNC,
    MSG_TRUNC,
    MSG_DONTWAIT,
    MSG_EOR,
    MSG_WAITALL,
    MSG_NOSIGNAL,

    // Ancillary data at `SOL_SOCKET`.
    SCM_RIGHTS,
    SCM_TIMESTAMP,

    // Levels. Where a system names no level for IP, TCP and UDP it is the number of the
    // protocol.
    SOL_SOCKET,
    SOL_IP = 0,
    SOL_TCP = 6,
    SOL_UDP = 17,

    // Options at `SOL_SOCKET`.
    SO_DEBUG,
    SO_REUSEADDR,
    SO_TYPE,
    SO_ERROR,
    SO_DONTROUTE,
    SO_BROADCAST,
    SO_SNDBUF,
    SO_RCVBUF,
    SO_KEEPALIVE,
    SO_OOBINLINE,
    SO_LINGER,
    SO_REUSEPORT,
    SO_RCVLOWAT,
    SO_SNDLOWAT,
    SO_ACCEPTCONN,
    SO_TIMESTAMP,
    SO_RCVTIMEO,
    SO_SNDTIMEO,

    // Protocols, `netinet/in.h`.
    IPPROTO_IP,
    IPPROTO_ICMP,
    IPPROTO_IGMP,
    IPPROTO_IPIP,
    IPPROTO_TCP,
    IPPROTO_EGP,
    IPPROTO_PUP,
    IPPROTO_UDP,
    IPPROTO_IDP,
    IPPROTO_TP,
    IPPROTO_IPV6,
    IPPROTO_RSVP,
    IPPROTO_GRE,
    IPPROTO_ESP,
    IPPROTO_AH,
    IPPROTO_MTP,
    IPPROTO_ENCAP,
    IPPROTO_PIM,
    IPPROTO_SCTP,
    IPPROTO_RAW,
    IPPROTO_HOPOPTS,
    IPPROTO_ROUTING,
    IPPROTO_FRAGMENT,
    IPPROTO_ICMPV6,
    IPPROTO_NONE,
    IPPROTO_DSTOPTS,

    // Ports, `netinet/in.h`.
    IPPORT_RESERVED = 1024,
    IPPORT_USERRESERVED = 5000,

    // Addresses in host order, `netinet/in.h`.
    INADDR_ANY,
    INADDR_BROADCAST,
    INADDR_NONE,
    INADDR_LOOPBACK,
    INADDR_UNSPEC_GROUP = 0xe000_0000,
    INADDR_ALLHOSTS_GROUP = 0xe000_0001,
    INADDR_ALLRTRS_GROUP = 0xe000_0002,
    INADDR_MAX_LOCAL_GROUP = 0xe000_00ff,

    // Options at `IPPROTO_IP`.
    IP_HDRINCL,
    IP_TOS,
    IP_TTL,
    IP_MULTICAST_IF,
    IP_MULTICAST_TTL,
    IP_MULTICAST_LOOP,
    IP_ADD_MEMBERSHIP,
    IP_DROP_MEMBERSHIP,
    IP_UNBLOCK_SOURCE,
    IP_BLOCK_SOURCE,
    IP_ADD_SOURCE_MEMBERSHIP,
    IP_DROP_SOURCE_MEMBERSHIP,
    IP_RECVTTL,
    IP_RECVTOS,

    // Multicast options for both versions of IP, RFC 3678.
    MCAST_JOIN_GROUP,
    MCAST_BLOCK_SOURCE,
    MCAST_UNBLOCK_SOURCE,
    MCAST_LEAVE_GROUP,
    MCAST_JOIN_SOURCE_GROUP,
    MCAST_LEAVE_SOURCE_GROUP,

    // Congestion bits of `IP_TOS`, RFC 3168.
    IPTOS_ECN_MASK,
    IPTOS_ECN_ECT1,
    IPTOS_ECN_ECT0,
    IPTOS_ECN_CE,

    // Options at `IPPROTO_IPV6`, RFC 3493 and RFC 3542.
    IPV6_CHECKSUM,
    IPV6_UNICAST_HOPS,
    IPV6_MULTICAST_IF,
    IPV6_MULTICAST_HOPS,
    IPV6_MULTICAST_LOOP,
    IPV6_V6ONLY,
    IPV6_RECVPKTINFO,
    IPV6_PKTINFO,
    IPV6_RECVHOPLIMIT,
    IPV6_HOPLIMIT,
    IPV6_DONTFRAG,
    IPV6_RECVTCLASS,
    IPV6_TCLASS,

    // Routing headers.
    IPV6_RTHDR_TYPE_0 = 0,

    // Options at `IPPROTO_TCP`, `netinet/tcp.h`.
    TCP_NODELAY,
    TCP_MAXSEG,
    TCP_KEEPINTVL,
    TCP_KEEPCNT,
    TCP_FASTOPEN,

    // Errors of `getaddrinfo(3)`, `netdb.h`.
    EAI_BADFLAGS,
    EAI_NONAME,
    EAI_AGAIN,
    EAI_FAIL,
    EAI_FAMILY,
    EAI_SOCKTYPE,
    EAI_SERVICE,
    EAI_MEMORY,
    EAI_SYSTEM,
    EAI_OVERFLOW,

    // Flags of `getaddrinfo(3)`.
    AI_PASSIVE,
    AI_CANONNAME,
    AI_NUMERICHOST,
    AI_V4MAPPED,
    AI_ALL,
    AI_ADDRCONFIG,
    AI_NUMERICSERV,

    // Flags and limits of `getnameinfo(3)`.
    #[cfg(not(target_env = "musl"))]
    NI_MAXHOST = 1025,
    #[cfg(target_env = "musl")]
    NI_MAXHOST = 255,
    NI_MAXSERV = 32,
    NI_NUMERICHOST,
    NI_NUMERICSERV,
    NI_NOFQDN,
    NI_NAMEREQD,
    NI_DGRAM,

    // Protocols of Ethernet, `net/ethernet.h`.
    ETHERTYPE_PUP = 0x0200,
    ETHERTYPE_IP = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_REVARP = 0x8035,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_LOOPBACK = 0x9000,
};
