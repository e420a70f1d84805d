from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any, get_args

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.kinds import KINDS, parse_payload
from ledger.domain.payload import Disclosure
from ledger.domain.values import schema_of
from ledger.errors import MalformedStatement
from ledger.strict_json import format_json, parse_json
from tests.ledger.fold.story import specimens

Path = tuple[str | int, ...]

UNITS = ("_g", "_wh", "_permille", "_ppm", "_s", "_udeg", "_ml", "_g_per_year", "_mxn_cents")
PURE_NUMBERS = {
    "v", "size", "tree_size", "threshold", "rules_version", "units_total", "counted", "missing", "unexpected",
    "year", "was", "now", "bytes", "ppm", "number", "copies", "expected", "value",
}  # fmt: skip
"""Versions, counts, years, and the values whose unit another name gives: the corrected member's, a regime number's."""

every_kind = pytest.mark.parametrize("kind", list(KINDS))


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every member and item, with where it stands; the containers too."""
    if path:
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from leaves(item, (*path, name))


def with_value(members: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(members)
    parent: Any = changed
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    return changed


def pointer(path: Path) -> str:
    return "/" + "/".join(str(step) for step in path)


def refusal_of(members: dict[str, Any]) -> MalformedStatement:
    with pytest.raises(MalformedStatement) as caught:
        parse_payload(members)
    return caught.value


def refuse_at(path: Path, value: Any, members: dict[str, Any]) -> None:
    refusal = refusal_of(with_value(members, path, value))
    assert refusal.field is not None, value
    # A member of one of several shapes is refused as a whole or by its part.
    assert (refusal.field + "/").startswith(pointer(path) + "/"), (refusal.field, path, value)


def test_the_story_states_every_kind() -> None:
    assert specimens().keys() == KINDS.keys()


@every_kind
def test_a_kind_says_what_it_is_for_and_who_may_read_it(kind: str) -> None:
    model = KINDS[kind]

    assert model.__doc__ is not None
    assert model.__doc__ != model.__mro__[1].__doc__
    assert model.disclosure in get_args(Disclosure)
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", kind)
    assert (model.power is None) is (model.signer not in ("authority", "registrar"))


@every_kind
def test_a_specimen_is_spelt_the_same_after_it_is_read(kind: str) -> None:
    members = specimens()[kind]

    payload = parse_payload(parse_json(format_json(members)))

    assert payload.kind == kind
    assert payload.model_dump(mode="json", exclude_unset=True) == members


@every_kind
def test_an_unknown_member_is_refused_wherever_it_stands(kind: str) -> None:
    members = specimens()[kind]
    objects = [path for path, value in leaves(members) if isinstance(value, dict)]

    for path in [(), *objects]:
        refuse_at((*path, "surprise"), 1, members)


@every_kind
def test_a_missing_member_is_refused_by_its_name(kind: str) -> None:
    members = specimens()[kind]
    required = [name for name, field in KINDS[kind].model_fields.items() if field.is_required() and name != "kind"]

    assert {"v", "id", "occurred_at", "party"} <= set(required)
    for name in required:
        refusal = refusal_of({key: value for key, value in members.items() if key != name})
        assert refusal.field == f"/{name}"


@every_kind
def test_an_integer_is_never_a_fraction_a_truth_value_a_text_or_beyond_its_range(kind: str) -> None:
    members = specimens()[kind]
    integers = [(path, value) for path, value in leaves(members) if type(value) is int]

    for path, value in integers:
        wrongs: tuple[Any, ...] = (float(value), value + 0.5, value == 1, str(value), 2**53, -(2**53), [value])
        for wrong in wrongs:
            refuse_at(path, wrong, members)


@every_kind
def test_a_text_is_never_a_number_empty_too_long_or_padded(kind: str) -> None:
    members = specimens()[kind]
    texts = [(path, value) for path, value in leaves(members) if isinstance(value, str) and path != ("kind",)]

    for path, value in texts:
        wrongs: tuple[Any, ...] = (7, True, "", value + "x" * 4000, f" {value}", value + "\n", [value], {})
        for wrong in wrongs:
            refuse_at(path, wrong, members)


@every_kind
def test_a_list_has_an_end(kind: str) -> None:
    members = specimens()[kind]
    lists = [(path, value) for path, value in leaves(members) if isinstance(value, list) and value]

    for path, value in lists:
        refuse_at(path, value * 400, members)


@every_kind
def test_no_list_of_a_kind_is_without_a_limit(kind: str) -> None:
    for where, schema in schema_parts(schema_of(KINDS[kind])):
        if schema.get("type") == "array":
            assert "maxItems" in schema, where


WRONG_TIMES = (
    "2025-01-06T15:00:00",
    "2025-01-06T15:00:00+00:00",
    "2025-01-06T09:00:00-06:00",
    "2025-01-06T15:00:00.0Z",
    "2025-01-06 15:00:00Z",
    "2025-01-06T15:00:00z",
    "2025-02-29T15:00:00Z",
    "2025-01-06T24:00:00Z",
    "1999-12-31T23:59:59Z",
    1_736_175_600,
    ["2025-01-06T15:00:00Z"],
    {"at": 1},
)


@every_kind
def test_a_time_is_utc_in_whole_seconds(kind: str) -> None:
    for wrong in WRONG_TIMES:
        refuse_at(("occurred_at",), wrong, specimens()[kind])


def test_the_same_subject_twice_is_refused_where_it_stands_again() -> None:
    listed = 0
    for kind, members in specimens().items():
        for name in ("units", "lines", "outputs", "into", "parts", "tags", "present"):
            items = members.get(name)
            if isinstance(items, list) and items and kind not in ("lot.merged",):
                refusal = refusal_of({**members, name: [*items, items[0]]})
                assert refusal.field is not None
                listed += 1
    assert listed > 40


def test_a_unit_is_not_both_present_and_missing() -> None:
    members = specimens()["count.recorded"]

    assert refusal_of({**members, "missing": members["present"]}).field == "/present"


def test_true_is_not_version_one() -> None:
    assert refusal_of({**specimens()["ledger.tick"], "v": True}).field == "/v"


@pytest.mark.parametrize("kind", [None, 1, "unit.created", "unit.produced ", ["unit.produced"]])
def test_an_unknown_kind_is_refused(kind: Any) -> None:
    assert refusal_of({**specimens()["unit.produced"], "kind": kind}).field == "/kind"


def test_a_pointer_escapes_what_would_lead_elsewhere() -> None:
    assert refusal_of({**specimens()["ledger.tick"], "a/b~c": 1}).field == "/a~1b~0c"


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        ("party.registered", {"form": "fisica", "name": "Juan Pérez", "powers": []}, "/name"),
        ("party.registered", {"form": "moral", "name": "A", "powers": ["register"]}, "/powers"),
        ("party.closed", {"successor": None, "reason": "retired"}, "/reason"),
        ("authorisation.granted", {"transcribed": None}, "/act"),
        ("authorisation.granted", {"to_on": "2019-01-01"}, "/to_on"),
        ("authorisation.granted", {"to_on": "2025-02-30"}, "/to_on"),
        ("ticket.weighed", {"tare_g": 1_900_000}, "/tare_g"),
        ("consignment.received", {"basis": "attested"}, "/giver"),
        ("consignment.received", {"basis": "succession", "giver": {"capacity": "owner"}}, "/giver"),
        ("unit.produced", {"description": {"unit_kind": "lot", "chemistry": "LFP", "mass_g": 1}}, "/description"),
        ("site.registered", {"place": {"state": "١٩", "municipality": "039", "time_zone": "America/x"}}, "/place"),
        ("unit.exported", {"country": "usa"}, "/country"),
        ("key.enrolled", {"key_roles": ["root"]}, "/key_roles"),
        ("key.enrolled", {"spki": "AA=="}, "/spki"),
        ("key.enrolled", {"spki": "ñ" * 50}, "/spki"),
    ],
)
def test_members_that_contradict_each_other_are_refused(kind: str, changes: dict[str, Any], field: str) -> None:
    refusal = refusal_of({**specimens()[kind], **changes})

    assert refusal.field is not None
    assert refusal.field.startswith(field)


def test_a_party_is_not_its_own_successor() -> None:
    members = specimens()["party.closed"]

    assert refusal_of({**members, "successor": members["closed"]}).field == "/successor"


def test_the_root_is_not_the_operator() -> None:
    members = specimens()["ledger.genesis"]

    assert refusal_of({**members, "operator": members["party"]}).field == "/operator"


def test_a_line_gives_a_reason_just_when_it_is_refused_and_a_basis_just_with_a_mass() -> None:
    members = specimens()["consignment.received"]
    line = members["lines"][0]

    for wrong in ({"outcome": "refused"}, {"reason": "damaged"}, {"mass_basis": None}):
        refusal = refusal_of({**members, "lines": [{**line, **wrong}]})
        assert refusal.field in ("/lines/0/reason", "/lines/0/mass_basis")


def test_only_what_a_reception_accepts_has_a_mass_to_correct() -> None:
    members = specimens()["consignment.received"]
    line = members["lines"][0]

    taken = parse_payload(members)
    refused = parse_payload({**members, "lines": [{**line, "outcome": "refused", "reason": "damaged"}]})

    assert [amount.pointer for amount in taken.amounts()] == ["/lines/0/mass_g"]
    assert refused.amounts() == []


def schema_parts(schema: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        yield where, schema
        for name, part in schema.items():
            yield from schema_parts(part, f"{where}/{name}")
    elif isinstance(schema, list):
        for part in schema:
            yield from schema_parts(part, where)


@every_kind
def test_the_name_of_an_integer_ends_in_its_unit(kind: str) -> None:
    for where, schema in schema_parts(schema_of(KINDS[kind])):
        name = where.rpartition("/properties/")[2].partition("/")[0]
        if schema.get("type") == "integer" and "/properties/" in where:
            assert name.endswith(UNITS) or name in PURE_NUMBERS, where
        assert schema.get("type") != "number", where


@every_kind
def test_the_schema_accepts_the_specimen_and_nothing_more(kind: str) -> None:
    schema = schema_of(KINDS[kind])
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    members = specimens()[kind]

    validator.validate(members)

    assert not validator.is_valid({**members, "surprise": 1})
    assert not validator.is_valid({name: value for name, value in members.items() if name != "occurred_at"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(KINDS)), JSON, st.data())
def test_any_json_in_any_place_is_read_or_refused_as_malformed(kind: str, value: Any, data: st.DataObject) -> None:
    members = specimens()[kind]
    path = data.draw(st.sampled_from([path for path, _ in leaves(members)]))
    changed = with_value(members, path, value)

    try:
        payload = parse_payload(changed)
    except MalformedStatement:
        return
    assert parse_payload(payload.model_dump(mode="json", exclude_unset=True)) == payload
