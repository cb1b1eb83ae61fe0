"""Finding registrations from the images: proposals that a person accepts or rejects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import index_to_physical
from tiepoint.geometry.pyramid import halve, halved_to_full
from tiepoint.geometry.rfc5 import to_rfc5
from tiepoint.geometry.transforms import Affine, chain
from tiepoint.model.base import new_id
from tiepoint.model.registration import Found, Registration, StoredTransform
from tiepoint.project import edits
from tiepoint.registration.automatic.proposals import Refusal
from tiepoint.session.drawing import shown_axes
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.region import Region
    from tiepoint.model.registration import Model
    from tiepoint.registration.automatic.proposals import Proposal
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray, FloatArray
    from tiepoint.support.tasks import TaskControl

BY_EYE = "Chosen by eye among several answers that the images leave open."
NO_AREA = ("point", "line", "polyline")
MOST_PIXELS = 1 << 20
MOST_VOXELS = 1 << 23
MOST_VOXELS_FOR_PLANE = 1 << 24
"""The search for a plane looks at most voxels once, and at the last ones along the plane only."""
EMBED = Affine(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), np.zeros(3))


@dataclass(frozen=True)
class FoundRegistration:
    """A proposal in the datasets' own units.

    Attributes
    ----------
    moving, fixed
        Dataset ids.
    model
        What kind of transform it is.
    moving_to_fixed
        Moving own unit to fixed own unit.
    found
        How it was found, and what that says of its certainty.
    score
        On the scale of its method, larger is better; ``None``: it has none.
    note
        How it differs from the best answer, in a few words.
    rivals
        Other answers, best first.
    """

    moving: str
    fixed: str
    model: Model
    moving_to_fixed: Affine
    found: Found
    score: float | None = None
    note: str = ""
    rivals: tuple[FoundRegistration, ...] = ()


class Undecided(TiepointError):
    """The images leave several answers open; a person may choose by eye.

    Attributes
    ----------
    candidates
        The answers, best first.
    """

    def __init__(self, sentence: str, candidates: tuple[FoundRegistration, ...]) -> None:
        super().__init__(sentence)
        self.candidates = candidates


@dataclass(frozen=True)
class Picture:
    """Values to compare, and where their pixels lie in the dataset's own unit."""

    values: AnyArray
    to_physical: Affine

    @property
    def pixel(self) -> FloatArray:
        """Pixel spacing per axis."""
        return np.abs(np.diag(self.to_physical.linear))


class Finding:
    """Runs the automatic helpers on datasets of a session; safe in a background task."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def shift(
        self,
        moving: str,
        fixed: str,
        control: TaskControl,
        moving_region: Region | None = None,
        fixed_region: Region | None = None,
    ) -> FoundRegistration:
        """Find the shift between two images of the same kind and pixel size.

        Parameters
        ----------
        moving_region, fixed_region
            Regions of the project outside which that image is not to be looked at.

        Raises
        ------
        TiepointError
            In words, if the images do not say where they belong, differ in pixel size, or a
            region covers no area of its image.
        """
        from tiepoint.registration.automatic.shift import find_shift

        a, b = self._pictures(moving, fixed, control)
        self._require_one_pixel(a, b, moving, fixed)
        answer = find_shift(
            b.values,
            a.values,
            fixed_mask=self._inside(fixed_region, fixed, b),
            moving_mask=self._inside(moving_region, moving, a),
            progress=control.progress,
            cancel=control.cancelled,
        )
        return self._proposal(moving, fixed, "translation", "shift", answer, a, b)

    def _inside(self, region: Region | None, dataset_id: str, picture: Picture) -> AnyArray | None:
        """Return (rows, cols) which pixels of a picture a region covers; ``None`` without one."""
        from tiepoint.measure.masks import region_mask

        if region is None:
            return None
        dataset = self._session.dataset(dataset_id)
        if region.shape in NO_AREA or picture.to_physical.n_in != 2:
            raise TiepointError(f"{region.name} covers no area of {dataset.name}.")
        vertices = self._session.locating.vertices_in(region, dataset)
        shape = picture.values.shape[:2]
        inside = region_mask(region.shape, vertices, picture.to_physical, shape).full(shape)
        if not inside.any():
            raise TiepointError(f"{region.name} covers no pixel of {dataset.name}.")
        return np.asarray(inside)

    def mutual_information(
        self, moving: str, fixed: str, control: TaskControl
    ) -> FoundRegistration:
        """Find the map between two images, or two volumes, that need not look alike.

        Affine for images. Rigid for volumes: near the present registration where they have one,
        else in all orientations.

        Raises
        ------
        TiepointError
            In words, if rivals score alike or nothing fits.
        """
        from tiepoint.registration.automatic.mutual_information import register_affine

        spaces = {self._session.dataset(key).ndim_space for key in (moving, fixed)}
        if spaces == {3}:
            return self._two_volumes(moving, fixed, control)
        if 3 in spaces:
            raise TiepointError(
                "Mutual information compares two images or two volumes. To find an image in a"
                " volume, use “Find the plane in the volume”."
            )
        a, b = self._pictures(moving, fixed, control)
        same = self._units(moving) == self._units(fixed) is not None
        answer = register_affine(
            b.values,
            a.values,
            fixed_pixel=float(b.pixel.min()) if same else 1.0,
            moving_pixel=float(a.pixel.min()) if same else 1.0,
            progress=control.progress,
            cancel=control.cancelled,
        )
        return self._proposal(moving, fixed, "affine", "mutual information", answer, a, b)

    def _two_volumes(self, moving: str, fixed: str, control: TaskControl) -> FoundRegistration:
        from tiepoint.registration.automatic.volume_pair import register_rigid_volumes
        from tiepoint.support.units import unit_ratio

        units = [self._units(key) for key in (moving, fixed)]
        if None in units:
            raise TiepointError("Both voxel sizes must be known to register two volumes.")
        a, b = (rising(picture) for picture in self._pictures(moving, fixed, control))
        answer = register_rigid_volumes(
            b.values,
            a.values,
            fixed_voxel=b.pixel.tolist(),
            moving_voxel=(a.pixel * unit_ratio(*units)).tolist(),
            near=self._present(moving, fixed, a, b),
            progress=control.progress,
            cancel=control.cancelled,
        )
        return self._proposal(moving, fixed, "rigid", "mutual information", answer, a, b)

    def plane_in_volume(self, moving: str, fixed: str, control: TaskControl) -> FoundRegistration:
        """Find the plane of an image in a volume.

        Where the two are registered already, however roughly, the search begins there; without
        such a start it looks everywhere, which near-symmetric samples leave undecided.

        Raises
        ------
        TiepointError
            In words, if a pixel size is missing or no plane stands out.
        """
        from tiepoint.registration.automatic.slice_in_volume import find_slice
        from tiepoint.support.units import unit_ratio

        image, volume = self._session.dataset(moving), self._session.dataset(fixed)
        if (image.ndim_space, volume.ndim_space) != (2, 3):
            raise TiepointError("This looks for an image (moving) in a volume (fixed).")
        if image.unit is None or volume.unit is None:
            raise TiepointError("Both pixel sizes must be known to find a plane in a volume.")
        control.progress(0.0, "reading")
        a = read_picture(self._session, moving, control)
        b = read_picture(self._session, fixed, control, MOST_VOXELS_FOR_PLANE)
        answer = find_slice(
            a.values,
            b.values,
            (a.pixel * unit_ratio(image.unit, volume.unit)).tolist(),
            b.pixel.tolist(),
            near=self._present(moving, fixed, a, b),
            progress=control.progress,
            cancel=control.cancelled,
        )
        return self._proposal(moving, fixed, "section", "slice in volume", answer, a, b)

    def accept(self, proposal: FoundRegistration) -> Registration:
        """Store a proposal as the registration in use between its datasets; one undo step.

        Landmark pairs stay: the proposal is then a branch beside theirs.
        """
        known = self._session.registration_between(proposal.moving, proposal.fixed)
        result = StoredTransform(moving_to_fixed=to_rfc5(proposal.moving_to_fixed))
        label = f"Register by {proposal.found.method}"
        if known is None:
            registration = Registration(
                moving=proposal.moving, fixed=proposal.fixed, model=proposal.model,
                result=result, found=proposal.found,
            )  # fmt: skip
            key, edit = registration.id, edits.add_registration(registration)
        elif known.pairs:
            key = new_id()
            edit = edits.keep_found(known.id, proposal.model, result, proposal.found, key)
        else:
            key = known.id
            edit = edits.set_found(key, proposal.model, result, proposal.found)
        self._session.document.apply(label, edit)
        return self._session.registration(key)

    def _present(self, moving: str, fixed: str, a: Picture, b: Picture) -> Affine | None:
        """Return moving index → volume index as registered now; ``None`` where it is not."""
        try:
            relation = self._session.locating.frame_transform(moving, fixed)
        except TiepointError:
            return None
        lift = [EMBED] if a.to_physical.n_in == 2 else []
        mapped = chain(a.to_physical, *lift, relation, b.to_physical.inverse())
        return mapped if isinstance(mapped, Affine) else None

    # -- pieces --------------------------------------------------------------------------

    def _units(self, dataset_id: str) -> str | None:
        return self._session.dataset(dataset_id).unit

    def _pictures(self, moving: str, fixed: str, control: TaskControl) -> tuple[Picture, Picture]:
        control.progress(0.0, "reading")
        return (
            read_picture(self._session, moving, control),
            read_picture(self._session, fixed, control),
        )

    def _require_one_pixel(self, a: Picture, b: Picture, moving: str, fixed: str) -> None:
        same = self._units(moving) == self._units(fixed)
        if (
            not same
            or a.pixel.shape != b.pixel.shape
            or not np.allclose(a.pixel, b.pixel, rtol=0.01)
        ):
            raise TiepointError(
                "A shift alone needs two images of one pixel size; use mutual information, or"
                " register by landmarks."
            )

    def _proposal(
        self,
        moving: str,
        fixed: str,
        model: Model,
        method: str,
        answer: Proposal | Refusal,
        a: Picture,
        b: Picture,
    ) -> FoundRegistration:
        def own(place: Affine, found: Found, score: float, note: str) -> FoundRegistration:
            transform = chain(a.to_physical.inverse(), place, b.to_physical)
            assert isinstance(transform, Affine)
            return FoundRegistration(moving, fixed, model, transform, found, score, note)

        by_eye = Found(method=method, sentence=BY_EYE)
        rivals = tuple(
            own(one.moving_to_fixed, by_eye, one.score, one.note) for one in answer.rivals
        )
        if isinstance(answer, Refusal):
            if len(rivals) > 1:
                raise Undecided(answer.sentence, rivals)
            raise TiepointError(answer.sentence)
        sigma = None if answer.sigma is None else tuple(float(s) for s in answer.sigma * b.pixel)
        sentence = " ".join([answer.sentence, *(w.sentence for w in answer.warnings)])
        found = Found(method=method, sentence=sentence, sigma=sigma)
        best = own(answer.moving_to_fixed, found, answer.score, "")
        return replace(best, rivals=rivals)


def read_picture(
    session: Session, dataset_id: str, control: TaskControl, most_voxels: int = MOST_VOXELS
) -> Picture:
    """Return a dataset's picture, halved until it has at most about a million pixels."""
    dataset = session.dataset(dataset_id)
    session.drawing.prepare(dataset, control)
    values = _read(session, dataset)
    n = dataset.ndim_space
    most = MOST_PIXELS if n == 2 else most_voxels
    halvings = 0
    while int(np.prod(values.shape[:n])) > most:
        control.check()
        values = halve(values, range(n))
        halvings += 1
    to_full = halved_to_full(halvings, n)
    return Picture(values, index_to_physical(shown_axes(dataset)).after(to_full))


def rising(picture: Picture) -> Picture:
    """Return a picture whose axes all grow with their index, so that handedness is the space's."""
    down = np.diag(picture.to_physical.linear) < 0
    if not down.any():
        return picture
    axes = tuple(int(axis) for axis in np.flatnonzero(down))
    last = np.where(down, np.array(picture.values.shape[: len(down)]) - 1.0, 0.0)
    flip = Affine(np.diag(np.where(down, -1.0, 1.0)), last)
    return Picture(np.flip(picture.values, axes), picture.to_physical.after(flip))


def _read(session: Session, dataset: Dataset) -> AnyArray:
    array = session.drawing.levels(dataset)[0].array
    leading = session.drawing.leading(shown_axes(dataset))
    return np.asarray(array[leading] if leading else array[...])
