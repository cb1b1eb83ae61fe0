"""Colour maps for napari."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tiepoint.figures.ramps import ramp

if TYPE_CHECKING:
    from napari.utils.colormaps import Colormap


@cache
def napari_colormap(name: str) -> Colormap:
    """Return the colour map `name` for napari, transparent where there is no value."""
    from napari.utils.colormaps import Colormap

    return Colormap(ramp(name), name=name, nan_color=(0.0, 0.0, 0.0, 0.0))
