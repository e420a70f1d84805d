"""``bitacora directory``: who has a permit, for what and where, and one permit with every act on it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlencode

import typer

from cli.console import note, show
from cli.options import DEFAULT_PROFILE, JsonOption, ProfileOption

if TYPE_CHECKING:
    from cli.server import Server

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Consultar el directorio de empresas autorizadas · Search the directory of authorised parties.",
)

_GRAMS_PER_TONNE: Final = 1_000_000
_GROUNDS: Final = {"stayed": "con suspensión judicial del acto", "claimed": "renovación por afirmativa ficta, alegada"}

UrlOption = Annotated[
    str | None, typer.Option(metavar="URL", help="API del registro; si falta, la del perfil · The ledger's API.")
]
OnOption = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Vigente en esta fecha · As of this day.")]
KnownOnOption = Annotated[
    str | None,
    typer.Option(metavar="YYYY-MM-DD", help="Como constaba en esta fecha · As it was known at the end of this day."),
]


@app.command()
def search(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Nombre o número de autorización · Name or number.")
    ] = None,
    activity: Annotated[str | None, typer.Option(help="Actividad, p. ej. recycling, receiving · Activity.")] = None,
    waste_class: Annotated[str | None, typer.Option(help="RP, RME.")] = None,
    chemistry: Annotated[str | None, typer.Option(help="Química, p. ej. LFP · Chemistry.")] = None,
    condition: Annotated[str | None, typer.Option(help="sound, damaged, critical.")] = None,
    state: Annotated[str | None, typer.Option(help="Entidad: clave o nombre · State: code or name.")] = None,
    municipality: Annotated[str | None, typer.Option(help="Municipio, clave INEGI · INEGI code.")] = None,
    near: Annotated[str | None, typer.Option(metavar="LAT,LON", help="Lo más cercano primero · Nearest first.")] = None,
    within_km: Annotated[
        int | None, typer.Option(min=0, max=21_000, help="A lo más a esta distancia · With --near.")
    ] = None,
    open_t: Annotated[
        int | None,
        typer.Option(min=0, metavar="TONNES", help="Capacidad disponible este año · Capacity left this year."),
    ] = None,
    standing: Annotated[
        list[str] | None,
        typer.Option(help="in-force, suspended, revoked, expired, not-yet, stayed, claimed; se repite · may repeat."),
    ] = None,
    transcribed: Annotated[
        bool | None,
        typer.Option("--transcribed/--decided", help="Solo transcritas, o ninguna · Only transcribed, or none."),
    ] = None,
    on: OnOption = None,
    known_on: KnownOnOption = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Renglones · Rows of the page.")] = 50,
    after: Annotated[str, typer.Option(metavar="CURSOR", help="Siguiente página · `next` of the page before.")] = "",
    url: UrlOption = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    as_json: JsonOption = False,
) -> None:
    """Buscar en el directorio · Search the directory; being listed is not being authorised."""
    asked = {
        "name": name,
        "activity": activity,
        "waste_class": waste_class,
        "chemistry": chemistry,
        "condition": condition,
        "state": state,
        "municipality": municipality,
        "near": near,
        "within_m": None if within_km is None else within_km * 1000,
        "open_capacity_g": None if open_t is None else open_t * _GRAMS_PER_TONNE,
        "standing": standing,
        "transcribed": None if transcribed is None else str(transcribed).lower(),
        "on": on,
        "known_on": known_on,
        "limit": limit,
        "after": after,
    }
    with _server(url, profile) as server:
        page = json.loads(server.fetch(f"v1/directory?{_query(asked)}"))
    show(page, as_json=as_json, text=_table(page["rows"]) if page["rows"] else "Sin resultados · Nothing fits.")
    if page["checked"] is not None and not as_json:
        typer.echo(_checked(page["checked"]))
    if page["next"] is not None and not as_json:
        note(f"Hay más · More: --after {page['next']}")


@app.command("show")
def show_authorisation(
    authorisation: Annotated[str, typer.Argument(metavar="AUTHORISATION", help="aut_…")],
    on: OnOption = None,
    known_on: KnownOnOption = None,
    url: UrlOption = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    as_json: JsonOption = False,
) -> None:
    """Ver una autorización con todos sus actos · Show a permit with every act on it."""
    with _server(url, profile) as server:
        query = _query({"on": on, "known_on": known_on})
        shown = json.loads(server.fetch(f"v1/authorisations/{authorisation}?{query}"))
    show(shown, as_json=as_json, text="\n".join(_lines(shown)))


@contextmanager
def _server(url: str | None, profile: Any) -> Iterator[Server]:
    from cli.profile import open_profile
    from cli.server import Server
    from ledger.errors import Unavailable

    address = url or open_profile(profile.expanduser()).server
    if address is None:
        raise Unavailable("this profile has no server")
    server = Server(address, None)
    try:
        yield server
    finally:
        server.close()


def _query(asked: Mapping[str, object]) -> str:
    return urlencode({name: value for name, value in asked.items() if value not in (None, "")}, doseq=True)


def _table(rows: list[dict[str, Any]]) -> str:
    from io import StringIO

    from rich.console import Console
    from rich.table import Table

    table = Table("Situación", "Número", "Titular", "Actividades", "Sitio", "Vigencia", "Disponible", "Distancia")
    for row in rows:
        table.add_row(
            _standing(row),
            row["number"],
            row["name"] or "persona física",
            ", ".join(map(_spanish, row["scope"]["activities"])),
            _place(row["site"]),
            f"{row['from_on']} a {row['to_on']}",
            _tonnes(row["capacity"]["open_g"]),
            "" if row["distance_m"] is None else f"{row['distance_m'] / 1000:.1f} km",
        )
    written = StringIO()
    # A pipe has no width: a row is then one line, for other programs.
    Console(file=written, width=None if _is_terminal() else 400).print(table)
    return written.getvalue().rstrip("\n")


def _checked(check: Mapping[str, Any]) -> str:
    old = "; ya es viejo, vea la lista publicada · this is old, see the published list" if check["is_old"] else ""
    return f"Lo transcrito se cotejó el {check['on']} · What was copied was checked then{old}"


def _is_terminal() -> bool:
    import sys

    return sys.stdout.isatty()


def _lines(shown: Mapping[str, Any]) -> Iterator[str]:
    yield f"{shown['number']}  {_standing(shown)} al {shown['day']}"
    yield f"Titular: {shown['name'] or 'persona física'} ({shown['party']})"
    yield f"Autoridad: {shown['granted_by']['name']}"
    yield f"Actividades: {', '.join(map(_spanish, shown['scope']['activities']))}"
    yield f"Vigencia: {shown['from_on']} a {shown['to_on']}"
    for site in shown["sites"]:
        yield f"Sitio: {_place(site)} ({site['site']})"
    for use in shown["use"]:
        yield f"Capacidad usada en {use['year']}: {_tonnes(use['used_g'])}"
    for act in shown["acts"]:
        oficio = f"oficio {act['oficio']}, notificado el {act['notified_on']}" if act["oficio"] else "sin oficio"
        said = ", ".join(sorted(act["says"]))
        yield f"Desde {act['from_on']}: {said}; {oficio}; registrado {act['recorded_at']} ({act['event'][:16]}…)"
    for span in shown["standings"]:
        yield f"{span['from_on'] or '…'} – {span['until_on'] or '…'}: {_spanish(span['standing'])}"


def _standing(row: Mapping[str, Any]) -> str:
    """In capitals what it is, and on what ground: nobody is to take what is merely known for authorised."""
    grounds = [words for name, words in _GROUNDS.items() if row[name] is not None]
    copied = [] if row["confirmed"] else ["transcrita, sin confirmar"]
    return "; ".join([_spanish(row["standing"]), *grounds, *copied])


def _spanish(code: str) -> str:
    from exchange.words import CODES

    return CODES[code]["es"] if code in CODES else code


def _place(site: Mapping[str, Any] | None) -> str:
    from certification.states import find_by_inegi

    if site is None:
        return "sin sitio abierto"
    state = find_by_inegi(site["place"]["state"])
    where = f"{site['place']['municipality']}, {state.name if state is not None else site['place']['state']}"
    return f"{site['name']}, {where}" if site["name"] else where


def _tonnes(mass_g: int | None) -> str:
    return "" if mass_g is None else f"{mass_g / _GRAMS_PER_TONNE:,.1f} t"
