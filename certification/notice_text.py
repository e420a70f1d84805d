"""The text of notices, in Spanish and English: what happens, when, what to do, and where to read more.

Templates are filled with the notice's facts and with ``link``. No name and no address is in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from certification.store.notices import Language

_WINDOW: Final = {
    "es": "La prórroga se solicita durante el último año y hasta 45 días hábiles antes del vencimiento (art. 59 del "
    "Reglamento de la LGPGIR).",
    "en": "Renewal is asked for in the last year and up to 45 business days before the permit ends (art. 59 of the "
    "LGPGIR regulation).",
}
_READ_IT: Final = {
    "es": "La decisión y su fundamento se leen en:",
    "en": "The decision and what it stands on can be read at:",
}

# topic -> language -> subject line, body
_TEXTS: Final[Mapping[str, Mapping[Language, tuple[str, str]]]] = {
    "contact-confirm": {
        "es": (
            "Confirme este correo para recibir avisos",
            "Una parte de la bitácora pidió recibir sus avisos en este correo.\n\n"
            "Si es correcto, confírmelo aquí (siete días):\n{confirm}\n\n"
            "Si usted no lo pidió, no haga nada: no se enviará otro aviso.",
        ),
        "en": (
            "Confirm this address to receive notices",
            "A party of the ledger asked to be told at this address.\n\n"
            "If that is right, confirm it here (seven days):\n{confirm}\n\n"
            "If it was not you, do nothing: no other notice will be sent.",
        ),
    },
    "renewal-opens": {
        "es": (
            "Autorización {number}: ya puede solicitar la prórroga",
            "Vence el {to_on}.\n{window}\n\nSu autorización:",
        ),
        "en": ("Authorisation {number}: renewal can be asked for", "It ends on {to_on}.\n{window}\n\nYour permit:"),
    },
    **{
        f"renewal-closes-{days}": {
            "es": (
                f"Autorización {{number}}: {days} días o menos para solicitar la prórroga",
                "El plazo para solicitarla termina el {on}; la autorización vence el {to_on}.\n{window}\n\n"
                "Su autorización:",
            ),
            "en": (
                f"Authorisation {{number}}: {days} days or less to ask for renewal",
                "The window closes on {on}; the permit ends on {to_on}.\n{window}\n\nYour permit:",
            ),
        }
        for days in (90, 60, 30)
    },
    "renewal-closed": {
        "es": (
            "Autorización {number}: terminó el plazo para solicitar la prórroga",
            "El plazo terminó el {on}; la autorización vence el {to_on}. Después de ese día hace falta una "
            "autorización nueva.\n\nSu autorización:",
        ),
        "en": (
            "Authorisation {number}: the window for renewal has closed",
            "The window closed on {on}; the permit ends on {to_on}. After that day a new authorisation is needed.\n\n"
            "Your permit:",
        ),
    },
    **{
        f"expires-{days}": {
            "es": (
                f"Autorización {{number}}: vence en {days} días o menos",
                "Vence el {to_on}. Consulte con la autoridad que la otorgó cómo se renueva.\n\nSu autorización:",
            ),
            "en": (
                f"Authorisation {{number}}: ends in {days} days or less",
                "It ends on {to_on}. Ask the authority that granted it how it is renewed.\n\nYour permit:",
            ),
        }
        for days in (90, 60, 30)
    },
    "expired": {
        "es": (
            "Autorización {number}: vencida",
            "Venció el {on}. Los actos posteriores que la requieren se rechazan o abren un hallazgo.\n\n"
            "Su autorización:",
        ),
        "en": (
            "Authorisation {number}: expired",
            "It ended on {on}. Later acts that take it are refused or open a finding.\n\nYour permit:",
        ),
    },
    "guarantee-ends": {
        "es": (
            "Su seguro o garantía termina el {on}",
            "Renuévelo y preséntelo: no renovarlo es causa de revocación (art. 52 de la LGPGIR).\n\nSu solicitud:",
        ),
        "en": (
            "Your insurance or guarantee ends on {on}",
            "Renew it and hand it in: not to renew it is a cause of revocation (art. 52 of the LGPGIR).\n\n"
            "Your application:",
        ),
    },
    "guarantee-ended": {
        "es": (
            "Su seguro o garantía terminó el {on}",
            "No renovarlo es causa de revocación (art. 52 de la LGPGIR). Si ya lo renovó, presente la póliza.\n\n"
            "Su solicitud:",
        ),
        "en": (
            "Your insurance or guarantee ended on {on}",
            "Not to renew it is a cause of revocation (art. 52 of the LGPGIR). If it was renewed, hand in the "
            "policy.\n\nYour application:",
        ),
    },
    "key-ends": {
        "es": (
            "Una llave de su parte termina el {on}",
            "La llave {kid} no firmará después de ese día. Pida inscribir otra antes.\n\nSu parte:",
        ),
        "en": (
            "A key of your party ends on {on}",
            "The key {kid} signs nothing after that day. Have another one enrolled before.\n\nYour party:",
        ),
    },
    "information-required": {
        "es": (
            "La autoridad le pide información: responda a más tardar el {answer_by}",
            "El plazo de la autoridad está detenido hasta su respuesta. Sin respuesta, la solicitud puede desecharse "
            "(art. 17-A de la LFPA).\n\nSu solicitud:",
        ),
        "en": (
            "The authority asks you for information: answer by {answer_by}",
            "The authority's term stands still until you answer. Without an answer the application may be dismissed "
            "(art. 17-A of the LFPA).\n\nYour application:",
        ),
    },
    "application-refused": {
        "es": ("Su solicitud fue negada", "Las razones están en la decisión.\n\nSu solicitud:"),
        "en": ("Your application was refused", "The reasons are in the decision.\n\nYour application:"),
    },
    **{
        topic: {
            "es": (f"Autorización {{number}}: {es}", "A partir del {from_on}. {read_it}"),
            "en": (f"Authorisation {{number}}: {en}", "From {from_on} on. {read_it}"),
        }
        for topic, es, en in (
            ("granted", "otorgada", "granted"),
            ("renewed", "prorrogada", "renewed"),
            ("changed", "modificada", "changed"),
            ("transferred", "transferida", "transferred"),
            ("suspended", "suspendida", "suspended"),
            ("reinstated", "restablecida", "reinstated"),
            ("revoked", "revocada", "revoked"),
            ("stayed", "acto suspendido por un tribunal", "act stayed by a court"),
            ("stay-lifted", "levantada la suspensión del tribunal", "the court's stay was lifted"),
            ("confirmed", "confirmada por la autoridad", "confirmed by the authority"),
        )
    },
}

_END: Final[Mapping[Language, str]] = {
    "es": "Aviso automático; el registro público es el que cuenta. Dejar de recibirlos: {stop}",
    "en": "Automatic notice; the public record is what counts. Stop receiving them: {stop}",
}
_SANDBOX: Final[Mapping[Language, str]] = {
    "es": "CAJA DE ARENA: nada de esto es real.",
    "en": "SANDBOX: none of this is real.",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: one line and a plain text."""

    subject: str
    body: str


def render_notice(
    topic: str, facts: Mapping[str, str], language: Language, *, link: str, stop: str, sandbox: bool = False
) -> Letter:
    """The letter about a topic; ``link`` leads to what it is about, ``stop`` to where notices are stopped.

    Raises:
        KeyError: no such topic, or a fact that its text names is missing.
    """
    subject, body = _TEXTS[topic][language]
    members = {**facts, "window": _WINDOW[language], "read_it": _READ_IT[language]}
    lines = [_SANDBOX[language], ""] if sandbox else []
    lines += [body.format(**members), *([link] if link else []), "", "-- ", _END[language].format(stop=stop)]
    return Letter(subject.format(**members), "\n".join(lines) + "\n")


def topics() -> frozenset[str]:
    """Every topic that has a text."""
    return frozenset(_TEXTS)
