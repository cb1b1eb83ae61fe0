"""What is compiled beforehand is all that comparing images and volumes needs."""

import numpy as np
import pytest
from scipy import ndimage

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic import find_shift, image_ready, information_kernels
from tiepoint.registration.automatic import shift_kernels as kernels
from tiepoint.registration.automatic.images import Gray
from tiepoint.registration.automatic.polish import Polish, affine_freedom, rigid_freedom
from tiepoint.registration.automatic.proposals import Watch


def compiled():
    own = [getattr(information_kernels, name) for name in ("read_between", "joint_counts")]
    own.append(information_kernels.climb_sums)
    names = ("summed", "rectangles", "narrowed", "filtered", "fixed_sums", "shifted_sums")
    own += [getattr(kernels, name) for name in (*names, "residual_sums")]
    return own


@pytest.mark.skipif(
    not hasattr(kernels.filtered, "signatures"), reason="the kernels are not compiled in this run"
)
def test_no_kernel_compiles_again():
    image_ready.warm_up()
    ready = [len(kernel.signatures) for kernel in compiled()]
    assert min(ready) > 0
    rng = np.random.default_rng(1)
    scene = ndimage.gaussian_filter(rng.normal(size=(340, 340)), 2)
    scene *= 1000 / scene.std()
    holed = scene[:300, :300].copy()
    holed[9, 9] = np.nan
    for fixed in (scene[:300, :300], holed, scene[:300, :300].astype(np.int16)):
        find_shift(fixed, scene[7:307, 3:303].astype(np.float32))
    find_shift(scene[:90, :80].T, scene[3:93, 2:82].T)
    for shape, freedom in ((2, affine_freedom), (3, rigid_freedom)):
        values = rng.normal(size=(24,) * shape)
        known = rng.random(values.shape) > 0.001
        gray, still = Gray(values, known), Affine.identity(shape)
        how = freedom(np.full(shape, 11.5), 12.0)
        Polish(gray, gray, still, still).climb(still, how, seed=1, watch=Watch())
    assert [len(kernel.signatures) for kernel in compiled()] == ready
