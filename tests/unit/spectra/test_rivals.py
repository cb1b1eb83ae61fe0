"""The same numbers as exspy on files that instruments wrote."""

import warnings

import numpy as np
import pytest

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import MapRecipe
from tiepoint.spectra.intensity import net_maps
from tiepoint.spectra.quantify import cliff_lorimer

pytestmark = [pytest.mark.realdata, pytest.mark.filterwarnings("ignore")]


def rival_signal(path, kind, **options):
    """A signal as hyperspy holds it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hs = pytest.importorskip("hyperspy.api", reason="hyperspy is not installed")
        found = hs.load(path, **options)
    found = found if isinstance(found, list) else [found]
    return next(one for one in found if one.metadata.Signal.signal_type == kind)


def axes_of(signal):
    """Our axes of their signal, in array order."""
    return tuple(
        Axis(
            name=str(one.name),
            size=one.size,
            scale=float(one.scale),
            offset=float(one.offset),
            unit=str(one.units),
            role="space" if one.navigate else "energy",
        )
        for one in signal.axes_manager._axes
    )


def windows_of(signal, line, half=12, gap=8, wide=10):
    """A window and its flanks, symmetric, as channel numbers: half-open."""
    axis = signal.axes_manager.signal_axes[0]
    middle = axis.value2index(signal._get_line_energy(line))
    signal_window = (middle - half, middle + half)
    flanks = (middle - half - gap - wide, middle - half - gap), (
        middle + half + gap, middle + half + gap + wide,
    )  # fmt: skip
    return signal_window, *flanks


def both(signal, lines):
    """Net intensities by exspy and by us, over the very same channels."""
    axis = signal.axes_manager.signal_axes[0]
    recipes, theirs_windows, theirs_under = [], [], []
    for line in lines:
        ranges = windows_of(signal, line)
        # They slice [a, b); in their axis' values, exactly on the channels' centres.
        values = [tuple(axis.offset + axis.scale * end for end in one) for one in ranges]
        theirs_windows.append(list(values[0]))
        theirs_under.append([*values[1], *values[2]])
        closed = [(low, high - axis.scale) for low, high in values]
        element, name = line.split("_")
        recipes.append(
            MapRecipe(
                source="",
                label=f"{element} {name.replace('a', 'α')}",
                window=closed[0],
                unit=axis.units,
                background="linear",
                background_windows=tuple(closed[1:]),
            )
        )
    theirs = signal.get_lines_intensity(
        xray_lines=list(lines),
        integration_windows=theirs_windows,
        background_windows=np.array(theirs_under),
    )
    return net_maps(signal.data, axes_of(signal), recipes), theirs


def test_net_maps_are_those_of_exspy(realdata):
    signal = rival_signal(realdata / "multimodal/stem_eds_tilt_series/0.bcf", "EDS_TEM")
    signal.set_elements(["Fe", "Si", "Mg"])
    ours, theirs = both(signal, ("Fe_Ka", "Mg_Ka", "Si_Ka"))
    for one, other in zip(ours, theirs, strict=True):
        assert one.net == pytest.approx(other.data, abs=1e-9)
    assert ours[0].net.sum() > 1e4


def test_wt_and_at_per_cent_are_those_of_exspy(realdata):
    signal = rival_signal(realdata / "eds/test_TEM.bcf", "EDS_TEM")
    signal.set_elements(["Cu", "Ti"])
    signal.set_lines(["Cu_Ka", "Ti_Ka"])
    signal = signal.rebin(scale=(16, 16, 1), dtype=np.uint64)
    ours, theirs = both(signal, ("Cu_Ka", "Ti_Ka"))
    factors = {"Cu Kα": 1.45, "Ti Kα": 1.08}
    for unit, word in (("wt %", "weight"), ("at %", "atomic")):
        expected = np.stack(
            [
                one.data
                for one in signal.quantification(
                    theirs, "CL", [1.45, 1.08], composition_units=word, navigation_mask=None
                )
            ]
        )
        found = cliff_lorimer(ours, factors, unit=unit, thin_film=True)
        # They take lines below 0.1 counts for absent; we do not.
        fair = ~found.masked & np.all([one.net > 0.1 for one in ours], axis=0)
        assert fair.any()
        assert found.values[:, fair] == pytest.approx(expected[:, fair], rel=2e-4, abs=1e-6)


def test_the_iron_platinum_particle_has_the_composition_that_exspy_prints(realdata):
    signal = rival_signal(realdata / "eds/exspy/EDS_TEM_FePt_nanoparticles.hspy", "EDS_TEM")
    stack = signal.deepcopy()
    stack.data = np.stack([signal.data, signal.data])
    axis = signal.axes_manager.signal_axes[0]
    recipes = []
    for label, line, under in (("Fe Kα", "Fe_Ka", 5.0), ("Pt Lα", "Pt_La", 5.0)):
        energy, width = signal._get_line_energy(line, FWHM_MnKa="auto")
        edges = [axis.value2index(energy + at * width) for at in (-1, 1, -under - 1, -under, 2, 3)]
        values = [axis.offset + axis.scale * (edge - 0.25) for edge in edges]
        recipes.append(
            MapRecipe(
                source="", label=label, window=(values[0], values[1]), unit="keV",
                background="linear",
                background_windows=((values[2], values[3]), (values[4], values[5])),
            )
        )  # fmt: skip
    axes = (Axis(name="x", size=2), axes_of(signal)[-1])
    found = cliff_lorimer(
        net_maps(stack.data, axes, recipes), {"Fe Kα": 1.450226, "Pt Lα": 5.075602}, unit="at %"
    )
    # Their background is the mean of uneven flanks, ours the line through them.
    assert found.values[:, 0] == pytest.approx([15.41, 84.59], abs=1.0)
    assert found.sigma[:, 0].max() < 1.0
