"""Virtual images and centres of mass: computed in the background, then previewed or added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.model.dataset import Dataset, Derived, Display, Quantity
from tiepoint.patterns.axes import PIXELS, is_scanned, pattern_axes, steps, unit_on
from tiepoint.patterns.detectors import PRESETS, Detector, disc_reach, in_unit, mask_of, preset
from tiepoint.patterns.disc import BrightDisc, find_disc
from tiepoint.session.spectra.products import Product
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import TaskControl

VIRTUAL, MASS = "virtual detector", "centre of mass"
DISC_TECHNIQUES = ("4D-STEM", "electron diffraction")
"""Where a bright disc is the unscattered beam, so that BF, ADF and HAADF mean something."""
SIGNED = "RdBu_r"
ALONG = (
    "Shown as arrows, ky and kx are taken to lie along y and x of the scan: the file does not say"
    " how the camera is turned."
)


class Detecting:
    """Computes images from virtual detectors; nothing here changes the project."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # -- detectors -----------------------------------------------------------------------

    def presets(self, dataset: Dataset) -> tuple[str, ...]:
        """Return the names of the usual detectors that make sense for a dataset."""
        return PRESETS if dataset.technique.startswith(DISC_TECHNIQUES) else ()

    def disc(self, dataset: Dataset, control: TaskControl | None = None) -> BrightDisc:
        """Return the bright disc of the mean pattern.

        Raises
        ------
        TiepointError
            If none stands out.
        """
        return find_disc(self._session.patterns.reading.whole(dataset, control).values)

    def preset(self, dataset: Dataset, name: str, control: TaskControl | None = None) -> Detector:
        """Return a usual detector (``"BF"``, ``"ABF"``, ``"ADF"``, ``"HAADF"``).

        Raises
        ------
        TiepointError
            If there is no such name, no disc stands out or the camera does not reach that far.
        """
        known = self.presets(dataset)
        wanted = next((one for one in PRESETS if one.casefold() == name.strip().casefold()), None)
        if wanted is None:
            raise TiepointError(f"There is no detector {name!r}: choose {', '.join(PRESETS)}.")
        if wanted not in known:
            raise TiepointError(
                f"{dataset.name} ({dataset.technique}) has no {wanted} detector: that is one of"
                " scanning transmission patterns. Give radii instead."
            )
        return preset(wanted, self.disc(dataset, control), pattern_axes(dataset))

    def first(self, dataset: Dataset, control: TaskControl | None = None) -> Detector:
        """Return a detector to begin with: on the bright disc, else in the frame's middle."""
        axes = pattern_axes(dataset)
        try:
            if not self.presets(dataset):
                raise TiepointError("")
            found = preset("BF", self.disc(dataset, control), axes)
        except TiepointError:
            middle = ((axes[0].size - 1) / 2, (axes[1].size - 1) / 2)
            reach = disc_reach(BrightDisc(middle, 1.0), axes)
            found = in_unit(Detector(middle, 0.0, round(reach / 3, 1)), axes, unit_on(axes))
        return found

    def prepare(self, dataset: Dataset, _control: TaskControl | None = None) -> None:
        """Make the compiled sums ready, so that no first drag waits for them."""
        from tiepoint.patterns.sums import warm_up

        warm_up(self._session.patterns.reading.values(dataset).dtype)

    # -- images --------------------------------------------------------------------------

    def image(
        self, dataset: Dataset, detector: Detector, control: TaskControl | None = None
    ) -> AnyArray:
        """Return the virtual image (y, x): the sum of each pattern over the detector, exact.

        The values are kept in memory on the way where they fit, so that the next detector reads
        no file.

        Raises
        ------
        TiepointError
            If the dataset is no scan, the detector holds no pixel, or a value cannot be read.
        """
        from tiepoint.patterns.sums import virtual_image

        return np.asarray(self._run(virtual_image, dataset, detector, control))

    def is_at_hand(self, dataset: Dataset) -> bool:
        """Whether an image is computed without reading a file."""
        values = self._session.patterns.reading.values(dataset)
        return isinstance(getattr(values, "array", values), np.ndarray)

    def centre_of_mass(
        self, dataset: Dataset, detector: Detector, control: TaskControl | None = None
    ) -> Product:
        """Return the shift of each pattern's centre of mass from the detector's centre, y and x.

        In the unit of the patterns' axes, along rising ky and kx index.
        """
        from tiepoint.patterns.sums import centre_of_mass

        found = self._run(centre_of_mass, dataset, detector, control)
        axes = pattern_axes(dataset)
        unit = unit_on(axes)
        shift = found - np.array(detector.centre_yx)[:, None, None]
        shift = (shift * steps(axes, unit)[:, None, None]).astype(np.float32)
        parts = []
        for name, values in zip(("y", "x"), shift, strict=True):
            largest = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
            layer = self._layer(
                dataset,
                detector,
                MASS,
                {"component": name},
                name=f"Centre of mass {name}",
                dtype="float32",
                quantity=Quantity(name=MASS, unit=None if unit == PIXELS else unit, component=name),
                warnings=(ALONG,),
                display=Display(colormap=SIGNED, limits=(-largest, largest), visible=name == "y"),
            )
            parts.append((layer, values))
        return Product(f"Centre of mass of {dataset.name}", tuple(parts))

    def product(self, dataset: Dataset, detector: Detector, values: AnyArray) -> Product:
        """Return a computed virtual image as a dataset in the frame of its scan."""
        layer = self._layer(
            dataset,
            detector,
            VIRTUAL,
            {},
            name=detector.words(),
            dtype=str(values.dtype),
            quantity=Quantity(name=f"sum over {detector.words()}"),
            display=Display(colormap="gray"),
        )
        return Product(f"Virtual image {detector.words()}", ((layer, values),))

    def _layer(
        self,
        dataset: Dataset,
        detector: Detector,
        operation: str,
        more: dict[str, Any],
        **fields: Any,
    ) -> Dataset:
        return Dataset(
            technique=f"{dataset.technique} virtual image",
            kind="image",
            axes=dataset.spatial_axes,
            frame=dataset.frame,
            group=dataset.group,
            derived=Derived(
                operation=operation,
                sources=(dataset.id,),
                settings={**detector.settings(), **more},
            ),
            **fields,
        )

    def _run(
        self, work: Any, dataset: Dataset, detector: Detector, control: TaskControl | None
    ) -> AnyArray:
        if not is_scanned(dataset):
            raise TiepointError(f"{dataset.name} is no scan: a virtual image needs one.")
        mask = mask_of(detector, pattern_axes(dataset))
        if self._session.machines.scheduler and dataset.link and not self.is_at_hand(dataset):
            source = self._session.patterns.reading.original(dataset)
            return self._session.machines.over_patterns(work, source, mask, control)
        memory = self._session.spectra.reading.memory
        progress = control.progress if control is not None else None
        source = self._session.patterns.reading.values(dataset)
        copy = memory.room_for(dataset) if source.ndim == len(dataset.axes) else None
        found: AnyArray = work(source, mask, progress, copy)
        if copy is not None:
            memory.keep(dataset, copy)
        return found
