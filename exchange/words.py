"""The words of a certificate in Spanish and in English; codes of the API on the left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["es", "en"]
Word = Mapping[Language, str]

NATURAL_PERSON: Final[Word] = {"es": "Persona física", "en": "Natural person"}

CODES: Final[Mapping[str, Word]] = {
    "collection": {"es": "acopio", "en": "collection"},
    "transport": {"es": "transporte", "en": "transport"},
    "storage": {"es": "almacenamiento", "en": "storage"},
    "reuse": {"es": "reúso", "en": "reuse"},
    "repurposing": {"es": "segunda vida", "en": "repurposing"},
    "dismantling": {"es": "desmontaje", "en": "dismantling"},
    "recycling": {"es": "reciclaje", "en": "recycling"},
    "treatment": {"es": "tratamiento", "en": "treatment"},
    "disposal": {"es": "disposición final", "en": "disposal"},
    "import": {"es": "importación", "en": "import"},
    "export": {"es": "exportación", "en": "export"},
    "RP": {"es": "residuo peligroso (RP)", "en": "hazardous waste (RP)"},
    "RME": {"es": "residuo de manejo especial (RME)", "en": "special-handling waste (RME)"},
    "sound": {"es": "íntegra", "en": "sound"},
    "damaged": {"es": "dañada", "en": "damaged"},
    "critical": {"es": "crítica", "en": "critical"},
    "road": {"es": "carretera", "en": "road"},
    "rail": {"es": "ferrocarril", "en": "rail"},
    "sea": {"es": "marítimo", "en": "sea"},
    "own_key": {"es": "firmado con llave propia", "en": "signed with an own key"},
    "e_firma": {"es": "firmado con e.firma", "en": "signed with an e.firma"},
    "one_time_key": {"es": "firmado con llave de un solo uso", "en": "signed with a one-time key"},
    "scanned_paper": {"es": "según papel escaneado", "en": "by a scanned paper"},
    "one_sided": {"es": "declarado por una sola parte", "en": "stated by one side alone"},
    "unknown": {"es": "desconocida", "en": "unknown"},
    "NMC_other": {"es": "otra NMC", "en": "other NMC"},
    "Na_ion": {"es": "ion de sodio", "en": "sodium ion"},
    "in-force": {"es": "VIGENTE", "en": "IN FORCE"},
    "not-yet": {"es": "AÚN NO VIGENTE", "en": "NOT YET IN FORCE"},
    "expired": {"es": "VENCIDA", "en": "EXPIRED"},
    "suspended": {"es": "SUSPENDIDA", "en": "SUSPENDED"},
    "revoked": {"es": "REVOCADA", "en": "REVOKED"},
}

TEXTS: Final[Mapping[str, Word]] = {
    "title": {"es": "Autorización para el manejo de residuos", "en": "Authorisation to handle waste"},
    "what": {
        "es": "Extracto de la bitácora. No sustituye al oficio de la autoridad; dice lo que consta en el registro"
        " público el día indicado.",
        "en": "Extract of the ledger. It does not replace the authority's official letter; it says what the public"
        " record shows on the day given.",
    },
    "standing": {"es": "Situación al {day}", "en": "Standing on {day}"},
    "number": {"es": "Número", "en": "Number"},
    "holder": {"es": "Titular", "en": "Holder"},
    "authority": {"es": "Autoridad", "en": "Authority"},
    "transcribed_by": {"es": "Transcrita por", "en": "Transcribed by"},
    "validity": {"es": "Vigencia", "en": "Validity"},
    "span": {"es": "del {from_on} al {to_on}", "en": "from {from_on} to {to_on}"},
    "act": {"es": "Oficio", "en": "Official letter"},
    "notified": {"es": "{oficio}, notificado el {notified_on}", "en": "{oficio}, notified on {notified_on}"},
    "list": {"es": "Lista pública", "en": "Public list"},
    "listed": {"es": "{source}, al {listed_on}", "en": "{source}, as of {listed_on}"},
    "activities": {"es": "Actividades", "en": "Activities"},
    "waste_classes": {"es": "Clases de residuo", "en": "Waste classes"},
    "wastes": {"es": "Residuos", "en": "Wastes"},
    "chemistries": {"es": "Químicas", "en": "Chemistries"},
    "conditions": {"es": "Condición de las baterías", "en": "Condition of the batteries"},
    "modes": {"es": "Modos de transporte", "en": "Modes of transport"},
    "sites": {"es": "Sitios", "en": "Sites"},
    "capacity_g_per_year": {"es": "Capacidad anual", "en": "Yearly capacity"},
    "storage_capacity_g": {"es": "Capacidad de almacenamiento", "en": "Storage capacity"},
    "event": {"es": "Asiento en la bitácora", "en": "Event in the ledger"},
    "any": {"es": "sin restricción", "en": "no restriction"},
    "none_set": {"es": "no fijada", "en": "none set"},
    "only_transcribed": {
        "es": "TRANSCRITA de una lista pública; la autoridad aún no la confirma en la bitácora.",
        "en": "TRANSCRIBED from a public list; the authority has not confirmed it in the ledger yet.",
    },
    "stayed": {
        "es": "Un tribunal suspendió los efectos de su suspensión o revocación.",
        "en": "A court has stayed its suspension or revocation.",
    },
    "claimed": {
        "es": "Prórroga por silencio, declarada por el titular; la autoridad aún no la confirma.",
        "en": "Renewal by silence, claimed by the holder; the authority has not confirmed it yet.",
    },
    "court": {"es": "Tribunal", "en": "Court"},
    "file": {"es": "{court}, expediente {file}", "en": "{court}, file {file}"},
    "check": {"es": "Compruebe hoy en", "en": "Check today at"},
}


def word(code: str, language: Language) -> str:
    """The word for a code; a code without one (``NMC622``, the name of a waste) says itself."""
    return CODES[code][language] if code in CODES else code


def text(name: str, language: Language, **filled: str) -> str:
    """The text of this name, its blanks filled."""
    return TEXTS[name][language].format(**filled)
