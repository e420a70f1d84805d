"""What is asked of parties: registrations, permits, reports, notices, and terms before authorities."""

from __future__ import annotations

from typing import Final

from compliance.reason import Words
from compliance.requirements.requirement import Requirement

_OF_STATE: Final = "LGPGIR 9 III; law of the state"

ROWS: Final = (
    Requirement(
        "R08",
        Words(
            "La prórroga de una autorización se pide en su último año y hasta 45 días hábiles antes de que venza.",
            "A permit's renewal is asked for in its last year, up to 45 business days before it ends.",
        ),
        "RLGPGIR 58, 59",
        "read",
        "RP",
        "provider",
        "warning",
        ("obligation", "event"),
        ("renewal-not-asked", "renewal-outside-window"),
        Words("Pida una autorización nueva si la ventana ya cerró.", "Ask for a new permit once the window is closed."),
        Words("La prórroga por silencio se muestra como alegada.", "A renewal by silence is shown as claimed."),
    ),
    Requirement(
        "R10",
        Words(
            "La categoría del generador es la de su generación anual; cambia cuando el cambio dura dos años seguidos.",
            "A generator's category is that of its yearly generation; it changes once the change has lasted two years.",
        ),
        "LGPGIR 5 XII, XIX, XX; RLGPGIR 42, 44",
        "read",
        "RP",
        "generator",
        "warning",
        ("event", "report"),
        ("category-differs",),
        Words("Actualice su registro de generador.", "Have the registration as a generator brought up to date."),
        Words(
            "En 400 kg exactos la ley da dos categorías y el reglamento micro: aquí micro, señalado.",
            "At exactly 400 kg the law gives two categories and the regulation micro: here micro, marked.",
        ),
    ),
    Requirement(
        "R11",
        Words(
            "Grandes generadores y prestadores presentan del 1 de marzo al 30 de junio la COA del año anterior.",
            "Large generators and providers file the yearly report of the year before from 1 March to 30 June.",
        ),
        "RLGPGIR 72, 73; RETC-R 11",
        "read",
        "RP",
        "provider",
        "violation",
        ("obligation",),
        ("annual-report-missing",),
        Words("Presente la COA y registre la presentación.", "File the report, and record the filing."),
    ),
    Requirement(
        "R12",
        Words(
            "La bitácora lleva todos sus campos en cada entrada y salida del almacén.",
            "The register has all its fields for every entry to and exit from the store.",
        ),
        "RLGPGIR 71 I, II",
        "read",
        "RP",
        "holder",
        "warning",
        ("report",),
        ("register-incomplete",),
        Words("Complete los campos que faltan.", "Fill in the missing fields."),
        Words(
            "El plazo de fin de mes es política. El artículo no da campos a los centros de acopio.",
            "The month's end as a term is policy. The article gives no fields to collection centres.",
        ),
    ),
    Requirement(
        "R13",
        Words(
            "Lo que debe conservarse no se borra antes de su plazo.",
            "What must be kept is not erased before its term.",
        ),
        "RETC-R 21; CCom 49",
        "read",
        "ANY",
        "holder",
        "block",
        ("refusal",),
        (),
        Words("Espere al fin del plazo de conservación.", "Wait for the end of the term of keeping."),
        article_rp="RLGPGIR 75; LGPGIR 82; CPF 420 Quáter III",
    ),
    Requirement(
        "R28",
        Words(
            "De un incidente o una pérdida se avisa de inmediato, y por escrito en tres días hábiles.",
            "An incident or a loss is told at once, and filed within three business days.",
        ),
        "RLGPGIR 129-131; LGPGIR 106 XIX",
        "read",
        "RP",
        "holder",
        "violation",
        ("obligation",),
        ("incident-not-formalised",),
        Words("Presente el aviso y registre la presentación.", "File the notice, and record the filing."),
        Words(
            "El metro cúbico sirve a líquidos; que todo evento térmico se avise es política.",
            "The cubic metre fits liquids; that every thermal event is told is policy.",
        ),
    ),
    Requirement(
        "R31",
        Words(
            "Quien recicla en su sitio lo que genera presenta el informe técnico 30 días antes.",
            "Who recycles on site what it generates files the technical report 30 days before.",
        ),
        "LGPGIR 57; RLGPGIR 74",
        "read",
        "RP",
        "generator",
        "violation",
        ("event",),
        ("on-site-recycling-unannounced",),
        Words(
            "Presente el informe; la siguiente corrida, 30 días hábiles después.", "File the report; run 30 days on."
        ),
        Words(
            "Que los 30 días son hábiles es inferido (LFPA 28); también que quien tiene autorización para reciclarlos"
            " no lo presenta.",
            "That the 30 days are business days is inferred (LFPA 28); also that who has a permit to recycle does not"
            " file it.",
        ),
    ),
    Requirement(
        "R32",
        Words(
            "No se procesa en un año más de la capacidad autorizada.",
            "No more is processed in a year than the authorised capacity.",
        ),
        _OF_STATE,
        "read",
        "ANY",
        "provider",
        "violation",
        ("event",),
        ("capacity-exceeded",),
        Words("Reciba en otra instalación, o pida la ampliación.", "Send to another plant, or ask for more capacity."),
        Words(
            "Para residuos de manejo especial ninguna ley estatal se leyó.",
            "Of special-handling waste no law of a state was read.",
        ),
        article_rp="RLGPGIR 48 VI, 56; LGPGIR 52 VI",
    ),
    Requirement(
        "R38",
        Words(
            "Productores, importadores y grandes generadores tienen plan de manejo registrado o se adhieren a uno.",
            "Producers, importers and large generators have a registered management plan, or adhere to one.",
        ),
        "LGPGIR 28, 31, 46; RLGPGIR 24-26",
        "read",
        "RP",
        "producer",
        "violation",
        ("obligation",),
        ("plan-missing",),
        Words("Registre un plan, o adhiérase a uno.", "Register a plan, or join one."),
        Words(
            "Para residuos de manejo especial es informativo mientras ninguna NOM liste baterías (LGPGIR 28 IV).",
            "For special-handling waste it is information until a NOM lists batteries (LGPGIR 28 IV).",
        ),
    ),
    Requirement(
        "R40",
        Words(
            "Una autorización pasa a otro con consentimiento previo y por escrito de la autoridad.",
            "A permit passes to another with the authority's prior written consent.",
        ),
        "LGPGIR 51, 106 VIII; RLGPGIR 64",
        "read",
        "RP",
        "provider",
        "block",
        ("refusal",),
        (),
        Words("Pida la transferencia; el silencio la niega.", "Ask for the transfer; silence refuses it."),
        Words(
            "Sólo la autoridad registra una transferencia; sin ella el permiso no cubre a otro.",
            "Only the authority records a transfer; without one a permit covers nobody else.",
        ),
    ),
    Requirement(
        "R41",
        Words(
            "Quien cierra avisa y no deja residuos en el sitio.",
            "Who closes gives notice and leaves no waste at the site.",
        ),
        "RLGPGIR 68; LGPGIR 45, 106 XX",
        "read",
        "RP",
        "generator",
        "violation",
        ("event",),
        ("closed-with-stock",),
        Words("Saque los residuos y presente el aviso de cierre.", "Send the waste away, and file the notice."),
        Words(
            "Se juzga al cerrar: el aviso puede ser anterior a la última salida. Que se avisó no se verifica aún.",
            "Judged on closing: the notice may come before the last waste has left. That it was filed is not checked"
            " yet.",
        ),
    ),
    Requirement(
        "R49",
        Words(
            "El directorio muestra lo que la autoridad otorgó, con la fecha en que se verificó.",
            "The directory shows what the authority granted, with the date of the check.",
        ),
        "RLGPGIR 56, 81; 30 days: policy",
        "read",
        "POLICY",
        "system",
        "off",
        ("report",),
        (),
        Words("Importe el listado publicado.", "Import the published list."),
        Words(
            "Las páginas /directorio, /v1/directory (checked) y «directory search» dicen cuándo se cotejó lo"
            " transcrito, y avisan si hace más de snapshot_natural_days. No abre hallazgo.",
            "The pages /directorio, /v1/directory (checked) and “directory search” say when what is transcribed was"
            " checked, and warn where that is more than snapshot_natural_days ago. It opens no finding.",
        ),
    ),
    Requirement(
        "R52",
        Words(
            "La planta sabe cuándo se acerca a la capacidad de su autorización.",
            "A plant knows when it nears the capacity of its permit.",
        ),
        "policy: 80 % of the capacity",
        "read",
        "POLICY",
        "provider",
        "warning",
        ("event",),
        ("capacity-near",),
        Words("Planee el resto del año, o pida la ampliación.", "Plan the rest of the year, or ask for more."),
    ),
    Requirement(
        "R64",
        Words(
            "La autoridad decide, notifica y registra en sus plazos.",
            "The authority decides, notifies and records within its terms.",
        ),
        "LFPA 39",
        "read",
        "ANY",
        "authority",
        "notice",
        ("event",),
        ("notified-late", "act-recorded-late", "answer-period-short", "decided-late"),
        Words("Nada que curar: el acto vale.", "Nothing to mend: the act stands."),
        Words("Cada hallazgo cita su artículo.", "Each finding cites its own article."),
        article_rp="LFPA 39; RLGPGIR 54, 55",
    ),
    Requirement(
        "R65",
        Words(
            "Una autorización dura lo que el reglamento da a su actividad.",
            "A permit lasts as long as the regulation gives its activity.",
        ),
        "RLGPGIR 58",
        "read",
        "RP",
        "authority",
        "warning",
        ("event",),
        ("validity-too-long",),
        Words("Corrija la vigencia (authorisation.changed).", "Mend the validity (authorisation.changed)."),
    ),
    Requirement(
        "R59",
        Words(
            "El inspeccionado puede hacer observaciones al acta en cinco días hábiles.",
            "Who was inspected may make observations on the acta within five business days.",
        ),
        "LGEEPA 164",
        "read",
        "ANY",
        "holder",
        "off",
        ("obligation",),
        ("acta-not-observed",),
        Words("Nada: es un derecho.", "Nothing: it is a right."),
    ),
    Requirement(
        "R60",
        Words(
            "Lo que la autoridad pide en un procedimiento se contesta en quince días hábiles.",
            "What the authority asks for in a procedure is answered within fifteen business days.",
        ),
        "LGEEPA 167",
        "read",
        "ANY",
        "holder",
        "notice",
        ("obligation",),
        ("case-not-answered",),
        Words("Conteste el caso (case.answered).", "Answer the case (case.answered)."),
    ),
)
