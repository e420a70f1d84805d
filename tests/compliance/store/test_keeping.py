"""R13: a document that must be kept, by what cites it, to which last day."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from compliance.store.keeping import Keeping, find_keeping
from tests.compliance.disposals import make_waste
from tests.ledger.store.desk import Desk, open_desk

PAPER = sha256(b"a paper").hexdigest()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as opened:
        yield opened


def cite(desk: Desk, role: str, *, kind: str = "unit.stored", **members: Any) -> str:
    """The workshop cites the paper on 6 January 2025."""
    yard = desk.yard
    document = {"digest": PAPER, "bytes": 7, "media_type": "application/pdf", "role": role}
    if kind == "unit.stored":
        members |= {"units": make_waste(yard), "site": yard.workshop.site}
    event = yard.say(yard.workshop, kind, documents=[document], **members)
    desk.catch_up()
    return event


def test_a_manifest_is_kept_five_years_and_over_the_sunday_on_which_they_end(desk: Desk) -> None:
    event = cite(desk, "manifest")

    assert find_keeping(desk.store, PAPER, "2030-01-07") == Keeping("2030-01-07", "RLGPGIR 75 II", event)
    assert find_keeping(desk.store, PAPER, "2030-01-08") is None


def test_the_longest_of_several_citations_counts(desk: Desk) -> None:
    cite(desk, "manifest")
    desk.pass_time(30 * 86_400)
    later = cite(desk, "assay")
    found = find_keeping(desk.store, PAPER, "2025-03-01")

    assert found is not None
    assert (found.until_on, found.event) == ("2030-02-06", later)


@pytest.mark.parametrize(("subject", "until"), [("annual_report", "2030-01-07"), ("other", None)])
def test_of_filings_the_yearly_report_is_kept(desk: Desk, subject: str, until: str | None) -> None:
    yard = desk.yard
    about: dict[str, Any] = {"subject": subject, "to": yard.semarnat.party, "digest": PAPER}
    about |= {"year": 2024} if subject == "annual_report" else {}
    cite(desk, "oficio", kind="filing.submitted", filing=yard.new_id("fil"), **about)
    found = find_keeping(desk.store, PAPER, "2025-03-01")

    assert (found.until_on if found else None) == until


def test_a_photo_and_what_nobody_cites_need_not_be_kept(desk: Desk) -> None:
    cite(desk, "photo")

    assert find_keeping(desk.store, PAPER, "2025-03-01") is None
    assert find_keeping(desk.store, "0" * 64, "2025-03-01") is None


def test_the_neutral_paper_of_special_handling_waste_has_no_federal_term(desk: Desk) -> None:
    yard = desk.yard
    consignment = yard.offer(yard.workshop, yard.recycler, [yard.waste_pack()])
    form = {"consignment": consignment, "form": "rme_transport", "number": "1"}
    cite(desk, "manifest", kind="paper.issued", **form)

    assert find_keeping(desk.store, PAPER, "2025-03-01") is None
