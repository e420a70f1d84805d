"""``bitacora file``: what a party files with an authority, and what comes next by which day.

The document itself is written and filed elsewhere: here its digest is stated, so that clocks stop or start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import typer

from cli.console import note
from cli.stating import Member, Stating, add_commands

if TYPE_CHECKING:
    from certification.business_days import Calendar
    from cli.desk import Desk
    from cli.stating import Plan

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Presentar avisos, prórrogas y la COA ante la autoridad · File notices, extensions and the yearly report.",
)

_AHEAD_DAYS: Final = 120
"""Natural days within which every period below ends."""
_DOCUMENT: Final = Member(
    "document",
    "digest",
    "El escrito con su acuse; se deposita y se cita por su huella · What was filed; deposited, and cited by digest.",
    "FILE",
    required=True,
    document="oficio",
)


def _about(what: str, prefix: str, *, required: bool = True) -> Member:
    return Member(what, "about", f"De qué trata ({prefix}_…) · What it is about.", "ID", required=required)


def _units(*, required: bool = False) -> Member:
    return Member(
        "unit", "units", "Unidad; puede repetirse · Unit; may be repeated.", "ID", many=True, required=required
    )


@dataclass(frozen=True, slots=True)
class _Next:
    """What comes next: a text with ``{day}``, and how many business days after the filing that is."""

    text: str
    business_days: int | None = None

    def told(self, calendar: Calendar, on: str) -> str:
        """In words, on the day of the filing.

        Raises:
            CalendarUnknown: the period reaches into a year of which nothing is known.
        """
        from certification.business_days import add_business_days

        return self.text.format(day=add_business_days(calendar, on, self.business_days or 0))


@dataclass(frozen=True, slots=True)
class _Filing:
    """One command: its name, the subject of the filing, its help, its own options, and what comes next."""

    name: str
    subject: str
    help: str
    members: tuple[Member, ...]
    then: tuple[_Next, ...]

    def stating(self) -> Stating:
        """As a row of commands."""
        members = (_DOCUMENT, *self.members)
        plan, follow = _plan_of(self.subject), _following(self.then)
        return Stating(self.name, self.help, "AUTHORITY", plan, members, follow=follow)


def _plan_of(subject: str) -> Plan:
    return lambda desk, to: ("filing.submitted", {"filing": desk.new_id("fil"), "subject": subject, "to": to})


def _following(then: tuple[_Next, ...]) -> Callable[[Desk], None]:
    def follow(desk: Desk) -> None:
        for line in _told(then, desk.now()):
            note(line)

    return follow


def _told(then: tuple[_Next, ...], now: int) -> list[str]:
    from datetime import date, timedelta

    from certification.business_days import calendar_of
    from ledger.errors import CalendarUnknown
    from ledger.fold.legal_day import legal_day
    from ledger.fold.regime import FEDERAL

    on = legal_day(now, None)
    calendar = calendar_of({}, FEDERAL, [on, (date.fromisoformat(on) + timedelta(_AHEAD_DAYS)).isoformat()])
    try:
        return [one.told(calendar, on) for one in then]
    except CalendarUnknown:
        return ["Los días inhábiles de ese año no se han publicado · Its closed days are not published yet."]


_FILINGS: Final = (
    _Filing(
        "extension",
        "storage_extension",
        "Prórroga del almacenamiento, 20 días hábiles antes de que venza · Extension of storage (RLGPGIR 65).",
        (_units(required=True),),
        (
            _Next(
                "Si se pidió 20 días hábiles antes de que venciera, la autoridad contesta a más tardar el {day} o se "
                "tiene por otorgada; pedida después, su silencio no la otorga (RLGPGIR 65) · If it was asked for 20 "
                "business days before the term ends, it answers by {day} or the extension counts as granted; asked "
                "for later, its silence grants nothing.",
                10,
            ),
        ),
    ),
    _Filing(
        "notice",
        "manifest_not_returned",
        "Aviso de que no regresó el original del manifiesto · Notice that the original is not back (RLGPGIR 86 IV).",
        (_about("consignment", "con"),),
        (_Next("Registre el original en cuanto regrese · Register the original once it is back: paper.returned."),),
    ),
    _Filing(
        "incident",
        "incident",
        "Formalizar un incidente, en tres días hábiles · Formalise an incident (RLGPGIR 131).",
        (_about("incident", "inc"), _units()),
        (_Next("Registre cómo quedaron las unidades · Record what became of the units: unit.assessed, unit.lost."),),
    ),
    _Filing(
        "loss",
        "loss",
        "Aviso de pérdida o robo · Notice of a loss or theft (LGPGIR 106 XIX).",
        (_about("incident", "inc", required=False), _units()),
        (_Next("Si aparecen, regístrelo · If they turn up, record it: unit.found, unit.recovered."),),
    ),
    _Filing(
        "closure",
        "closure",
        "Aviso de cierre; antes se retira todo residuo · Notice of closing (RLGPGIR 68; LGPGIR 45).",
        (),
        (_Next("El almacén debe quedar vacío · Nothing may be left in store: bitacora report register."),),
    ),
    _Filing(
        "annual",
        "annual_report",
        "COA, del 1 de marzo al 30 de junio · The yearly report (RLGPGIR 72, 73).",
        (Member("year", "year", "Año que se reporta · The year that it is of.", "YEAR", required=True, number=True),),
        (
            _Next(
                "Hasta el {day} la autoridad puede pedir datos, una vez · Until {day} it may ask for data, once.", 20
            ),
            _Next("Se contesta en 15 días hábiles · They are answered within 15 business days (RLGPGIR 73)."),
        ),
    ),
    _Filing(
        "use-report",
        "use_report",
        "Informe del uso de una autorización de importación o exportación · Report of use (RLGPGIR 114).",
        (_about("consignment", "con"),),
        (
            _Next(
                "Falta el documento de movimiento firmado por el destino · The signed movement document is still due."
            ),
        ),
    ),
    _Filing(
        "return-notice",
        "return_notice",
        "Aviso de retorno · Notice of return of a maquiladora's residues (RLGPGIR 123).",
        (_about("consignment", "con"),),
        (_Next("Salen a más tardar el {day} · They leave by {day} (RLGPGIR 124).", 10),),
    ),
    _Filing(
        "return-report",
        "return_report",
        "Informe del retorno · Report of the return (RLGPGIR 124).",
        (_about("consignment", "con"),),
        (),
    ),
    _Filing(
        "on-site-recycling",
        "on_site_recycling",
        "Informe técnico para reciclar en el sitio · Technical report on recycling on the site (LGPGIR 57).",
        (_about("batch", "bch", required=False),),
        (_Next("Se empieza después del {day} · Recycling begins after {day}.", 30),),
    ),
    _Filing(
        "export-notice",
        "export_notice",
        "Aviso de exportación · Notice of an export.",
        (_about("consignment", "con", required=False),),
        (_Next("Después se informa del uso · Its use is reported afterwards: bitacora file use-report."),),
    ),
    _Filing(
        "other",
        "other",
        "Otro escrito · Anything else.",
        (_about("about", "con, inc, bch", required=False), _units()),
        (),
    ),
)

add_commands(app, (filing.stating() for filing in _FILINGS))
