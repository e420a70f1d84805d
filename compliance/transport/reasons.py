"""Reasons that say the same for every article which they concern."""

from __future__ import annotations

from typing import Final

from compliance.reason import Reason, Words
from compliance.transport.entries import TOLERATED

WHY_GUIDE: Final = Reason(
    "guide",
    Words("Guía 147 de la GRE: baterías de litio y de ión sodio.", "Guide 147 of the ERG: lithium and sodium-ion."),
    "ERG 2024, guide 147",
)
WHY_DAMAGED_NOT_BY_AIR: Final = Reason(
    "forbidden_modes",
    Words("Dañada o defectuosa: prohibida por aire.", "Damaged or defective: forbidden by air."),
    "UN Model Regulations SP 376; ICAO Technical Instructions",
)
WHY_WASTE_NOT_BY_AIR: Final = Reason(
    "forbidden_modes",
    Words("Desechada: no viaja por aire.", "Discarded: it does not travel by air."),
    "ICAO Technical Instructions, waste batteries; hazardous waste: LGPGIR 67 I, 106 X",
)
UNPACKED_WHY: Final = {
    "in_vehicle": Reason(
        "packing",
        Words(
            "El vehículo va sin embalar, con la batería fija y protegida contra cortocircuito y encendido accidental.",
            "The vehicle travels unpacked, its battery secured and protected against short circuit and switching on.",
        ),
        "UN Model Regulations SP 388",
    ),
    "in_cargo_unit": Reason(
        "packing",
        Words(
            "Sin instrucción de embalaje: las baterías van fijas a la estructura; la unidad lleva la placa de clase 9.",
            "No packing instruction: the batteries are fixed to the structure; the unit bears the placard of class 9.",
        ),
        "UN Model Regulations SP 389; IMDG 5.3.1.1.2",
    ),
}
UNKNOWN_CHEMISTRY: Final = Reason(
    "caution",
    Words(
        "Química desconocida: se trata como ión litio hasta que alguien la determine.",
        "Chemistry unknown: taken for lithium-ion until somebody determines it.",
    ),
    "policy",
    "read",
)
RECALLED: Final = Reason(
    "caution",
    Words(
        "Retirada por su fabricante: si es por seguridad cuenta como defectuosa; evalúela antes de embalarla.",
        "Recalled by its maker: if for safety, it counts as defective; assess it before packing.",
    ),
    "UN Model Regulations SP 376",
)
SMALL: Final = Reason(
    "caution",
    Words(
        "Por su energía podría ir según SP 188, si el bulto resiste la caída de 1.2 m y lleva la marca de baterías.",
        "By its energy it could go under SP 188, if the package stands the 1.2 m drop and bears the battery mark.",
    ),
    "UN Model Regulations SP 188",
)
DAMAGED_INSIDE: Final = Reason(
    "caution",
    Words(
        "Batería dañada dentro de vehículo o unidad: retírela y envíela según SP 376, o pregunte a la autoridad.",
        "A damaged battery inside vehicle or unit: take it out and send it under SP 376, or ask the authority.",
    ),
    "UN Model Regulations SP 376, which is for the entries of batteries; ADR SP 667",
    "unverified",
)
CARGO_UNIT_MEANS_BUILT_IN: Final = Reason(
    "caution",
    Words(
        "UN 3536 es para baterías montadas en la unidad para dar energía afuera; lo que va en un contenedor es suelto.",
        "UN 3536 is for batteries built into the unit to power things outside; what a container carries is loose.",
    ),
    "UN Model Regulations SP 389",
)
SODIUM_IN_CARGO_UNIT: Final = Reason(
    "caution",
    Words("UN 3536 nombra sólo baterías de litio.", "UN 3536 names lithium batteries only."),
    "UN Model Regulations, UN 3536",
    "read",
)
STILL_TOLERATED: Final = Reason(
    "caution",
    Words(
        f"UN 3171 se toleró por carretera (ADR) hasta el {TOLERATED['ADR']} y por mar (IMDG) hasta el"
        f" {TOLERATED['IMDG']}.",
        f"UN 3171 was tolerated by road (ADR) until {TOLERATED['ADR']} and by sea (IMDG) until {TOLERATED['IMDG']}.",
    ),
    "ADR 1.6; IMDG 42-24",
)
APPROVAL: Final = Reason(
    "approval",
    Words(
        "Crítica: la autoridad competente aprueba cómo viaja; el oficio va con la carga.",
        "Critical: the competent authority approves how it travels; its letter goes with the load.",
    ),
    "UN Model Regulations SP 376",
)
