"""Agreement with plain numpy on files that instruments wrote."""

import numpy as np
import pytest

from tiepoint.model.axes import Axis
from tiepoint.spectra.maps import recipe_map, window_map
from tiepoint.spectra.notation import parse
from tiepoint.spectra.regions import mask_spectrum, rectangle_spectrum
from tiepoint.spectra.windows import default_window, recipe_for

pytestmark = pytest.mark.realdata
BCF = [
    "multimodal/stem_eds_tilt_series/0.bcf",
    "eds/test_TEM.bcf",
    "eds/bcf_v2_50x50px.bcf",
    "eds/P45_the_default_job.bcf",
    "eds/30x30_instructively_packed_16bit_compressed.bcf",
]


def cube_of(signals):
    """Data, axes and channel centres of the spectrum image among a file's signals."""
    found = next(s for s in signals if s["data"].ndim == 3)
    axes = tuple(
        Axis(
            name=one["name"],
            size=int(one["size"]),
            scale=float(one["scale"]),
            offset=float(one["offset"]),
            unit=one["units"],
            role="energy" if one["name"].startswith("Energy") else "space",
        )
        for one in found["axes"]
    )
    energy = next(axis for axis in axes if axis.role == "energy")
    return found["data"], axes, energy.offset + energy.scale * np.arange(energy.size)


@pytest.mark.parametrize("name", BCF)
def test_an_eds_map_is_the_sum_of_channels(realdata, name):
    from rsciio.bruker import file_reader

    data, axes, energy = cube_of(file_reader(realdata / name))
    low, high = default_window(parse("Fe Ka"))
    inside = (energy >= low) & (energy <= high)
    found = recipe_map(data, axes, recipe_for("", parse("Fe Ka")))
    assert np.array_equal(found.values, data[..., inside].sum(axis=-1, dtype=np.int64))
    assert found.label == "Fe Kα"
    rows, columns = data.shape[0] // 2, data.shape[1] // 3
    box = rectangle_spectrum(data, axes, (1, 2, rows, columns))
    assert np.array_equal(box.total, data[1:rows, 2:columns].sum(axis=(0, 1), dtype=np.int64))
    mask = found.values > np.median(found.values)
    expected = data[mask].sum(axis=0, dtype=np.int64)
    assert np.array_equal(mask_spectrum(data, axes, mask).total, expected)


def test_the_iron_map_of_the_dust_particle_shows_iron(realdata):
    from rsciio.bruker import file_reader

    data, axes, energy = cube_of(file_reader(realdata / BCF[0]))
    total = data.sum(axis=(0, 1), dtype=np.int64)
    near = np.flatnonzero((energy > 6.2) & (energy < 6.6))
    peak = energy[near[total[near].argmax()]]
    assert peak == pytest.approx(parse("Fe Ka").energy_kev, abs=0.02)
    net = recipe_map(data, axes, recipe_for("", parse("Fe Ka"), net=True)).values
    low, high = default_window(parse("Fe Ka"))
    inside = (energy >= low) & (energy <= high)
    whole = float(total[inside].sum())
    assert 0.5 * whole < net.sum() < whole


def test_a_lazy_bcf_gives_the_same_map(realdata):
    from rsciio.bruker import file_reader

    lazy, axes, _ = cube_of(file_reader(realdata / "eds/test_TEM.bcf", lazy=True))
    data, _, _ = cube_of(file_reader(realdata / "eds/test_TEM.bcf"))
    window = default_window(parse("Cu Ka"))
    found = window_map(lazy, axes, window)
    assert np.array_equal(found.values, window_map(data, axes, window).values)


def test_an_energy_first_eels_image(realdata):
    from rsciio.digitalmicrograph import file_reader

    data, axes, energy = cube_of(file_reader(realdata / "eels/EELS_SI.dm4"))
    assert axes[0].role == "energy"
    inside = (energy >= 532) & (energy <= 582)
    found = window_map(data, axes, (0.532, 0.582), unit="keV")
    expected = data[inside].sum(axis=0, dtype=float)
    assert found.values == pytest.approx(expected.astype(np.float32), rel=1e-6)
    box = rectangle_spectrum(data, axes, (0, 1, 2, 2))
    assert box.total == pytest.approx(data[:, 0:2, 1:2].sum(axis=(1, 2), dtype=float))
    assert box.unit == "eV"
    net = recipe_map(data, axes, recipe_for("", parse("O K"), net=True))
    assert net.values.shape == (2, 2)
    assert np.isfinite(net.values).all()


def test_the_oxygen_edge_of_a_real_spectrum_rises_at_its_onset(realdata):
    from rsciio.msa import file_reader

    (signal,) = file_reader(realdata / "eds/exspy/coreloss_spectrum.msa")
    (axis,) = signal["axes"]
    loss = axis["offset"] + axis["scale"] * np.arange(axis["size"])
    near = (loss > 510) & (loss < 545)
    slope = np.gradient(np.convolve(signal["data"], np.ones(10) / 10, "same"), loss)
    onset = loss[near][slope[near].argmax()]
    assert onset == pytest.approx(parse("O K").onset_ev, abs=6)
