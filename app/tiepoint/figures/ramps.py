"""Colour maps: named ones from the catalogue, and a single colour for a composite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray


def ramp(name: str) -> FloatArray:
    """Return (256, 4) colours, 0–1, of a colour map.

    Parameters
    ----------
    name
        A name of the cmap catalogue (``"gray"``, ``"viridis"``, ``"batlow"`` …), or a colour
        ``#rrggbb``: a ramp from black to it, for additive composites.
    """
    if name.startswith("#"):
        colour = np.array([int(name[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        steps = np.linspace(0, 1, 256)[:, None]
        return np.hstack([steps * colour, np.ones((256, 1))])
    from cmap import Colormap as Catalogue

    return np.asarray(Catalogue(name)(np.linspace(0, 1, 256)), float)
