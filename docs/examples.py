"""One example of each kind of statement, drawn from its schema: the smallest that is well formed.

Every id, hash and key is made up from a count, so the same kinds give the same examples.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from ledger.domain.kinds import KINDS
from ledger.domain.unit_id import SerialisedGtin, format_unit_id, new_operator_id
from ledger.domain.values import format_base64url, format_opaque_id, schema_of
from ledger.keys import SigningKey

Members = dict[str, Any]

GTIN: Final = "07501234567893"
_PACK: Final[Members] = {"chemistry": "NMC622", "mass_basis": "nameplate", "energy_wh": 62000}

_ACT: Final[Members] = {"oficio": "DGGIMAR.710/000123", "notified_on": "2026-03-01"}

_SCAN: Final[Members] = {"digest": "0d" * 32, "bytes": 312000, "media_type": "image/jpeg"}

# What a kind's own validation asks beyond its schema, or what shows more of the kind than the smallest statement does.
_TELLING: Final[dict[str, Members]] = {
    "party.registered": {"form": "moral", "name": "Recicladora Ejemplo, S. A. de C. V."},
    **{f"authorisation.{kind}": {"act": _ACT} for kind in ("granted", "changed", "renewed", "suspended", "revoked")},
    "authorisation.transferred": {"act": _ACT},
    "application.submitted": {"scope": {"activities": ["recycling"], "waste_classes": ["RP"]}},
    "ledger.key_succeeded": {"role": "checkpoint", "checkpoint": ["log.example/one+aa441aac+AYqI"]},
    "regime.enacted": {"from_on": "2026-03-01", "basis": ["LGPGIR 19 IX"], "tables": {"undetermined": "RME"}},
    "generator.registered": {"register_of": "MX", "number": "NRA-0001", "category": "gran"},
    "filing.submitted": {"subject": "annual_report", "year": 2025},
    "inspection.ordered": {"act": _ACT},
    "inspection.closed": {"outcome": "nothing_found"},
    "unit.registered": {"description": _PACK},
    "unit.produced": {"description": _PACK},
    "unit.imported": {"description": _PACK},
    "consignment.offered": {"prev": None},
    "consignment.received": {"lines": {"mass_g": 376000, "mass_basis": "weighed"}},
    "consignment.delivered": {"documents": [_SCAN | {"role": "movement_document"}]},
    "paper.scanned": {"documents": [_SCAN | {"role": "manifest"}]},
    "event.corrected": {"pointer": "/lines/0/mass_g", "was": 376000, "now": 375000},
    "event.annulled": {"subjects": [{"key": f"unit/{format_unit_id(SerialisedGtin(GTIN, 'SN-0001'))}"}]},
}
_BORN: Final = frozenset({"unit.registered", "unit.produced", "unit.imported"})
"""Kinds whose units are new, so that ``prev`` is null."""


class _Maker:
    """Values that fit a schema, each id another one."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._defs: Members = {}
        self._made = 0

    def statement(self) -> Members:
        """A statement of this kind."""
        schema = schema_of(KINDS[self._tag])
        self._defs = schema.get("$defs", {})
        return self._part(schema) | {"kind": self._tag}

    def _value(self, name: str, schema: Members) -> Any:
        if "$ref" in schema:
            return self._part(self._defs[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return None if self._tag in _BORN else self._value(name, schema["anyOf"][0])
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        match schema["type"]:
            case "array":
                return [self._value(name, schema["items"]) for _ in range(schema.get("minItems", 1))]
            case "integer":
                return _NUMBERS.get(name, max(schema.get("minimum", 0), 1))
            case "boolean":
                return False
        return self._text(name, schema)

    def _part(self, schema: Members) -> Members:
        return {name: self._value(name, schema["properties"][name]) for name in schema.get("required", [])}

    def _text(self, name: str, schema: Members) -> str:
        pattern = schema.get("pattern", "")
        if name in _TEXTS:
            return _TEXTS[name]
        if name in ("spki", "clock", "recorder", "keys"):
            return format_base64url(self._key().public.spki)
        if "-7[0-9a-f]{3}-" in pattern:
            return "0195523f-7a08-7c3e-8b1d-4f0a92c6e371"
        if "{25}[aeimquy4]" in pattern:
            return self._opaque(name, pattern)
        if pattern.startswith("^[0-9a-f]{64}"):
            return self._digest().hex()
        if pattern.startswith("^20"):
            return "2026-03-01T17:05:09Z" if "T" in pattern else "2026-03-01"
        return self._unit() if schema.get("maxLength") == 256 else "example"

    def _opaque(self, name: str, pattern: str) -> str:
        prefix = pattern[1:4] if pattern[1] != "(" else _ACTS.get(name, "cas")
        return format_opaque_id(prefix, self._digest()[:16])

    def _unit(self) -> str:
        if self._tag == "tag.reserved":
            return format_unit_id(new_operator_id(self._digest()[:16]))
        self._made += 1
        return format_unit_id(SerialisedGtin(GTIN, f"SN-{self._made:04}"))

    def _key(self) -> SigningKey:
        return SigningKey.from_seed(self._digest())

    def _digest(self) -> bytes:
        self._made += 1
        return sha256(f"{self._tag} {self._made}".encode()).digest()


_ACTS: Final = {
    "order": "ord",
    "case": "cas",
    "filing": "fil",
    "plan": "pln",
    "inspection": "ins",
    "claim": "clm",
    "count": "cnt",
    "ticket": "tkt",
    "release": "rel",
    "incident": "inc",
    "application": "apl",
}
_NUMBERS: Final = {
    "mass_g": 376000,
    "gross_g": 1840000,
    "tare_g": 1420000,
    "stock_g": 0,
    "unexplained_g": 0,
    "year": 2026,
}
_TEXTS: Final = {
    "kid": "339e2ff917630507",
    "drivers": "339e2ff917630507",
    "state": "19",
    "municipality": "039",
    "time_zone": "America/Monterrey",
    "code": "MX",
    "origin": "log.example/one",
    "checkpoint": "log.example/one+aa441aac+AYqI",
    "country": "US",
    "pedimento": "26 47 3456 6001234",
    "material": "black_mass",
    "substance": "Ni",
}


def example_of(tag: str) -> Members:
    """The members of a well-formed statement of this kind: what ``parse_payload`` accepts."""
    return _merge(_Maker(tag).statement(), _TELLING.get(tag, {}))


def _merge(members: Members, more: Members) -> Members:
    """The members with more put in, at any depth; into each part of a list alike."""
    merged = dict(members)
    for name, value in more.items():
        here = members.get(name)
        if isinstance(value, dict) and isinstance(here, list):
            merged[name] = [_merge(part, value) for part in here]
        else:
            merged[name] = _merge(here, value) if isinstance(here, dict) else value
    return merged
