"""Every read of what is not public by an authority that sees all is kept, for those who oversee its officials."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.values import format_base64url
from ledger.store.reads import KEPT_YEARS, forget_reads, list_reads
from tests.api.served import Served
from tests.yard import Actor

DAY_S = 24 * 3600


@pytest.fixture
def profepa(served: Served) -> Actor:
    actor = served.yard.new_authority("PROFEPA", ["inspect"])
    served.send()
    return actor


def reads(served: Served, party: str | None = None) -> list[tuple[str, str, str]]:
    with served.services.store.read() as reader:
        return [(read.party, read.kid, read.path) for read in list_reads(reader, party=party, limit=100)]


def test_what_an_official_reads_is_kept_with_key_path_query_and_time(served: Served, profepa: Actor) -> None:
    path = f"/v1/consignments?party={served.yard.centre.party}"

    answered = served.get(path, token=served.token(profepa))

    with served.services.store.read() as reader:
        [read] = list_reads(reader, party=None, limit=10)
    assert (read.party, read.kid, read.path) == (profepa.party, profepa.kid, path)
    assert (read.read_at, read.request) == (served.clock.now(), answered.headers["x-request-id"])


def test_parties_and_the_public_leave_nothing_behind(served: Served) -> None:
    yard = served.yard
    served.get("/v1/consignments", token=served.token(yard.centre))
    served.get(f"/v1/parties/{yard.centre.party}")

    assert reads(served) == []


def test_a_read_that_finds_nothing_is_a_read_too(served: Served, profepa: Actor) -> None:
    missing = "/v1/cases/cas_aaaaaaaaaaaaaaaaaaaaaaaaaa"

    assert served.get(missing, token=served.token(profepa)).status_code == 404

    assert reads(served) == [(profepa.party, profepa.kid, missing)]


def test_an_authority_is_shown_the_reads_of_its_own_officials_and_an_auditor_all(
    served: Served, profepa: Actor
) -> None:
    yard = served.yard
    served.get("/v1/cases", token=served.token(profepa))
    served.get("/v1/inspections", token=served.token(yard.semarnat))

    def shown(token: str, query: str = "") -> set[str]:
        return {read["party"] for read in served.get(f"/v1/reads{query}", token=token).json()["reads"]}

    assert shown(served.token(profepa)) == {profepa.party}
    assert shown(served.token(yard.semarnat, "audit")) == {profepa.party, yard.semarnat.party}
    assert shown(served.token(yard.semarnat, "audit"), f"?party={profepa.party}") == {profepa.party}
    refused = served.get(f"/v1/reads?party={yard.semarnat.party}", token=served.token(profepa))
    assert refused.json()["type"].endswith("/permission-missing")
    assert served.get("/v1/reads", token=served.token(yard.centre)).status_code == 403


def test_two_officials_of_one_authority_are_told_apart(served: Served, profepa: Actor) -> None:
    colleague = Actor(profepa.party, served.yard.new_key())
    served.yard.say_as_root("key.enrolled", **enrolment(colleague))
    served.send()

    served.get("/v1/cases", token=served.token(profepa))
    served.get("/v1/cases", token=served.token(colleague))

    assert {kid for _, kid, _ in reads(served, profepa.party)} == {profepa.kid, colleague.kid}


def enrolment(actor: Actor) -> dict[str, Any]:
    spki = format_base64url(actor.key.public.spki)
    return {"enrolled_for": actor.party, "kid": actor.kid, "spki": spki, "key_roles": ["read"]}


def test_pages_of_reads_hold_each_once_the_newest_first(served: Served, profepa: Actor) -> None:
    token = served.token(profepa)
    for number in range(5):
        served.get(f"/v1/cases?limit={number + 1}", token=token)
    found: list[str] = []
    after = ""

    while after is not None:
        page = served.get(f"/v1/reads?limit=2&after={after}", token=token).json()
        found += [read["path"] for read in page["reads"] if read["path"].startswith("/v1/cases")]
        after = page["next"]

    assert sorted(found) == [f"/v1/cases?limit={number + 1}" for number in range(5)]
    assert served.get("/v1/reads?after=x", token=token).status_code == 422


def test_reads_are_forgotten_after_seven_years_and_not_before(served: Served, profepa: Actor) -> None:
    served.get("/v1/cases", token=served.token(profepa))
    store, now = served.services.store, served.clock.now()

    kept = store.write(lambda writer: forget_reads(writer, now + KEPT_YEARS * 365 * DAY_S))
    forgotten = store.write(lambda writer: forget_reads(writer, now + KEPT_YEARS * 366 * DAY_S + 1))

    assert (kept, forgotten, reads(served)) == (0, 1, [])
