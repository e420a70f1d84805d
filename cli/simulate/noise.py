"""What honest parties get wrong, and by how much: the noise model, as ``docs/simulation.md`` describes it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

HOUR_S: Final = 3600
UNIT_SCALE_G: Final = 500
"""The step of a scale for single packs."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard deviations, shares and bounds; a share is of packs, or of receptions where it says so.

    Attributes:
        pack_ppm: how far packs of one model scatter around the mass on their label.
        calibration_ppm: how far a calibrated scale is off at most, for good.
        reading_ppm: how far two readings of one scale scatter.
        typing_errors_permille: of first receptions: a mass with a wrong digit, corrected within days.
        misplaced_permille: of stored packs: reported lost, and found by the same holder.
        first_seen_permille: packs without a history that a yard takes from their owner.
        damaged_permille: packs whose case is damaged, which makes them hazardous waste.
        upload_s: statements reach the ledger in lots, so late at most: devices are offline for days.
        clock_s: how far a device's clock is off at most.
        loss_permille, loss_scatter_permille: mean and deviation of what a batch loses to dust and moisture.
    """

    pack_ppm: int = 4_000
    calibration_ppm: int = 2_000
    reading_ppm: int = 1_500
    typing_errors_permille: int = 25
    misplaced_permille: int = 20
    first_seen_permille: int = 80
    damaged_permille: int = 150
    upload_s: int = 60 * HOUR_S
    clock_s: int = 240
    loss_permille: int = 6
    loss_scatter_permille: int = 2

    def true_mass_g(self, rng: Random, label_g: int) -> int:
        """What a pack really has."""
        return round(label_g * (1 + _bounded(rng, self.pack_ppm)))

    def calibration(self, rng: Random) -> float:
        """By which share a scale is off."""
        return rng.uniform(-self.calibration_ppm, self.calibration_ppm) / 1_000_000

    def reading_g(self, rng: Random, true_g: int, calibration: float) -> int:
        """What the scale shows."""
        shown = true_g * (1 + calibration + _bounded(rng, self.reading_ppm))
        return max(UNIT_SCALE_G, round(shown / UNIT_SCALE_G) * UNIT_SCALE_G)

    def loss_g(self, rng: Random, mass_g: int) -> int:
        """What a batch of this mass loses."""
        return round(mass_g * rng.gauss(self.loss_permille, self.loss_scatter_permille) / 1000)

    def happens(self, rng: Random, permille: int) -> bool:
        """Whether something of this share happens now."""
        return rng.randrange(1000) < permille


def _bounded(rng: Random, deviation_ppm: int) -> float:
    """A normal deviate, cut at three deviations: nobody keeps a scale that does worse."""
    return max(-3.0, min(3.0, rng.gauss(0, 1))) * deviation_ppm / 1_000_000


def mistyped_g(rng: Random, mass_g: int) -> int:
    """The mass in kilograms with one digit wrong, as a thumb gets it wrong."""
    digits = list(str(mass_g // 1000))
    place = rng.randrange(len(digits))
    choices = [digit for digit in "123456789" if digit != digits[place]]
    digits[place] = rng.choice(choices)
    return int("".join(digits)) * 1000
