//! Floor 4c: Bluetooth: protocols, levels, options and the fixed addresses. Knows only
//! names and numbers. The kernel exports no header for these; the names are those of
//! `bluetooth/bluetooth.h`, `hci.h`, `l2cap.h`, `rfcomm.h` and `sco.h` of `BlueZ`.

#![cfg(target_os = "linux")]

pub(super) static NAMES: &[(&str, i64)] = table! {
    // Protocols, `bluetooth/bluetooth.h`.
    BTPROTO_L2CAP = 0,
    BTPROTO_HCI = 1,
    BTPROTO_SCO = 2,
    BTPROTO_RFCOMM = 3,
    BTPROTO_BNEP = 4,
    BTPROTO_CMTP = 5,
    BTPROTO_HIDP = 6,
    BTPROTO_AVDTP = 7,
    BTPROTO_ISO = 8,

    // Levels.
    SOL_HCI = 0,
    SOL_L2CAP = 6,
    SOL_SCO = 17,
    SOL_RFCOMM = 18,

    // Address types.
    BDADDR_BREDR = 0x0,
    BDADDR_LE_PUBLIC = 0x1,
    BDADDR_LE_RANDOM = 0x2,

    // Options at `SOL_BLUETOOTH`.
    BT_SECURITY = 4,
    BT_SECURITY_SDP = 0,
    BT_SECURITY_LOW = 1,
    BT_SECURITY_MEDIUM = 2,
    BT_SECURITY_HIGH = 3,
    BT_SECURITY_FIPS = 4,
    BT_DEFER_SETUP = 7,
    BT_FLUSHABLE = 8,
    BT_FLUSHABLE_OFF = 0,
    BT_FLUSHABLE_ON = 1,
    BT_POWER = 9,
    BT_POWER_FORCE_ACTIVE_OFF = 0,
    BT_POWER_FORCE_ACTIVE_ON = 1,
    BT_CHANNEL_POLICY = 10,
    BT_CHANNEL_POLICY_BREDR_ONLY = 0,
    BT_CHANNEL_POLICY_BREDR_PREFERRED = 1,
    BT_CHANNEL_POLICY_AMP_PREFERRED = 2,
    BT_VOICE = 11,
    BT_SNDMTU = 12,
    BT_RCVMTU = 13,
    BT_VOICE_TRANSPARENT = 0x3,
    BT_VOICE_CVSD_16BIT = 0x60,
    BT_PHY = 14,
    BT_PHY_BR_1M_1SLOT = 0x1,
    BT_PHY_BR_1M_3SLOT = 0x2,
    BT_PHY_BR_1M_5SLOT = 0x4,
    BT_PHY_EDR_2M_1SLOT = 0x8,
    BT_PHY_EDR_2M_3SLOT = 0x10,
    BT_PHY_EDR_2M_5SLOT = 0x20,
    BT_PHY_EDR_3M_1SLOT = 0x40,
    BT_PHY_EDR_3M_3SLOT = 0x80,
    BT_PHY_EDR_3M_5SLOT = 0x100,
    BT_PHY_LE_1M_TX = 0x200,
    BT_PHY_LE_1M_RX = 0x400,
    BT_PHY_LE_2M_TX = 0x800,
    BT_PHY_LE_2M_RX = 0x1000,
    BT_PHY_LE_CODED_TX = 0x2000,
    BT_PHY_LE_CODED_RX = 0x4000,
    BT_MODE = 15,
    BT_MODE_BASIC = 0,
    BT_MODE_ERTM = 1,
    BT_MODE_STREAMING = 2,
    BT_MODE_LE_FLOWCTL = 3,
    BT_MODE_EXT_FLOWCTL = 4,
    BT_PKT_STATUS = 16,
    BT_SCM_PKT_STATUS = 3,
    BT_ISO_QOS = 17,
    BT_ISO_QOS_CIG_UNSET = 0xff,
    BT_ISO_QOS_CIS_UNSET = 0xff,
    BT_CODEC = 19,
    BT_ISO_BASE = 20,
    BT_VOICE_TRANSPARENT_16BIT = 0x63,

    // HCI, `bluetooth/hci.h`.
    HCI_DATA_DIR = 1,
    HCI_FILTER = 2,
    HCI_TIME_STAMP = 3,
    HCI_DEV_NONE = 0xffff,
    HCI_CHANNEL_RAW = 0,
    HCI_CHANNEL_USER = 1,
    HCI_CHANNEL_MONITOR = 2,
    HCI_CHANNEL_CONTROL = 3,
    HCI_CHANNEL_LOGGING = 4,

    // L2CAP, `bluetooth/l2cap.h`.
    L2CAP_OPTIONS = 1,
    L2CAP_CONNINFO = 2,
    L2CAP_LM = 3,
    L2CAP_LM_MASTER = 0x1,
    L2CAP_LM_AUTH = 0x2,
    L2CAP_LM_ENCRYPT = 0x4,
    L2CAP_LM_TRUSTED = 0x8,
    L2CAP_LM_RELIABLE = 0x10,
    L2CAP_LM_SECURE = 0x20,
    L2CAP_MODE_BASIC = 0,
    L2CAP_MODE_RETRANS = 1,
    L2CAP_MODE_FLOWCTL = 2,
    L2CAP_MODE_ERTM = 3,
    L2CAP_MODE_STREAMING = 4,

    // RFCOMM, `bluetooth/rfcomm.h`.
    RFCOMM_CONNINFO = 2,
    RFCOMM_LM = 3,
    RFCOMM_LM_MASTER = 0x1,
    RFCOMM_LM_AUTH = 0x2,
    RFCOMM_LM_ENCRYPT = 0x4,
    RFCOMM_LM_TRUSTED = 0x8,
    RFCOMM_LM_RELIABLE = 0x10,
    RFCOMM_LM_SECURE = 0x20,

    // SCO, `bluetooth/sco.h`.
    SCO_OPTIONS = 1,
    SCO_CONNINFO = 2,
};

pub(super) static TEXTS: &[(&str, &str)] = &[
    ("BDADDR_ANY", "00:00:00:00:00:00"),
    ("BDADDR_LOCAL", "00:00:00:FF:FF:FF"),
];
