"""Writes the pages about kinds, custody, problems and the API from the code that they describe: ``make docs``."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel, TypeAdapter

from api.app import create_app
from api.description import describe, format_description
from api.problems import format_problem_catalogue
from api.schemas import BASE
from api.settings import Settings
from docs.access import access_page
from docs.custody import custody_page
from docs.examples import example_of
from docs.onboarding import onboarding_page
from docs.refusals import refusals_of, spell_reason
from docs.requirements import requirements_page
from docs.transport import transport_page
from ledger.domain import (
    authorisation,
    correction,
    custody,
    filing,
    inspection,
    life,
    matter,
    operation,
    paper,
    party,
    regime,
    values,
)
from ledger.domain.kinds import KINDS, parse_payload
from ledger.domain.payload import Payload, Subject
from ledger.domain.values import schema_of
from ledger.fold.life import LIFE, Move

Schema = dict[str, Any]

DOCS: Final = Path(__file__).parent
FAMILIES: Final = {
    operation: "Ledger",
    party: "Parties and keys",
    authorisation: "Authorisations",
    regime: "Law",
    filing: "Registers and filings",
    inspection: "Inspection, orders and cases",
    life: "Life of a unit",
    custody: "Custody",
    paper: "Papers",
    matter: "Matter",
    correction: "Correction",
}

# How a type of value is spelled, and in words; a field whose schema is the same is listed by this name.
_VALUES: Final[dict[str, tuple[Any, str]]] = {
    "time": (values.Instant, "UTC, whole seconds: `2026-03-01T17:05:09Z`"),
    "day": (values.Day, "`2026-03-01`"),
    "hash": (values.Hex32, "32 bytes in lower-case hex: an event id, a digest (SHA-256), or a commitment"),
    "kid": (values.Kid, "8 bytes in lower-case hex: the first of SHA-256 of the key's SubjectPublicKeyInfo"),
    "uuid7": (values.Uuid7, "UUIDv7 (RFC 9562), lower case"),
    "key": (values.KeyBytes, "SubjectPublicKeyInfo (DER) in base64url without padding"),
    "party id": (values.PartyId, "`pty_` and 26 characters: 16 random bytes in lower-case base32"),
    "site id": (values.SiteId, "`sit_` and 26 characters, likewise"),
    "person id": (values.PersonId, "`per_` and 26 characters, likewise"),
    "authorisation id": (values.AuthorisationId, "`aut_` and 26 characters, likewise"),
    "consignment id": (values.ConsignmentId, "`con_` and 26 characters, likewise"),
    "batch id": (values.BatchId, "`bch_` and 26 characters, likewise"),
    "act id": (
        values.ActId,
        "a prefix of its own (`ord` order, `cas` case, `fil` filing, `pln` plan, `ins` inspection, `clm` claim, `cnt` "
        "count, `tkt` ticket, `rel` release, `inc` incident, `apl` application), `_` and 26 characters, likewise",
    ),
    "unit id": (
        values.UnitIdText,
        "canonical GS1 Digital Link, or issued by the operator: [formats](formats.md#unit-ids)",
    ),
    "code": (values.Code, "1 to 80 characters: ASCII letters, digits and ` ./_:#-`"),
    "name": (values.Name, "1 to 160 characters, none of them a space at either end"),
    "count": (values.Count, "integer from 0 to 2⁵³ − 1"),
    "mass": (values.MassG, "integer, grams, from 0 to 10¹²"),
    "signed mass": (values.SignedMassG, "integer, grams, from −10¹² to 10¹²"),
    "energy": (values.EnergyWh, "integer, watt-hours, from 0 to 10⁹"),
    "money": (values.MxnCents, "integer, hundredths of a Mexican peso, from 0 to 2⁵³ − 1"),
    "permille": (values.Permille, "integer, thousandths, from 0 to 1000"),
    "chemistry": (values.Chemistry, ""),
    "activity": (values.Activity, ""),
}


def events_page() -> str:
    """The page ``docs/events.md``: every kind, field by field."""
    blocks = [_INTRODUCTION, _common_fields(), _value_table(), _contents()]
    for family, tags in groupby(KINDS, _family):
        blocks.append(f"## {family}")
        blocks += [_kind(tag) for tag in tags]
    blocks.append("## Parts\n\nObjects inside a payload. None may have a member that is not listed.")
    blocks += [_part(name, schema) for name, schema in sorted(_parts().items())]
    return "\n\n".join(blocks) + "\n"


def schema_page(tag: str) -> str:
    """The file ``docs/schemas/<tag>.json``: JSON Schema 2020-12 of one kind, with an example."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema_of(KINDS[tag])}
    schema["title"] = tag
    schema["examples"] = [example_of(tag)]
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


_INTRODUCTION: Final = """\
# Events

Every kind of statement that the ledger knows, made from the code by `make docs`. A tag is permanent: its meaning never
changes, and a retired tag is never used again. For each kind there is a JSON Schema with an example in
[schemas](schemas). How the bytes are made and signed is in [formats](formats.md#statement); what a refusal's code
means, in [problems](problems.md).

* **Disclosure**: who may read the statement: `public`, `parties` (those that hold or held its units, who stated it and
  whom it names) or `authority` (the authority, and the party whose case, filing or inspection it is).
* **Signer**: `root` (k of n root keys over the same payload bytes), `clock` and `recorder` (the ledger's own keys),
  `authority` (a party to which the root gave the power), `registrar` (such a party, or the one whose own affair it is),
  `holder` (who holds the units), `party` (a registered party in the role that the kind demands). The root has every
  power. **Key**: the roles of which the signing key must have one.
* **Extends**: what it moves or changes; for each it names the event before (`prev`), at the place in brackets. *New*:
  comes to be here. **About**: what it speaks of without changing its order, so that it makes no statement stale.
* **Correctable**: quantities that `event.corrected` may mend. **Annullable**: `event.annulled` may withdraw it while
  it is the newest of everything it extends. **Countersigned**: a correction waits until the other party agrees.
* **Refused**: what the kind's own transition turns away, besides what is common to all: the key and the party
  (`key-unknown`, `key-not-in-force`, `not-concerned`, `not-holder`), times (`time-out-of-bounds`), `prev`
  (`stale-head`, `conflicting-statement`, `subject-exists`), anything named that is not in the ledger
  (`subject-unknown`), and missing permits (`authorisation-missing`). `…` stands for what depends on the statement."""


def _contents() -> str:
    lines = ["## Kinds", "", "| kind | disclosure | what it says |", "|---|---|---|"]
    for tag, model in KINDS.items():
        lines.append(f"| [`{tag}`](#{_anchor(tag)}) | {model.disclosure} | {_promise(model).splitlines()[0]} |")
    return "\n".join(lines)


def _common_fields() -> str:
    schema = schema_of(Payload)
    return "## Members of every statement\n\n" + _fields(schema, schema["properties"])


def _value_table() -> str:
    lines = ["## Values", "", "| value | spelling |", "|---|---|"]
    for name, (annotation, words) in _VALUES.items():
        lines.append(f"| {name} | {words or _choices(TypeAdapter(annotation).json_schema())} |")
    return "\n".join(lines)


def _kind(tag: str) -> str:
    model = KINDS[tag]
    schema = schema_of(model)
    own = {name: field for name, field in schema["properties"].items() if _is_own(model, name)}
    blocks = [f"### {tag}", _promise(model), "\n".join(f"* {line}" for line in _declares(tag))]
    if own:
        blocks.append(_fields(schema, own))
    rules = _rules(model)
    if rules:
        blocks.append("\n".join(f"* {rule}" for rule in rules))
    refusals = [
        f"* `{code}`: {'; '.join(reason for _, reason in reasons)}"
        for code, reasons in groupby(refusals_of(model), lambda refusal: refusal[0])
    ]
    if refusals:
        blocks.append("Refused:\n\n" + "\n".join(refusals))
    return "\n\n".join(blocks)


def _is_own(model: type[Payload], name: str) -> bool:
    common = Payload.model_fields.get(name)
    return name != "kind" and (common is None or common.is_required() is not model.model_fields[name].is_required())


def _declares(tag: str) -> Iterator[str]:
    model = KINDS[tag]
    example = parse_payload(example_of(tag))
    power = f", power `{model.power}`" if model.power else ""
    yield f"Disclosure `{model.disclosure}`. Signer `{model.signer}`{power}. Key {_code_list(sorted(model.roles))}."
    extended = list(dict.fromkeys(_extends(subject) for subject in example.links()))
    if extended:
        yield f"Extends {', '.join(extended)}."
    about = list(dict.fromkeys(f"`{key.partition('/')[0]}/…`" for key in example.abouts()))
    if about:
        yield f"About {', '.join(about)}."
    if tag in LIFE:
        yield _move(LIFE[tag])
    correctable = [f"`{_pattern(amount.pointer)}`" for amount in example.amounts()]
    if correctable:
        yield f"Correctable: {', '.join(correctable)}."
    if model.annullable:
        yield "Annullable."
    if model.counterparty:
        yield "Countersigned."


def _extends(subject: Subject) -> str:
    key = f"`{subject.key.partition('/')[0]}/…`"
    return f"{key} (new)" if subject.prev is None else f"{key} (`{_pattern(subject.pointer)}`)"


def _pattern(pointer: str) -> str:
    return re.sub(r"/\d+(?=/|$)", "/n", pointer)


def _move(move: Move) -> str:
    stage = f"becomes `{move.stage}`" if move.stage else "keeps its stage"
    holder = f", held by {'the signer' if move.holder == 'signer' else f'`{move.holder}`'}" if move.holder else ""
    allowed = [
        f"{'also' if allows else 'not'} {where}"
        for allows, where in ((move.in_consignment, "in a consignment"), (move.under_order, "under an order"))
    ]
    return f"A unit that is {_code_list(sorted(move.origin))} {stage}{holder}; {', '.join(allowed)}."


def _fields(schema: Schema, fields: dict[str, Schema]) -> str:
    lines = ["| field | value | |", "|---|---|---|"]
    for name, field in fields.items():
        required = "required" if name in schema.get("required", []) else _default(field)
        lines.append(f"| `{name}` | {_type(field)} | {required} |")
    return "\n".join(lines)


def _default(field: Schema) -> str:
    default = field.get("default")
    return "" if default in (None, [], {}) else f"if absent `{json.dumps(default)}`".replace('"', "")


def _type(schema: Schema) -> str:
    named = _named_values().get(_essence(schema))
    if named:
        return named
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return _choices(schema)
    match schema["type"]:
        case "array":
            return f"list of {_bounds(schema, 'minItems', 'maxItems')}: {_type(schema['items'])}"
        case "integer":
            bounds = _bounds(schema, "minimum", "maximum")
            return f"`{schema['maximum']}`" if schema.get("minimum") == schema["maximum"] else f"integer from {bounds}"
        case "string" if "pattern" in schema:
            return f"text `{schema['pattern']}`".replace("|", "\\|")
    return str(schema["type"])


def _bounds(schema: Schema, least: str, most: str) -> str:
    return f"{schema.get(least, 0)} to {schema[most]}"


def _choices(schema: Schema) -> str:
    return _code_list([schema["const"]] if "const" in schema else schema["enum"], " · ")


def _code_list(names: list[Any], separator: str = ", ") -> str:
    return separator.join(f"`{name}`" for name in names)


@cache
def _named_values() -> dict[str, str]:
    return {_essence(TypeAdapter(annotation).json_schema()): name for name, (annotation, _) in _VALUES.items()}


def _essence(schema: Schema) -> str:
    """What makes two schemas the same type."""
    return json.dumps({k: v for k, v in schema.items() if k not in ("title", "default", "description")}, sort_keys=True)


def _parts() -> dict[str, Schema]:
    schemas = [schema_of(model).get("$defs", {}) for model in KINDS.values()]
    return {name: schema for parts in schemas for name, schema in parts.items()}


def _part(name: str, schema: Schema) -> str:
    model = next(getattr(m, name) for m in (values, *FAMILIES) if hasattr(m, name))
    blocks = [f"### {name}", _promise(model), _fields(schema, schema["properties"])]
    rules = _rules(model)
    if rules:
        blocks.append("\n".join(f"* {rule}" for rule in rules))
    return "\n\n".join(blocks)


def _rules(model: type[BaseModel]) -> list[str]:
    """What a model's own validators say about members together, as ``field: rule``."""
    validators = model.__pydantic_decorators__.model_validators.values()
    return [rule for validator in validators for rule in _reasons(validator.func)]


def _reasons(validator: Any) -> Iterator[str]:
    source = textwrap.dedent(inspect.getsource(getattr(validator, "__func__", validator)))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            field, _, rule = spell_reason(node.exc.args[0]).partition(": ")
            yield f"`{field}`: {rule}"


def _promise(model: type[BaseModel]) -> str:
    return (inspect.getdoc(model) or "").replace("``", "`")


def _family(tag: str) -> str:
    [family] = [name for module, name in FAMILIES.items() if KINDS[tag].__module__ == module.__name__]
    return family


def _anchor(tag: str) -> str:
    return tag.replace(".", "")


def description_page() -> str:
    """The page ``docs/openapi.json``: the API of a ledger at an address of the examples."""
    return format_description(describe(_app()))


def _app() -> FastAPI:
    return create_app(Settings(database_url="sqlite:///ledger.sqlite", home=Path("home"), base_url=BASE))


def main() -> None:
    """Write the pages anew, and remove the schemas of kinds that are no more."""
    (DOCS / "events.md").write_text(events_page(), encoding="utf-8")
    (DOCS / "custody.md").write_text(custody_page(), encoding="utf-8")
    (DOCS / "problems.md").write_text(format_problem_catalogue(), encoding="utf-8")
    (DOCS / "openapi.json").write_text(description_page(), encoding="utf-8")
    (DOCS / "onboarding.md").write_text(onboarding_page(), encoding="utf-8")
    (DOCS / "transport.md").write_text(transport_page(), encoding="utf-8")
    (DOCS / "requirements.md").write_text(requirements_page(), encoding="utf-8")
    (DOCS / "access.md").write_text(access_page(_app().state.routes), encoding="utf-8")
    schemas = DOCS / "schemas"
    schemas.mkdir(exist_ok=True)
    for file in schemas.glob("*.json"):
        if file.stem not in KINDS:
            file.unlink()
    for tag in KINDS:
        (schemas / f"{tag}.json").write_text(schema_page(tag), encoding="utf-8")


if __name__ == "__main__":
    main()
