"""The kernel's crypto: hash, skcipher, aead and rng, against hashlib and known vectors.

`accept` on a bound socket gives the operation socket, whose peer has no address.
Follows: the kernel's crypto/userspace-if documentation, linux/if_alg.h; vectors
from FIPS 197, NIST SP 800-38A, and the GCM and CCM specifications.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import hmac

import pytest

KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
PLAIN = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
IV = bytes(range(16))
CIPHERS = {
    # SP 800-38A, F.1.1, F.2.1, F.5.1: two blocks
    "ecb(aes)": (
        None,
        "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf",
    ),
    "cbc(aes)": (
        IV,
        "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2",
    ),
    "ctr(aes)": (
        bytes.fromhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"),
        "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff",
    ),
}


@pytest.fixture
def algorithm(mod, open_socket):
    """Binds a socket to an algorithm, sets its key, returns its operation socket."""
    with contextlib.ExitStack() as stack:

        def bound(kind, name, key=None, authsize=None, form=()):
            sock = open_socket("AF_ALG", "SOCK_SEQPACKET")
            sock.settimeout(None)  # neither it nor a hash's operation can be polled
            sock.bind((kind, name, *form))
            if key is not None:
                sock.setsockopt(mod.SOL_ALG, mod.ALG_SET_KEY, key)
            if authsize is not None:
                sock.setsockopt(mod.SOL_ALG, mod.ALG_SET_AEAD_AUTHSIZE, None, authsize)
            operation, address = sock.accept()
            assert address is None
            return stack.enter_context(operation)

        yield bound


@pytest.mark.parametrize("name", ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3-256"])
@pytest.mark.parametrize("size", [0, 1, 63, 64, 1000, 70_000])
def test_hash(mod, algorithm, name, size):
    operation = algorithm("hash", name)
    data = (bytes(range(256)) * 300)[:size]
    digest = hashlib.new(name.replace("sha3-", "sha3_"), data).digest()
    operation.sendall(data, mod.MSG_MORE)
    operation.send(b"")
    assert operation.recv(512) == digest
    operation.sendall(data)
    assert operation.recv(len(digest)) == digest


def test_hash_in_parts(mod, algorithm):
    operation = algorithm("hash", "sha256")
    operation.send(b"first ", mod.MSG_MORE)
    operation.sendmsg([b"second ", bytearray(b"third")], [], mod.MSG_MORE)
    operation.sendmsg([b""])
    assert operation.recv(32) == hashlib.sha256(b"first second third").digest()


def test_keyed_hash(algorithm):
    operation = algorithm("hash", "hmac(sha512)", key=b"a secret")
    operation.sendall(b"signed")
    assert operation.recv(64) == hmac.digest(b"a secret", b"signed", "sha512")


@pytest.mark.parametrize("name", CIPHERS)
def test_cipher(mod, algorithm, name):
    iv, encrypted = CIPHERS[name]
    encrypted = bytes.fromhex(encrypted)
    operation = algorithm("skcipher", name, key=KEY)
    options = {} if iv is None else {"iv": iv}
    assert operation.sendmsg_afalg([PLAIN], op=mod.ALG_OP_ENCRYPT, **options) == 32
    assert operation.recv(32) == encrypted
    assert operation.sendmsg_afalg([encrypted[:16], encrypted[16:]], op=mod.ALG_OP_DECRYPT, **options) == 32
    assert operation.recv(32) == PLAIN


def test_cipher_in_parts(mod, algorithm):
    iv, encrypted = CIPHERS["cbc(aes)"]
    operation = algorithm("skcipher", "cbc(aes)", key=KEY)
    operation.sendmsg_afalg(op=mod.ALG_OP_ENCRYPT, iv=iv, flags=mod.MSG_MORE)
    operation.sendmsg([PLAIN[:16]], [], mod.MSG_MORE)
    operation.send(PLAIN[16:])
    assert operation.recv(32) == bytes.fromhex(encrypted)


def test_cipher_with_control_messages_made_by_hand(mod, algorithm):
    iv, encrypted = CIPHERS["cbc(aes)"]
    operation = algorithm("skcipher", "cbc(aes)", key=KEY)
    control = [
        (mod.SOL_ALG, mod.ALG_SET_OP, mod.ALG_OP_ENCRYPT.to_bytes(4, "little")),
        (mod.SOL_ALG, mod.ALG_SET_IV, len(iv).to_bytes(4, "little") + iv),
    ]
    operation.sendmsg([PLAIN], control)
    assert operation.recv(32) == bytes.fromhex(encrypted)


def test_large_cipher_text_comes_back(mod, algorithm):
    data = bytes(range(256)) * 128
    operation = algorithm("skcipher", "cbc(aes)", key=KEY)
    operation.sendmsg_afalg([data], op=mod.ALG_OP_ENCRYPT, iv=IV)
    encrypted = operation.recv(len(data))
    assert encrypted != data
    operation.sendmsg_afalg([encrypted], op=mod.ALG_OP_DECRYPT, iv=IV)
    assert operation.recv(len(data)) == data


# The GCM specification, test case 4.
GCM = {
    "key": "feffe9928665731c6d6a8f9467308308",
    "iv": "cafebabefacedbaddecaf888",
    "associated": "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    "plain": "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
    "b16aedf5aa0de657ba637b39",
    "encrypted": "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
    "1ba30b396a0aac973d58e091",
    "tag": "5bc94fbc3221a5db94fae95ae7121a47",
}
GCM = {name: bytes.fromhex(value) for name, value in GCM.items()}


def test_aead(mod, algorithm):
    operation = algorithm("aead", "gcm(aes)", key=GCM["key"], authsize=16)
    associated = GCM["associated"]
    options = {"iv": GCM["iv"], "assoclen": len(associated)}
    operation.sendmsg_afalg([associated, GCM["plain"]], op=mod.ALG_OP_ENCRYPT, **options)
    expected = associated + GCM["encrypted"] + GCM["tag"]
    assert operation.recv(len(expected)) == expected
    operation.sendmsg_afalg([expected], op=mod.ALG_OP_DECRYPT, **options)
    expected = associated + GCM["plain"]
    assert operation.recv(len(expected)) == expected


def test_aead_in_parts_into_buffers(mod, algorithm):
    operation = algorithm("aead", "gcm(aes)", key=GCM["key"], authsize=16)
    associated = GCM["associated"]
    operation.sendmsg_afalg(op=mod.ALG_OP_ENCRYPT, iv=GCM["iv"], assoclen=len(associated), flags=mod.MSG_MORE)
    operation.sendall(associated, mod.MSG_MORE)
    operation.sendall(GCM["plain"])
    head, body, tag = bytearray(len(associated)), bytearray(len(GCM["plain"])), bytearray(16)
    assert operation.recvmsg_into([head, body, tag])[0] == len(head) + len(body) + 16
    assert (head, body, tag) == (associated, GCM["encrypted"], GCM["tag"])


def test_aead_detects_a_change(mod, algorithm):
    operation = algorithm("aead", "gcm(aes)", key=GCM["key"], authsize=16)
    changed = GCM["associated"] + GCM["encrypted"] + bytes(16)
    operation.sendmsg_afalg([changed], op=mod.ALG_OP_DECRYPT, iv=GCM["iv"], assoclen=len(GCM["associated"]))
    with pytest.raises(OSError) as caught:
        operation.recv(len(changed))
    assert caught.value.errno == errno.EBADMSG


def test_random_numbers(algorithm):
    operation = algorithm("rng", "jitterentropy_rng")
    assert len({operation.recv(16) for _ in range(8)}) == 8


def test_seeded_random_numbers(mod, open_socket):
    drawn = []
    for seed in (bytes(48), bytes(48), bytes(range(48))):
        sock = open_socket("AF_ALG", "SOCK_SEQPACKET")
        sock.bind(("rng", "ansi_cprng"))
        sock.setsockopt(mod.SOL_ALG, mod.ALG_SET_KEY, seed)
        sock.settimeout(None)
        with sock.accept()[0] as operation:
            drawn.append(operation.recv(16))
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("form", [(0,), (0, 0)])
def test_feature_and_mask(algorithm, form):
    operation = algorithm("hash", "sha1", form=form)
    operation.sendall(b"abc")
    assert operation.recv(20) == hashlib.sha1(b"abc").digest()


@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        ((1, "sha1"), TypeError, "AF_ALG address must be "),
        (("hash",), TypeError, "AF_ALG address must be "),
        (("hash", "sha1", 1, 2, 3), TypeError, "AF_ALG address must be "),
        ("hash", TypeError, "AF_ALG address must be "),
        (("x" * 14, "sha1"), ValueError, r"AF_ALG type too long\."),
        (("hash", "x" * 64), ValueError, r"AF_ALG name too long\."),
        (("ha\0sh", "sha1"), ValueError, "embedded null character"),
        (("hash", "x" * 63), FileNotFoundError, "No such file"),
        (("x" * 13, "sha1"), FileNotFoundError, "No such file"),
        (("hash", "sha1", 2), OSError, "Invalid argument"),
    ],
    ids=repr,
)
def test_addresses_that_do_not_bind(open_socket, address, error, words):
    with pytest.raises(error, match=words):
        open_socket("AF_ALG", "SOCK_SEQPACKET").bind(address)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, TypeError),
        ({"op": -1}, TypeError),
        ({"op": "encrypt"}, TypeError),
        ({"op": 0, "assoclen": -1}, TypeError),
        ({"op": 0, "iv": "text"}, TypeError),
        ({"op": 0, "iv": b"short"}, OSError),
        ({"op": 99}, OSError),
    ],
    ids=repr,
)
def test_options_that_are_refused(algorithm, options, error):
    operation = algorithm("skcipher", "cbc(aes)", key=KEY)
    with pytest.raises(error):
        operation.sendmsg_afalg([PLAIN], **options)


def test_sendmsg_afalg_on_another_family(mod):
    with mod.socket() as sock, pytest.raises(OSError, match=r"^algset is only supported for AF_ALG$"):
        sock.sendmsg_afalg(op=0)


def test_there_is_no_name(open_socket, algorithm):
    unbound = open_socket("AF_ALG", "SOCK_SEQPACKET")
    operation = algorithm("hash", "sha1")
    for call in (unbound.getsockname, unbound.getpeername, operation.getsockname, operation.getpeername):
        with pytest.raises(OSError) as caught:
            call()
        assert caught.value.errno == errno.EOPNOTSUPP
    assert "addr" not in repr(operation)
