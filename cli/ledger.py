"""``bitacora audit``, ``export`` and ``rebuild``: a whole ledger checked, handed on, set right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import NOT_FINE, progress_bar, show
from cli.evidence import read_trust
from cli.options import (
    DEFAULT_PROFILE,
    DatabaseOption,
    JsonOption,
    PassphraseFileOption,
    PassphraseOption,
    ProfileOption,
    TrustOption,
    ask_passphrase,
    read_file,
    read_passphrase,
)

if TYPE_CHECKING:
    from ledger.audit.report import AuditReport
    from ledger.audit.source import Projections, Source
    from ledger.trust import Trust


def audit(
    database: Annotated[str | None, typer.Option(metavar="URL", help="sqlite:///FILE or postgresql://…")] = None,
    directory: Annotated[Path | None, typer.Option(metavar="DIR", help="What `export` wrote.")] = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="A server; takes an auditor's key or token.")] = None,
    genesis: Annotated[str | None, typer.Option(metavar="EVENT_ID", help="Pin this genesis.")] = None,
    trust: TrustOption = None,
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A checkpoint you kept: the ledger must continue it.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the verified checkpoint here; an older one there is used.")
    ] = None,
    token: Annotated[str | None, typer.Option(envvar="BITACORA_TOKEN", metavar="TOKEN", help="With --url.")] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Processes that verify signatures; by default as fits."),
    ] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replay a whole ledger, trusting neither its operator nor its database; exit 1 at the first difference."""
    from dataclasses import replace

    from cli.files import write_whole
    from compliance.rulebook import rules_of
    from ledger.audit.auditor import audit as replay
    from ledger.audit.signatures import fitting_workers

    if [database, directory, url].count(None) != 2:
        raise typer.BadParameter("name one of --database, --directory, --url")
    kept = checkpoint or (keep if keep is not None and keep.exists() else None)
    passed = read_passphrase(passphrase_file, passphrase)
    with (
        _source(database, directory, url, token, profile, passed) as (source, projections),
        progress_bar("entries") as progress,
    ):
        pins = _pins(trust, profile, source)
        report = replay(
            source,
            pins if genesis is None else replace(pins, genesis=genesis),
            rules_of,
            projections=projections,
            kept=None if kept is None else read_file(kept, "--checkpoint"),
            workers=fitting_workers(source.size()) if workers is None else workers,
            progress=progress,
        )
        if database is not None and report.ok:
            _compare_projections(database, report)
        note = source.checkpoint() if report.ok and keep is not None else None
    if keep is not None and note is not None:
        write_whole(keep.absolute(), note)
    show(_report_members(report), as_json=as_json, text=_report_text(report))
    if not report.ok:
        raise typer.Exit(NOT_FINE)


def _compare_projections(database: str, report: AuditReport) -> None:
    """Hold directory and consignments against the state, now that it was found to be what the log says."""
    from certification.store.directory import DIRECTORY
    from compliance.store.consignments import CONSIGNMENTS
    from compliance.store.obligations import OBLIGATIONS
    from compliance.store.registers import STAYS
    from ledger.audit.auditor import LISTED_MAX
    from ledger.audit.compare import projection_finding
    from ledger.store.session import open_store

    store = open_store(database)
    try:
        with store.read() as reader:
            compared = {
                "directory": DIRECTORY.compare(reader),
                "consignments": CONSIGNMENTS.compare(reader),
                "registers": STAYS.compare(reader),
                "obligations": OBLIGATIONS.compare(reader),
            }
    finally:
        store.close()
    for name, differences in compared.items():
        # Behind the log they may lawfully say less.
        if differences is not None:
            found = (projection_finding(f"{one.table} {one.key}", one.fault) for one in differences)
            report.add(found, LISTED_MAX)
            report.compared.append(name)


def export(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="New, or holding an earlier export.")],
    database: DatabaseOption,
    public: Annotated[bool, typer.Option("--public", help="Without the state, which is for auditors alone.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the ledger as files (C2SP tlog-tiles) that any web server can hand on and `audit --directory` checks."""
    from ledger.export import export as write
    from ledger.store.session import open_store

    store = open_store(database)
    try:
        with progress_bar("files") as progress:
            exported = write(store, directory, with_state=not public, progress=progress)
    finally:
        store.close()
    members = {
        "size": exported.size,
        "checkpoint": exported.checkpoint.size,
        "root": exported.checkpoint.root.hex(),
        "files_written": exported.files_written,
    }
    text = f"{exported.size} entries, {exported.checkpoint.size} of them under the checkpoint, are in {directory}."
    show(members, as_json=as_json, text=text)


def rebuild(database: DatabaseOption, as_json: JsonOption = False) -> None:
    """Make every projection again from the log and set right what differs; exit 1 if something did."""
    from certification.store.directory import DIRECTORY
    from compliance.rulebook import rules_of
    from compliance.store.consignments import CONSIGNMENTS
    from compliance.store.obligations import OBLIGATIONS
    from compliance.store.registers import STAYS
    from ledger.rebuild import rebuild as make_again
    from ledger.store.session import open_store

    store = open_store(database)
    try:
        report = make_again(store, rules_of)
        for followed in (DIRECTORY, CONSIGNMENTS, STAYS, OBLIGATIONS):
            for difference in followed.rebuild(store):
                report.note(difference)
    finally:
        store.close()
    differences = [str(difference) for difference in report.differences]
    members = {"ok": report.count == 0, "size": report.size, "count": report.count, "differences": differences}
    lines = [f"{report.size} entries folded again; {report.count} rows differed and were set right.", *differences]
    show(members, as_json=as_json, text="\n".join(lines))
    if report.count:
        raise typer.Exit(NOT_FINE)


def _pins(trust: Path | None, profile: Path, source: Source) -> Trust:
    """The auditor's own pins, or else what the ledger says of itself, which the report then calls not pinned."""
    from ledger.errors import Corruption
    from ledger.trust import trust_in_genesis

    if trust is not None or (profile.expanduser() / "trust.json").exists():
        return read_trust(trust, profile)
    if not source.size():
        raise Corruption("the ledger holds no entry", place="entry 0")
    [first] = next(source.entries(0, 1))
    return trust_in_genesis(first)


@contextmanager
def _source(
    database: str | None,
    directory: Path | None,
    url: str | None,
    token: str | None,
    profile: Path,
    passphrase: bytes | None,
) -> Iterator[tuple[Source, Projections | None]]:
    if database is not None:
        with _database_source(database) as source:
            yield source
    elif directory is not None:
        from ledger.audit.source import open_directory

        if not directory.is_dir():
            raise typer.BadParameter(f"{directory} is not a directory", param_hint="--directory")
        yield open_directory(directory), None
    else:
        with _served_source(str(url), token, profile, passphrase) as served:
            yield served, None


@contextmanager
def _database_source(url: str) -> Iterator[tuple[Source, Projections]]:
    from ledger.audit.store.database import DatabaseSource
    from ledger.store.session import open_store

    store = open_store(url)
    try:
        with store.read() as reader:
            source = DatabaseSource(reader)
            yield source, source
    finally:
        store.close()


@contextmanager
def _served_source(url: str, token: str | None, profile: Path, passphrase: bytes | None) -> Iterator[Source]:
    import secrets

    from cli.profile import open_profile
    from cli.server import Identity, Server
    from ledger.audit.source import open_url
    from ledger.clock import SystemClock

    identity = None
    if token is None:
        opened = open_profile(profile.expanduser())
        identity = Identity(
            opened.party,
            lambda: opened.read_key(ask_passphrase(opened.key_path, passphrase)),
            SystemClock().now,
            secrets.token_bytes,
        )
    server = Server(url, identity, scope="audit", token=token)
    try:
        yield open_url(url, server.fetch)
    finally:
        server.close()


def _report_members(report: AuditReport) -> dict[str, Any]:
    findings = [
        {"place": found.place, "what": found.what, "follows": found.follows, "gravity": found.gravity}
        for found in report.findings
    ]
    return {
        "ok": report.ok,
        "verdict": report.verdict,
        "source": report.source,
        "pinned": report.pinned,
        "genesis": report.genesis,
        "entries": report.entries,
        "size": report.size,
        "root": report.root,
        "checkpoint": report.checkpoint.size if report.checkpoint else None,
        "kept": report.kept,
        "not_yet_covered": report.not_yet_covered,
        "kinds": report.kinds,
        "findings": findings,
        "unlisted": report.unlisted,
        "compared": report.compared,
        "upgrade": report.upgrade,
        "seconds": round(report.seconds, 3),
        "entries_per_s": report.entries_per_s,
    }


def _report_text(report: AuditReport) -> str:
    pinned = "" if report.pinned else " Genesis is NOT pinned: whoever made up the whole ledger passes too."
    head = f"{report.entries} of {report.size} entries stand; root {report.root}.{pinned}"
    covered = report.checkpoint.size if report.checkpoint else 0
    lines = [
        f"Verdict: {report.verdict}",
        head,
        f"Signed checkpoint: {covered}; {report.not_yet_covered} entries are newer.",
        *(["It continues the checkpoint that you kept."] if report.kept is not None else []),
        *([f"Compared: {', '.join(report.compared)}."] if report.compared else []),
        *([f"The ledger uses rules {report.upgrade}: upgrade this program."] if report.upgrade is not None else []),
        *(f"{found.place}: {found.what} {found.follows}" for found in report.findings),
        *([f"and {report.unlisted} more"] if report.unlisted else []),
        f"{report.seconds:.1f} s, {report.entries_per_s} entries/s",
    ]
    return "\n".join(lines)
