import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tiepoint.geometry.pyramid import halve, halved_to_full, level_to_full, pick_level
from tiepoint.support.arrays import AnyArray
from tiepoint.support.errors import TiepointError

even = st.tuples(*[st.integers(1, 8).map(lambda n: 2 * n)] * 2)


@settings(deadline=None)
@given(hnp.arrays(np.float64, even, elements=st.floats(-1e6, 1e6)))
def test_the_mean_is_conserved(image: AnyArray) -> None:
    assert halve(image).mean() == pytest.approx(image.mean(), abs=1e-6)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "i4", "u4"])
@pytest.mark.parametrize("shape", [(8, 6), (7, 5), (1, 9), (4, 6, 8), (3, 5, 7)])
def test_integers_are_rounded_half_to_even_without_overflow(
    dtype: str, shape: tuple[int, ...]
) -> None:
    limits = np.iinfo(dtype)
    image = np.random.default_rng(0).integers(limits.min, limits.max, shape, dtype, endpoint=True)
    image[..., :2] = limits.max
    padded = np.pad(image, [(0, n % 2) for n in shape], mode="edge")
    blocks = padded.reshape([k for n in padded.shape for k in (n // 2, 2)])
    expected = np.rint(blocks.astype(float).mean(axis=tuple(range(1, 2 * len(shape), 2))))
    found = halve(image)
    assert found.dtype == image.dtype
    np.testing.assert_array_equal(found, expected)


def test_repeated_halving_does_not_drift() -> None:
    image = np.random.default_rng(1).integers(0, 256, (256, 256)).astype(np.uint8)
    small = image
    for _ in range(4):
        small = halve(small)
    assert abs(small.mean() - image.mean()) < 0.03


def test_chosen_axes_and_colours() -> None:
    volume = np.arange(4 * 6 * 8, dtype=np.float32).reshape(4, 6, 8)
    found = halve(volume, (1, 2))
    assert found.shape == (4, 3, 4)
    np.testing.assert_allclose(found[2], halve(volume[2]))
    colours = np.stack([np.full((4, 6), c, np.uint8) for c in (1, 2, 3)], -1)
    np.testing.assert_array_equal(halve(colours, (0, 1)), colours[:2, :3])
    thick = np.stack([volume, 2 * volume], -1)
    np.testing.assert_allclose(halve(thick, (0, 1, 2))[..., 1], 2 * halve(volume))


def test_gaps_are_left_out_of_means() -> None:
    image = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan], [np.nan, np.nan]])
    np.testing.assert_array_equal(halve(image), [[2.0], [np.nan]])


def test_any_memory_layout() -> None:
    image = np.arange(64, dtype=">u2").reshape(8, 8).T[::-1]
    np.testing.assert_array_equal(halve(image), halve(np.array(image, "u2", order="C")))


@pytest.mark.parametrize("image", [np.ones((4, 4), bool), np.ones((4, 4), complex)])
def test_other_types_are_refused(image: AnyArray) -> None:
    with pytest.raises(TiepointError, match="cannot be averaged"):
        halve(image)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(TiepointError, match="image or a volume"):
        halve(np.ones((2, 2, 2, 2)))
    with pytest.raises(TiepointError, match="nothing to halve"):
        halve(np.ones((4, 4)), ())


@pytest.mark.parametrize("shape", [(128, 96), (127, 97)])
def test_a_blob_stays_where_it_is_on_every_level(shape: tuple[int, int]) -> None:
    centre = np.array([61.3, 44.8])
    index = np.moveaxis(np.indices(shape), 0, -1)
    image = np.exp(-((index - centre) ** 2).sum(-1) / (2 * 6.0**2))
    for level in range(4):
        weights = image / image.sum()
        at = np.array([(weights * axis).sum() for axis in np.indices(image.shape)])
        np.testing.assert_allclose(halved_to_full(level, 2)(at[None])[0], centre, atol=0.02)
        image = halve(image)


def test_level_translations() -> None:
    np.testing.assert_allclose(halved_to_full(3, 1)(np.zeros((1, 1))), [[3.5]])
    np.testing.assert_allclose(level_to_full((4, 2), (1.5, 0.5))(np.ones((1, 2))), [[5.5, 2.5]])


@pytest.mark.parametrize(
    ("pixel", "level"), [(0.5, 0), (1.0, 0), (1.99, 0), (2.0, 1), (7.0, 2), (100.0, 3)]
)
def test_the_coarsest_level_that_is_fine_enough(pixel: float, level: int) -> None:
    assert pick_level([1.0, 2.0, 4.0, 8.0], pixel) == level


def test_level_scales_per_axis_count_by_the_coarsest_axis() -> None:
    assert pick_level([(1.0, 1.0), (1.0, 2.0), (2.0, 4.0)], 2.0) == 1
