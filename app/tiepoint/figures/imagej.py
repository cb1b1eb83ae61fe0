"""Regions as ImageJ ROIs."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tiepoint.support.arrays import FloatArray


def write_rois(path: Path, regions: Sequence[tuple[str, str, FloatArray]]) -> None:
    """Write regions to an ImageJ ``RoiSet.zip``.

    Parameters
    ----------
    path
        ``.zip``.
    regions
        (name, shape, vertices (N, 2) in pixel indices (y, x)). ImageJ counts from the pixel's
        corner, so half a pixel is added.

    Raises
    ------
    TiepointError
        If it cannot be written.
    """
    import roifile

    from tiepoint.measure.outlines import outline

    line = roifile.ROI_TYPE.POLYLINE
    kinds = {"point": roifile.ROI_TYPE.POINT, "line": line, "polyline": line}
    try:
        with zipfile.ZipFile(path, "w") as archive:
            for number, (name, shape, pixels) in enumerate(regions, 1):
                points = outline(shape, pixels)[:, ::-1][:, :2] + 0.5
                roi = roifile.ImagejRoi.frompoints(points, name=name)
                roi.roitype = kinds.get(shape, roifile.ROI_TYPE.POLYGON)
                archive.writestr(f"{number:04d}.roi", roi.tobytes())
    except OSError as error:
        raise TiepointError(f"{path} cannot be written: {error.strerror}.") from error
