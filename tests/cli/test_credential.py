from __future__ import annotations

import json
import secrets
from pathlib import Path

import httpx2
import pytest

from cli.profile import create_profile
from ledger.domain.values import format_base64url, format_opaque_id, parse_base64url
from ledger.keys import SigningKey
from tests.cli.ground import Ground, run, state


def new_agency(ground: Ground, folder: Path) -> Path:
    """The profile of a state's authority that grants permits."""
    key, party = SigningKey.generate(), format_opaque_id("pty", secrets.token_bytes(16))
    trust = ground.trust.read_bytes()
    made = create_profile(folder, key, None, party=party, site=None, server=ground.url, trust=trust)
    ground.state_as_root(
        "party.registered",
        registered=party,
        form="authority",
        name="Agencia Estatal (demo)",
        powers=["grant"],
        jurisdiction={"code": "MX-NLE"},
    )
    spki = format_base64url(key.public.spki)
    ground.state_as_root("key.enrolled", enrolled_for=party, kid=made.kid, spki=spki, key_roles=["authority"])
    return folder


def grant(agency: Path, holder: str) -> str:
    authorisation = format_opaque_id("aut", secrets.token_bytes(16))
    state(
        agency,
        "authorisation.granted",
        authorisation=authorisation,
        holder=holder,
        number="19-39-PS-0001-2026",
        scope={"activities": ["collection"], "waste_classes": ["RME"]},
        from_on="2026-01-01",
        to_on="2035-12-31",
        act={"oficio": "SMA/0001/2026", "notified_on": "2025-12-20"},
    )
    return authorisation


def fetch(url: str, path: Path) -> Path:
    path.write_bytes(httpx2.get(url).content)
    return path


@pytest.mark.slow
def test_a_credential_is_fetched_and_checked_offline(ground: Ground, tmp_path: Path) -> None:
    holder = ground.new_profile(tmp_path / "holder")
    agency = new_agency(ground, tmp_path / "agency")
    authorisation = grant(agency, json.loads((holder / "profile.json").read_text())["party"])
    credential, paper = tmp_path / "permit.jwt", tmp_path / "permit.pdf"

    assert run("credential", "fetch", authorisation, "--out", credential, "--profile", holder).code == 0
    assert run("credential", "fetch", authorisation, "--out", paper, "--profile", holder).code == 0
    assert paper.read_bytes().startswith(b"%PDF")
    did = fetch(f"{ground.url}/.well-known/did.json", tmp_path / "did.json")
    lists = [
        word
        for purpose in ("revocation", "suspension")
        for word in (
            "--status",
            fetch(f"{ground.url}/credentials/status/{purpose}/0", tmp_path / f"{purpose}.jwt"),
        )
    ]

    whole = run("credential", "verify", credential, "--did", did, *lists, "--json")
    assert (whole.code, whole.json["ok"], whole.json["unchecked"]) == (0, True, [])
    assert whole.json["statuses"] == {"revocation": False, "suspension": False}
    assert whole.json["holder"] == "Fabricante Demo, S.A. de C.V."

    told = run("credential", "verify", credential, "--did", did)
    assert "Not checked: revocation" in told.out

    header, claims, signature = credential.read_text().split(".")
    longer = parse_base64url(claims).replace(b"2036-01-01T05:59:59Z", b"2046-01-01T05:59:59Z")
    credential.write_text(f"{header}.{format_base64url(longer)}.{signature}")
    altered = run("credential", "verify", credential, "--did", did)
    assert (altered.code, altered.err.partition(":")[0]) == (1, "signature-invalid")


def test_the_kind_of_file_tells_what_is_fetched(tmp_path: Path) -> None:
    assert run("credential", "fetch", "aut_x", "--out", tmp_path / "permit.txt").code == 2
