"""Role × route: who may call what, as the routes declare it and as the server answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api.callers import Access
from docs.access import access_of, access_page, calls
from ledger.domain.values import format_base64url
from ledger.keys import SigningKey
from tests.api.served import Served, app_of, open_served
from tests.yard import Actor

PAGE = Path(__file__).parents[2] / "docs/access.md"
TURNED_AWAY = {"credential-missing", "credential-invalid", "permission-missing"}
EXAMPLES = {
    "party": "pty_aaaaaaaaaaaaaaaaaaaaaaaaaa",
    "application": "apl_aaaaaaaaaaaaaaaaaaaaaaaaaa",
    "subject": "con_aaaaaaaaaaaaaaaaaaaaaaaaaa",
    "authorisation": "aut_aaaaaaaaaaaaaaaaaaaaaaaaaa",
    "kid": "00" * 8,
    "event_id": "ab" * 32,
    "digest": "ab" * 32,
    "commitment": "ab" * 32,
}
"""What path parameters are called with: well formed, and in no ledger. Others are called with anything."""


@dataclass(frozen=True)
class Knocker:
    """A caller, and what a route may ask of it."""

    token: str | None
    roles: frozenset[str] = frozenset()
    powers: frozenset[str] = frozenset()
    scope: str = "read"
    stands: bool = True

    def is_admitted(self, access: Access) -> bool:
        """What the declaration says about this caller, told from the rules and not from the server."""
        if access.everybody:
            return True
        if self.token is None or not self.stands:
            return False
        has_power = not access.powers or bool(access.powers & self.powers)
        has_role = not access.roles or bool(access.roles & self.roles)
        return has_power and has_role and access.scope in (None, self.scope)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("access")
    rates = dict.fromkeys(("requests_per_minute", "tokens_per_minute", "reads_per_minute"), 1_000_000)
    with open_served(folder, f"sqlite:///{folder / 'ledger.sqlite'}", **rates) as served:
        yield served


@pytest.fixture(scope="module")
def knockers(served: Served) -> dict[str, Knocker]:
    """One caller of every kind."""
    yard = served.yard
    actors: dict[str, tuple[Actor, Knocker]] = {}

    def know(name: str, actor: Actor, *roles: str, powers: tuple[str, ...] = (), scope: str = "read") -> None:
        actors[name] = (actor, Knocker("", frozenset(roles), frozenset(powers), scope))

    for role in ("admin", "custody", "transport", "prepare", "read"):
        key = Actor(yard.maker.party, yard.new_key())
        yard.enrol(key, [role])
        know(f"{role} key", key, role)
    delegate = Actor(yard.maker.party, yard.new_key())
    yard.enrol(delegate, ["admin", "custody"], acts=yard.centre.party)
    know("delegate", delegate, "admin", "custody")
    know("another party", yard.workshop, "admin", "custody")
    for power in ("register", "grant", "transcribe", "inspect", "order", "enact"):
        know(f"authority to {power}", yard.new_authority(power, [power]), "authority", "admin", powers=(power,))
    everything = ("register", "grant", "enact", "order", "inspect")
    for role, powers in {"custody": (), "transport": (), "read": everything, "prepare": ()}.items():
        key = Actor(yard.semarnat.party, yard.new_key())
        yard.say_as_root("key.enrolled", **enrolment(key, role))
        know(f"{role} key of an authority", key, role, powers=powers)
    know("auditor", yard.semarnat, "authority", "admin", powers=everything, scope="audit")
    revoked = Actor(yard.maker.party, yard.new_key())
    yard.enrol(revoked, ["admin"])
    actors["revoked key"] = (revoked, Knocker("", frozenset({"admin"}), stands=False))
    served.send()
    known = {
        name: replace(knocker, token=served.token(actor, knocker.scope)) for name, (actor, knocker) in actors.items()
    }
    yard.say(yard.maker, "key.revoked", enrolled_for=revoked.party, kid=revoked.kid, reason="lost")
    served.send()
    return {"public": Knocker(None), **known}


def enrolment(actor: Actor, *roles: str) -> dict[str, Any]:
    spki = format_base64url(actor.key.public.spki)
    return {"enrolled_for": actor.party, "kid": actor.kid, "spki": spki, "key_roles": list(roles)}


def routes(served: Served) -> list[APIRoute]:
    found = app_of(served.client).state.routes
    assert all(isinstance(route, APIRoute) for route in found)
    return list(found)


def turned_away(served: Served, method: str, path: str, token: str | None) -> bool:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    answered = served.client.request(method, path, headers=headers, follow_redirects=False)
    if not answered.headers.get("content-type", "").startswith("application/problem+json"):
        assert answered.status_code < 500, (method, path, answered.text)
        return False
    return answered.json()["type"].rpartition("/")[2] in TURNED_AWAY


def filled(path: str) -> str:
    for name in calls(path):
        path = path.replace(name, EXAMPLES.get(name.strip("{}").partition(":")[0], "1"))
    return path


def test_every_route_says_who_may_call_it(served: Served) -> None:
    silent = [route.path for route in routes(served) if not access_of(route)]

    assert silent == []


def test_a_route_that_says_nothing_is_seen() -> None:
    assert access_of(APIRoute("/silent", lambda: None)) == []


def test_every_route_admits_whom_it_declares_and_nobody_else(served: Served, knockers: dict[str, Knocker]) -> None:
    wrong = []
    for route in routes(served):
        declared = access_of(route)
        for method in sorted(route.methods or ()):
            for name, knocker in knockers.items():
                if all(access.everybody for access in declared) and knocker.token is not None:
                    # It does not look at the token, or shows more to who has one: no gate, and nothing to tell.
                    continue
                admitted = all(knocker.is_admitted(access) for access in declared)
                if turned_away(served, method, filled(route.path), knocker.token) is admitted:
                    wrong.append((method, route.path, name))

    assert wrong == []


def test_the_gates_tell_the_callers_apart(served: Served, knockers: dict[str, Knocker]) -> None:
    """The matrix would hold too if every route were open, or closed to all: so look at it as a whole."""
    gates = {access for route in routes(served) for access in access_of(route) if not access.everybody}

    for gate in gates:
        admitted = {name for name, knocker in knockers.items() if knocker.is_admitted(gate)}
        assert admitted, gate
        assert not admitted & {"public", "revoked key"}, gate
    assert not knockers["transport key of an authority"].is_admitted(Access(powers=frozenset({"inspect"})))


def test_the_page_of_access_is_what_the_routes_declare(served: Served) -> None:
    assert PAGE.read_text(encoding="utf-8") == access_page(routes(served))


def test_a_key_for_one_hand_over_gets_no_token(served: Served) -> None:
    yard = served.yard
    driver = Actor(yard.carrier.party, SigningKey.from_seed(bytes(32)))
    day = {"not_before": "2025-01-06T00:00:00Z", "not_after": "2025-01-06T23:00:00Z"}
    limits = {"consignment": yard.new_id("con"), **day}
    yard.enrol(driver, roles=["transport"], limits=limits, assurance="one_time_key")
    served.send()

    assert served.ask_token(served.assertion(driver)).status_code == 401


@pytest.mark.parametrize("role", ["custody", "transport", "prepare"])
def test_only_authority_and_read_keys_see_with_an_authoritys_powers(served: Served, role: str) -> None:
    yard = served.yard
    clerk, reader = (Actor(yard.semarnat.party, yard.new_key()) for _ in range(2))
    yard.say_as_root("key.enrolled", **enrolment(clerk, role))
    yard.say_as_root("key.enrolled", **enrolment(reader, "read", role))
    pack = yard.produce()
    yard.say(yard.maker, "unit.stored", units=[pack], site=yard.maker.site)
    served.send()

    path = f"/v1/events/{yard.head(f'unit/{pack}')}"
    assert served.get(path, token=served.token(clerk)).status_code == 404
    assert served.get(path, token=served.token(reader)).status_code == 200
    assert served.get(path, token=served.token(yard.semarnat)).status_code == 200
    assert served.ask_token(served.assertion(clerk), scope="audit").status_code == 403
