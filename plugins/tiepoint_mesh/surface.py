"""Triangle meshes: drawn as the voxels that their surface passes through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    Ask,
    DatasetDraft,
    Metadata,
    PointGrid,
    Quantity,
    Question,
    TiepointError,
    answers_to,
    decoded_array,
    grid_over,
    nice_step,
    spatial_axes,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LENGTHS = ("nm", "µm", "mm")
VOXELS_ACROSS = 256
MOST_VOXELS = 1 << 25
MOST_POINTS = 1 << 20
FINENESS = 0.5
"""Distance of the sampled points in voxels: close enough that no voxel is passed over."""
WORDS = "a mesh does not say in which unit its coordinates are."


def read(path: Path) -> list[DatasetDraft]:
    """Return the surface as a volume of zeros and ones.

    Raises
    ------
    MissingAnswer
        If nobody has said yet in which unit the mesh is.
    TiepointError
        If the file is damaged or holds no triangles.
    """
    corners = triangles(path)
    ask = Ask("unit", "Coordinates are in", LENGTHS)
    unit = answers_to(path, Question("mesh", WORDS, (ask,)))[ask.key]
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    longest = float((high - low).max())
    if not np.isfinite(longest) or longest <= 0:
        raise TiepointError(f"{path.name} is damaged: its mesh has no extent.")
    grid = grid_over(low, high, nice_step(longest / VOXELS_ACROSS), MOST_VOXELS)
    axes = spatial_axes("zyx", grid.shape, (grid.step,) * 3, unit, grid.origin)
    return [
        DatasetDraft(
            title="surface",
            key="surface",
            technique="mesh",
            kind="mesh",
            axes=axes,
            array=decoded_array(shell, path, grid.shape, np.dtype(np.uint8), grid),
            metadata=Metadata(settings={"triangles": len(corners)}),
            quantity=Quantity(name="surface"),
        )
    ]


def triangles(path: Path) -> Floats:
    """Return the corners of all triangles, (N, 3, 3), axis order (z, y, x).

    Raises
    ------
    TiepointError
        If there are none.
    """
    import trimesh

    try:
        mesh: Any = trimesh.load_mesh(str(path), process=False)
        corners = np.asarray(mesh.triangles, np.float64)
    except Exception as error:
        raise TiepointError(f"{path.name} is damaged or no mesh.") from error
    if corners.ndim != 3 or not len(corners):
        raise TiepointError(f"{path.name} holds no triangles.")
    return corners[:, :, ::-1]


def shell(path: Path, grid: PointGrid) -> npt.NDArray[np.uint8]:
    """Return 1 in every voxel that the surface passes through."""
    filled = np.zeros(grid.shape, np.uint8)
    flat = filled.reshape(-1)
    for points in surface_points(triangles(path), FINENESS * grid.step):
        flat[grid.cells(points)[0]] = 1
    return filled


def surface_points(corners: Floats, distance: float) -> Any:
    """Give points on every triangle, no further apart than `distance`, part by part.

    Parameters
    ----------
    corners
        (N, 3, 3).
    distance
        In the unit of the corners.

    Yields
    ------
    numpy.ndarray
        (M, 3) points.
    """
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    steps = np.maximum(1, np.ceil(edges / distance)).astype(int)
    for count in np.unique(steps):
        weights = _weights(int(count))
        same = corners[steps == count]
        size = max(1, MOST_POINTS // len(weights))
        for start in range(0, len(same), size):
            yield np.einsum("wk,nkd->nwd", weights, same[start : start + size]).reshape(-1, 3)


def _weights(count: int) -> Floats:
    """Return the barycentric weights of an even raster with `count` steps along an edge."""
    i, j = np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij")
    kept = i + j <= count
    first, second = i[kept] / count, j[kept] / count
    return np.column_stack([first, second, 1 - first - second])
