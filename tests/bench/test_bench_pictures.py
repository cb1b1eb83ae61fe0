"""Composites and counted points against numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from bench_table import Rival

from tiepoint.data.points import PointGrid, count_points
from tiepoint.data.sampling import Section
from tiepoint.figures.compose import BACKGROUND, compose
from tiepoint.figures.ramps import ramp
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.transforms import Affine
from tiepoint.model.dataset import Display

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tiepoint.support.arrays import AnyArray

WIDE = 4096
COLOURS = ("gray", "#ff0000", "#00ff00", "#0000ff", "#ffff00")


def by_numpy(pictures: list[Any], ramps: list[Any]) -> AnyArray:
    canvas = np.empty((WIDE, WIDE, 3), np.float32)
    canvas[:] = np.asarray(BACKGROUND, np.float32) / 255
    for (section, display, (low, high)), colours in zip(pictures, ramps, strict=True):
        share = np.clip((np.nan_to_num(section.values) - low) / (high - low), 0, 1)
        found = colours[(share * 255 + 0.5).astype(np.uint8), :3].astype(np.float32)
        weight = (section.mask * display.opacity).astype(np.float32)[..., None]
        if display.blending == "additive":
            canvas += found * weight
        else:
            canvas += (found - canvas) * weight
    return np.asarray(np.clip(canvas, 0, 1) * 255 + 0.5, np.uint8)


def test_composite(compare: Callable[..., Any]) -> None:
    rng = np.random.default_rng(0)
    grid = Grid((WIDE, WIDE), Affine.identity(2))
    values = [rng.random((WIDE, WIDE), np.float32) for _ in range(2)]
    mask = rng.random((WIDE, WIDE)) > 0.1
    pictures = [
        (
            Section(values[k % 2], mask, grid),
            Display(blending="additive" if k % 2 else "translucent", opacity=0.7),
            (0.1, 0.9),
        )
        for k in range(10)
    ]
    ramps = [ramp(COLOURS[k % len(COLOURS)]) for k in range(10)]
    small = [(Section(s.values[:64], s.mask[:64], Grid((64, WIDE), grid.index_to_physical)), d, li)
             for s, d, li in pictures]  # fmt: skip
    compose(small, ramps)
    found = compare(
        "composite of ten 4096² float32 to RGB",
        lambda: compose(pictures, ramps),
        Rival("numpy", lambda: by_numpy(pictures, ramps), goal=0.1),
    )
    away = np.abs(found.ours.astype(int) - found.rivals["numpy"].astype(int))
    assert away.max() <= 1


def test_ten_million_points(compare: Callable[..., Any], tmp_path: Path) -> None:
    points = np.random.default_rng(1).normal(0, 300, (10_000_000, 2))
    grid = PointGrid((2048, 2048), 1.0, (-1024.0, -1024.0))
    edges = np.arange(2049) - 1024.5
    found = compare(
        "1e7 points counted in 2048²",
        lambda: count_points(tmp_path, points, grid),
        Rival("numpy histogram2d", lambda: np.histogram2d(*points.T, bins=(edges, edges))[0], 0.1),
    )
    assert np.abs(found.ours - found.rivals["numpy histogram2d"]).max() <= 1
