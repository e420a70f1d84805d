"""Terms and thresholds of the law, by name, as they stood before any regime was enacted; each with its article.

The unit is the end of the name. A regime may set any of them (``ledger.domain.regime.RegimeNumber``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from compliance.reason import Confidence


@dataclass(frozen=True, slots=True)
class Number:
    """One of them; a ``policy`` has no article of its own."""

    value: int
    article: str
    confidence: Confidence = "read"
    policy: bool = False


NUMBERS: Final[Mapping[str, Number]] = {
    "storage_months": Number(6, "LGPGIR 56; RLGPGIR 84"),
    "storage_warn_natural_days": Number(45, "policy", policy=True),
    "extension_months": Number(6, "RLGPGIR 65"),
    "extension_ask_business_days": Number(20, "RLGPGIR 65"),
    "extension_answer_business_days": Number(10, "RLGPGIR 65"),
    "original_back_natural_days": Number(60, "RLGPGIR 86 IV"),
    "original_warn_natural_days": Number(15, "policy", policy=True),
    "original_tell_business_days": Number(5, "policy", policy=True),
    "original_sent_warn_business_days": Number(3, "RLGPGIR 86 III", policy=True),
    "original_sent_business_days": Number(10, "RLGPGIR 86 III", policy=True),
    "incident_notice_business_days": Number(3, "RLGPGIR 131"),
    "incident_spill_ml": Number(1_000_000, "RLGPGIR 129, 130"),
    "use_report_natural_days": Number(30, "RLGPGIR 114"),
    "return_natural_days": Number(180, "RLGPGIR 121"),
    "return_after_notice_business_days": Number(10, "RLGPGIR 124"),
    "return_report_natural_days": Number(15, "RLGPGIR 124"),
    "self_haul_g": Number(200_000, "RLGPGIR 85, last paragraph"),
    "micro_g": Number(400_000, "LGPGIR 5 XIX; RLGPGIR 42 III"),
    "gran_g": Number(10_000_000, "LGPGIR 5 XII; RLGPGIR 42 I"),
    "annual_report_from_mmdd": Number(301, "RLGPGIR 73 I; RETC-R 11"),
    "annual_report_to_mmdd": Number(630, "RLGPGIR 73 I; RETC-R 11"),
    "balance_permille": Number(20, "RLGPGIR 154", policy=True),
    "recovery_max_permille": Number(1100, "RLGPGIR 154", policy=True),
    "capacity_near_permille": Number(800, "RLGPGIR 48 VI, 56", policy=True),
    "plan_business_days": Number(45, "RLGPGIR 25", policy=True),
    "on_site_notice_business_days": Number(30, "LGPGIR 57; RLGPGIR 74"),
    "assessment_natural_days": Number(30, "UN Model Regulations SP 376", "secondary", policy=True),
    "idle_natural_days": Number(180, "LGPGIR 5 XXIX", policy=True),
    "snapshot_natural_days": Number(30, "RLGPGIR 81", policy=True),
    "provenance_permille": Number(990, "RLGPGIR 154", policy=True),
    "observations_business_days": Number(5, "LGEEPA 164"),
    "case_reply_business_days": Number(15, "LGEEPA 167"),
}
