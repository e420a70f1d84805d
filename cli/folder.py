"""``bitacora consignment papers`` and ``particulars``: what a load takes along on paper, and what is said for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.consignment import ConsignmentArgument
from cli.console import show
from cli.options import (
    DEFAULT_PROFILE,
    JsonOption,
    PassphraseFileOption,
    PassphraseOption,
    ProfileOption,
    read_passphrase,
)
from cli.record import open_own, read_members

if TYPE_CHECKING:
    from cli.compose import Members


def papers(
    consignment: ConsignmentArgument,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PDF por hacer · PDF to make: the whole folder.")
    ] = None,
    paper: Annotated[
        str | None, typer.Option(metavar="PAPER", help="Sólo éste (manifest…), con --out · Only this, with --out.")
    ] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Los papeles de un envío · The papers of a load: what is missing in each; with --out, the PDF to print."""
    from cli.desk import open_desk
    from cli.drafts import ask, server_of
    from cli.files import write_whole

    if paper is not None and out is None:
        raise typer.BadParameter("names the paper that --out writes", param_hint="--paper")
    about = f"v1/consignments/{consignment}"
    with open_desk(open_own(profile), read_passphrase(passphrase_file, passphrase)) as desk:
        if out is None:
            members = ask(desk, f"{about}/papers")
            parties = ask(desk, about)["parties"]
            names = {party: value["name"] for party, value in parties.items() if value["name"]}
            show(members, as_json=as_json, text="\n".join(_listed(members, names)))
            return
        path = f"{about}/folder.pdf" if paper is None else f"{about}/papers/{paper}.pdf"
        write_whole(out.absolute(), server_of(desk).tell("GET", path))
    show({"file": str(out)}, as_json=as_json, text=f"{consignment} → {out}")


def particulars(
    consignment: ConsignmentArgument,
    file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Decir la parte propia, un objeto JSON (docs/papers.md) · Say one's own part; - reads it.",
        ),
    ] = None,
    erase: Annotated[
        bool, typer.Option("--erase", help="Borrar la parte propia · Erase one's own part, for good.")
    ] = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Domicilios, placas, conductores de un envío · Addresses, plates, drivers: what each party has said.

    With --file the own part is said anew, in the place of what was said before.
    """
    from cli.desk import open_desk
    from cli.drafts import ask, server_of

    if erase and file is not None:
        raise typer.BadParameter("goes without --file", param_hint="--erase")
    path = f"v1/consignments/{consignment}/particulars"
    said = None if file is None else json.dumps(read_members(file)).encode()
    with open_desk(open_own(profile), read_passphrase(passphrase_file, passphrase)) as desk:
        if erase:
            server_of(desk).tell("DELETE", path)
        elif said is not None:
            server_of(desk).tell("PUT", path, said, "application/json")
        members = ask(desk, path)
    text = "\n".join(
        f"{part['party']} ({', '.join(part['roles'])}) {json.dumps(part['particulars'], ensure_ascii=False)}"
        for part in members["parts"]
    )
    show(members, as_json=as_json, text=text or "Nadie ha dicho nada · Nobody has said anything.")


def _listed(members: Members, names: Mapping[str, str]) -> Iterator[str]:
    for paper in members["papers"]:
        source = "" if paper["link"] else ", la expide otro · issued by another"
        yield f"{paper['paper']}: {paper['title']['es']} ({paper['article']}){source}"
        for blank in paper["missing"]:
            whose = f": {names.get(blank['party'], blank['party'])}, {blank['member']}" if blank["member"] else ""
            yield f"  falta {blank['label']}{whose}"
