"""Automatic helpers on images of real instruments, against clicked or known answers."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from tiepoint.registration.automatic import GridProposal, Proposal, find_grid, register_affine
from tiepoint.registration.automatic.gaussian_fit import fit_windows

pytestmark = pytest.mark.realdata


def test_a_thousand_spots(realdata):
    folder = realdata / "landmarks/delmic+odemis/src/odemis/util/test"
    windows = tifffile.imread(folder / "spotdata.tif")
    truth = np.loadtxt(folder / "spotdata.csv", delimiter=",")[:, ::-1] + 4
    fits = fit_windows(windows)
    off = fits.centres_yx - truth
    assert fits.converged.all()
    assert (off.std(axis=0) < 0.026).all()
    assert (np.abs(off.mean(axis=0)) < 5e-4).all()


def test_grid_of_sixteen_spots(realdata):
    path = realdata / "landmarks/delmic+odemis/src/odemis/acq/align/test/overlay_4_4_test_1.tiff"
    grid = find_grid(tifffile.imread(path), 4, 4)
    assert isinstance(grid, GridProposal)
    assert grid.found.all()
    assert (np.diff(grid.points_yx[..., 0], axis=0) > 120).all()
    assert (np.diff(grid.points_yx[..., 1], axis=1) > 120).all()
    assert grid.residual_rms < 0.5


def table(path):
    rows = np.loadtxt(path, delimiter=",", skiprows=1)
    return {int(row[0]): row[[2, 1]] for row in rows}


def test_kidney_in_two_stains(realdata):
    folder = realdata / "multimodal/histology_pairs_landmarks/rat-kidney_/scale-5pc"
    fixed, moving = (
        np.asarray(Image.open(folder / f"Rat-Kidney_{stain}.jpg"))
        for stain in ("HE", "PanCytokeratin")
    )
    fixed_points, moving_points = (
        table(folder / f"Rat-Kidney_{stain}.csv") for stain in ("HE", "PanCytokeratin")
    )
    both = sorted(fixed_points.keys() & moving_points.keys())
    result = register_affine(fixed, moving)
    assert isinstance(result, Proposal)
    mapped = result.moving_to_fixed(np.array([moving_points[i] for i in both]))
    off = np.linalg.norm(mapped - [fixed_points[i] for i in both], axis=1)
    assert np.median(off) < 4
