"""Keys and profiles: private, never overwritten, opened only as they should be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.profile import open_profile
from tests.cli.ground import DESCRIBED, PACK, Ground, new_unit, run, state

pytestmark = pytest.mark.slow


def test_a_new_key_is_private_and_never_overwritten(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    made = run("keys", "new", "--profile", profile, "--json")
    pem = (profile / "key.pem").read_bytes()

    again = run("keys", "new", "--profile", profile)

    assert made.code == 0
    assert (profile / "key.pem").stat().st_mode & 0o777 == 0o600
    assert profile.stat().st_mode & 0o777 == 0o700
    assert (again.code, "key-unusable" in again.err) == (1, True)
    assert (profile / "key.pem").read_bytes() == pem
    shown = run("keys", "show", "--profile", profile, "--json").json
    assert {name: shown[name] for name in ("party", "kid")} == {name: made.json[name] for name in ("party", "kid")}


def test_a_key_file_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    run("keys", "new", "--profile", profile)
    (profile / "key.pem").chmod(0o640)

    ran = run("record", "unit.produced", "--unit", new_unit(), *DESCRIBED, "--profile", profile)

    assert ran.code == 1
    assert "key-unusable" in ran.err
    assert "chmod 600" in ran.err
    assert list((profile / "outbox").iterdir()) == []


def test_an_encrypted_key_opens_with_its_passphrase_alone(tmp_path: Path) -> None:
    profile, passphrase = tmp_path / "profile", tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple\nnot this line\n")
    assert run("keys", "new", "--es256", "--profile", profile, "--passphrase-file", passphrase).code == 0
    stated = ("record", "unit.produced", "--unit", new_unit(), *DESCRIBED, "--profile", profile)

    wrong = run(*stated, env={"BITACORA_PASSPHRASE": "wrong"})
    right = run(*stated, env={"BITACORA_PASSPHRASE": "correct horse battery staple"})

    assert b"ENCRYPTED" in (profile / "key.pem").read_bytes()
    assert (wrong.code, "key-unusable" in wrong.err) == (1, True)
    assert right.out.startswith("queued: unit.produced")


def test_an_enrolment_request_is_the_members_of_an_enrolment(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    made = run("keys", "new", "--profile", profile, "--json").json

    request = json.loads(run("keys", "enrol-request", "--role", "admin", "--profile", profile).out)

    assert (request["enrolled_for"], request["kid"], request["key_roles"]) == (made["party"], made["kid"], ["admin"])
    stated = run("record", "key.enrolled", "--file", "-", "--profile", profile, "--dry-run", stdin=json.dumps(request))
    assert json.loads(stated.out)["spki"] == request["spki"]


def test_a_folder_without_a_profile_says_how_to_make_one(tmp_path: Path) -> None:
    ran = run("keys", "show", "--profile", tmp_path)

    assert ran.code == 1
    assert "bitacora keys new" in ran.err


def enrol(ground: Ground, profile: Path, folder: Path, *roles: str, **more: Any) -> Path:
    """A further key of the profile's party in a folder of its own, enrolled by the party."""
    party, server = open_profile(profile).party, ground.url
    run("keys", "new", "--profile", folder, "--party", party, "--server", server, "--trust", ground.trust)
    asked = json.loads(run("keys", "enrol-request", "--profile", folder, *(f"--role={role}" for role in roles)).out)
    assert state(profile, "key.enrolled", **asked, **more).state == "recorded"
    return folder


def test_what_a_stolen_key_signed_is_listed_for_its_party_and_delegations_for_all(
    ground: Ground, tmp_path: Path
) -> None:
    office = ground.new_profile(tmp_path / "office", roles=("admin", "custody"))
    broker = ground.new_profile(tmp_path / "broker", roles=("custody",))
    stolen = enrol(ground, office, tmp_path / "stolen", "custody", acts=open_profile(broker).party)
    kid = open_profile(stolen).kid
    signed = state(stolen, "unit.produced", units=[{"id": new_unit(), "prev": None}], description=PACK).event_id
    about = {"enrolled_for": open_profile(office).party, "kid": kid, "reason": "compromised"}
    assert state(office, "key.revoked", **about, suspect_from="2020-01-01T00:00:00Z").state == "recorded"

    reviewed = run("keys", "review", kid, "--profile", office, "--json")
    later = run("keys", "review", kid, "--from", "1000", "--profile", office)
    stranger = run("keys", "review", kid, "--party", about["enrolled_for"], "--profile", broker)
    acting = run("keys", "delegations", "--profile", broker, "--json")

    assert [event["event_id"] for event in reviewed.json["events"]] == [signed]
    assert (later.code, later.out) == (0, "It signed nothing.\n")
    assert (stranger.code, "permission-missing" in stranger.err) == (1, True)
    assert acting.json["delegations"] == [
        {"party": about["enrolled_for"], "kid": kid, "roles": ["custody"], "revoked": True}
    ]
