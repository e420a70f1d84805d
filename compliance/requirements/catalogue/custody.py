"""What is asked of hand-overs: permits, signatures, papers, and what both ends say."""

from __future__ import annotations

from typing import Final

from compliance.reason import Words
from compliance.requirements.requirement import Requirement

_OF_STATE: Final = "LGPGIR 9 III; law of the state"
_STATE_UNREAD: Final = Words(
    "Ninguna ley estatal se leyó: para residuos de manejo especial consta sólo que el Estado autoriza (LGPGIR 9 III).",
    "No law of a state was read: of special-handling waste it is known only that the state gives permits (LGPGIR 9"
    " III).",
)

ROWS: Final = (
    Requirement(
        "R03",
        Words(
            "El original firmado del manifiesto vuelve al generador en 60 días naturales desde que el transportista"
            " recibió los residuos; si no, lo informa a SEMARNAT.",
            "The signed original of the manifest is back with the generator in 60 natural days from when the carrier"
            " took the waste; if not, it tells SEMARNAT.",
        ),
        "RLGPGIR 86 IV",
        "read",
        "RP",
        "generator",
        "violation",
        ("obligation", "event"),
        ("original-not-back", "original-returned-late"),
        Words(
            "Consiga el original y registre su regreso, o informe a SEMARNAT y registre el aviso.",
            "Get the original and record its return, or tell SEMARNAT and record the notice.",
        ),
        Words(
            "Cinco días hábiles para informar son política. Una recepción electrónica no sustituye al original, salvo"
            " que el régimen lo diga.",
            "Five business days to tell are policy. An electronic reception does not stand for the original, unless a"
            " regime says so.",
        ),
    ),
    Requirement(
        "R04",
        Words(
            "El destinatario devuelve de inmediato el original firmado al generador.",
            "The consignee returns the signed original to the generator at once.",
        ),
        "RLGPGIR 86 III",
        "read",
        "RP",
        "consignee",
        "warning",
        ("obligation",),
        ("original-not-sent",),
        Words("Envíe el original y registre su regreso.", "Send the original, and record its return."),
        Words(
            "La ley dice «de inmediato»; 3 y 10 días hábiles son política.",
            "The law says at once; 3 and 10 business days are policy.",
        ),
    ),
    Requirement(
        "R05",
        Words(
            "La custodia no se interrumpe: cada entrega la firman quien da y quien recibe, con lugar y hora.",
            "Custody is unbroken: giver and receiver sign each hand-over, with place and time.",
        ),
        _OF_STATE,
        "read",
        "ANY",
        "carrier",
        "violation",
        ("refusal", "event"),
        ("carrier-did-not-sign",),
        Words(
            "Que firme quien no firmó; lo que ya pasó se registra con una excepción firmada.",
            "Have the one sign who did not; what has happened is recorded with a signed exception.",
        ),
        Words(
            "La regla es federal y de residuos peligrosos; para los de manejo especial ninguna ley estatal se leyó.",
            "The rule is federal and of hazardous waste; of special-handling waste no law of a state was read.",
        ),
        article_rp="RLGPGIR 79, 86",
    ),
    Requirement(
        "R06",
        Words(
            "El transportista tiene autorización vigente al recoger y hasta entregar.",
            "The carrier's permit is in force at the pick-up and until delivery.",
        ),
        _OF_STATE,
        "read",
        "ANY",
        "carrier",
        "block",
        ("refusal", "event"),
        ("carried-without-permit",),
        Words("Elija un transportista del directorio.", "Choose a carrier of the directory."),
        _STATE_UNREAD,
        article_rp="LGPGIR 42, 50 VI; RLGPGIR 46 VI, 58",
    ),
    Requirement(
        "R07",
        Words(
            "El destinatario está autorizado para esa actividad y ese residuo.",
            "The consignee is authorised for that activity and that waste.",
        ),
        _OF_STATE,
        "read",
        "ANY",
        "consignee",
        "block",
        ("refusal", "event"),
        ("received-without-permit",),
        Words(
            "Elija un destinatario del directorio; lo ya recibido se registra con una excepción firmada.",
            "Choose a consignee of the directory; what was received is recorded with a signed exception.",
        ),
        _STATE_UNREAD,
        article_rp="LGPGIR 42, 50; RLGPGIR 56 III-IV; CPF 420 Quáter I",
    ),
    Requirement(
        "R09",
        Words(
            "El manifiesto lleva el número de registro ambiental vigente del generador.",
            "The manifest carries the generator's registration number, in force for its site.",
        ),
        "RLGPGIR 43; LGPGIR 46-48, 106 XIV",
        "read",
        "RP",
        "generator",
        "violation",
        ("event",),
        ("generator-not-registered",),
        Words(
            "Regístrese como generador y registre el número (generator.registered).",
            "Register as a generator, and record the number (generator.registered).",
        ),
        Words(
            "El microgenerador lleva el registro del estado; la gramática del NRA no está publicada.",
            "A micro generator has the state's registration; the grammar of the number is not published.",
        ),
    ),
    Requirement(
        "R14",
        Words(
            "Un microgenerador lleva en vehículo propio 200 kg netos por viaje a lo más, a un centro de acopio.",
            "A micro generator hauls 200 kg net per trip at most in its own vehicle, to a collection centre.",
        ),
        "RLGPGIR 85, last paragraph",
        "read",
        "RP",
        "generator",
        "violation",
        ("event",),
        ("self-haul-too-heavy",),
        Words("Ofrezca con un transportista autorizado.", "Offer it with an authorised carrier."),
        Words(
            "Se mira lo ofrecido sin transportista, si ninguno de los dos extremos está autorizado a transportar.",
            "Looked at is what is offered without a carrier, where neither end may transport.",
        ),
    ),
    Requirement(
        "R30",
        Words(
            "Lo recibido es lo enviado: cada pieza, y la masa con la tolerancia de las básculas.",
            "What is received is what was sent: every piece, and the mass within the tolerance of scales.",
        ),
        "box 18 of the manifest; thresholds: policy",
        "secondary",
        "POLICY",
        "consignee",
        "warning",
        ("event",),
        ("missing-at-reception", "extra-at-reception", "weight-discrepancy"),
        Words(
            "Aclárenlo ambas partes (discrepancy.resolved), o que aparezca lo que falta.",
            "Let both ends resolve it (discrepancy.resolved), or find what is missing.",
        ),
        Words(
            "Ninguna ley mexicana leída fija tolerancia; 10 % y 2 % son política.",
            "No Mexican law that was read sets a tolerance; 10 % and 2 % are policy.",
        ),
    ),
    Requirement(
        "R53",
        Words(
            "Una entrega con una sola firma es la excepción, y dice de quién vino.",
            "A hand-over by one signature is the exception, and says whom it came from.",
        ),
        "policy",
        "read",
        "POLICY",
        "signer",
        "notice",
        ("event",),
        (
            "entered-from-paper",
            "one-signature-reception",
            "giver-not-registered",
            "redirected-by-holder",
            "found-elsewhere",
        ),
        Words(
            "Que la otra parte convenga o dispute; que quien entrega seguido se registre.",
            "Let the other party agree or dispute; let who gives often be registered.",
        ),
    ),
    Requirement(
        "R56",
        Words(
            "Lo que una autoridad inmovilizó no se mueve.",
            "What an authority has immobilised does not move.",
        ),
        "LGEEPA 162-170",
        "read",
        "ANY",
        "holder",
        "block",
        ("refusal", "event"),
        ("ceded-under-order", "exported-under-order"),
        Words("Informe a la autoridad que dio la orden.", "Tell the authority that gave the order."),
        Words(
            "Lo que se movió antes de la orden, y consta después, también se halla.",
            "What moved before the order, and is recorded after it, is found too.",
        ),
    ),
    Requirement(
        "R57",
        Words(
            "Lo reportado como robado no se recibe ni sale del país.",
            "What is reported stolen is not taken in nor out.",
        ),
        "policy",
        "read",
        "POLICY",
        "consignee",
        "warning",
        ("event",),
        ("stolen-taken-in", "stolen-exported"),
        Words("Avise al tenedor y a la autoridad.", "Tell the holder and the authority."),
    ),
)
