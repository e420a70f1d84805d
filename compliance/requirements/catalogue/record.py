"""What is asked of the record itself: signatures, corrections, counts."""

from __future__ import annotations

from typing import Final

from compliance.reason import Words
from compliance.requirements.requirement import Requirement

ROWS: Final = (
    Requirement(
        "R39",
        Words(
            "Nada se borra ni se altera; lo que se corrige después de presentarlo se informa.",
            "Nothing is erased or altered; what is corrected after it was filed is told.",
        ),
        "CCom 49; LFEA 8",
        "read",
        "ANY",
        "signer",
        "block",
        ("refusal", "event"),
        ("corrected-after-filing",),
        Words("Presente el informe corregido.", "File the corrected report."),
        Words(
            "El libro no admite borrar; la corrección es un hecho nuevo, que se halla si ya se había presentado.",
            "The ledger takes no erasure; a correction is a new fact, found if a report had been filed.",
        ),
        article_rp="CPF 420 Quáter II-III; RLGPGIR 75",
    ),
    Requirement(
        "R43",
        Words(
            "Las firmas son válidas: la llave estaba vigente y era de quien firma.",
            "Signatures are valid: the key was in force, and the signer's own.",
        ),
        "LFEA 7-9; CCom 97",
        "read",
        "ANY",
        "signer",
        "block",
        ("refusal",),
        (),
        Words("Firme con una llave vigente de su parte.", "Sign with a key in force of this party."),
        Words(
            "Se rechaza: key-unknown, key-not-in-force, signature-invalid. Que una persona firme por las dos partes es"
            " de R69.",
            "Refused: key-unknown, key-not-in-force, signature-invalid. That one person signs for both ends is of R69.",
        ),
    ),
    Requirement(
        "R54",
        Words(
            "Lo que el propio conteo no encuentra, o encuentra de más, se aclara.",
            "What an own count does not find, or finds besides, is cleared up.",
        ),
        "policy",
        "read",
        "POLICY",
        "holder",
        "private",
        ("event",),
        ("count-missing", "count-unexpected"),
        Words("Busque, registre la pérdida o el hallazgo.", "Search, and record the loss or the find."),
    ),
    Requirement(
        "R55",
        Words(
            "En el sitio está lo que el libro dice.",
            "At the site there is what the log says.",
        ),
        "LGEEPA 162, 164",
        "read",
        "ANY",
        "holder",
        "warning",
        ("event",),
        ("count-differs", "missing-at-inspection", "unexpected-at-inspection"),
        Words("Haga observaciones al acta y registre lo que pasó.", "Observe on the acta, and record what happened."),
        Words(
            "El acta prueba; la diferencia sola no es infracción.",
            "The acta is evidence; a difference alone is no infraction.",
        ),
    ),
    Requirement(
        "R68",
        Words(
            "Quien corrige lo que otro ya usó o recibió lo dice.",
            "Who corrects what another has used or taken over says so.",
        ),
        "policy",
        "read",
        "POLICY",
        "signer",
        "notice",
        ("event",),
        ("corrected-after-use", "corrected-after-handover"),
        Words("Que quien lo tiene ahora lo pese.", "Let who has it now weigh it."),
    ),
    Requirement(
        "R61",
        Words("Una disputa se resuelve.", "A dispute is settled."),
        "policy",
        "read",
        "POLICY",
        "signer",
        "notice",
        ("event",),
        ("disputed",),
        Words("Corrija, o convengan.", "Correct it, or agree."),
    ),
    Requirement(
        "R62",
        Words(
            "Un hecho se registra en el plazo del régimen: 72 horas, si no dice otra cosa.",
            "A fact is recorded within the window of the regime: 72 hours, unless it says otherwise.",
        ),
        "policy",
        "read",
        "POLICY",
        "signer",
        "private",
        ("event",),
        ("late-recording",),
        Words("Nada: consta cuándo se registró.", "Nothing: when it was recorded is known."),
    ),
    Requirement(
        "R63",
        Words(
            "Una llave la da de alta su dueño con e.firma; la que dio el registrador se muestra como tal.",
            "A key is enrolled by its owner with an e.firma; one given by the registrar is shown as such.",
        ),
        "policy",
        "read",
        "POLICY",
        "signer",
        "notice",
        ("event",),
        ("key-from-registrar",),
        Words("Dé de alta otra llave con e.firma.", "Enrol another key with an e.firma."),
    ),
    Requirement(
        "R69",
        Words(
            "Quien entrega y quien recibe firman cada uno por sí: no una misma persona, llave o apoderado.",
            "Giver and receiver sign each for itself: not one person, key or delegate for both.",
        ),
        "policy",
        "read",
        "POLICY",
        "signer",
        "warning",
        ("event",),
        ("same-signer",),
        Words(
            "Que otra persona de una de las partes constate la entrega.",
            "Have another person of one of the parties look at the hand-over.",
        ),
        Words(
            "LFEA 7-9 y CCom 97 piden una firma de cada parte y no dicen que sean personas distintas. Personas sin"
            " identificador en su llave no se comparan.",
            "LFEA 7-9 and CCom 97 ask for a signature of each party, and do not say that these be different persons."
            " Persons whom their keys do not name are not compared.",
        ),
    ),
)
