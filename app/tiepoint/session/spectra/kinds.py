"""Which datasets hold spectra, and of what kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.model.axes import Axis
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project

Spectroscopy: TypeAlias = Literal["x-ray", "energy loss", "bands"]
"""What peaks mean: characteristic lines, ionisation edges, or bands that no table names."""

SPECTRAL = "energy"
NOISE_END_KEV = 0.2
"""The peak of an energy-dispersive detector's noise lies below; it says nothing of the specimen."""
_XRAY = ("EDS", "EDX", "XRF", "WDS", "EPMA", "PIXE")
_NAMELESS = ("XPS", "CL", "Raman", "IR", "XRD", "optical")


def spectral_axis(dataset: Dataset) -> Axis:
    """Return the axis along which a dataset's spectra run.

    Raises
    ------
    TiepointError
        If it has none.
    """
    for axis in dataset.axes:
        if axis.role == SPECTRAL:
            return axis
    raise TiepointError(f"{dataset.name} holds no spectra: choose a spectrum image.")


def holds_spectra(dataset: Dataset) -> bool:
    """Whether a dataset is one spectrum, a line of spectra or a spectrum image."""
    return sum(axis.role == SPECTRAL for axis in dataset.axes) == 1


def begins_in_noise(dataset: Dataset, window: tuple[float, float] | None = None) -> bool:
    """Whether X-ray spectra, or a stretch of them, take in the peak of the detector's noise."""
    axis = spectral_axis(dataset)
    start = axis.offset if window is None else window[0]
    return spectroscopy(dataset) == "x-ray" and axis.unit == "keV" and start <= 0


def with_spectra(project: Project) -> list[Dataset]:
    """Return the datasets with spectra, spectrum images first."""
    found = [dataset for dataset in project.datasets if holds_spectra(dataset)]
    return sorted(found, key=lambda dataset: dataset.ndim_space < 2)


def spectroscopy(dataset: Dataset) -> Spectroscopy:
    """Return what the peaks of a dataset's spectra mean, by its technique, else its unit."""
    technique = dataset.technique
    unit = (spectral_axis(dataset).unit or "").lower()
    if technique.startswith(_NAMELESS):
        return "bands"
    if technique == "EELS":
        return "energy loss"
    if technique.startswith(_XRAY) or unit == "kev":
        return "x-ray"
    return "energy loss" if unit == "ev" else "bands"
