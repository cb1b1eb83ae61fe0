"""Ratios, compositions, decompositions, thickness and bands of a session's spectrum images."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from tiepoint.model.axes import Axis
from tiepoint.session.spectra.kinds import (
    NOISE_END_KEV,
    begins_in_noise,
    spectral_axis,
    spectroscopy,
)
from tiepoint.session.spectra.naming import map_colour
from tiepoint.session.spectra.products import ERRORS, Made, Product
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeAlias

    from tiepoint.model.dataset import Dataset, MapRecipe
    from tiepoint.session.session import Session
    from tiepoint.spectra.decompose import Decomposition, Method
    from tiepoint.spectra.intensity import NetIntensity
    from tiepoint.spectra.quantify import Composition
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import TaskControl

    Part: TypeAlias = tuple[Dataset, AnyArray]

SHOWN_AT_ONCE = 3
WORTH_SAYING = 0.05
"""Share of empty pixels from which it is said."""


@dataclass(frozen=True)
class CompositionOptions:
    """What a composition is computed with.

    Attributes
    ----------
    unit
        ``"% of net intensity"`` needs no k-factors and is no composition.
    k_factors, k_errors
        By label (``"Fe Kα"``), for weight fractions; see `quantify.cliff_lorimer`.
    min_counts
        Pixels with fewer net counts are left out.
    with_errors
        Whether a map of the error goes with each.
    sum_pixels
        Side of the squares of pixels that are summed first.
    """

    unit: Literal["wt %", "at %", "% of net intensity"] = "wt %"
    k_factors: Mapping[str, float] = field(default_factory=dict)
    k_errors: Mapping[str, float] = field(default_factory=dict)
    min_counts: float = 0.0
    with_errors: bool = True
    sum_pixels: int = 1


@dataclass(frozen=True)
class DecomposeOptions:
    """What a decomposition is computed with; see `decompose.decompose`."""

    components: int = 4
    method: Method = "NMF"
    poisson_scaled: bool = True
    window: tuple[float, float] | None = None
    bin_channels: int = 1


class Computing:
    """Computes products; every method runs in the background and changes nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def line_maps(self, source: Dataset) -> list[Dataset]:
        """Return the maps of lines and windows that were computed from a spectrum image."""
        datasets = self._session.project.datasets
        return [d for d in datasets if d.recipe is not None and d.recipe.source == source.id]

    def ratio(self, above: Dataset, under: Dataset, control: TaskControl | None = None) -> Product:
        """Return the ratio of two maps of one spectrum image, with its error where known.

        Raises
        ------
        TiepointError
            If the two are not maps of the same spectrum image.
        """
        from tiepoint.spectra.quantify import intensity_ratio

        one, other = above.recipe, under.recipe
        if one is None or other is None or one.source != other.source:
            raise TiepointError("Choose two maps that were made from the same spectrum image.")
        source = self._session.dataset(one.source)
        nets = self._nets(source, [one, other], control)
        found = intensity_ratio(nets[0], nets[1])
        notes = _left_out(found.masked, f"{under.name} is not seen above its noise")
        made = Made(source, "ratio", {"of": found.label}, (above.id, under.id), warnings=notes)
        name = f"Ratio {one.label} to {other.label}"
        parts = [made.image(name, found.values, None, visible=True)]
        if found.sigma is not None:
            parts.append(made.image(f"{name}, 1 σ", found.sigma, None, colormap=ERRORS))
        return Product(name, tuple(parts), notes)

    def composition(
        self,
        source: Dataset,
        recipes: Sequence[MapRecipe],
        options: CompositionOptions,
        control: TaskControl | None = None,
    ) -> Product:
        """Return the shares of several lines, each with its error.

        Raises
        ------
        TiepointError
            If there are fewer than two lines, or k-factors are missing.
        """
        from tiepoint.spectra.quantify import cliff_lorimer, intensity_shares

        nets = self._nets(source, recipes, control, options.sum_pixels)
        if options.unit == "% of net intensity":
            found = intensity_shares(nets, options.min_counts)
        else:
            found = cliff_lorimer(
                nets,
                options.k_factors,
                unit=options.unit,
                k_errors=options.k_errors or None,
                min_counts=options.min_counts,
                thin_film=is_thin_film(source),
            )
        notes = (
            *_left_out(found.masked, "they hold too few counts; sum over more of them"),
            *found.warnings,
        )
        made = Made(
            source,
            "composition" if options.unit != "% of net intensity" else "shares of net intensity",
            {
                "lines": list(found.labels),
                "unit": found.unit,
                "k_factors": dict(options.k_factors),
                "k_errors": dict(options.k_errors),
                "min_counts": options.min_counts,
                "sum_pixels": options.sum_pixels,
            },
            warnings=notes,
        )
        return Product(
            f"{found.unit} of {source.name}",
            _share_maps(made, found, with_errors=options.with_errors),
            notes,
        )

    def decomposition(
        self, source: Dataset, options: DecomposeOptions, control: TaskControl | None = None
    ) -> Product:
        """Return component maps and spectra; they are a model of the data, and marked so.

        Raises
        ------
        TiepointError
            If the values cannot be decomposed so.
        """
        from tiepoint.spectra.decompose import decompose

        found = decompose(
            self._session.spectra.reading.memory.array(source),
            source.axes,
            options.components,
            options.method,
            poisson_scaled=options.poisson_scaled,
            window=options.window,
            bin_channels=options.bin_channels,
            progress=control.progress if control is not None else None,
        )
        notes = (*_noise_note(source, options.window), *found.warnings)
        made = Made(
            source,
            options.method,
            {
                "components": options.components,
                "poisson_scaled": options.poisson_scaled,
                "window": list(options.window) if options.window else None,
                "bin_channels": options.bin_channels,
                "explained": [round(float(share), 6) for share in found.explained],
                "total_explained": round(found.total_explained, 6),
            },
            model=True,
            warnings=notes,
        )
        words = f"Together they explain {100 * found.total_explained:.1f} % of the variance."
        return Product(
            f"{options.method} of {source.name}",
            _components(made, found),
            (words, *notes),
        )

    def thickness(
        self,
        source: Dataset,
        split_ev: float | None = None,
        mean_free_path_nm: float | None = None,
        control: TaskControl | None = None,
    ) -> Product:
        """Return the map of t/λ (or of t in nm, where λ is given) of a low-loss spectrum image.

        Raises
        ------
        TiepointError
            If the axis holds no zero loss.
        """
        from tiepoint.spectra.low_loss import thickness

        require_energy_losses(source)
        found = thickness(
            self._session.spectra.reading.memory.array(source),
            source.axes,
            split_ev,
            mean_free_path_nm,
            progress=control.progress if control is not None else None,
        )
        made = Made(
            source,
            "thickness",
            {"split_ev": found.split_ev, "mean_free_path_nm": mean_free_path_nm},
            warnings=found.warnings,
        )
        name = f"Thickness of {source.name}"
        parts = [made.image(name, found.values, found.unit, visible=True)]
        if found.sigma is not None:
            parts.append(made.image(f"{name}, 1 σ", found.sigma, found.unit, colormap=ERRORS))
        words = f"The zero-loss peak was taken to end at {found.split_ev:.3g} eV."
        return Product(name, tuple(parts), (words, *found.warnings))

    def thickness_words(
        self,
        source: Dataset,
        split_ev: float | None = None,
        mean_free_path_nm: float | None = None,
        control: TaskControl | None = None,
    ) -> str:
        """Return the thickness of a single spectrum in words, with its error where known.

        Raises
        ------
        TiepointError
            If it holds no zero loss.
        """
        from tiepoint.spectra.low_loss import thickness

        require_energy_losses(source)
        axis = spectral_axis(source)
        whole = next(iter(deque(self._session.spectra.reading.whole(source, control), maxlen=1)))
        one = Axis(name="pixel", size=1, role="index")
        found = thickness(whole.total[None], (one, axis), split_ev, mean_free_path_nm)
        if control is not None:
            control.check()
        value = float(np.mean(found.values))
        error = "" if found.sigma is None else f" ± {float(np.mean(found.sigma)):.2g} (1 σ)"
        size = f"t/λ = {value:.3f}{error}" if found.unit == "t/λ" else f"t = {value:.4g}{error} nm"
        words = f"{size}. The zero-loss peak was taken to end at {found.split_ev:.3g} eV."
        return " ".join([words, *found.warnings])

    def band(
        self, source: Dataset, window: tuple[float, float], control: TaskControl | None = None
    ) -> Product:
        """Return area, centre and width of a band above a straight baseline.

        Raises
        ------
        TiepointError
            If the window misses the axis or holds fewer than three channels.
        """
        from tiepoint.spectra.axis import words
        from tiepoint.spectra.bands import band_maps

        found = band_maps(
            self._session.spectra.reading.memory.array(source),
            source.axes,
            window,
            progress=control.progress if control is not None else None,
        )
        label = words(found.window, found.unit)
        made = Made(source, "band", {"window": list(found.window)}, warnings=found.warnings)
        parts = (
            made.image(f"Band {label}, area", found.area, found.area_unit, visible=True),
            made.image(f"Band {label}, centre", found.centre, found.unit),
            made.image(f"Band {label}, width", found.width, found.unit),
        )
        return Product(f"Band {label}", parts, found.warnings)

    def _nets(
        self,
        source: Dataset,
        recipes: Sequence[MapRecipe],
        control: TaskControl | None,
        sum_pixels: int = 1,
    ) -> tuple[NetIntensity, ...]:
        from tiepoint.spectra.intensity import net_maps

        progress = control.progress if control is not None else None
        array = self._session.spectra.reading.memory.array(source)
        return net_maps(array, source.axes, recipes, progress, sum_pixels=sum_pixels)


def require_energy_losses(source: Dataset) -> None:
    """Refuse what has no thickness in mean free paths."""
    if spectroscopy(source) != "energy loss":
        raise TiepointError(
            f"{source.name} holds no energy losses: t/λ needs a low-loss EELS spectrum image."
        )


def _left_out(masked: AnyArray, why: str) -> tuple[str, ...]:
    """Say how much of a map stays empty, where that is much."""
    share = float(np.mean(masked))
    if share < WORTH_SAYING:
        return ()
    return (f"{100 * share:.0f} % of the pixels stay empty: {why}.",)


def _noise_note(source: Dataset, window: tuple[float, float] | None) -> tuple[str, ...]:
    """Say that the noise peak of an energy-dispersive detector takes part, where it does."""
    if not begins_in_noise(source, window):
        return ()
    return (
        "What the file holds of the detector's noise around 0 keV takes part: begin at"
        f" {NOISE_END_KEV:g} keV to leave it out.",
    )


def is_thin_film(dataset: Dataset) -> bool | None:
    """Return whether spectra come from a thin film, by the microscope named in the file."""
    microscope = str(dataset.metadata.settings.get("microscope_type", "")).upper()
    if not microscope:
        return None
    return "TEM" in microscope


def _share_maps(made: Made, found: Composition, *, with_errors: bool) -> tuple[Part, ...]:
    parts: list[Part] = []
    unit = found.unit
    taken: list[str] = []
    for place, label in enumerate(found.labels):
        colour = map_colour(label, taken)
        taken.append(colour)
        name = f"{label.split()[0] if unit != '% of net intensity' else label}, {unit}"
        parts.append(
            made.image(
                name,
                found.values[place],
                unit,
                colormap=colour,
                visible=place < SHOWN_AT_ONCE,
                axes=found.axes,
            )
        )
        sigmas = [s[place] for s in (found.sigma, found.sigma_factors) if s is not None]
        if with_errors and sigmas:
            sigma = np.sqrt(sum(one**2 for one in sigmas))
            parts.append(made.image(f"{name}, 1 σ", sigma, unit, colormap=ERRORS, axes=found.axes))
    return tuple(parts)


def _components(made: Made, found: Decomposition) -> tuple[Part, ...]:
    axis = spectral_axis(made.source)
    low = float(found.positions[0])
    step = float(np.diff(found.positions).mean()) if found.positions.size > 1 else axis.scale
    uneven = axis.values is not None
    component_axis = axis.replace(
        size=found.positions.size,
        offset=low,
        scale=step,
        values=tuple(map(float, found.positions)) if uneven else None,
    )
    maps: list[Part] = []
    spectra: list[Part] = []
    taken: list[str] = []
    for place in range(len(found.maps)):
        colour = map_colour("", taken) if found.method == "NMF" else "gray"
        taken.append(colour)
        share = f"{100 * float(found.explained[place]):.1f} %"
        name = f"{found.method} {place + 1} ({share})"
        visible = place < SHOWN_AT_ONCE if found.method == "NMF" else place == 0
        unit = "counts" if found.method == "NMF" else None
        maps.append(made.image(name, found.maps[place], unit, colormap=colour, visible=visible))
        spectra.append(made.spectrum(f"{name}, spectrum", found.spectra[place], component_axis))
    return (*maps, *spectra)
