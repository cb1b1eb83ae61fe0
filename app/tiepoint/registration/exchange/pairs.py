"""What every reader of landmark pairs returns, and writing numbers that survive a round trip."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.model.registration import LandmarkPair, Model


@dataclass(frozen=True)
class PairTable:
    """Landmark pairs read from a file.

    Attributes
    ----------
    pairs
        Positions in axis order (y, x) or (z, y, x), numbers as in the file.
    format
        Which format it was, in words for the user.
    dimension_moving, dimension_fixed
        2 or 3; they may differ.
    unit_moving, unit_fixed
        Length unit if the file states one.
    pixels
        ``True``: the file counts pixels; ``None``: it does not say, and the caller must know.
    model
        The model that the file was fitted with, if it says so.
    warnings
        Sentences for the user.
    """

    pairs: tuple[LandmarkPair, ...]
    format: str
    dimension_moving: int
    dimension_fixed: int
    unit_moving: str | None = None
    unit_fixed: str | None = None
    pixels: bool | None = None
    model: Model | None = None
    warnings: tuple[str, ...] = ()

    def swapped(self) -> PairTable:
        """Return the same pairs with moving and fixed exchanged."""
        pairs = tuple(
            pair.model_copy(
                update={
                    "moving": pair.fixed,
                    "fixed": pair.moving,
                    "fle_moving": pair.fle_fixed,
                    "fle_fixed": pair.fle_moving,
                }
            )
            for pair in self.pairs
        )
        return replace(
            self,
            pairs=pairs,
            dimension_moving=self.dimension_fixed,
            dimension_fixed=self.dimension_moving,
            unit_moving=self.unit_fixed,
            unit_fixed=self.unit_moving,
        )


def make_table(
    name: str,
    format: str,
    pairs: Sequence[LandmarkPair],
    warnings: Sequence[str] = (),
    *,
    units: tuple[str | None, str | None] = (None, None),
    pixels: bool | None = None,
    model: Model | None = None,
) -> PairTable:
    """Build a `PairTable`, warning of names that occur twice.

    Raises
    ------
    TiepointError
        If there is no pair at all.
    """
    if not pairs:
        raise TiepointError(f"{name} holds no landmark pair.")
    twice = [key for key, count in Counter(pair.name for pair in pairs).items() if count > 1]
    notes = [*warnings]
    if twice:
        notes.append(f"The name “{twice[0]}” occurs more than once.")
    return PairTable(
        tuple(pairs),
        format,
        len(pairs[0].moving),
        len(pairs[0].fixed),
        *units,
        pixels=pixels,
        model=model,
        warnings=tuple(notes),
    )


def same_dimensions(pairs: Sequence[LandmarkPair]) -> tuple[int, int]:
    """Return (moving, fixed) dimension of pairs that are about to be written.

    Raises
    ------
    TiepointError
        If there are none, or they differ.
    """
    found = {(len(pair.moving), len(pair.fixed)) for pair in pairs}
    if len(found) != 1:
        raise TiepointError(
            "There are no landmark pairs to write."
            if not found
            else "Landmark pairs of different dimensions cannot be written to one file."
        )
    return found.pop()


def exact(value: float) -> str:
    """Write a number so that reading it returns the same number."""
    return repr(float(value))
