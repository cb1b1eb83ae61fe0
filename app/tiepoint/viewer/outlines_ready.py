"""Making napari's outlines ready before the first one is shown."""

from __future__ import annotations

from tiepoint.viewer.start import prepare_environment


def warm_up() -> None:
    """Compile what napari makes outlines with, or load what was compiled before.

    Without it the first outline in space does so on the window's thread.
    """
    prepare_environment()
    import numpy as np
    from napari.layers import Shapes

    square = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 1], [0, 1, 0], [0, 0, 0]], float)
    Shapes([square], shape_type="path", edge_width=[0.1])
