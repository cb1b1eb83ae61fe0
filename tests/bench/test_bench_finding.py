"""Registering without clicks: shift, mutual information, the plane of a volume."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk
from bench_table import Rival
from scipy import ndimage
from scipy.spatial.transform import Rotation
from skimage.registration import phase_cross_correlation

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic import Proposal, find_shift, find_slice, register_affine
from tiepoint.registration.automatic.volume_pair import register_rigid_volumes
from tiepoint.registration.rotations import rotation_matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.support.arrays import AnyArray, FloatArray

WIDE = 1024
SHIFT = (12.27, -31.61)
SIDE = 256


def texture(rng: np.random.Generator, shape: tuple[int, ...], size: float) -> FloatArray:
    values = ndimage.gaussian_filter(rng.normal(size=shape), size)
    return values / values.std()


def drawn(values: FloatArray, to_source: Affine, shape: tuple[int, ...]) -> FloatArray:
    grid = np.indices(shape).reshape(len(shape), -1).T.astype(float)
    found: FloatArray = ndimage.map_coordinates(values, to_source(grid).T, order=3)
    return found.reshape(shape)


def test_shift(compare: Callable[..., Any], measured: Callable[..., None]) -> None:
    rng = np.random.default_rng(1)
    scene = texture(rng, (WIDE + 100,) * 2, 2.0)
    fixed = scene[50 : 50 + WIDE, 50 : 50 + WIDE] + 0.3 * rng.normal(size=(WIDE, WIDE))
    to_scene = Affine(np.eye(2), np.array(SHIFT) + 50)
    moving = drawn(scene, to_scene, (WIDE, WIDE)) + 0.3 * rng.normal(size=(WIDE, WIDE))
    found = compare(
        "shift of 1024²",
        lambda: find_shift(fixed, moving),
        Rival(
            "skimage, 100 × upsampled",
            lambda: phase_cross_correlation(fixed, moving, upsample_factor=100)[0],
            goal=0.5,
        ),
    )
    error = float(np.abs(found.ours.moving_to_fixed.offset - SHIFT).max())
    measured("shift of 1024², error", error, "px", most=0.02)
    assert error < 0.02


def test_mutual_information(compare: Callable[..., Any], measured: Callable[..., None]) -> None:
    rng = np.random.default_rng(8)
    scene = texture(rng, (WIDE, WIDE), WIDE / 60)
    linear = np.array([[np.cos(0.1), -np.sin(0.1)], [1.03 * np.sin(0.1), np.cos(0.1)]])
    middle = np.full(2, (WIDE - 1) / 2)
    to_fixed = Affine(linear, middle + np.array([5.0, -7.0]) - linear @ middle)
    moving = np.cos(2.2 * drawn(scene, to_fixed, scene.shape)) + 0.1 * rng.normal(size=scene.shape)
    fixed = scene + 0.1 * rng.normal(size=scene.shape)
    found = compare(
        "mutual information, affine, 1024²",
        lambda: register_affine(fixed, moving, turns_deg=(-15, 0, 15)),
        most_ms=1500,
    )
    assert isinstance(found.ours, Proposal)
    grid = np.indices((9, 9)).reshape(2, -1).T / 8 * (WIDE - 1)
    off = np.linalg.norm(found.ours.moving_to_fixed(grid) - to_fixed(grid), axis=1)
    measured("mutual information, error (RMS)", float(np.sqrt((off**2).mean())), "px", most=0.05)


def sitk_slice(image: AnyArray, volume: AnyArray, near: Affine) -> Callable[[], Affine]:
    """Return SimpleITK's way to find the plane: the image as a volume of one slice, 7 dof."""
    fixed = sitk.GetImageFromArray(image[None].astype(np.float32))
    moving = sitk.GetImageFromArray(volume.astype(np.float32))
    across = np.cross(near.linear[:, 0], near.linear[:, 1])
    scale = float(np.linalg.norm(near.linear[:, 0]))
    matrix = np.column_stack([across / scale**2, near.linear / scale])

    def run() -> Affine:
        start = sitk.Similarity3DTransform()
        middle = [(n - 1) / 2 for n in image.shape[::-1]] + [0.0]
        start.SetCenter(middle)
        turned = matrix[::-1, ::-1]
        start.SetMatrix((scale * turned).ravel().tolist())
        there = near(np.array([middle[1::-1]]))[0][::-1]
        start.SetTranslation((there - np.array(middle)).tolist())
        work = sitk.ImageRegistrationMethod()
        work.SetMetricAsMattesMutualInformation(32)
        work.SetInterpolator(sitk.sitkLinear)
        work.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-3, 200)
        work.SetOptimizerScalesFromPhysicalShift()
        work.SetInitialTransform(start, True)
        work.Execute(fixed, moving)
        points = np.vstack([np.zeros(2), np.eye(2)])
        ends = [start.TransformPoint((float(x), float(y), 0.0))[::-1] for y, x in points]
        origin, along_y, along_x = np.array(ends)
        return Affine(np.column_stack([along_y - origin, along_x - origin]), origin)

    return run


def test_slice_in_volume(compare: Callable[..., Any], measured: Callable[..., None]) -> None:
    rng = np.random.default_rng(3)
    volume = texture(rng, (SIDE,) * 3, SIDE / 24).astype(np.float32)
    linear = 0.6 * rotation_matrix(np.array([0.3, 0.9, -0.4]))[:, :2]
    middle = np.full(2, (SIDE - 1) / 2)
    truth = Affine(
        linear, np.full(3, (SIDE - 1) / 2) + np.array([4.0, -3.0, 2.0]) - linear @ middle
    )
    image = np.tanh(drawn(volume, truth, (SIDE, SIDE))) ** 2 + 0.4 * np.tanh(
        drawn(volume, truth, (SIDE, SIDE))
    )
    image += 0.03 * rng.normal(size=image.shape)
    tilt = rotation_matrix(np.radians([4.0, -5.0, 3.5]))
    place = truth(middle[None])[0] + (4.0, -3.0, 5.0)
    near = Affine(tilt @ linear, place - tilt @ linear @ middle)
    found = compare(
        "slice 256² in 256³, 7 dof, near a guess",
        lambda: find_slice(image, volume, 0.6, 1.0, near=near, reach=10.0, reach_deg=10.0),
        Rival("SimpleITK, one-slice volume", sitk_slice(image, volume, near), goal=0.2),
    )
    ends = np.array([[y, x] for y in (0, SIDE - 1) for x in (0, SIDE - 1)], float)

    def off(pose: Affine) -> float:
        return float(np.linalg.norm(pose(ends) - truth(ends), axis=1).max())

    assert isinstance(found.ours, Proposal)
    measured("slice in volume, largest error of a corner", off(found.ours.moving_to_fixed), "voxel")
    theirs = off(found.rivals["SimpleITK, one-slice volume"])
    measured("slice in volume, largest error of a corner, SimpleITK", theirs, "voxel")
    assert off(found.ours.moving_to_fixed) < 1


def sitk_rigid(fixed: AnyArray, moving: AnyArray) -> Callable[[], Affine]:
    """Return SimpleITK's way to lay volumes on each other: 1 % of the voxels, levels 4 and 2."""
    a, b = (sitk.GetImageFromArray(values.astype(np.float32)) for values in (fixed, moving))

    def run() -> Affine:
        start = sitk.CenteredTransformInitializer(a, b, sitk.VersorRigid3DTransform())
        work = sitk.ImageRegistrationMethod()
        work.SetMetricAsMattesMutualInformation(32)
        work.SetMetricSamplingStrategy(work.RANDOM)
        work.SetMetricSamplingPercentage(0.01, 1)
        work.SetInterpolator(sitk.sitkLinear)
        work.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-3, 200)
        work.SetOptimizerScalesFromPhysicalShift()
        work.SetShrinkFactorsPerLevel([4, 2])
        work.SetSmoothingSigmasPerLevel([2, 1])
        work.SetInitialTransform(start, False)
        found = work.Execute(a, b)
        ends = np.array(
            [found.TransformPoint(p)[::-1] for p in ((0.0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0))]
        )
        return Affine((ends[1:] - ends[0]).T, ends[0])

    return run


def elastix_rigid(fixed: AnyArray, moving: AnyArray) -> Callable[[], Affine] | None:
    """Return elastix's way to do it, by its own rigid parameters, if it is installed."""
    if find_spec("itk") is None:
        return None
    import itk

    a, b = (itk.image_from_array(values.astype(np.float32)) for values in (fixed, moving))
    how = itk.ParameterObject.New()
    how.AddParameterMap(how.GetDefaultParameterMap("rigid"))

    def run() -> Affine:
        _, found = itk.elastix_registration_method(a, b, parameter_object=how)
        values = found.GetParameterMap(0)
        angles_and_shift = np.array(values["TransformParameters"], float)
        about = np.array(values["CenterOfRotationPoint"], float)
        turn = Rotation.from_euler("ZXY", angles_and_shift[[2, 0, 1]]).as_matrix()
        shift = about + angles_and_shift[3:] - turn @ about
        return Affine(turn[::-1, ::-1], shift[::-1])  # zyx, as ours

    return run


def test_rigid_volumes(compare: Callable[..., Any], measured: Callable[..., None]) -> None:
    rng = np.random.default_rng(5)
    inner = np.zeros((SIDE,) * 3)
    core = slice(SIDE // 5, -(SIDE // 5))
    inner[core, core, core] = rng.normal(size=inner[core, core, core].shape)
    fixed = ndimage.gaussian_filter(inner, SIDE / 50)
    fixed /= fixed.std()
    turn = rotation_matrix(np.radians([6.0, -4.0, 9.0]))
    middle = np.full(3, (SIDE - 1) / 2)
    to_fixed = Affine(turn, middle + np.array([3.0, -5.0, 4.0]) - turn @ middle)
    moving = np.cos(drawn(fixed, to_fixed, fixed.shape)) + 0.05 * rng.normal(size=fixed.shape)
    found = compare(
        "rigid registration of 256³, no guess",
        lambda: register_rigid_volumes(
            fixed, moving, fixed_voxel=(1, 1, 1), moving_voxel=(1, 1, 1)
        ),
        Rival("elastix, its rigid parameters", elastix_rigid(fixed, moving), goal=1.5),
        Rival("SimpleITK, 1 %, levels 4 and 2", sitk_rigid(fixed, moving)),
    )
    grid = np.indices((3, 3, 3)).reshape(3, -1).T / 2 * (SIDE - 1.0)

    def off(to_other: Affine, truth: Affine) -> float:
        return float(np.linalg.norm(to_other(grid) - truth(grid), axis=1).max())

    assert isinstance(found.ours, Proposal), found.ours
    measured("rigid 256³, largest error", off(found.ours.moving_to_fixed, to_fixed), "voxel")
    for name, theirs in found.rivals.items():
        measured(f"rigid 256³, largest error, {name}", off(theirs, to_fixed.inverse()), "voxel")
