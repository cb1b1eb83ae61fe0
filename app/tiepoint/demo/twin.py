"""The digital twin: every true position and transform of the demo, without any pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from tiepoint.demo.corrosion import Corrosion
from tiepoint.demo.frames import NANO, SCAN_MINUTES, SCANS, VOLUMES, Frames, make_frames
from tiepoint.demo.grains import Grains
from tiepoint.demo.landmarks import Landmark, make_features
from tiepoint.demo.marks import make_marks
from tiepoint.demo.sample import Sample
from tiepoint.demo.sizes import Sizes

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Affine
    from tiepoint.support.arrays import FloatArray

DATASETS = (*VOLUMES, "sem", "stem", "light")
"""Names of the demo's frames. HAADF and EDS share the frame ``stem``."""
SemPlane = Literal["fib_face", "end_face"]
_MINUTES = dict(zip(SCANS, SCAN_MINUTES, strict=True))


class LandmarkPairs(NamedTuple):
    """The same points in two datasets: ``moving[i]`` and ``fixed[i]`` show ``names[i]``.

    Positions are (N, 2) or (N, 3) in each dataset's physical unit, axis order (y, x) or
    (z, y, x), free of error.
    """

    names: tuple[str, ...]
    moving: FloatArray
    fixed: FloatArray


@dataclass(frozen=True, eq=False)
class Twin:
    """One sample with everything that was measured on it.

    Attributes
    ----------
    seed, sizes
        What it was made from. Pixel counts move the corners of images by half a pixel.
    sample
        The material at any point.
    frames
        Where each instrument looked.
    """

    seed: int
    sizes: Sizes
    sample: Sample
    frames: Frames

    @property
    def all_landmarks(self) -> tuple[Landmark, ...]:
        """Every recognisable point, with the datasets that show it."""
        return self.sample.features.landmarks

    @property
    def target(self) -> FloatArray:
        """(3,) the spot on the lamella to find, in the sample's µm: a hydride of 0.4 µm."""
        return self.sample.features.target

    def unit(self, dataset: str) -> str:
        """Return the unit of a dataset's physical positions: ``nm`` or ``µm``."""
        _check(dataset)
        return "nm" if dataset in (NANO, "sem", "stem") else "µm"

    def fle(self, dataset: str) -> FloatArray:
        """Return half a pixel per axis (2 or 3,), in the dataset's unit: a usual click error."""
        _check(dataset)
        pixel = {
            NANO: self.sizes.nano_voxel_nm,
            "sem": self.sizes.sem_pixel_nm,
            "stem": self.sizes.haadf_pixel_nm,
            "light": self.sizes.light_pixel_um,
        }.get(dataset, self.sizes.ct_voxel_um)
        return np.full(3 if dataset in VOLUMES else 2, pixel / 2)

    def landmarks(self, moving: str, fixed: str) -> LandmarkPairs:
        """Return the landmarks visible in both datasets.

        Parameters
        ----------
        moving, fixed
            Names out of `DATASETS`.
        """
        _check(moving, fixed)
        common = [mark for mark in self.all_landmarks if {moving, fixed} <= mark.seen_in]
        places = np.array([mark.position_zyx_um for mark in common]).reshape(-1, 3)
        return LandmarkPairs(
            tuple(mark.name for mark in common),
            self.sample_to(moving)(places),
            self.sample_to(fixed)(places),
        )

    def locate(self, position_zyx_um: FloatArray, dataset: str) -> FloatArray:
        """Return a sample position (3,) in a dataset's physical coordinates (2 or 3,)."""
        return np.asarray(self.sample_to(dataset)(np.asarray(position_zyx_um, float)[None])[0])

    def target_in(self, dataset: str) -> FloatArray:
        """Return the target in a dataset's physical coordinates (2 or 3,)."""
        return self.locate(self.target, dataset)

    def sample_to(self, dataset: str) -> Affine:
        """Return sample µm → physical coordinates of a dataset.

        For the lamella and the overview it is the orthogonal projection onto their plane, for
        the FIB-SEM image the projection along the tilted beam.
        """
        _check(dataset)
        if dataset in SCANS:
            return self.frames.sample_to_ct[SCANS.index(dataset)]
        if dataset == NANO:
            return self.frames.sample_to_nano
        if dataset == "sem":
            return self.frames.sample_to_sem
        return self.to_sample(dataset).inverse()

    def to_sample(self, dataset: str, sem_plane: SemPlane = "fib_face") -> Affine:
        """Return physical coordinates of a dataset → sample µm.

        Parameters
        ----------
        sem_plane
            Which surface a point of the FIB-SEM image is taken to lie on.
        """
        _check(dataset)
        if dataset in VOLUMES:
            return self.sample_to(dataset).inverse()
        if dataset == "sem":
            wall = sem_plane == "fib_face"
            return self.frames.sem_to_wall if wall else self.frames.sem_to_end_face
        return self.frames.stem_to_sample if dataset == "stem" else self.frames.light_to_sample

    def true_transform(self, moving: str, fixed: str, sem_plane: SemPlane | None = None) -> Affine:
        """Return the true map of physical coordinates from one dataset to another.

        Parameters
        ----------
        moving, fixed
            Names out of `DATASETS`.
        sem_plane
            Only for `moving` ``sem``: the surface its points lie on. The end face when the
            overview is `fixed`, otherwise the FIB face.
        """
        plane: SemPlane = sem_plane or ("end_face" if fixed == "light" else "fib_face")
        return self.sample_to(fixed).after(self.to_sample(moving, plane))

    def minutes(self, dataset: str) -> int:
        """Return how long the sample had degraded when the dataset was taken."""
        _check(dataset)
        return _MINUTES.get(dataset, 0 if dataset == "light" else SCAN_MINUTES[-1])


def make_twin(seed: int, sizes: Sizes | None = None) -> Twin:
    """Make the truth of a demo from a seed; cheap, nothing is rendered."""
    sizes = sizes or Sizes()
    frames = make_frames(seed, sizes)
    grains = Grains(seed)
    corrosion = Corrosion(seed, frames.face)
    marks = make_marks(seed, frames.face)
    features = make_features(seed, frames.face, grains, corrosion, marks)
    return Twin(seed, sizes, Sample(seed, frames.face, grains, corrosion, marks, features), frames)


def click(positions: FloatArray, sigma: FloatArray | float, rng: np.random.Generator) -> FloatArray:
    """Return positions as a person would click them: with Gaussian error.

    Parameters
    ----------
    positions
        (N, K).
    sigma
        1 σ error per axis (K,) or for all, in the unit of `positions`.
    """
    positions = np.asarray(positions, float)
    return positions + rng.normal(size=positions.shape) * sigma


def _check(*names: str) -> None:
    for name in names:
        if name not in DATASETS:
            raise KeyError(f"the demo has no dataset {name!r}; it has {', '.join(DATASETS)}")
