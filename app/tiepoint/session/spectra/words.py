"""What the values of a map are, in words for legends and the status line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session

MODEL_DERIVED = "model-derived"


def unit_of(session: Session, dataset: Dataset) -> str:
    """Return the unit of a dataset's values; empty where there is none or it is not known."""
    recipe = dataset.recipe
    if recipe is None:
        return dataset.quantity.unit or ""
    known = {d.id: d for d in session.project.datasets}
    source = known.get(recipe.source)
    counts = source is None or not source.dtype.startswith("float")
    from tiepoint.spectra.legend import unit_of as unit_of_map

    return unit_of_map(recipe.background, counts=counts)


def legend_detail(session: Session, dataset: Dataset, limits: tuple[float, float] | None) -> str:
    """Return range, unit and mark of a map: ``"0–57 wt %"``, ``"0–1.2 · model-derived"``."""
    parts = []
    if limits is not None:
        low, high = (plain(end) for end in limits)
        dash = "–" if limits[0] >= 0 else " to "
        parts.append(f"{low}{dash}{high} {unit_of(session, dataset)}".rstrip())
    if dataset.model_derived:
        parts.append(MODEL_DERIVED)
    return " · ".join(parts)


def plain(value: float) -> str:
    """Write a number with three digits, thousands apart, without an exponent up to a million."""
    if 1000 <= abs(value) < 1e7:
        return f"{value:,.0f}".replace("-", "−")
    return f"{value:.3g}".replace("-", "−")
