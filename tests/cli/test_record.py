"""Statements from a party's hand into the ledger: refused, mended, recorded, queued, sent again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ledger.event import parse_event
from ledger.keys import Algorithm
from tests.cli.ground import DESCRIBED, NOWHERE, PACK, Ground, new_unit, point_at, run

pytestmark = pytest.mark.slow


def files(profile: Path, folder: str) -> list[str]:
    return sorted(path.name for path in (profile / folder).glob("*.cose"))


def test_a_refused_statement_is_mended_recorded_receipted_and_verified_offline(
    ground: Ground, maker: Path, tmp_path: Path
) -> None:
    unit = new_unit()
    refused = run("record", "unit.placed_on_market", "--unit", unit, "--profile", maker)
    assert refused.code == 1
    assert "subject-unknown at /units/0" in refused.err
    assert len(files(maker, "refused")) == 1
    assert json.loads(next((maker / "refused").glob("*.json")).read_text())["code"] == "subject-unknown"

    produced = run("record", "unit.produced", "--unit", unit, *DESCRIBED, "--profile", maker, "--json")
    assert (produced.code, produced.states) == (0, ["recorded"])
    mended = run("record", "unit.placed_on_market", "--unit", unit, "--profile", maker, "--json")
    assert (mended.code, mended.states) == (0, ["recorded"])
    assert len(files(maker, "sent")) == 2

    event_id = mended.json["statements"][0]["event_id"]
    evidence = tmp_path / "pack.evidence.json"
    assert run("receipt", event_id, "--out", evidence, "--profile", maker).code == 0
    verified = run("verify", evidence, "--trust", ground.trust, "--json")
    assert (verified.code, verified.json["ok"], verified.json["event_id"]) == (0, True, event_id)
    assert "revocation" in verified.json["not_proven"]


def test_wait_keeps_a_receipt_that_verifies_beside_the_sent_statement(ground: Ground, tmp_path: Path) -> None:
    maker = ground.new_profile(tmp_path / "maker", alg=Algorithm.ES256)

    ran = run("record", "unit.produced", "--unit", new_unit(), *DESCRIBED, "--wait", "--profile", maker, "--json")

    assert ran.states == ["recorded"]
    [evidence] = (maker / "sent").glob("*.evidence.json")
    assert run("verify", evidence, "--profile", maker).code == 0


def test_the_loser_of_a_conflict_is_told_its_name_and_states_it_anew(
    ground: Ground, maker: Path, tmp_path: Path
) -> None:
    unit = new_unit()
    placed = ("record", "unit.placed_on_market", "--unit", unit)
    run("record", "unit.produced", "--unit", unit, *DESCRIBED, "--profile", maker)
    run("heads", unit, "--profile", maker)
    twin = shutil.copytree(maker, tmp_path / "twin")
    point_at(twin, NOWHERE)
    assert run(*placed, "--profile", twin, "--json").states == ["queued"]
    assert run("record", "unit.installed", "--unit", unit, "--profile", maker).code == 0
    point_at(twin, ground.url)

    lost = run("record", "--flush", "--profile", twin, "--json")
    [loser] = lost.json["statements"]
    anew = run(
        "record",
        "unit.removed",
        "--unit",
        unit,
        "--set",
        "reason=warranty",
        "--set",
        f"restates={loser['event_id']}",
        "--profile",
        twin,
        "--json",
    )

    assert (lost.code, loser["code"], len(loser["conflict"])) == (1, "conflicting-statement", 64)
    assert "record --again" in lost.err
    assert anew.states == ["recorded"], anew.err


def test_a_changed_evidence_file_is_not_fine(ground: Ground, maker: Path) -> None:
    run("record", "unit.produced", "--unit", new_unit(), *DESCRIBED, "--wait", "--profile", maker)
    [evidence] = (maker / "sent").glob("*.evidence.json")
    members = json.loads(evidence.read_text())
    members["statement"] = members["statement"][:-4] + "AAAA"
    evidence.write_text(json.dumps(members, ensure_ascii=False, indent=2) + "\n")

    verified = run("verify", evidence, "--trust", ground.trust)

    assert verified.code == 1
    assert verified.out == ""


def test_what_is_stated_offline_builds_on_itself_and_is_sent_later_once(ground: Ground, maker: Path) -> None:
    unit = new_unit()
    point_at(maker, NOWHERE)
    produced = run("record", "unit.produced", "--unit", unit, *DESCRIBED, "--profile", maker, "--json")
    marketed = run("record", "unit.placed_on_market", "--unit", unit, "--profile", maker, "--json")
    assert (produced.code, produced.states) == (0, ["queued"])
    assert (marketed.code, marketed.states) == (0, ["queued", "queued"])
    first, second = (parse_event((maker / "outbox" / name).read_bytes()) for name in files(maker, "outbox"))
    assert [subject.prev for subject in second.payload.links()] == [first.id]

    point_at(maker, ground.url)
    assert run("record", "--flush", "--profile", maker, "--json").states == ["recorded", "recorded"]
    assert run("record", "--flush", "--profile", maker, "--json").states == []

    # As after a kill between the ledger's answer and the move: they are there again, and count once.
    for name in files(maker, "sent"):
        (maker / "sent" / name).rename(maker / "outbox" / name)
    again = run("record", "--flush", "--profile", maker, "--json")
    assert [statement["status"] for statement in again.json["statements"]] == [200, 200]
    assert files(maker, "outbox") == []


def test_offline_an_unknown_head_is_refused_before_anything_is_signed(maker: Path) -> None:
    point_at(maker, NOWHERE)

    ran = run("record", "unit.installed", "--unit", new_unit(), "--profile", maker)

    assert ran.code == 1
    assert "head-unknown at /units/0" in ran.err
    assert files(maker, "outbox") == []


def test_heads_learnt_with_a_connection_serve_without_one(maker: Path) -> None:
    unit = new_unit()
    produced = run("record", "unit.produced", "--unit", unit, *DESCRIBED, "--profile", maker, "--json")
    (maker / "heads.json").unlink()
    assert run("heads", unit, "--profile", maker).code == 0
    point_at(maker, NOWHERE)

    ran = run("record", "unit.placed_on_market", "--unit", unit, "--profile", maker, "--json")

    assert ran.states == ["queued"]
    [name] = files(maker, "outbox")
    [link] = parse_event((maker / "outbox" / name).read_bytes()).payload.links()
    assert link.prev == produced.json["statements"][0]["event_id"]


def test_what_builds_on_a_refused_statement_is_refused_with_it_and_can_be_sent_again(
    ground: Ground, maker: Path
) -> None:
    unit = new_unit()
    run("record", "unit.produced", "--unit", unit, *DESCRIBED, "--profile", maker)
    point_at(maker, NOWHERE)
    run("record", "unit.removed", "--unit", unit, "--set", "reason=end_of_life", "--profile", maker)
    run("record", "unit.discarded", "--unit", unit, "--set", "reason=end_of_life", "--profile", maker)
    point_at(maker, ground.url)

    flushed = run("record", "--flush", "--profile", maker, "--json")

    assert (flushed.code, flushed.states) == (1, ["refused", "refused"])
    assert flushed.json["statements"][1]["code"] == "builds-on-refused"
    first = maker / "refused" / files(maker, "refused")[0]
    again = run("send", first, "--profile", maker, "--json")
    assert (again.code, again.states) == (1, ["refused"])
    assert again.json["statements"][0]["code"] == "transition-not-allowed"
    assert len(files(maker, "refused")) == 2


def test_check_asks_and_records_nothing(maker: Path) -> None:
    unit = new_unit()
    accepted = run("record", "unit.produced", "--unit", unit, *DESCRIBED, "--check", "--profile", maker, "--json")
    refused = run("record", "unit.placed_on_market", "--unit", unit, "--check", "--profile", maker, "--json")

    assert (accepted.code, accepted.json["accepted"]) == (0, True)
    assert (refused.code, refused.json["accepted"], refused.json["code"]) == (1, False, "subject-unknown")
    assert run("keys", "show", "--profile", maker, "--json").json["sent"] == 0


def test_a_dry_run_prints_members_and_signs_nothing(maker: Path) -> None:
    ran = run("record", "unit.produced", "--unit", new_unit(), *DESCRIBED, "--dry-run", "--profile", maker)

    members = json.loads(ran.out)
    assert (ran.code, members["kind"], members["description"]) == (0, "unit.produced", PACK)
    assert members["units"][0]["prev"] is None
    assert members["seen"]["size"] > 0
    assert files(maker, "outbox") == []


def test_members_may_come_from_standard_input(maker: Path) -> None:
    members = {"units": [new_unit()], "description": PACK}

    ran = run("record", "unit.produced", "--file", "-", "--profile", maker, "--json", stdin=json.dumps(members))

    assert ran.states == ["recorded"]


def test_a_root_act_is_stated_once_and_signed_by_each_root_key(ground: Ground) -> None:
    first = run("audit", "--database", ground.database, "--trust", ground.trust, "--workers", 0, "--json").json
    keys = ("--key", ground.folder / "roots" / "root-1.pem", "--key", ground.folder / "roots" / "root-3.pem")
    stated = (
        "registered=@pty",
        "form=authority",
        "name=SEMARNAT",
        'powers=["grant"]',
        'jurisdiction={"code": "MX"}',
    )
    members = [part for member in stated for part in ("--set", member)]

    ran = run(
        "record",
        "party.registered",
        *members,
        "--party",
        ground.root_party(),
        *keys,
        "--profile",
        ground.operator,
        "--json",
    )

    assert (ran.code, ran.states) == (0, ["recorded", "recorded"])
    after = run("audit", "--database", ground.database, "--trust", ground.trust, "--workers", 0, "--json").json
    assert after["kinds"]["party.registered"] == first["kinds"].get("party.registered", 0) + 2


def test_members_of_no_kind_are_refused_before_anything_is_signed(maker: Path) -> None:
    ran = run("record", "unit.teleported", "--unit", new_unit(), "--profile", maker)

    assert ran.code == 1
    assert "malformed-statement at /kind" in ran.err


def test_wrong_use_exits_2(maker: Path) -> None:
    assert run("record", "--profile", maker).code == 2
    assert run("record", "unit.produced", "--set", "novalue", "--profile", maker).code == 2
    assert run("record", "unit.produced", "--file", maker / "none.json", "--profile", maker).code == 2
    assert run("audit").code == 2


@pytest.mark.parametrize("manner", [("--check",), ()])
def test_an_incident_is_answered_with_what_is_due_and_by_when(maker: Path, manner: tuple[str, ...]) -> None:
    unit = new_unit()
    run("record", "unit.produced", "--unit", unit, *DESCRIBED, "--profile", maker)
    about = ("--unit", unit, "--set", "incident=@inc", "--set", "nature=thermal_event")
    ran = run("record", "incident.reported", *about, *manner, "--profile", maker)

    assert ran.code == 0, ran.err
    assert "policy, after RLGPGIR 130): Avise de inmediato a PROFEPA" in ran.err
    assert "(RLGPGIR 131): Formalice el aviso" in ran.err
    assert "bitacora file incident AUTHORITY --about inc_" in ran.err
    found = run("record", "incident.reported", *about[:-1], "nature=find", "--profile", maker)
    assert "PROFEPA" not in found.err
