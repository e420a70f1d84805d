from __future__ import annotations

import pytest

from certification.number import check_number

# Numbers of real permits for transport, from which the form was inferred.
SAMPLES = [
    "05-35-PS-I-327D-2019",
    "19-I-030D-19",
    "19-I-001D-16",
    "19-I-009D-18",
    "5-27-PS-I-316D-11-2017",
    "06-10-PS-I-01-2011",
]


@pytest.mark.parametrize("number", SAMPLES)
def test_the_samples_are_usual(number: str) -> None:
    assert check_number(number) is None


@pytest.mark.parametrize(
    ("number", "warning"),
    [
        ("0617DIVR03082011230301001", "unusual-form"),
        ("05-35-PS-1-327D-2019", "unusual-form"),
        ("19-I-030D-19 ", "unusual-form"),
        ("", "unusual-form"),
        ("33-I-030D-19", "no-such-state"),
        ("00-I-030D-19", "no-such-state"),
        ("5-27-PS-I-316D-13-2017", "no-such-month"),
        ("5-27-PS-I-316D-00-2017", "no-such-month"),
    ],
)
def test_another_form_draws_a_warning(number: str, warning: str) -> None:
    assert check_number(number) == warning
