//! Floor 4c: TIPC: address types, scopes, options, ancillary data and the topology
//! service. Knows only names and numbers. See the header `linux/tipc.h`.

#![cfg(target_os = "linux")]

pub(super) static NAMES: &[(&str, i64)] = table! {
    // Address types, `linux/tipc.h`.
    TIPC_ADDR_NAMESEQ = 1,
    TIPC_ADDR_MCAST = 1,
    TIPC_ADDR_NAME = 2,
    TIPC_ADDR_ID = 3,
    TIPC_SERVICE_RANGE = 1,
    TIPC_SERVICE_ADDR = 2,
    TIPC_SOCKET_ADDR = 3,

    // Scopes.
    TIPC_ZONE_SCOPE = 1,
    TIPC_CLUSTER_SCOPE = 2,
    TIPC_NODE_SCOPE = 3,

    // Services that TIPC itself offers.
    TIPC_CFG_SRV = 0,
    TIPC_NODE_STATE = 0,
    TIPC_TOP_SRV = 1,
    TIPC_LINK_STATE = 2,
    TIPC_RESERVED_TYPES = 64,

    // Options at `SOL_TIPC`.
    TIPC_IMPORTANCE = 127,
    TIPC_SRC_DROPPABLE = 128,
    TIPC_DEST_DROPPABLE = 129,
    TIPC_CONN_TIMEOUT = 130,
    TIPC_NODE_RECVQ_DEPTH = 131,
    TIPC_SOCK_RECVQ_DEPTH = 132,
    TIPC_MCAST_BROADCAST = 133,
    TIPC_MCAST_REPLICAST = 134,
    TIPC_GROUP_JOIN = 135,
    TIPC_GROUP_LEAVE = 136,
    TIPC_SOCK_RECVQ_USED = 137,
    TIPC_NODELAY = 138,

    // Values of those options.
    TIPC_LOW_IMPORTANCE = 0,
    TIPC_MEDIUM_IMPORTANCE = 1,
    TIPC_HIGH_IMPORTANCE = 2,
    TIPC_CRITICAL_IMPORTANCE = 3,
    TIPC_GROUP_LOOPBACK = 1,
    TIPC_GROUP_MEMBER_EVTS = 2,
    TIPC_MAX_USER_MSG_SIZE = 66_000,

    // Ancillary data at `SOL_TIPC` and the codes in it.
    TIPC_ERRINFO = 1,
    TIPC_RETDATA = 2,
    TIPC_DESTNAME = 3,
    TIPC_OK = 0,
    TIPC_ERR_NO_NAME = 1,
    TIPC_ERR_NO_PORT = 2,
    TIPC_ERR_NO_NODE = 3,
    TIPC_ERR_OVERLOAD = 4,
    TIPC_CONN_SHUTDOWN = 5,

    // Subscriptions to the topology service.
    TIPC_SUB_PORTS = 0x1,
    TIPC_SUB_SERVICE = 0x2,
    TIPC_SUB_CANCEL = 0x4,
    TIPC_PUBLISHED = 1,
    TIPC_WITHDRAWN = 2,
    TIPC_SUBSCR_TIMEOUT = 3,
    TIPC_WAIT_FOREVER = -1,
};
