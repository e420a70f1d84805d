"""What is asked of recycling, second life, and the way in and out of the country."""

from __future__ import annotations

from typing import Final

from compliance.reason import Words
from compliance.requirements.requirement import Requirement

ROWS: Final = (
    Requirement(
        "R24",
        Words(
            "Un residuo peligroso sale del país con autorización y con el consentimiento previo del país de destino.",
            "Hazardous waste leaves the country with a permit and the prior consent of the importing country.",
        ),
        "LGPGIR 87, 89, 106 XXI; RLGPGIR 111, 119",
        "read",
        "RP",
        "exporter",
        "block",
        ("refusal", "event"),
        ("exported-without-permit", "exported-without-consent"),
        Words(
            "Consiga el consentimiento y dé su número en la oferta o la entrega.",
            "Get the consent, and give its number in the offer or the delivery.",
        ),
        Words(
            "Sin autorización se rechaza la oferta; lo que ya cruzó se registra y se halla.",
            "Without a permit the offer is refused; what has crossed is recorded and found.",
        ),
    ),
    Requirement(
        "R25",
        Words(
            "Del uso de una autorización de exportación se informa en 30 días naturales.",
            "The use of an export permit is reported within 30 natural days.",
        ),
        "RLGPGIR 114",
        "read",
        "RP",
        "exporter",
        "violation",
        ("obligation",),
        ("use-not-reported",),
        Words("Presente el informe y registre la presentación.", "File the report, and record the filing."),
    ),
    Requirement(
        "R26",
        Words(
            "Importa residuos peligrosos sólo el reciclador autorizado, hasta su capacidad, y genera menos residuos de"
            " los que importa.",
            "Only the authorised recycler imports hazardous waste, up to its capacity, and makes fewer residues of it"
            " than it imports.",
        ),
        "LGPGIR 86; RLGPGIR 115, 117",
        "read",
        "RP",
        "importer",
        "violation",
        ("event",),
        ("import-over-capacity", "import-residues-exceed"),
        Words("Detenga la importación y avise a SEMARNAT.", "Stop importing, and tell SEMARNAT."),
        Words(
            "Los residuos se juzgan con el informe anual, a favor de quien también procesa otros: se supone que de lo"
            " demás nada se aprovechó.",
            "Residues are judged with the yearly report, in favour of who processes other waste too: of that, nothing"
            " is supposed to have been recovered.",
        ),
    ),
    Requirement(
        "R27",
        Words(
            "Los residuos de lo importado temporalmente se retornan en su plazo, con aviso e informe.",
            "Residues of temporary imports are returned within their term, with notice and report.",
        ),
        "LGPGIR 93, 94; RLGPGIR 121, 123, 124",
        "read",
        "RP",
        "exporter",
        "violation",
        ("obligation", "event"),
        ("returned-without-notice", "temporary-import-not-returned", "return-overdue", "return-not-reported"),
        Words("Retórnelos y registre el aviso y el informe.", "Return them, and record notice and report."),
        Words(
            "180 días naturales si la importación temporal no tiene otro plazo.",
            "180 natural days if the temporary import has no other term.",
        ),
    ),
    Requirement(
        "R29",
        Words(
            "El balance de un lote de reciclaje cierra: no sale más de lo que entró.",
            "The books of a recycling batch close: no more comes out than went in.",
        ),
        "RLGPGIR 154, 48 X, 49 II-IV; 2 %: policy",
        "read",
        "POLICY",
        "provider",
        "warning",
        ("event",),
        ("balance-off",),
        Words("Revise las pesadas y corrija.", "Check the masses, and correct them."),
        Words(
            "El artículo pide balances y no fija porcentaje: 2 % es política.",
            "The article asks for balances and sets no share: 2 % is policy.",
        ),
    ),
    Requirement(
        "R34",
        Words(
            "La segunda vida lleva pruebas nuevas; de lo desechado, autorización.",
            "Second life takes fresh tests; of what was discarded, a permit.",
        ),
        "UN Manual of Tests and Criteria 38.3; EU 2023/1542 art. 77",
        "secondary",
        "POLICY",
        "holder",
        "warning",
        ("refusal", "event"),
        ("repurposed-without-test",),
        Words(
            "Pruebe la batería y registre el resumen (test_summary).", "Test it, and record the summary (test_summary)."
        ),
        Words(
            "Reusar lo desechado sin autorización se rechaza (RLGPGIR 49 II, en R07).",
            "Reuse of discarded units without a permit is refused (RLGPGIR 49 II, in R07).",
        ),
    ),
    Requirement(
        "R37",
        Words(
            "La recuperación por elemento se compara con las metas europeas de 2027 y 2031.",
            "Recovery by element is compared with the European targets of 2027 and 2031.",
        ),
        "EU 2023/1542 Annex XII",
        "secondary",
        "BENCHMARK",
        "provider",
        "off",
        ("report",),
        (),
        Words("Nada: es una comparación.", "Nothing: it is a comparison."),
        Words(
            "La muestra `report recovery`, lote por lote, de lo que dicen los análisis; la meta europea es del proceso"
            " entero.",
            "`report recovery` shows it batch by batch, by what assays say; the European target is of the whole"
            " process.",
        ),
    ),
    Requirement(
        "R46",
        Words(
            "De cada lote de reciclaje se sabe qué unidades entraron.",
            "Of each recycling batch it is known which units went in.",
        ),
        "RLGPGIR 154; 99 %: policy",
        "read",
        "POLICY",
        "provider",
        "warning",
        ("event",),
        ("provenance-unknown",),
        Words("Registre de dónde vino lo que entró.", "Record where what went in came from."),
        Words(
            "Se juzga cada alimentación; no se sabe el origen de un lote que nada del libro produjo.",
            "Each feeding is judged; the origin of a lot that nothing in the ledger made is not known.",
        ),
    ),
    Requirement(
        "R50",
        Words(
            "La fracción arancelaria es la del estado de la batería: útil 8507.60.01, inservible 8549.",
            "The tariff code is that of the pack's state: usable 8507.60.01, unusable 8549.",
        ),
        "LIGIE 8507.60.01, 8549.13.01, 8549.14.01, 8549.19.99; chapter 85, subheading note 5",
        "read",
        "POLICY",
        "importer",
        "warning",
        ("event",),
        ("tariff-differs",),
        Words("Rectifique el pedimento.", "Rectify the customs declaration."),
        Words(
            "De lo que sale se juzga si fue desechado; de lo que entra, sólo que un material no es una batería.",
            "Of what leaves it is judged whether it was discarded; of what enters, only that a material is no battery.",
        ),
    ),
    Requirement(
        "R67",
        Words(
            "Una masa se acredita una vez en cada esquema.",
            "A mass is claimed once in each scheme.",
        ),
        "policy",
        "read",
        "POLICY",
        "signer",
        "warning",
        ("event",),
        ("claimed-twice",),
        Words("Retire una de las dos (claim.retired).", "Retire one of the two (claim.retired)."),
    ),
)
