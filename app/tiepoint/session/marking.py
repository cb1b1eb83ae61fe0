"""How large regions are, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.measure.sizes import region_sizes
from tiepoint.support.units import convert, format_length, readable_unit

if TYPE_CHECKING:
    from tiepoint.measure.sizes import Sizes
    from tiepoint.model.region import Region
    from tiepoint.session.session import Session


class Marking:
    """Measures regions."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def sizes(self, region: Region) -> Sizes:
        """Return the physical measures of a region."""
        return region_sizes(region, self._session.dataset(region.dataset).unit)

    def size_words(self, region: Region) -> str:
        """Return the one measure that says most about a shape."""
        sizes = self.sizes(region)
        unit = self._session.dataset(region.dataset).unit
        if sizes.area is not None:
            return format_area(sizes.area, unit)
        return "" if sizes.length is None else format_length(sizes.length, unit)

    def facts(self, region: Region) -> str:
        """Return all measures, one per line; see `under_region` for the values under it."""
        home = self._session.dataset(region.dataset)
        lines = []
        for name, value, unit in self.sizes(region).rows:
            if unit == "°":
                lines.append(f"{name.capitalize()} {value:.1f}°")
            elif unit.endswith("²"):
                lines.append(f"{name.capitalize()} {format_area(value, home.unit)}")
            elif unit.endswith("³"):
                lines.append(f"{name.capitalize()} {value:.4g} {unit}")
            else:
                lines.append(f"{name.capitalize()} {format_length(value, home.unit, 4)}")
        return "\n".join(lines)


def format_area(area: float, unit: str | None) -> str:
    """Write an area for people: ``0.5 µm²``."""
    if unit is None:
        return f"{area:.4g} px²"
    best = readable_unit(float(np.sqrt(abs(area))), unit)
    return f"{area * convert(1.0, unit, best) ** 2:.4g} {best}²"
