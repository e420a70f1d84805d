"""What is asked of a load as dangerous goods, and of its mode."""

from __future__ import annotations

from typing import Final

from compliance.reason import Words
from compliance.requirements.requirement import Requirement

ROWS: Final = (
    Requirement(
        "R15",
        Words("Ningún residuo peligroso se transporta por aire.", "No hazardous waste travels by air."),
        "LGPGIR 67 I, 106 X",
        "read",
        "RP",
        "carrier",
        "block",
        ("refusal",),
        (),
        Words("Cambie el modo de transporte.", "Change the mode of transport."),
        Words(
            "Se rechaza como falta de autorización (authorisation-missing, condición mode). Otros residuos: R66.",
            "Refused as a permit that is missing (authorisation-missing, condition mode). Other waste: R66.",
        ),
    ),
    Requirement(
        "R20",
        Words(
            "El número ONU es el de lo que viaja: suelto, en equipo, en vehículo o en unidad de carga.",
            "The UN number is that of what travels: loose, in equipment, in a vehicle, in a cargo unit.",
        ),
        "UN Model Regulations, dangerous goods list; NOM-002-SCT",
        "secondary",
        "DG",
        "generator",
        "violation",
        ("report",),
        (),
        Words("Nada: el libro lo deriva de la unidad.", "Nothing: the ledger derives it from the unit."),
        Words(
            "Nadie escribe el número, así que no puede discrepar: lo dan la carpeta de la carga (manifiesto, mercancías"
            " peligrosas, hoja de emergencia) y carta-porte.json. NOM-002-SCT/2011 no trae 3551-3558.",
            "Nobody writes the number, so it cannot differ: the load's folder (manifest, dangerous goods, emergency"
            " sheet) and carta-porte.json give it. NOM-002-SCT/2011 lacks 3551-3558.",
        ),
    ),
    Requirement(
        "R21",
        Words(
            "El embalaje es el de la condición: una unidad dañada se evaluó hace poco; una crítica lleva aprobación.",
            "The packing is that of the condition: a damaged unit was assessed lately; a critical one has an approval.",
        ),
        "UN Model Regulations SP 376, 377, P908, P909, P911; 30 days: policy",
        "secondary",
        "DG",
        "generator",
        "warning",
        ("event", "report"),
        ("assessment-stale", "approval-missing"),
        Words(
            "Evalúe la unidad, o dé el número de la aprobación en la oferta.",
            "Assess the unit, or give the number of the approval in the offer.",
        ),
        Words("Ninguna disposición fija edad a la evaluación.", "No provision sets an age for the assessment."),
    ),
    Requirement(
        "R22",
        Words(
            "El complemento Carta Porte lleva la clave de material peligroso del catálogo vigente.",
            "The Carta Porte complement has the code of the catalogue in force.",
        ),
        "SAT, c_MaterialPeligroso",
        "secondary",
        "DG",
        "carrier",
        "notice",
        ("report",),
        (),
        Words("Use la clave sustituta que da el documento.", "Use the substitute that the document gives."),
        Words(
            "El catálogo no tiene 3551, 3552 ni 3556-3558, y 3536 sólo desde 2024-07-17: carta-porte.json y el papel"
            " carta porte dan entonces 3171 o 3480, y lo dicen en una nota.",
            "The catalogue lacks 3551, 3552 and 3556-3558, and 3536 before 2024-07-17: carta-porte.json and the paper"
            " carta porte then give 3171 or 3480, and say so in a note.",
        ),
    ),
    Requirement(
        "R23",
        Words(
            "El permiso SICT es de carga peligrosa, y hay póliza de daños al ambiente.",
            "The SICT permit is for dangerous cargo, and there is a policy for environmental damage.",
        ),
        "SAT, c_TipoPermiso; complement Carta Porte 3.1",
        "secondary",
        "DG",
        "carrier",
        "violation",
        ("report",),
        (),
        Words("Complete los particulares del transportista.", "Complete the carrier's particulars."),
        Words(
            "Los particulares no están en el libro: carta-porte.json y el papel carta porte señalan el permiso que no"
            " es TPAF03, TPAF07 ni TPAF09, y la póliza que falta.",
            "The particulars are not in the log: carta-porte.json and the paper carta porte tell a permit that is none"
            " of TPAF03, TPAF07 and TPAF09, and a policy that is missing.",
        ),
    ),
    Requirement(
        "R66",
        Words(
            "Ni residuos de baterías ni baterías dañadas se transportan por aire.",
            "Neither waste batteries nor damaged ones travel by air.",
        ),
        "ICAO Technical Instructions, waste batteries; UN Model Regulations SP 376",
        "secondary",
        "DG",
        "carrier",
        "warning",
        ("event",),
        ("waste-by-air", "damaged-by-air"),
        Words("Cambie el modo de transporte.", "Change the mode of transport."),
    ),
)
