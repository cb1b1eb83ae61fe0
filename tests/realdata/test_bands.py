"""Bands of a real luminescence map with an uneven wavelength axis against scipy."""

import numpy as np
import pytest
from scipy.integrate import trapezoid

from tiepoint.session import Session
from tiepoint.spectra.bands import HC_EV_NM, band_maps

pytestmark = [pytest.mark.realdata, pytest.mark.usefixtures("own_home")]


def test_a_luminescence_band_by_wavelength_and_by_energy(realdata):
    from rsciio.renishaw import file_reader

    path = realdata / "raman_ir_xps/renishaw/renishaw_test_map.wdf"
    session = Session()
    (dataset,) = [d for d in session.add_files([path]) if d.kind == "spectrum image"]
    theirs = next(s for s in file_reader(path) if s["data"].ndim == 3)
    x = np.asarray(theirs["axes"][-1]["axis"], float)
    values = np.asarray(theirs["data"], float)
    assert np.ptp(np.diff(x)) > 0  # uneven
    order = np.argsort(x)
    x, values = x[order], values[..., order]
    window = float(x[5]), float(x[-6])
    inside = slice(5, x.size - 5)
    array = session.store.array(dataset)
    plain = band_maps(array, dataset.axes, window, baseline=False)
    area = trapezoid(values[..., inside], x[inside], axis=-1)
    assert plain.area == pytest.approx(area, rel=1e-9)
    mean = trapezoid(values[..., inside] * x[inside], x[inside], axis=-1) / area
    assert plain.centre[plain.seen] == pytest.approx(mean[plain.seen], rel=1e-9)
    assert plain.unit == "nm"
    turned = band_maps(array, dataset.axes, window, baseline=False, as_energy=True)
    assert turned.unit == "eV"
    # 37 channels: the two trapezoidal rules differ by their step, no more.
    assert turned.area == pytest.approx(area, rel=1e-3)
    energy = HC_EV_NM / x[inside][::-1]
    density = values[..., inside][..., ::-1] * HC_EV_NM / energy**2
    assert turned.area == pytest.approx(trapezoid(density, energy, axis=-1), rel=1e-9)
