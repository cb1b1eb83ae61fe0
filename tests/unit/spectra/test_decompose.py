"""PCA and NMF against singular values, known mixtures and hyperspy."""

import numpy as np
import pytest

from tiepoint.model.axes import Axis
from tiepoint.spectra.decompose import decompose
from tiepoint.spectra.matrix import table
from tiepoint.support.errors import TiepointError

ROWS, COLUMNS, CHANNELS = 14, 17, 60
ENERGY = Axis(name="Energy", size=CHANNELS, scale=0.1, unit="keV", role="energy")


def axes():
    return (
        Axis(name="y", size=ROWS, scale=2.0, unit="nm"),
        Axis(name="x", size=COLUMNS, scale=2.0, unit="nm", offset=5.0),
        ENERGY,
    )


def phases():
    """Two phases: maps that sum to the dose, spectra that sum to one."""
    x = np.arange(CHANNELS)
    spectra = np.stack(
        [np.exp(-0.5 * ((x - 15) / 3) ** 2), 0.6 * np.exp(-0.5 * ((x - 40) / 4) ** 2)]
    )
    spectra[0] += 0.5 * np.exp(-0.5 * ((x - 40) / 4) ** 2)
    spectra[1] += 0.4 * np.exp(-0.5 * ((x - 54) / 2) ** 2)  # each has a line of its own
    spectra /= spectra.sum(axis=1, keepdims=True)
    share = np.clip((np.indices((ROWS, COLUMNS)).sum(axis=0) - 6) / 16, 0, 1)
    return np.stack([3000 * share, 2000 * (1 - share)]), spectra


@pytest.fixture
def cube(rng):
    maps, spectra = phases()
    return rng.poisson(np.tensordot(maps, spectra, (0, 0))).astype(np.uint16)


def test_nmf_finds_the_maps_and_spectra_of_two_phases(cube):
    maps, spectra = phases()
    found = decompose(cube, axes(), 2)
    assert found.spectra.sum(axis=1) == pytest.approx(1)
    assert (found.maps >= 0).all()
    for map_, spectrum in zip(maps, spectra, strict=True):
        alike = [np.corrcoef(spectrum, one)[0, 1] for one in found.spectra]
        best = int(np.argmax(alike))
        assert alike[best] > 0.995
        assert np.corrcoef(map_.ravel(), found.maps[best].ravel())[0, 1] > 0.995
    assert found.maps.sum() == pytest.approx(cube.sum(), rel=0.01)
    assert found.explained.sum() == pytest.approx(1)
    assert found.explained[0] >= found.explained[1]
    assert found.total_explained > 0.8
    assert found.axes == axes()[:2]
    assert np.abs(found.rebuilt() - np.tensordot(maps, spectra, (0, 0))).mean() < 2


def test_pca_is_the_singular_value_decomposition(cube):
    found = decompose(cube, axes(), 3, "PCA", poisson_scaled=False)
    flat = cube.reshape(-1, CHANNELS).astype(float)
    flat -= flat.mean(axis=0)
    values = np.linalg.svd(flat, compute_uv=False) ** 2
    assert found.explained == pytest.approx(values[:3] / values.sum(), rel=1e-4)
    assert found.total_explained == pytest.approx(found.explained.sum())
    everything = decompose(cube, axes(), CHANNELS, "PCA", poisson_scaled=False)
    assert everything.rebuilt() == pytest.approx(cube, abs=0.05)


def test_poisson_scaling_divides_by_the_roots_of_the_means(cube):
    flat = cube.reshape(-1, CHANNELS).astype(float)
    flat /= np.sqrt(np.maximum(flat.mean(axis=1), 1e-9))[:, None] * np.sqrt(
        np.where(flat.any(axis=0), cube.mean(axis=(0, 1)), 1)
    )
    flat -= flat.mean(axis=0)
    values = np.linalg.svd(flat, compute_uv=False) ** 2
    assert decompose(cube, axes(), 3, "PCA").explained == pytest.approx(
        values[:3] / values.sum(), rel=1e-3
    )


@pytest.mark.filterwarnings("ignore")
def test_pca_explains_what_hyperspy_says(cube):
    hs = pytest.importorskip("hyperspy.api", reason="hyperspy is not installed")
    signal = hs.signals.Signal1D(cube.astype(float))
    signal.decomposition(algorithm="SVD", centre="navigation", print_info=False)
    theirs = signal.get_explained_variance_ratio().data[:4]
    ours = decompose(cube, axes(), 4, "PCA", poisson_scaled=False).explained
    assert ours == pytest.approx(theirs, rel=1e-3)


@pytest.mark.parametrize("method", ["PCA", "NMF"])
def test_the_same_again_and_wherever_the_spectra_run(cube, method):
    first = decompose(cube, axes(), 2, method)
    again = decompose(cube, axes(), 2, method)
    assert np.array_equal(first.maps, again.maps)
    turned = np.ascontiguousarray(np.moveaxis(cube, -1, 0))
    other = decompose(turned, (axes()[2], *axes()[:2]), 2, method)
    assert np.array_equal(first.spectra, other.spectra)


def test_bins_sum_and_keep_positions(cubes, cube):
    lazy = cubes.Lazy(cube, (5, 4, 16))
    found = table(lazy, axes(), (1.0, 4.9), bin_pixels=3, bin_channels=4)
    part = cube[:12, :15, 10:50]
    expected = part.reshape(4, 3, 5, 3, 10, 4).sum(axis=(1, 3, 5))
    assert np.array_equal(found.values.reshape(4, 5, 10), expected)
    assert found.axes[1].offset == 7.0
    assert found.axes[1].scale == 6.0
    assert found.positions[0] == pytest.approx(1.15)


def test_progress_and_cancel(cube):
    seen = []
    decompose(cube, axes(), 2, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0

    class StopError(Exception):
        pass

    def stop(done):
        if done > 0.3:
            raise StopError

    with pytest.raises(StopError):
        decompose(cube, axes(), 2, progress=stop)


def test_what_cannot_be_decomposed_is_refused_in_words(cube, monkeypatch):
    with pytest.raises(TiepointError, match="choose 1 to 60"):
        decompose(cube, axes(), 61)
    with pytest.raises(TiepointError, match="NMF needs values of zero and above"):
        decompose(cube.astype(float) - 5, axes(), 2, poisson_scaled=False)
    with pytest.raises(TiepointError, match="Poisson scaling needs"):
        decompose(cube.astype(float) - 5, axes(), 2, "PCA")
    broken = cube.astype(float)
    broken[0, 0, 0] = np.nan
    with pytest.raises(TiepointError, match="not finite"):
        decompose(broken, axes(), 2)
    with pytest.raises(TiepointError, match="bins are larger"):
        decompose(cube, axes(), 2, bin_pixels=20)
    monkeypatch.setattr("tiepoint.spectra.matrix.MOST_BYTES", 20000)
    with pytest.raises(TiepointError, match="sum 3 channels into one"):
        decompose(cube, axes(), 2)


def test_empty_pixels_and_channels_do_no_harm(cube):
    cube[0] = 0
    cube[..., 0] = 0
    found = decompose(cube, axes(), 2)
    assert np.isfinite(found.maps).all()
    assert (found.maps[:, 0] == 0).all()
