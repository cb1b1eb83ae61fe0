"""A 4D-STEM scan in a HyperSpy file: particles that weaken the disc and scatter beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

SPOTS = ((20.0, 26.0, 6.0), (40.0, 62.0, 9.0), (48.0, 18.0, 4.0))
"""Row, column and radius of each particle, points of the scan."""


def write_scan(path: Path, shape: tuple[int, int] = (64, 80), side: int = 64) -> np.ndarray:
    """Write counts (y, x, ky, kx), 2 nm per point and 0.1 1/nm per pixel; return them."""
    from rsciio.hspy import file_writer

    rng = np.random.default_rng(0)
    rows, columns = np.indices(shape)
    matter = sum(np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * r * r)) for y, x, r in SPOTS)
    ky, kx = np.indices((side, side))
    far = np.hypot(ky - 31.2, kx - 33.4)
    disc, halo = 1 / (1 + np.exp((far - 6) / 0.3)), np.exp(-far / 12)
    mean = 40 * disc * (1 - 0.5 * matter)[..., None, None] + 2 * halo * matter[..., None, None]
    counts = rng.poisson(mean + 0.05).astype(np.uint16)
    axes = [
        {
            "_type": "UniformDataAxis",
            "name": name,
            "size": size,
            "scale": scale,
            "offset": 0.0 if navigate else -3.2,
            "units": unit,
            "navigate": navigate,
        }
        for name, size, scale, unit, navigate in (
            ("y", shape[0], 2.0, "nm", True),
            ("x", shape[1], 2.0, "nm", True),
            ("ky", side, 0.1, "1/nm", False),
            ("kx", side, 0.1, "1/nm", False),
        )
    ]
    metadata = {
        "General": {"title": "Scan"},
        "Signal": {"signal_type": "electron_diffraction"},
    }
    signal = {
        "data": counts,
        "axes": axes,
        "metadata": metadata,
        "original_metadata": {},
        "package_info": {"package": "hyperspy", "package_version": "2"},
        "attributes": {"_lazy": False, "ragged": False},
        "learning_results": {},
        "models": {},
        "tmp_parameters": {},
    }
    file_writer(str(path), signal)
    return counts
