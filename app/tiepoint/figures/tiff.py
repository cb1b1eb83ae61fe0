"""Writing maps and sections as calibrated OME-TIFF."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tiepoint.data.sampling import Section
    from tiepoint.model.axes import Axis
    from tiepoint.support.arrays import AnyArray


def write_tiff(path: Path, values: AnyArray, axes: Sequence[Axis]) -> None:
    """Write an image with the pixel size of its axes.

    Parameters
    ----------
    path
        ``.tif``; its folder is made if needed.
    values
        (y, x), or (y, x, 3 | 4) for colour.
    axes
        Spatial axes (y, x).

    Raises
    ------
    TiepointError
        If it cannot be written.
    """
    y, x = axes[-2:]
    _write(path, values, (abs(y.scale), abs(x.scale)), x.unit)


def write_section(path: Path, section: Section, unit: str | None) -> None:
    """Write a section as float32 with NaN where there is no value (colour: alpha 0)."""
    values = section.values
    if values.ndim == 3:
        alpha = np.where(section.mask, 255, 0).astype(np.uint8)[..., None]
        values = np.concatenate([np.asarray(values[..., :3], np.uint8), alpha], axis=2)
    else:
        values = np.where(section.mask, values, np.nan).astype(np.float32)
    pixel = section.grid.pixel
    _write(path, values, (float(pixel[0]), float(pixel[1])), unit)


def _write(path: Path, values: AnyArray, pixel_yx: tuple[float, float], unit: str | None) -> None:
    import tifffile

    metadata: dict[str, object] = {"axes": "YXS" if values.ndim == 3 else "YX"}
    if unit is not None:
        for name, size in zip("YX", pixel_yx, strict=True):
            metadata[f"PhysicalSize{name}"] = size
            metadata[f"PhysicalSize{name}Unit"] = unit
    photometric = "rgb" if values.ndim == 3 else "minisblack"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(path, values, ome=True, photometric=photometric, metadata=metadata)
    except OSError as error:
        raise TiepointError(f"{path} cannot be written: {error.strerror or error}.") from error
