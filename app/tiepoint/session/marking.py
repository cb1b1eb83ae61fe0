"""What is known of regions: size, and what every dataset shows under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import index_to_physical
from tiepoint.measure.sizes import region_sizes
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import convert, format_length, readable_unit

if TYPE_CHECKING:
    from tiepoint.measure.sizes import Sizes
    from tiepoint.measure.statistics import Statistics
    from tiepoint.model.dataset import Dataset
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
        """Return all measures and the statistics of the datasets at hand, one per line."""
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
        if region.shape not in ("line", "polyline"):
            lines.extend(self._statistics_lines(region))
        return "\n".join(lines)

    def _statistics_lines(self, region: Region) -> list[str]:
        lines = []
        for dataset in self._session.project.datasets:
            if not dataset.display.visible or dataset.rgb or dataset.ndim_space != 2:
                continue
            if not self._session.drawing.has_values(dataset):
                continue
            try:
                found = self.statistics(region, dataset)
            except TiepointError:
                continue
            lines.append(
                f"{dataset.name}: mean {found.mean:.4g} ± {found.sd:.2g} (n = {found.n:,})"
            )
        return lines

    def statistics(self, region: Region, dataset: Dataset) -> Statistics:
        """Return the statistics of an image under a region, wherever it was drawn.

        Raises
        ------
        TiepointError
            If the two are not related, or the region covers no pixel.
        """
        from tiepoint.measure.masks import region_mask
        from tiepoint.measure.statistics import region_statistics

        vertices = self._session.locating.vertices_in(region, dataset)
        shape = tuple(axis.size for axis in dataset.spatial_axes)
        mask = region_mask(region.shape, vertices, index_to_physical(dataset), shape)
        return region_statistics(self._session.drawing.levels(dataset)[0].array, mask)


def format_area(area: float, unit: str | None) -> str:
    """Write an area for people: ``0.5 µm²``."""
    if unit is None:
        return f"{area:.4g} px²"
    best = readable_unit(float(np.sqrt(abs(area))), unit)
    return f"{area * convert(1.0, unit, best) ** 2:.4g} {best}²"
