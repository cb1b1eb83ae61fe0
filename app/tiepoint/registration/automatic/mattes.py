"""Mattes mutual information by SimpleITK: one optimisation at one resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.geometry.transforms import Affine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.registration.automatic.images import Gray
    from tiepoint.registration.automatic.proposals import Watch
    from tiepoint.support.arrays import FloatArray

HISTOGRAM_BINS = 32


@dataclass(frozen=True, eq=False)
class Level:
    """Both images at one resolution, positions in pixels of the fixed image at full resolution.

    Attributes
    ----------
    fixed, moving
        Blocks of `factors` pixels.
    factors
        Of the fixed and of the moving image.
    ratio
        Size of a moving pixel over that of a fixed pixel.
    """

    fixed: Gray
    moving: Gray
    factors: tuple[int, int]
    ratio: float

    def spacing(self, which: int) -> float:
        """Return the pixel of the fixed (0) or moving (1) image at this level."""
        return self.factors[which] * (self.ratio if which else 1.0)

    def origin(self, which: int) -> float:
        """Return where pixel 0 lies along each axis."""
        return (self.factors[which] - 1) / 2 * (self.ratio if which else 1.0)

    def to_place(self, which: int) -> Affine:
        """Return the map of pixel indices of the fixed (0) or moving (1) image to places."""
        n = self.fixed.values.ndim
        return Affine.scaling(np.full(n, self.spacing(which)), np.full(n, self.origin(which)))

    def index_map(self, fixed_to_moving: Affine) -> Affine:
        """Return the map of fixed to moving pixel indices of this level."""
        return self.to_place(1).inverse().after(fixed_to_moving).after(self.to_place(0))


class MattesLevel:
    """Optimises mutual information at one level."""

    def __init__(self, level: Level, samples: int) -> None:
        self._fixed, self._moving = (
            _image(gray, level.spacing(which), level.origin(which))
            for which, gray in enumerate((level.fixed, level.moving))
        )
        self._masks = [
            None if gray.whole else _mask(gray, level.spacing(which), level.origin(which))
            for which, gray in enumerate((level.fixed, level.moving))
        ]
        self._share = min(1.0, samples / level.fixed.values.size)
        self._step = level.spacing(0)

    def optimise(
        self, start: Affine, kind: str, centre: FloatArray, *, rounds: int, seed: int, watch: Watch
    ) -> Affine | None:
        """Return fixed place → moving place near `start`, or ``None`` where it gets lost.

        Parameters
        ----------
        start
            (y, x) places; for ``similarity`` a similarity without a mirror.
        kind
            ``similarity`` or ``affine``.
        centre
            (2,) fixed place about which the parameters act.
        rounds
            Most iterations.
        seed
            Of the random samples, at least 1.
        """
        transform = _transform(start, kind, centre)
        done = optimise(
            (self._fixed, self._moving), self._masks, transform,
            step=self._step, rounds=rounds, share=self._share, seed=seed, watch=watch,
        )  # fmt: skip
        return _affine(transform) if done else None


def optimise(
    images: Sequence[Any],
    masks: Sequence[Any],
    transform: Any,
    *,
    step: float,
    rounds: int,
    share: float,
    seed: int,
    watch: Watch,
) -> bool:
    """Move a SimpleITK transform to where two images share most information.

    Parameters
    ----------
    images, masks
        Fixed and moving, SimpleITK; a mask is ``None`` where every pixel is known.
    transform
        Fixed place → moving place, changed in place.
    step
        Length of the first steps is twice this, places' unit.
    rounds
        Most iterations.
    share
        Of the pixels, drawn at random with `seed`.

    Returns
    -------
    bool
        Whether enough of the samples stayed inside the moving image.

    Raises
    ------
    Cancelled
        If the watch says so.
    """
    sitk = simple_itk()
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    method.SetNumberOfWorkUnits(1)  # sums in one order: the same seed gives the same answer
    method.SetMetricAsMattesMutualInformation(HISTOGRAM_BINS)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(share, seed)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=2.0 * step,
        minStep=2e-3 * step,
        numberOfIterations=rounds,
        relaxationFactor=0.7,
        gradientMagnitudeTolerance=1e-8,
    )
    method.SetOptimizerScalesFromPhysicalShift()
    if masks[0] is not None:
        method.SetMetricFixedMask(masks[0])
    if masks[1] is not None:
        method.SetMetricMovingMask(masks[1])
    method.SetInitialTransform(transform, inPlace=True)
    stopped: list[bool] = []

    def look() -> None:
        if watch.cancel is not None and watch.cancel():
            stopped.append(True)
            method.StopRegistration()

    method.AddCommand(sitk.sitkIterationEvent, look)
    try:
        method.Execute(*images)
    except RuntimeError:  # ITK: too few samples map inside the moving image
        return False
    if stopped:
        watch.at(0.0)
    return True


def simple_itk() -> Any:
    """Return SimpleITK, which has no types."""
    import SimpleITK

    return SimpleITK


def _image(gray: Gray, spacing: float, origin: float) -> Any:
    sitk = simple_itk()
    image = sitk.GetImageFromArray(gray.values.astype(np.float32))
    return _placed(image, spacing, origin)


def _mask(gray: Gray, spacing: float, origin: float) -> Any:
    sitk = simple_itk()
    return _placed(sitk.GetImageFromArray(gray.mask.astype(np.uint8)), spacing, origin)


def _placed(image: Any, spacing: float, origin: float) -> Any:
    image.SetSpacing([spacing] * image.GetDimension())
    image.SetOrigin([origin] * image.GetDimension())
    return image


def _transform(start: Affine, kind: str, centre: FloatArray) -> Any:
    sitk = simple_itk()
    linear = start.linear[::-1, ::-1]
    if kind == "affine":
        transform = sitk.AffineTransform(2)
        transform.SetMatrix(linear.ravel().tolist())
    else:
        scale = float(np.sqrt(abs(np.linalg.det(linear))))
        transform = sitk.Similarity2DTransform()
        transform.SetScale(scale)
        transform.SetAngle(float(np.arctan2(linear[1, 0], linear[0, 0])))
    transform.SetCenter(centre[::-1].tolist())
    away = start(centre[None])[0] - centre
    transform.SetTranslation(away[::-1].tolist())
    return transform


def _affine(transform: Any) -> Affine:
    linear = np.array(transform.GetMatrix()).reshape(2, 2)[::-1, ::-1]
    centre = np.array(transform.GetCenter())[::-1]
    away = np.array(transform.GetTranslation())[::-1]
    return Affine(linear, centre + away - linear @ centre)
