"""``bitacora regime``: the law as dated data: what comes with the program, enacting it, and rehearsing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.console import progress_bar, show
from cli.options import JsonOption, read_file
from cli.stating import Member, Stating, add_commands

if TYPE_CHECKING:
    from cli.compose import Members
    from cli.desk import Desk
    from compliance.lawbook import Proposal
    from compliance.rehearsal import Count, Difference, Outcome
    from ledger.fold.state import State

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="La ley como datos con fecha · The law as dated data: list, show, enact, rehearse.",
)

_REGIME: Final = "REGIME"
_STATUS: Final = {
    "in_force": "vigente · in force",
    "draft": "proyecto · draft",
    "recommended": "recomendada · recommended",
}
_ASPECTS: Final = {
    "class": "Clase del residuo · Class of waste",
    "refusal": "Se habría rechazado · Would have been refused",
    "finding": "Hallazgos · Findings",
    "obligation": "Obligaciones · Obligations",
}

RegimeArgument = Annotated[
    str, typer.Argument(metavar=_REGIME, help="Su clave, o un archivo JSON · Its code, or a JSON file.")
]


def find_proposal(name: str) -> Proposal:
    """The regime of this code that comes with the program, or that of a file.

    Raises:
        typer.BadParameter: there is none, or the file is not a regime.
    """
    from compliance.lawbook import parse_proposal, proposals

    known = proposals()
    if name in known:
        return known[name]
    if not name.endswith(".json"):
        raise typer.BadParameter(f"no regime is called {name}: {', '.join(known)}", param_hint=_REGIME)
    try:
        return parse_proposal(read_file(Path(name), _REGIME))
    except ValueError as error:
        raise typer.BadParameter(f"{name}: {error}", param_hint=_REGIME) from error


@app.command("list", help="Regímenes que trae el programa · The regimes that come with the program.")
def list_regimes(as_json: JsonOption = False) -> None:
    """Print each with its status and first day."""
    from compliance.lawbook import proposals

    rows = [proposal.model_dump(exclude={"tables"}) for proposal in proposals().values()]
    lines = [
        f"{row['regime']:28} {row['jurisdiction'] or 'MX-…':7} {row['from_on']}  {_STATUS[row['status']]}\n"
        f"    {row['title']['es']}\n    {row['title']['en']}"
        for row in rows
    ]
    show({"regimes": rows}, as_json=as_json, text="\n".join(lines))


@app.command("show", help="Un régimen entero: clases, plazos, efectos, fuentes · One regime whole.")
def show_regime(regime: RegimeArgument, as_json: JsonOption = False) -> None:
    """Print its tables as they would be enacted, every number included, and what is uncertain about it."""
    proposal = find_proposal(regime)
    show({**proposal.model_dump(), "numbers": _numbers(proposal)}, as_json=as_json, text=_whole_text(proposal))


def _numbers(proposal: Proposal) -> list[dict[str, Any]]:
    """Terms and thresholds by this regime, and whether it is the regime that sets it; of a state, those it sets.

    The others are of federal law, and most of them about hazardous waste: they are not a state's.
    """
    from compliance.numbers import NUMBERS
    from ledger.fold.regime import FEDERAL

    stated = {number.name: number.value for number in proposal.tables.numbers}
    return [
        {
            "name": name,
            "value": stated.get(name, number.value),
            "article": proposal.basis[0].article if name in stated else number.article,
            "policy": number.policy,
            "set_here": name in stated,
        }
        for name, number in NUMBERS.items()
        if proposal.jurisdiction == FEDERAL or name in stated
    ]


def _whole_text(proposal: Proposal) -> str:
    tables = proposal.tables
    lines = [
        f"{proposal.regime} ({_STATUS[proposal.status]}), {proposal.jurisdiction or 'MX-…'}, {proposal.from_on}",
        proposal.title.es,
        proposal.title.en,
        "",
        f"Lo que nadie determinó · Undetermined: {tables.undetermined}",
        *(f"Listado · Listed: {_listing_text(listing.model_dump())}" for listing in tables.listings),
        f"Papeles electrónicos · Electronic papers: {'sí · yes' if tables.electronic_papers else 'no'}",
        f"Plazo de lo ya almacenado · Clock of what is in store: {tables.clock_at_switch}",
        *(f"Efecto · Effect: {row.requirement} {row.effect}" for row in tables.effects),
        "",
        *(
            f"{'*' if row['set_here'] else ' '} {row['name']:36} {row['value']:>12}  "
            f"{row['article']}{' (policy)' if row['policy'] and row['article'] != 'policy' else ''}"
            for row in _numbers(proposal)
        ),
        "",
        *(f"{citation.article} [{citation.confidence}]" for citation in proposal.basis),
        *(f"- {note.es}\n  {note.en}" for note in proposal.notes),
    ]
    return "\n".join(lines)


def _listing_text(listing: dict[str, Any]) -> str:
    named = [" ".join(listing[name]) for name in ("unit_kinds", "chemistries", "conditions", "materials")]
    return f"{'; '.join(filter(None, named))} → {listing['waste_class']} {' '.join(listing['waste_codes'])}".rstrip()


def _enactment(_: Desk, name: str) -> tuple[str, Members]:
    from compliance.lawbook import enactment_of

    return "regime.enacted", enactment_of(find_proposal(name))


_ENACT: Final = Stating(
    "enact",
    "Publicar un régimen, como autoridad · Enact a regime, as an authority.",
    _REGIME,
    _enactment,
    (
        Member("from", "from_on", "Rige desde · In force from.", "DAY"),
        Member(
            "jurisdiction", "jurisdiction.code", "De una plantilla: el estado · Of a template: the state.", "MX-XXX"
        ),
    ),
)
add_commands(app, (_ENACT,))


@app.command(help="Ensayar un régimen: qué cambiaría; nada se escribe · Rehearse a regime; nothing is written.")
def rehearse(
    regime: RegimeArgument,
    database: Annotated[str | None, typer.Option(metavar="URL", help="sqlite:///FILE or postgresql://…")] = None,
    directory: Annotated[Path | None, typer.Option(metavar="DIR", help="What `export` wrote.")] = None,
    from_on: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="Como si rigiera desde · As if in force from.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DAY", help="Día de clases y plazos · Day of classes and terms.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Replay a ledger as if the regime were in force from a day on, and print what would be otherwise, for whom."""
    from compliance.rehearsal import Rehearsal, Rehearsed
    from compliance.rulebook import rules_of
    from ledger.audit.state import SpillingState
    from ledger.audit.store.scratch import open_scratch
    from ledger.fold.regime import FEDERAL

    if (database is None) is (directory is None):
        raise typer.BadParameter("name one of --database, --directory")
    proposal = find_proposal(regime)
    if proposal.jurisdiction != FEDERAL:
        raise typer.BadParameter("the class of waste is federal law; rehearse a federal regime", param_hint=_REGIME)
    day = _day(from_on, "--from") or proposal.from_on
    rehearsed = Rehearsed(proposal.regime, day, proposal.tables, proposal.late_window_s)
    with open_scratch(None) as scratch, _entries(database, directory) as (size, entries):
        values = SpillingState(scratch)
        rehearsal = Rehearsal(rehearsed, rules_of, values)
        with progress_bar("entries") as progress:
            for done, raw in enumerate(entries, 1):
                rehearsal.take(raw)
                if progress is not None:
                    progress(done, size)
        outcome = rehearsal.outcome(_day(as_of, "--as-of"))
        members = _outcome_members(outcome, values)
    show(members, as_json=as_json, text=_outcome_text(members))


def _day(text: str | None, option: str) -> str | None:
    from ledger.domain.values import check_day

    try:
        return None if text is None else check_day(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


@contextmanager
def _entries(database: str | None, directory: Path | None) -> Iterator[tuple[int, Iterator[bytes]]]:
    """How many entries there are, and the statements in their order."""
    if directory is not None:
        from ledger.audit.source import open_directory

        if not directory.is_dir():
            raise typer.BadParameter(f"{directory} is not a directory", param_hint="--directory")
        source = open_directory(directory)
        yield source.size(), (raw for chunk in source.entries(0, source.size()) for raw in chunk)
        return
    from ledger.store.entries import iter_entries, read_head
    from ledger.store.session import open_store

    store = open_store(str(database))
    try:
        with store.read() as reader:
            size = read_head(reader).size
            yield size, (entry.body for entry in iter_entries(reader, 0, size))
    finally:
        store.close()


def _outcome_members(outcome: Outcome, state: State) -> dict[str, Any]:
    parties = sorted({found.party for found in outcome.differences})
    names = {party: (state.get(f"party/{party}") or {}).get("name") for party in parties}
    return {
        "regime": outcome.regime,
        "from_on": outcome.from_on,
        "as_of": outcome.as_of,
        "entries": outcome.entries,
        "judged": outcome.judged,
        "totals": [row for _, row in _rows(outcome, lambda _: "")],
        "by_party": [
            {"party": party, "name": names[party], **row} for party, row in _rows(outcome, lambda found: found.party)
        ],
    }


def _rows(outcome: Outcome, whose: Callable[[Difference], str]) -> Iterator[tuple[str, dict[str, Any]]]:
    from compliance.rehearsal import summarise

    def key(found: Difference) -> tuple[str, ...]:
        return whose(found), found.aspect, found.what, found.before, found.after, found.article

    summed: dict[tuple[str, ...], Count] = summarise(outcome, key)
    for (party, aspect, what, before, after, article), count in summed.items():
        row = {"aspect": aspect, "what": what, "before": before, "after": after, "article": article}
        yield party, {**row, "count": count.count, "mass_g": count.mass_g, "first": count.first}


def _outcome_text(members: dict[str, Any]) -> str:
    lines = [
        f"{members['regime']} desde · from {members['from_on']}, al · as of {members['as_of']}: "
        f"{members['judged']} / {members['entries']} asientos · entries"
    ]
    for aspect, title in _ASPECTS.items():
        rows = [row for row in members["totals"] if row["aspect"] == aspect]
        lines += ["", f"{title}: {sum(row['count'] for row in rows)}", *map(_row_text, rows)]
        for row in members["by_party"]:
            if row["aspect"] == aspect:
                lines.append(f"    {row['name'] or row['party']}: {_row_text(row).strip()}")
    return "\n".join(lines)


def _row_text(row: dict[str, Any]) -> str:
    mass = f", {row['mass_g'] / 1000:.1f} kg" if row["mass_g"] else ""
    article = f" ({row['article']})" if row["article"] and row["aspect"] != "class" else ""
    return f"  {row['count']} {row['what']}: {row['before']} → {row['after']}{mass}{article}"
