"""Journey 6: PROFEPA counts what should be at a collection centre, without a connection, and the acta stands up.

37 packs are expected; 35 of them are scanned, one of these twice, and a stranger among them. One pack is seized and
does not leave with the truck that came for it; the centre observes in its five days; the case ends; and whoever changes
a byte of all this in the database is found out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from compliance.inspection import compare, counts_of, parse_visit
from ledger.store.tables import entry
from tests.api.served import Served, open_served
from tests.cli.ground import Ran, run
from tests.journeys.registry import audited, exported, refused, wait_until
from tests.yard import Actor

EXPECTED, SCANNED = 37, 35
ORDER_NUMBER = "PFPA/25.2/2C.27.1/0042-2026"
WITNESSES = ("Rosa Lozano Peña", "Pedro Cantú Ríos")
VISIT_DAY = "2026-03-04"


@dataclass
class Visited:
    """A centre with packs in store, one of them offered to a recycler; an authority; and where its files lie."""

    served: Served
    profepa: Actor
    packs: list[str]
    load: str
    folder: Path
    inspection: str = ""

    @property
    def centre(self) -> Actor:
        return self.served.yard.centre

    def file(self, name: str) -> Path:
        return self.folder / name


@pytest.fixture
def visited(tmp_path: Path) -> Iterator[Visited]:
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}", tokens_per_minute=100_000) as served:
        yard = served.yard
        for actor, activity in ((yard.centre, "collection"), (yard.carrier, "transport"), (yard.recycler, "recycling")):
            yard.permit(actor, activity)
        profepa = yard.new_authority("Procuraduría Federal de Protección al Ambiente", ["inspect", "order"])
        served.send()
        wait_until(served, "2026-03-02")
        packs = yard.produce(count=EXPECTED)
        yard.say(yard.maker, "unit.installed", units=packs)
        for kind in ("removed", "discarded"):
            yard.say(yard.centre, f"unit.{kind}", units=packs, reason="end_of_life")
        yard.say(yard.centre, "unit.stored", units=packs, site=yard.centre.site)
        load = yard.offer(yard.centre, yard.recycler, packs[:1], [yard.carrier])
        served.send()
        yield Visited(served, profepa, sorted(packs), load, tmp_path)


def prepare(visited: Visited) -> None:
    """The order, two days before; and the file that the inspectors take along."""
    served, yard = visited.served, visited.served.yard
    visited.inspection = yard.new_id("ins")
    yard.say(
        visited.profepa,
        "inspection.ordered",
        inspection=visited.inspection,
        inspected=visited.centre.site,
        order_number=ORDER_NUMBER,
        act=yard.act_of_today(),
        purpose="physical_count",
        from_on=VISIT_DAY,
        to_on="2026-03-06",
    )
    served.send()
    path = f"/v1/inspections/{visited.inspection}/visit"
    visited.file("visita.json").write_bytes(served.get(path, token=served.token(visited.profepa)).content)


def scan(visited: Visited, stranger: str) -> None:
    """What the phone read in the yard: ids and links of labels, one a line."""
    there = visited.packs[:SCANNED]
    link = there[3].replace("https://id.gs1.org", "https://bitacora.example")
    visited.file("lecturas.txt").write_text("\n".join([*there[:3], link, *there[4:], stranger, there[7], ""]))


def at_the_site(visited: Visited, command: str, *more: object) -> Ran:
    """A command of the inspector's machine, which there knows no server and no profile."""
    return run("inspection", command, visited.file("visita.json"), visited.file("lecturas.txt"), *more)


def record(visited: Visited) -> None:
    """Back in the office: the acta is deposited, count and acta are signed."""
    served, yard = visited.served, visited.served.yard
    visit = parse_visit(visited.file("visita.json").read_bytes())
    found = compare(visit, visited.file("lecturas.txt").read_text().splitlines())
    acta = visited.file("acta.pdf").read_bytes()
    counts = []
    for part in counts_of(found):
        counts.append(yard.new_id("cnt"))
        yard.say(
            visited.profepa,
            "count.recorded",
            count=counts[-1],
            site=visit.site,
            inspection=visit.inspection,
            present=part["present"],
            missing=part["missing"],
        )
    yard.say(
        visited.profepa,
        "inspection.recorded",
        inspection=visit.inspection,
        inspected=visit.site,
        order_number=visit.order_number,
        acta=sha256(acta).hexdigest(),
        witnesses=["cd" * 32, "ef" * 32],
        counts=counts,
        expected=len(visit.expected),
        counted=found.counted,
        missing=len(found.missing),
        unexpected=len(found.unexpected),
    )
    served.send()


def seize(visited: Visited, pack: str) -> str:
    order = visited.served.yard.new_id("ord")
    visited.served.yard.say(
        visited.profepa,
        "order.issued",
        order=order,
        effect="seizure",
        units=[pack],
        act=visited.served.yard.act_of_today(),
        inspection=visited.inspection,
    )
    visited.served.send()
    return order


def test_a_visit_from_its_order_to_the_end_of_its_case(visited: Visited) -> None:
    served, yard = visited.served, visited.served.yard
    stranger: str = yard.waste_pack(yard.workshop)
    prepare(visited)
    wait_until(served, VISIT_DAY)
    scan(visited, stranger)

    compared = at_the_site(visited, "compare", "--json")
    printed = at_the_site(
        visited,
        "acta",
        *("--began", f"{VISIT_DAY}T10:05", "--ended", f"{VISIT_DAY}T13:40", "--inspector", "María Treviño Garza"),
        *(
            "--witness",
            WITNESSES[0],
            "--witness-by-inspector",
            WITNESSES[1],
            "--out",
            visited.file("acta.pdf"),
            "--json",
        ),
    )

    found = compared.json
    assert (compared.code, printed.code) == (1, 0)
    assert found["missing"] == visited.packs[SCANNED:]
    assert (found["unexpected"], found["twice"], found["unread"]) == ([stranger], {visited.packs[7]: 2}, [])
    assert (len(found["present"]), found["counted"]) == (SCANNED, SCANNED + 1)

    record(visited)
    row = served.get(f"/v1/inspections/{visited.inspection}", token=served.token(visited.centre)).json()
    assert (row["acta"], row["observations"]["to_on"]) == (printed.json["digest"], "2026-03-11")
    opened = {(one["requirement"], one["subject"]) for one in yard.findings()}
    assert {("missing-at-inspection", pack) for pack in visited.packs[SCANNED:]} <= opened
    assert ("unexpected-at-inspection", stranger) in opened
    assert ("count-differs", visited.centre.site) in opened

    seized = visited.packs[0]
    order = seize(visited, seized)
    stopped = refused(served, yard.carrier, "consignment.picked_up", consignment=visited.load, units=[seized])
    assert (stopped["code"], stopped["status"]) == ("transition-not-allowed", 409)

    yard.say(visited.centre, "inspection.observed", inspection=visited.inspection, observations="ab" * 32)
    case = open_case(visited, stranger)
    yard.say(visited.centre, "case.answered", case=case, answer="ab" * 32)
    yard.say(visited.profepa, "case.closed", case=case, outcome="cured")
    yard.say(visited.profepa, "order.lifted", order=order, units=[seized])
    served.send()
    settled = {one["subject"] for one in yard.findings() if "settled_at" in one}
    assert settled == {stranger, *visited.packs[SCANNED:]}

    yard.say(yard.carrier, "consignment.picked_up", consignment=visited.load, units=[seized])
    served.send()
    assert yard.unit(seized)["holder"] == yard.carrier.party
    report = audited(served, exported(served, visited.file("export")))
    assert (report.ok, report.findings) == (True, [])


def open_case(visited: Visited, stranger: str) -> str:
    """The findings about single packs, grouped; the inspection goes on in the case."""
    yard = visited.served.yard
    about = {stranger, *visited.packs[SCANNED:]}
    names = [key.removeprefix("finding/") for key, one in findings(visited) if one["subject"] in about]
    case = yard.new_id("cas")
    yard.say(
        visited.profepa,
        "case.opened",
        case=case,
        against=visited.centre.party,
        subject="LGEEPA 167",
        answer_by="2026-03-26",
        findings=names,
        inspection=visited.inspection,
    )
    yard.say(visited.profepa, "inspection.closed", inspection=visited.inspection, outcome="case_opened", case=case)
    return case


def findings(visited: Visited) -> list[tuple[str, dict[str, object]]]:
    state = visited.served.yard.state
    return [(key, value) for key, value in state.items() if key.startswith("finding/")]


def test_one_changed_byte_of_the_acta_s_statement_is_named_by_the_auditor(visited: Visited) -> None:
    served = visited.served
    prepare(visited)
    wait_until(served, VISIT_DAY)
    scan(visited, visited.packs[0])
    visited.file("acta.pdf").write_bytes(b"%PDF-1.4")
    record(visited)
    served.cover()
    database = visited.file("ledger.sqlite")
    index = change_a_byte(database, "inspection.recorded")
    trust = visited.file("trust.json")
    trust.write_bytes((served.settings.home / "trust.json").read_bytes())

    report = run("audit", "--database", f"sqlite:///{database}", "--trust", trust, "--workers", 0, "--json")

    assert (report.code, report.json["ok"]) == (1, False)
    assert report.json["findings"][0]["place"] == f"entry {index}"


def change_a_byte(database: Path, kind: str) -> int:
    """Have the newest statement of the kind say something else; its place in the log."""
    with closing(sqlite3.connect(database)) as opened:
        for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            opened.execute(f"DROP TRIGGER {name}")
        query = f"SELECT leaf_index, body FROM {entry.name} WHERE kind = ? ORDER BY leaf_index DESC"  # noqa: S608
        index, body = opened.execute(query, (kind,)).fetchone()
        at = body.index(b'"missing":') + len(b'"missing":')
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        opened.execute("UPDATE entry SET body = ? WHERE leaf_index = ?", (changed, index))
        opened.commit()
    return int(index)
