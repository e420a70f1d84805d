from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import KeyUnusable, SignatureInvalid
from ledger.keys import (
    Algorithm,
    PublicKey,
    SigningKey,
    parse_public_key,
    read_key_file,
    verify_signature,
    write_key_file,
)

SHARED = Path(__file__).parents[3] / "shared" / "data" / "ledger"
WYCHEPROOF = SHARED / "wycheproof" / "testvectors_v1"
CCTV = SHARED / "C2SP-CCTV" / "ed25519" / "ed25519vectors.json"

ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

# The eight points of small order in their fourteen encodings: seven times y, each with both sign bits.
SMALL_ORDER = [
    encoding[:-1] + bytes([encoding[-1] | sign])
    for encoding in map(
        bytes.fromhex,
        [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ],
    )
    for sign in (0x00, 0x80)
]

both_algorithms = pytest.mark.parametrize("alg", list(Algorithm))


def vectors(path: Path) -> Any:
    if not path.exists():
        pytest.skip(f"the vectors {path.name} are not beside this repository")
    return json.loads(path.read_text())


def wycheproof(name: str) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """SPKI and test case, for every case of the file."""
    for group in vectors(WYCHEPROOF / name)["testGroups"]:
        for case in group["tests"]:
            yield bytes.fromhex(group["publicKeyDer"]), case


def accepts(key: PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        verify_signature(key, signature, message)
    except SignatureInvalid:
        return False
    return True


def openssl_accepts(spki: bytes, signature: bytes, message: bytes) -> bool:
    """The same rule a second time: OpenSSL's verdict, the list of small orders, and low s."""
    key = load_der_public_key(spki)
    if len(signature) != 64:
        return False
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, message)
            return spki[-32:] not in SMALL_ORDER and signature[:32] not in SMALL_ORDER
        assert isinstance(key, ec.EllipticCurvePublicKey)
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return s <= P256_ORDER // 2


def test_wycheproof_ed25519_verdicts_are_ours() -> None:
    """All 151, 88 of them valid: the strict rule and theirs do not differ on these."""
    accepted = 0
    for spki, case in wycheproof("ed25519_test.json"):
        signature, message = bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])
        verdict = accepts(parse_public_key(spki), signature, message)
        assert verdict == (case["result"] == "valid"), case
        assert verdict == openssl_accepts(spki, signature, message), case
        accepted += verdict

    assert accepted == 88


def test_wycheproof_es256_verdicts_are_ours_for_signatures_with_low_s() -> None:
    """Of 262, 173 are valid to Wycheproof; the 70 of these with s in the upper half are refused here."""
    accepted = 0
    for spki, case in wycheproof("ecdsa_secp256r1_sha256_p1363_test.json"):
        signature, message = bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])
        low_s = int.from_bytes(signature[32:], "big") <= P256_ORDER // 2
        verdict = accepts(parse_public_key(spki), signature, message)
        assert verdict == (case["result"] == "valid" and low_s), case
        assert verdict == openssl_accepts(spki, signature, message), case
        accepted += verdict

    assert accepted == 103


def test_cctv_signatures_are_accepted_only_where_every_library_agrees() -> None:
    """Of 914 edge cases 43 are accepted: no point of small order, and no residue that needs the cofactor.

    OpenSSL, Go and WebCrypto accept 208, ZIP 215 libraries 826; the 43 are a part of both.
    """
    accepted = 0
    for case in vectors(CCTV):
        spki = ED25519_SPKI + bytes.fromhex(case["key"])
        signature, message = bytes.fromhex(case["sig"]), case["msg"].encode()
        flags = set(case["flags"] or ())
        verdict = accepts(PublicKey(Algorithm.EDDSA, spki), signature, message)
        assert verdict == (not flags & {"low_order_A", "low_order_R", "low_order_residue"}), case
        assert verdict == openssl_accepts(spki, signature, message), case
        accepted += verdict

    assert accepted == 43


@pytest.mark.parametrize("raw", SMALL_ORDER, ids=bytes.hex)
def test_a_key_of_small_order_is_refused(raw: bytes) -> None:
    with pytest.raises(KeyUnusable):
        parse_public_key(ED25519_SPKI + raw)


def test_an_ed25519_key_that_is_not_reduced_is_refused() -> None:
    """y = p + 3 spells the point that y = 3 spells."""
    with pytest.raises(KeyUnusable):
        parse_public_key(ED25519_SPKI + (2**255 - 19 + 3).to_bytes(32, "little"))


def test_the_first_rfc_8032_key_signs_as_in_the_standard() -> None:
    key = SigningKey.from_seed(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))

    assert key.public.raw.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
        "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


def test_the_rfc_6979_key_signs_as_in_the_standard_with_the_lower_s() -> None:
    secret = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    standard_s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    key = SigningKey(ec.derive_private_key(secret, ec.SECP256R1()))

    signature = key.sign(b"sample")

    assert signature[:32].hex() == "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    assert int.from_bytes(signature[32:], "big") == P256_ORDER - standard_s
    verify_signature(key.public, signature, b"sample")
    with pytest.raises(SignatureInvalid):
        verify_signature(key.public, signature[:32] + standard_s.to_bytes(32, "big"), b"sample")


@both_algorithms
@given(message=st.binary(max_size=200))
def test_a_key_accepts_its_own_signature_and_always_gives_the_same(alg: Algorithm, message: bytes) -> None:
    key = SigningKey.generate(alg)
    signature = key.sign(message)

    assert key.sign(message) == signature
    verify_signature(key.public, signature, message)
    assert openssl_accepts(key.public.spki, signature, message)


@both_algorithms
def test_a_signature_with_any_bit_changed_is_refused(alg: Algorithm) -> None:
    key = SigningKey.generate(alg)
    signature = key.sign(b"message")

    for bit in range(8 * len(signature)):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        assert not accepts(key.public, bytes(changed), b"message"), bit


@both_algorithms
@pytest.mark.parametrize("bytes_more", [-64, -1, 1, 64])
def test_a_signature_of_another_length_is_refused(alg: Algorithm, bytes_more: int) -> None:
    """Also where signature and message together are the bytes of a good pair."""
    key = SigningKey.generate(alg)
    whole = key.sign(b"message" * 20) + b"message" * 20
    cut = 64 + bytes_more
    assert accepts(key.public, whole[:64], whole[64:])

    assert not accepts(key.public, whole[:cut], whole[cut:])


@both_algorithms
def test_a_public_key_is_read_back_from_its_spki(alg: Algorithm) -> None:
    key = SigningKey.generate(alg).public

    assert parse_public_key(key.spki) == key
    assert key.alg is alg
    assert len(key.kid) == 8


def test_a_key_id_is_the_start_of_the_digest_of_the_spki() -> None:
    key = SigningKey.from_seed(bytes(32)).public

    assert key.spki.hex() == ED25519_SPKI.hex() + "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"
    assert key.kid.hex() == "339e2ff917630507"


def other_public_keys() -> dict[str, bytes]:
    p256 = ec.generate_private_key(ec.SECP256R1()).public_key()
    p384 = ec.generate_private_key(ec.SECP384R1()).public_key()
    der, spki = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    good = SigningKey.generate().public.spki
    point = p256.public_bytes(der, spki)
    return {
        "nothing": b"",
        "the bare 32 bytes": good[-32:],
        "a byte more": good + b"\x00",
        "a byte less": good[:-1],
        "a byte between the ASN.1 and the key": good[:-32] + b"\x00" + good[-32:],
        "a byte between the ASN.1 and the point": point[:-65] + b"\x00" + point[-65:],
        "X25519": x25519.X25519PrivateKey.generate().public_key().public_bytes(der, spki),
        "P-384": p384.public_bytes(der, spki),
        "a compressed point": bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
        + p256.public_bytes(Encoding.X962, PublicFormat.CompressedPoint),
        "a hybrid point": point[:26] + bytes([6 + (point[-1] & 1)]) + point[27:],
        "a point off the curve": point[:-1] + bytes([point[-1] ^ 1]),
        "the point at infinity": point[:26] + bytes(65),
        "a length in two bytes": b"\x30\x81\x2a" + good[2:],
        "algorithm parameters of NULL": bytes.fromhex("302c300706032b65700500032100") + good[-32:],
    }


@pytest.mark.parametrize("name", other_public_keys())
def test_another_key_or_spelling_is_refused(name: str) -> None:
    with pytest.raises(KeyUnusable):
        parse_public_key(other_public_keys()[name])


def test_a_signing_key_does_not_print_its_secret() -> None:
    key = SigningKey.from_seed(bytes(range(32)))

    assert repr(key) == f"<SigningKey EDDSA kid={key.public.kid.hex()}>"


@both_algorithms
@pytest.mark.parametrize("passphrase", [None, b"correct horse"])
def test_a_key_file_gives_back_its_key_and_is_its_owners_alone(
    tmp_path: Path, alg: Algorithm, passphrase: bytes | None
) -> None:
    key, path = SigningKey.generate(alg), tmp_path / "key.pem"

    write_key_file(path, key, passphrase)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    read = read_key_file(path, passphrase)
    assert read.public == key.public
    assert read.sign(b"message") == key.sign(b"message")


def test_an_encrypted_key_file_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    write_key_file(path, SigningKey.generate(), b"correct horse")

    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    for passphrase in (None, b"", b"wrong"):
        with pytest.raises(KeyUnusable, match="cannot be opened"):
            read_key_file(path, passphrase)


def test_a_passphrase_for_a_key_file_without_one_is_refused(tmp_path: Path) -> None:
    """Who gives a passphrase believes the file to be protected."""
    path = tmp_path / "key.pem"
    write_key_file(path, SigningKey.generate(), None)

    with pytest.raises(KeyUnusable, match="cannot be opened"):
        read_key_file(path, b"correct horse")


@pytest.mark.parametrize("passphrase", [b"", b"x" * 1024], ids=["empty", "too long"])
def test_a_passphrase_that_cannot_protect_is_refused_before_a_file_is_made(tmp_path: Path, passphrase: bytes) -> None:
    with pytest.raises(KeyUnusable, match="passphrase"):
        write_key_file(tmp_path / "key.pem", SigningKey.generate(), passphrase)

    assert list(tmp_path.iterdir()) == []


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    first = SigningKey.generate()
    write_key_file(path, first, None)

    with pytest.raises(KeyUnusable, match="File exists"):
        write_key_file(path, SigningKey.generate(), None)
    assert read_key_file(path, None).public == first.public


def test_a_key_file_is_not_written_through_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(KeyUnusable, match="File exists"):
        write_key_file(tmp_path / "link", SigningKey.generate(), None)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601], ids=oct)
def test_a_key_file_open_to_others_is_refused_and_the_cure_named(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    write_key_file(path, SigningKey.generate(), None)
    path.chmod(mode)

    with pytest.raises(KeyUnusable, match="open to others") as refused:
        read_key_file(path, None)
    assert refused.value.cure == f"chmod 600 {path}"


def test_a_key_file_is_read_through_ones_own_symbolic_link(tmp_path: Path) -> None:
    path, link = tmp_path / "key.pem", tmp_path / "link"
    key = SigningKey.generate()
    write_key_file(path, key, None)
    link.symlink_to(path)

    assert read_key_file(link, None).public == key.public


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("name", ["link", "key.pem"])
def test_a_key_file_or_link_of_another_user_is_refused(tmp_path: Path, name: str) -> None:
    path, link = tmp_path / "key.pem", tmp_path / "link"
    write_key_file(path, SigningKey.generate(), None)
    link.symlink_to(path)
    os.lchown(tmp_path / name, 65534, 65534)

    with pytest.raises(KeyUnusable, match="another user"):
        read_key_file(tmp_path / name, None)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)

    with pytest.raises(KeyUnusable, match="not a regular file"):
        read_key_file(tmp_path / "pipe", None)
    with pytest.raises(KeyUnusable, match="Is a directory"):
        read_key_file(tmp_path, None)
    with pytest.raises(KeyUnusable, match="No such file"):
        read_key_file(tmp_path / "missing", None)


def private_pem(private: ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"junk",
        SigningKey.from_seed(bytes(32)).to_pem(None)[:-40],
        private_pem(ec.generate_private_key(ec.SECP384R1())),
        private_pem(x25519.X25519PrivateKey.generate()),
    ],
    ids=["empty", "junk", "cut short", "P-384", "X25519"],
)
def test_a_file_without_a_usable_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.touch(0o600)
    path.write_bytes(content)

    with pytest.raises(KeyUnusable):
        read_key_file(path, None)
