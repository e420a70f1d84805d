"""What is asked of waste itself: its class, its storage, its label, how it may end."""

from __future__ import annotations

from typing import Final

from compliance.reason import Words
from compliance.requirements.requirement import Requirement

ROWS: Final = (
    Requirement(
        "R01",
        Words(
            "Un residuo peligroso se almacena seis meses a lo más desde que se generó, aunque cambie de almacén o de"
            " tenedor.",
            "Hazardous waste is stored six months at most from its generation, whatever stores or holders it passes.",
        ),
        "LGPGIR 56 ¶2, 67 V, 106 VII; RLGPGIR 84",
        "read",
        "RP",
        "holder",
        "violation",
        ("obligation",),
        ("storage-term-exceeded",),
        Words(
            "Envíelo a un destinatario autorizado, o pida la prórroga antes de que falten 20 días hábiles.",
            "Send it to an authorised consignee, or ask for the extension 20 business days before the term ends.",
        ),
        Words(
            "Que el plazo ruede al día hábil siguiente (LFPA 29) es inferido: se avisa en el día estricto y se halla"
            " después del rodado.",
            "That the term rolls to the next business day (LFPA 29) is inferred: it warns on the strict day, and finds"
            " after the rolled one.",
        ),
    ),
    Requirement(
        "R02",
        Words(
            "La prórroga del almacenamiento se pide 20 días hábiles antes del vencimiento; sin respuesta en 10 días"
            " hábiles se entiende otorgada.",
            "A storage extension is asked for 20 business days before the term ends; no answer in 10 business days"
            " grants it.",
        ),
        "RLGPGIR 65",
        "read",
        "RP",
        "holder",
        "violation",
        ("obligation",),
        ("extension-asked-late",),
        Words(
            "Envíe los residuos antes del vencimiento: lo pedido tarde no prorroga por silencio.",
            "Send the waste away before the term ends: what was asked for late is not granted by silence.",
        ),
        Words(
            "Que lo pedido tarde no se otorgue por silencio, y que haya una sola prórroga, es inferido del texto.",
            "That silence grants nothing that was asked for late, and that there is one extension only, is inferred.",
        ),
    ),
    Requirement(
        "R16",
        Words(
            "No se incineran baterías usadas que contengan metales tóxicos mientras exista en el país otra tecnología"
            " que cause menor impacto.",
            "Used batteries with toxic metals are not incinerated while the country has a less harmful technology.",
        ),
        "LGPGIR 67 IX",
        "read",
        "RP",
        "provider",
        "violation",
        ("event",),
        ("toxic-metal-incinerated",),
        Words(
            "Envíelas a reciclaje; si SEMARNAT lo autorizó, asiente el oficio en el caso.",
            "Send them to recycling; if SEMARNAT allowed it, answer the case with its document.",
        ),
        Words(
            "Qué metales son tóxicos no lo dice el artículo: aquí, níquel y cobalto (política).",
            "The article does not say which metals are toxic: here nickel and cobalt (policy).",
        ),
    ),
    Requirement(
        "R17",
        Words(
            "Los residuos incompatibles se almacenan separados; las baterías dañadas, lejos de agua, ácidos y"
            " oxidantes.",
            "Incompatible waste is stored apart; damaged packs away from water, acids and oxidisers.",
        ),
        "policy",
        "unverified",
        "POLICY",
        "holder",
        "off",
        ("event", "report"),
        ("damaged-beside-sound",),
        Words("Sepárelos y pida revisión del almacén.", "Keep them apart and have the store looked at."),
        Words(
            "El libro no sabe de bahías ni de grupos reactivos (NOM-054): eso lo ve una inspección. Un régimen que la"
            " active halla baterías dañadas o críticas en el mismo sitio que otras sanas (política). LGPGIR 54 y"
            " RLGPGIR 46 II, 82 aplican a residuos peligrosos.",
            "The log knows no bays and no reactive groups (NOM-054): an inspection sees these. A regime that asks for"
            " it has damaged or critical packs found at the same site as sound ones (policy). LGPGIR 54 and RLGPGIR"
            " 46 II, 82 apply to hazardous waste.",
        ),
    ),
    Requirement(
        "R18",
        Words(
            "El residuo peligroso lleva al entrar al almacén su etiqueta: generador, residuo, características y fecha"
            " de ingreso.",
            "Hazardous waste carries its label as it enters the store: generator, waste, characteristics, entry date.",
        ),
        "RLGPGIR 46 IV; LGPGIR 106 XV",
        "read",
        "RP",
        "generator",
        "violation",
        ("obligation",),
        ("waste-unlabelled",),
        Words(
            "Imprima y ponga la etiqueta de residuo y registre que se puso.",
            "Print and put on the waste label, and record that it was put on.",
        ),
    ),
    Requirement(
        "R19",
        Words(
            "Un residuo que sale como peligroso se ha determinado antes como tal: quién, cuándo, con qué claves y por"
            " qué método. Que no lo es se declara bajo protesta de decir verdad.",
            "Waste that leaves as hazardous was determined to be so: by whom, when, with which codes, by which method."
            " That it is not is declared under oath.",
        ),
        "NOM-052-SEMARNAT-2005 6.4",
        "read",
        "ANY",
        "generator",
        "block",
        ("refusal", "event"),
        ("undetermined-on-leaving", "declared-without-oath"),
        Words(
            "Registre la determinación (unit.classified): por listado, prueba CRIT o conocimiento bajo protesta.",
            "Record the determination (unit.classified): by listing, CRIT test, or knowledge under oath.",
        ),
        Words(
            "Bloquea sólo lo que sale con propósito de residuo peligroso sin que nadie lo haya determinado.",
            "It blocks only what leaves for a purpose of hazardous waste and nobody determined.",
        ),
        article_rp="LGPGIR 45; RLGPGIR 46 I; NOM-052-SEMARNAT-2005 6.4",
    ),
    Requirement(
        "R33",
        Words(
            "Un almacén no guarda más de la capacidad autorizada.",
            "A store does not hold more than its authorised capacity.",
        ),
        "RLGPGIR 82 I i), II e)",
        "read",
        "RP",
        "holder",
        "violation",
        ("event",),
        ("storage-capacity-exceeded",),
        Words("Saque residuos antes de recibir más.", "Send waste away before taking in more."),
        Words(
            "Cuántas baterías se apilan lo dice el fabricante; el artículo habla de tambores.",
            "How many packs may be stacked is for the maker to say; the article speaks of drums.",
        ),
    ),
    Requirement(
        "R35",
        Words(
            "Una unidad sigue la tabla de su vida: nada se hace con lo que ya terminó.",
            "A unit follows the table of its life: nothing is done with what has ended.",
        ),
        "LGPGIR 5 XXIX",
        "read",
        "ANY",
        "system",
        "block",
        ("refusal",),
        (),
        Words(
            "Corrija el aviso: la etapa actual viene en la respuesta.", "Mend the statement: the answer has the stage."
        ),
        article_rp="LGPGIR 5 XXIX; RLGPGIR 38",
    ),
    Requirement(
        "R36",
        Words(
            "Sólo quien está autorizado para reciclarlo o tratarlo da por terminado un residuo peligroso, con la"
            " especificación del producto.",
            "Only who is authorised to recycle or treat it ends hazardous waste as a product, with its specification.",
        ),
        "RLGPGIR 80 ¶2",
        "read",
        "RP",
        "provider",
        "block",
        ("refusal",),
        ("released-without-permit",),
        Words(
            "Que lo libere un reciclador autorizado, o registre su autorización.",
            "Have an authorised recycler release it, or have the permit recorded.",
        ),
    ),
    Requirement(
        "R42",
        Words(
            "Se confina un residuo peligroso sólo con la razón por la que no se aprovecha, y en sitio autorizado.",
            "Hazardous waste is disposed of only with the reason why it is not recovered, in an authorised"
            " confinement.",
        ),
        "LGPGIR 2 VIII, 67 II, 106 IV, XI",
        "read",
        "RP",
        "holder",
        "violation",
        ("refusal", "event"),
        ("disposed-without-reason",),
        Words(
            "Declare la razón (not_recoverable) y consérvela con su soporte.",
            "State the reason (not_recoverable), and keep what it rests on.",
        ),
        Words(
            "Sin autorización se rechaza (authorisation-missing); aquí se halla la razón que falta.",
            "Without a permit it is refused (authorisation-missing); here the missing reason is found.",
        ),
    ),
    Requirement(
        "R44",
        Words(
            "La exención de los hogares no la usan empresas, ni quien entrega más de 400 kg en un año.",
            "Firms do not use the exemption of households, nor does who gives more than 400 kg in a year.",
        ),
        "LGPGIR 23",
        "read",
        "ANY",
        "holder",
        "violation",
        ("event",),
        ("household-by-firm", "household-too-heavy"),
        Words(
            "Cancele la oferta y vuelva a ofrecer con el propósito de su clase de residuo; quien ya entregó más,"
            " regístrese como generador.",
            "Cancel the offer, and offer again for the purpose of its class of waste; who gave more already registers"
            " as a generator.",
        ),
        Words(
            "Los kilogramos (micro_g) se cuentan por año de recepción, como los acepta el acopio.",
            "The kilograms (micro_g) are counted by the year of their reception, as the collection accepts them.",
        ),
    ),
    Requirement(
        "R45",
        Words(
            "La mezcla y la fracción de un residuo peligroso siguen siendo peligrosas hasta que se liberan.",
            "What was mixed with or made of hazardous waste stays hazardous until it is released.",
        ),
        "RLGPGIR 35 III",
        "read",
        "RP",
        "provider",
        "violation",
        ("event",),
        ("fraction-declassified",),
        Words(
            "Determínela como peligrosa, o libérela como producto (RLGPGIR 80).",
            "Determine it as hazardous, or release it as a product (RLGPGIR 80).",
        ),
    ),
    Requirement(
        "R47",
        Words(
            "Cada hecho se juzga con la ley de su día; lo almacenado al cambiar la ley empieza su plazo ese día.",
            "Each fact is judged by the law of its day; the clock of what is in store at a switch starts on that day.",
        ),
        "policy",
        "unverified",
        "POLICY",
        "system",
        "off",
        ("report",),
        (),
        Words("Nada que curar.", "Nothing to mend."),
        Words(
            "Desde cuándo corre el plazo de lo ya almacenado es pregunta abierta: lo fija cada régimen"
            " (clock_at_switch).",
            "From when the clock of stored waste runs is an open question: each regime sets it (clock_at_switch).",
        ),
    ),
    Requirement(
        "R48",
        Words(
            "Lo que se retiró de un vehículo y nadie usa, evalúa o vende en 180 días es quizá un residuo.",
            "What was taken out of a vehicle and nobody uses, assesses or sells for 180 days is perhaps waste.",
        ),
        "LGPGIR 5 XXIX; 180 days: policy",
        "read",
        "POLICY",
        "holder",
        "private",
        ("obligation",),
        ("idle-unit",),
        Words("Evalúelo, véndalo, instálelo o deséchelo.", "Assess it, sell it, install it, or discard it."),
        Words("180 días es política.", "180 days is policy."),
    ),
    Requirement(
        "R51",
        Words(
            "Un residuo sale con su determinación; sin ella se tiene por de manejo especial, si el régimen lo dice.",
            "Waste leaves with its determination; without one it counts as special handling, where the regime says so.",
        ),
        "NOM-052-SEMARNAT-2005 6.4",
        "read",
        "POLICY",
        "generator",
        "notice",
        ("event",),
        ("left-undetermined",),
        Words(
            "Registre la determinación, aunque ya haya salido.",
            "Record the determination, even after it has left.",
        ),
        Words(
            "R19 para residuos de manejo especial: sin umbral en la ley de los estados leída.",
            "R19 for special-handling waste: no such rule was read in the law of any state.",
        ),
    ),
    Requirement(
        "R58",
        Words(
            "Quien declara que un desechado no es residuo, o ya no es peligroso, responde de cómo lo supo.",
            "Who declares that something discarded is no waste, or hazardous no more, answers for how it knew.",
        ),
        "policy",
        "read",
        "POLICY",
        "holder",
        "notice",
        ("event",),
        ("waste-declassified",),
        Words("Conserve el soporte de la declaración.", "Keep what the declaration rests on."),
    ),
)
