"""A company asks, signs with its e.firma at home, is asked back, is granted a permit, and the permit is ruled on."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.profile import open_profile
from tests.certification.efirma_chain import COMPANY, PASSPHRASE, Efirma, Sat
from tests.cli.ground import NOWHERE, Ground, Ran, point_at, run

pytestmark = pytest.mark.slow

DAY_S = 86_400
TODAY = datetime.fromtimestamp(time.time() - 6 * 3600, UTC).date()
ACT = ("--oficio", "DGGIMAR.710/000001", "--decided-on", str(TODAY), "--notified-on", str(TODAY))
KEY_ENV = {"BITACORA_EFIRMA_PASSPHRASE": PASSPHRASE.decode()}


@dataclass(frozen=True)
class Office:
    """A company, the authority that decides, and the company's e.firma on a disk."""

    company: Path
    authority: Path
    cer: Path
    key: Path

    def draft(self, *more: object) -> str:
        to = open_profile(self.authority).party
        scope = json.dumps({"activities": ["recycling"], "waste_classes": ["RP"]})
        asked = ("--to", to, "--person", "moral", "--set", f"scope={scope}", "--profile", self.company, "--json")
        made = run("application", "new", "grant", *asked, *more)
        assert made.code == 0, made.err
        application: str = made.json["application"]
        return application

    def sign(self, draft: object, cer: Path | None = None, key: Path | None = None) -> Ran:
        files = ("--cer", cer or self.cer, "--key", key or self.key)
        return run("efirma", "sign", draft, *files, "--profile", self.company, "--json", env=KEY_ENV)

    def ask(self, *words: object) -> Ran:
        return run("application", *words, "--profile", self.company, "--json")

    def rule(self, *words: object) -> Ran:
        return run("certify", *words, "--profile", self.authority, "--json")


def write(folder: Path, name: str, efirma: Efirma) -> tuple[Path, Path]:
    cer, key = folder / f"{name}.cer", folder / f"{name}.key"
    cer.write_bytes(efirma.der)
    key.write_bytes(efirma.key_file)
    return cer, key


def efirma(sat: Sat, **more: Any) -> Efirma:
    now = int(time.time())
    return sat.company(**{"from_s": now - DAY_S, "to_s": now + 365 * DAY_S, **more})


@pytest.fixture
def office(ground: Ground, sat: Sat, tmp_path: Path) -> Office:
    company = ground.new_profile(tmp_path / "company", roles=("admin", "custody"))
    authority = ground.new_authority(tmp_path / "authority", "SEMARNAT (demo)", ["grant", "inspect"])
    return Office(company, authority, *write(tmp_path, "fiel", efirma(sat)))


def state_of(ran: Ran) -> str:
    assert ran.code == 0, ran.err
    [statement] = ran.json["statements"]
    state: str = statement["state"]
    return state


def test_a_company_asks_answers_and_is_granted_a_permit_that_is_then_ruled_on(office: Office) -> None:
    application = office.draft()
    assert office.ask("check", application).code == 0
    assert office.sign(application).json["rfc"] == COMPANY
    assert state_of(office.ask("submit", application)) == "recorded"
    assert office.ask("drafts").json == {"drafts": []}

    required = office.rule(
        "require", application, "--item", "plano del sitio", "--answer-by", str(TODAY + timedelta(40)), *ACT
    )
    assert state_of(required) == "recorded"
    assert office.ask("show", application).json["stage"] == "information_required"
    assert state_of(office.ask("answer", application)) == "recorded"

    until = date(TODAY.year + 5, 1, 1)
    granted = office.rule(
        "grant", application, "--number", "19-39-PS-1", "--from", str(TODAY), "--to", str(until), *ACT
    )
    assert state_of(granted) == "recorded"
    shown = office.ask("show", application).json
    assert [step["kind"] for step in shown["timeline"]][-1] == "authorisation.granted"
    [row] = office.ask("list").json["applications"]
    assert (row["stage"], row["application"]) == ("granted", application)

    authorisation = shown["decided"]["authorisation"]
    causes = ("--from", str(TODAY), "--cause", "LGPGIR 52")
    assert state_of(office.rule("suspend", authorisation, *causes, *ACT)) == "recorded"
    assert state_of(office.rule("reinstate", authorisation, *causes)) == "recorded"
    assert state_of(office.rule("revoke", authorisation, *causes, *ACT)) == "recorded"
    assert office.rule("suspend", authorisation, *causes, *ACT).code == 1


def test_who_signed_is_proven_by_the_server_and_at_home(office: Office, anchors: Path, tmp_path: Path) -> None:
    application = office.draft()
    office.sign(application)
    office.ask("submit", application)
    nothing = tmp_path / "none"
    nothing.mkdir()

    for profile in (office.authority, office.company):
        by_server = run("efirma", "verify", application, "--rfc", COMPANY, "--profile", profile, "--json")
        here = run("efirma", "verify", application, "--anchors", anchors, "--profile", profile, "--json")
        assert (by_server.code, here.code) == (0, 0), here.err
        assert by_server.json["identity"] == here.json["identity"]
    other = ("--rfc", "XIQB891116QE4", "--profile", office.authority)
    assert "efirma-other-rfc" in run("efirma", "verify", application, *other).err
    assert "efirma-other-rfc" in run("efirma", "verify", application, "--anchors", anchors, *other).err
    assert run("efirma", "verify", application, "--anchors", nothing, "--profile", office.authority).code == 1


def test_what_was_changed_after_it_was_signed_is_not_handed_in(office: Office) -> None:
    application = office.draft()
    office.sign(application)
    assert office.ask("edit", application, "--set", "scope.capacity_g_per_year=1000000").code == 0

    refused = office.ask("submit", application)
    assert (refused.code, "efirma-signature-invalid" in refused.err) == (1, True)
    assert office.sign(application).code == 0
    assert state_of(office.ask("submit", application)) == "recorded"


def test_a_draft_that_nobody_signed_is_not_handed_in(office: Office) -> None:
    application = office.draft()

    refused = office.ask("submit", application)
    assert (refused.code, "identity" in refused.err) == (1, True)


def test_the_key_is_opened_here_and_has_to_be_the_certificates(office: Office, sat: Sat, tmp_path: Path) -> None:
    application = office.draft()
    seal_cer, seal_key = write(tmp_path, "csd", efirma(sat, unit="Sucursal"))
    _, person_key = write(tmp_path, "person", sat.person())

    wrong = run(
        *("efirma", "sign", application, "--cer", office.cer, "--key", office.key, "--profile", office.company),
        env={"BITACORA_EFIRMA_PASSPHRASE": "x"},
    )
    assert (wrong.code, "key-unusable" in wrong.err) == (1, True)
    assert "efirma-csd" in office.sign(application, seal_cer, seal_key).err
    assert "efirma-signature-invalid" in office.sign(application, key=person_key).err


def test_a_draft_may_be_a_file_and_a_foreign_party_has_numbers(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    office.draft("--out", path, "--set", "person=foreign")
    numbers = ("--name", "Metal Works, LLC", "--country", "US", "--epa-id", "TXD000000001")
    assert office.ask("identify", path, *numbers).code == 0
    assert state_of(office.ask("submit", path)) == "recorded"

    application = json.loads(path.read_text())["application"]
    shown = run("efirma", "verify", application, "--profile", office.authority, "--json").json
    assert (shown["verified"], shown["person"], shown["identity"]["epa_id"]) == (True, "foreign", "TXD000000001")
    assert office.ask("identify", path, "--name", "X", "--country", "US").code == 2


def test_an_application_is_withdrawn_and_another_refused(office: Office) -> None:
    first, second = office.draft(), office.draft()
    for application in (first, second):
        office.sign(application)
        office.ask("submit", application)

    assert state_of(office.ask("withdraw", first)) == "recorded"
    refused = office.rule("refuse", second, "--ground", "merits", "--reason", "no acredita", *ACT)
    assert state_of(refused) == "recorded"
    assert office.ask("list", "--stage", "refused").json["applications"][0]["application"] == second


def test_without_a_connection_a_statement_waits(office: Office) -> None:
    application = office.draft()
    office.sign(application)
    office.ask("submit", application)
    assert run("heads", application, "--profile", office.company).code == 0
    point_at(office.company, NOWHERE)

    assert state_of(office.ask("withdraw", application)) == "queued"
