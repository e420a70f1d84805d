from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Corruption, KeyUnusable, Unavailable
from ledger.home import LAST_SIGNED, Home, SignedHead, create_home, open_home, pin_genesis
from ledger.keys import SigningKey, write_key_file
from ledger.log.note import SignatureType, VerifierKey
from ledger.trust import Trust, format_trust, parse_trust

ORIGIN = "ledger.example/one"
GENESIS = "ab" * 32


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", ORIGIN)


def test_a_home_opens_as_it_was_made(home: Home) -> None:
    assert open_home(home.path) == home
    assert open_home(home.path).trust == home.trust
    assert home.trust.origin == ORIGIN
    assert home.trust.genesis is None


def test_only_the_owner_can_read_the_keys(home: Home) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in (home.path / "keys").iterdir()}
    names = ["clock.pem", "recorder.pem", "credential.pem", "checkpoint.pem", "checkpoint-mldsa.pem"]
    assert modes == dict.fromkeys(names, 0o600)
    assert (home.path / "keys").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["checkpoint.pem", "checkpoint-mldsa.pem"])
def test_a_key_that_others_can_read_is_not_used(home: Home, name: str) -> None:
    (home.path / "keys" / name).chmod(0o640)
    with pytest.raises(KeyUnusable):
        home.read_checkpoint_keys()


def test_the_four_ed25519_keys_differ(home: Home) -> None:
    online = [home.read_clock_key(), home.read_recorder_key(), home.open_credential_key()]
    keys = [*online, home.read_checkpoint_keys().receipt_key]
    assert len({key.public.kid for key in keys}) == 4


def test_a_home_from_before_credentials_gets_their_key_once(home: Home) -> None:
    path = home.path / "keys" / "credential.pem"
    path.unlink()

    made = home.open_credential_key()

    assert path.stat().st_mode & 0o777 == 0o600
    assert home.open_credential_key().public == made.public
    assert [file.name for file in path.parent.iterdir() if file.name.endswith(".new")] == []


def test_a_key_of_credentials_that_others_can_read_is_not_used(home: Home) -> None:
    (home.path / "keys" / "credential.pem").chmod(0o640)
    with pytest.raises(KeyUnusable):
        home.open_credential_key()


def test_checkpoints_are_signed_with_ed25519_and_with_ml_dsa(home: Home) -> None:
    signers = home.read_checkpoint_keys().note_signers
    assert [signer.key.kind for signer in signers] == [SignatureType.ED25519, SignatureType.ML_DSA_44]
    assert {signer.key.name for signer in signers} == {ORIGIN}
    assert tuple(signer.key for signer in signers) == home.trust.checkpoint


def test_a_second_home_is_not_made_over_the_first(home: Home) -> None:
    keys = [path.read_bytes() for path in sorted((home.path / "keys").iterdir())]
    with pytest.raises(KeyUnusable):
        create_home(home.path, ORIGIN)
    assert [path.read_bytes() for path in sorted((home.path / "keys").iterdir())] == keys


def test_making_a_home_goes_on_where_a_crash_ended_it(home: Home) -> None:
    clock = home.read_clock_key().public
    (home.path / "trust.json").unlink()
    (home.path / "keys" / "recorder.pem").unlink()
    with pytest.raises(KeyUnusable):
        open_home(home.path)
    again = create_home(home.path, ORIGIN)
    assert again.read_clock_key().public == clock
    assert again.read_recorder_key().public is not None


def test_genesis_is_pinned_once(home: Home) -> None:
    pinned = pin_genesis(home, GENESIS)
    assert open_home(home.path).trust.genesis == GENESIS
    assert pin_genesis(pinned, GENESIS) == pinned
    with pytest.raises(KeyUnusable):
        pin_genesis(pinned, "cd" * 32)


def test_keys_that_the_trust_file_does_not_name_sign_nothing(home: Home) -> None:
    path = home.path / "keys" / "checkpoint.pem"
    path.unlink()
    write_key_file(path, SigningKey.generate(), None)
    with pytest.raises(KeyUnusable):
        home.read_checkpoint_keys()


@given(data=st.data())
def test_a_trust_file_has_one_spelling(data: st.DataObject) -> None:
    text = format_trust(TRUST)
    at = data.draw(st.integers(0, len(text) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != text[at]))
    try:
        parsed = parse_trust(text[:at] + bytes([byte]) + text[at + 1 :])
    except KeyUnusable:
        return
    assert parsed != TRUST


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"[" * 30_000, b'{"origin": 1}', b"\xff", b"1" * 70_000])
def test_what_is_no_trust_file_is_refused(data: bytes) -> None:
    with pytest.raises(KeyUnusable):
        parse_trust(data)


def test_a_trust_file_without_a_checkpoint_key_is_refused() -> None:
    with pytest.raises(KeyUnusable):
        parse_trust(format_trust(replace(TRUST, checkpoint=())))


def test_the_record_gives_back_its_last_head(home: Home) -> None:
    with home.signed_heads() as record:
        assert record.find_newest() is None
        for size in (1, 7, 10**18):
            record.append(SignedHead(size, bytes([size % 256]) * 32))
            assert record.find_newest() == SignedHead(size, bytes([size % 256]) * 32)
    assert (home.path / LAST_SIGNED).read_bytes().count(b"\n") == 3


@pytest.mark.parametrize("kept", range(0, 67, 6))
def test_a_line_that_a_crash_cut_short_is_as_if_it_was_never_begun(home: Home, kept: int) -> None:
    first, second = SignedHead(5, b"\5" * 32), SignedHead(6, b"\6" * 32)
    with home.signed_heads() as record:
        record.append(first)
        record.append(second)
    path = home.path / LAST_SIGNED
    end_of_first = path.read_bytes().index(b"\n") + 1
    os.truncate(path, end_of_first + kept)
    with home.signed_heads() as record:
        assert record.find_newest() == first
        record.append(second)
        assert record.find_newest() == second
    assert path.read_bytes().count(b"\n") == 2


@pytest.mark.parametrize("line", [b"x\n", b"07 " + b"0" * 64 + b"\n", b"1" * 30 + b" " + b"0" * 64 + b"\n", b"\n"])
def test_a_line_that_is_no_head_stops_everything(home: Home, line: bytes) -> None:
    (home.path / LAST_SIGNED).write_bytes(b"5 " + b"00" * 32 + b"\n" + line)
    with home.signed_heads() as record, pytest.raises(Corruption):
        record.find_newest()


def test_a_tail_that_no_append_can_have_left_stops_everything(home: Home) -> None:
    (home.path / LAST_SIGNED).write_bytes(b"5 " + b"00" * 32 + b"\n" + b"0" * 100)
    with home.signed_heads() as record, pytest.raises(Corruption):
        record.append(SignedHead(6, bytes(32)))


def test_one_publisher_at_a_time_has_the_record(home: Home) -> None:
    with home.signed_heads(), pytest.raises(Unavailable), home.signed_heads():
        pass
    with home.signed_heads() as record:
        assert record.find_newest() is None


def test_a_record_that_is_gone_is_not_begun_anew(home: Home) -> None:
    (home.path / LAST_SIGNED).unlink()
    with pytest.raises(Corruption), home.signed_heads():
        pass


def _trust() -> Trust:
    key = SigningKey.from_seed(bytes(32))
    return Trust(ORIGIN, GENESIS, (VerifierKey(ORIGIN, SignatureType.ED25519, key.public.raw),), key.public)


TRUST = _trust()
