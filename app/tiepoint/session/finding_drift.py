"""The drift of a time series: proposed from the images, accepted as registrations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.rfc5 import to_rfc5
from tiepoint.geometry.transforms import Affine
from tiepoint.model.registration import Found, Registration, StoredTransform
from tiepoint.project import edits
from tiepoint.registration.automatic.proposals import Refusal
from tiepoint.session.finding import read_picture
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.model.project import Project
    from tiepoint.project.document import Edit
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray
    from tiepoint.support.tasks import TaskControl

METHOD = "drift"


@dataclass(frozen=True, eq=False)
class FoundDrift:
    """How the images of a series lie against its first.

    Attributes
    ----------
    series, unit
        Name of the series, unit of the lengths (``None``: pixels).
    scans
        Dataset ids, earliest first; the first is the one that stays.
    minutes
        (n,) when they were taken; NaN where that is not known.
    shifts_yx
        (n, 2) what is added to a position in a scan to have it in the first; NaN where a scan
        matches no other.
    sigma_yx
        (n, 2) 1 σ of these; NaN where nothing checks them.
    sentence
        How sure this is.
    """

    series: str
    unit: str | None
    scans: tuple[str, ...]
    minutes: FloatArray
    shifts_yx: FloatArray
    sigma_yx: FloatArray
    sentence: str


class FindingDrift:
    """Finds drifts; safe in a background task."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, series: str, control: TaskControl) -> FoundDrift:
        """Compare the images of a series with each other.

        Raises
        ------
        TiepointError
            In words, if they are no images of one shape and pixel size, or do not match.
        """
        from tiepoint.registration.automatic.drift import time_series_drift

        scans = self._session.series.scans(series)
        if any(scan.ndim_space != 2 for scan in scans):
            raise TiepointError(
                f"{series} holds volumes; a drift is found between images. Register the volumes"
                " by landmarks."
            )
        pictures = []
        for done, scan in enumerate(scans):
            control.check()
            control.progress(0.2 * done / max(len(scans), 1), f"reading {scan.name}")
            pictures.append(read_picture(self._session, scan.id, control))
        pixels = np.array([picture.pixel for picture in pictures])
        if len({scan.unit for scan in scans}) > 1 or not np.allclose(pixels, pixels[:1], rtol=0.01):
            raise TiepointError(f"The images of {series} differ in pixel size.")
        answer = time_series_drift(
            [picture.values for picture in pictures],
            progress=lambda fraction, words: control.progress(0.2 + 0.8 * fraction, words),
            cancel=control.cancelled,
        )
        if isinstance(answer, Refusal):
            raise TiepointError(answer.sentence)
        steps = np.array([np.diag(picture.to_physical.linear) for picture in pictures])
        starts = np.array([picture.to_physical.offset for picture in pictures])
        return FoundDrift(
            series,
            scans[0].unit,
            tuple(scan.id for scan in scans),
            np.array([np.nan if scan.minutes is None else scan.minutes for scan in scans]),
            answer.shifts_yx * steps[0] + starts[0] - starts,
            answer.sigma[:, None] * np.abs(steps),
            " ".join([answer.sentence, *(warning.sentence for warning in answer.warnings)]),
        )

    def accept(self, drift: FoundDrift) -> int:
        """Register every scan that was matched to the first one; one undo step.

        A scan that is registered by landmark pairs keeps its registration.

        Returns
        -------
        int
            How many scans were registered.

        Raises
        ------
        TiepointError
            If none can be.
        """
        steps = [
            edit
            for number in range(1, len(drift.scans))
            if (edit := self._edit(drift, number)) is not None
        ]
        if not steps:
            raise TiepointError(
                f"No image of {drift.series} is left to register: none matches the first one, or "
                "all have landmark pairs, which tell more."
            )

        def whole(project: Project) -> Project:
            return reduce(lambda value, step: step(value), steps, project)

        self._session.document.apply(f"Register {drift.series} by its drift", whole)
        return len(steps)

    def _edit(self, drift: FoundDrift, number: int) -> Edit | None:
        shift, moving, fixed = drift.shifts_yx[number], drift.scans[number], drift.scans[0]
        if not np.isfinite(shift).all():
            return None
        spread = drift.sigma_yx[number]
        sigma = tuple(float(v) for v in spread) if np.isfinite(spread).all() else None
        found = Found(method=METHOD, sentence=drift.sentence, sigma=sigma)
        known = self._session.registration_between(moving, fixed)
        turned = self._session.registration_between(fixed, moving)
        result = _stored(-shift if turned is not None else shift)
        kept = known or turned
        if kept is None:
            return edits.add_registration(
                Registration(
                    moving=moving, fixed=fixed, model="translation", result=result, found=found
                )
            )
        return None if kept.pairs else edits.set_found(kept.id, "translation", result, found)


def _stored(shift: FloatArray) -> StoredTransform:
    return StoredTransform(moving_to_fixed=to_rfc5(Affine(np.eye(2), shift)))
