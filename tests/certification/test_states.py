from __future__ import annotations

import pytest

from certification.states import STATES, FederalState, find_by_inegi, find_by_iso, find_state


def test_there_are_32_states_numbered_from_01_to_32() -> None:
    assert [state.inegi for state in STATES] == [f"{number:02}" for number in range(1, 33)]
    assert len({state.iso for state in STATES}) == 32
    assert all(len(state.iso) == 6 and state.iso.startswith("MX-") for state in STATES)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.iso)
def test_a_state_is_found_by_each_of_its_codes_and_spellings(state: FederalState) -> None:
    assert find_by_inegi(state.inegi) is find_by_iso(state.iso) is state
    for text in (state.inegi, str(int(state.inegi)), state.iso, state.name, *state.spellings):
        assert find_state(text) is state, text


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("NUEVO LEON", "MX-NLE"),
        ("n. l.", "MX-NLE"),
        ("Cd. de Mexico", "MX-CMX"),
        ("DF", "MX-CMX"),
        ("edo. mex", "MX-MEX"),
        ("mexico", "MX-MEX"),
        ("queretaro", "MX-QUE"),
        ("Slp", "MX-SLP"),
        ("baja california", "MX-BCN"),
        ("Coahuila de Zaragoza", "MX-COA"),
    ],
)
def test_accents_capitals_points_and_blanks_do_not_matter(text: str, iso: str) -> None:
    found = find_state(text)

    assert found is not None
    assert found.iso == iso


@pytest.mark.parametrize("text", ["", "33", "00", "Texas", "MX", "Baja"])
def test_what_names_no_state_finds_none(text: str) -> None:
    assert find_state(text) is None


def test_codes_are_exact() -> None:
    assert find_by_inegi("9") is None
    assert find_by_iso("NLE") is None
