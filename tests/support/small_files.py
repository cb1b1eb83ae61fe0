"""Small calibrated files that tests of the session, the command line and the window open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.support.arrays import AnyArray


def write_ome(
    path: Path,
    values: AnyArray | None = None,
    pixel: float = 10.0,
    unit: str | None = "nm",
) -> Path:
    """Write an image (y, x) or volume (z, y, x) as OME-TIFF.

    Parameters
    ----------
    values
        A gradient of 60 × 80 pixels if not given.
    pixel
        Size along every axis, in `unit`; without a unit the file says nothing about it.
    """
    import tifffile

    if values is None:
        values = gradient()
    metadata: dict[str, object] = {"axes": "ZYX"[-values.ndim :]}
    if unit is not None:
        for axis in "XYZ"[: values.ndim]:
            metadata |= {f"PhysicalSize{axis}": pixel, f"PhysicalSize{axis}Unit": unit}
    tifffile.imwrite(path, values, ome=True, metadata=metadata)
    return path


def gradient(shape: tuple[int, ...] = (60, 80)) -> AnyArray:
    """Return an image that differs everywhere."""
    rows, cols = np.indices(shape[-2:])
    flat = (rows * 7 + cols * 3).astype(np.uint16)
    return np.broadcast_to(flat, shape).copy()


def write_pairs(path: Path, moving: AnyArray, fixed: AnyArray) -> Path:
    """Write landmark pairs (N, K) as Tiepoint's own CSV."""
    axes = {2: ("y", "x"), 3: ("z", "y", "x")}
    head = ["name", *(f"moving_{a}" for a in axes[moving.shape[1]])]
    head += [f"fixed_{a}" for a in axes[fixed.shape[1]]]
    lines = [",".join(head)]
    for number, (a, b) in enumerate(zip(moving, fixed, strict=True), 1):
        lines.append(",".join([f"L{number}", *(f"{v:.12g}" for v in (*a, *b))]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
