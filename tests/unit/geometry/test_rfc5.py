import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tiepoint.geometry.composite import AxisPart, Bijection, ByDimension
from tiepoint.geometry.projective import Projective
from tiepoint.geometry.rfc5 import from_rfc5, to_rfc5
from tiepoint.geometry.thin_plate import ThinPlateSpline
from tiepoint.geometry.transforms import Affine, Chain
from tiepoint.support.errors import TiepointError

RNG = np.random.default_rng(7)
NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)


def through_json(transform, n_in=None):
    return from_rfc5(json.loads(json.dumps(to_rfc5(transform), allow_nan=False)), n_in)


def spline(n=2, m=6):
    centres = RNG.normal(size=(m, n))
    coefficients = np.zeros((m + 1 + n, n))
    coefficients[m + 1 :] = np.eye(n)
    coefficients[:m] = 0.01 * RNG.normal(size=(m, n))
    return ThinPlateSpline(centres, coefficients, centres.mean(0), 1.5)


@given(
    st.sampled_from([(2, 2), (3, 3), (2, 3), (3, 2)]).flatmap(
        lambda shape: arrays(float, (shape[1], shape[0] + 1), elements=NUMBERS)
    )
)
def test_affine_of_any_dimension_survives_exactly(rows):
    affine = Affine(rows[:, :-1], rows[:, -1])
    back = through_json(affine, affine.n_in)
    assert isinstance(back, Affine)
    assert np.array_equal(back.linear, affine.linear)
    assert np.array_equal(back.offset, affine.offset)


def test_three_by_three_is_a_plane_in_a_volume_not_a_homogeneous_matrix():
    rows = [[1, 0, 5], [0, 1, 6], [0, 0, 1]]
    transform = from_rfc5({"type": "affine", "affine": rows})
    assert (transform.n_in, transform.n_out) == (2, 3)
    assert transform(np.array([[2.0, 3.0]]))[0] == pytest.approx([7, 9, 1])


@pytest.mark.parametrize(
    "transform",
    [
        Projective(np.array([[1, 0.1, 3], [0.2, 1, 4], [1e-3, 2e-3, 1]])),
        spline(),
        spline(3, 8),
        spline().inverse(),
        Chain((spline(), Affine.scaling([2, 3], [1, 1]), spline().inverse())),
        Bijection(spline(), Affine.identity(2)),
        ByDimension((AxisPart(spline(), (2, 0), (0, 1)),), 3),
    ],
    ids=lambda t: type(t).__name__,
)
def test_every_transform_maps_the_same_points_after_a_round_trip(transform):
    back = through_json(transform, transform.n_in)
    points = RNG.normal(size=(20, transform.n_in))
    assert type(back) is type(transform)
    np.testing.assert_array_equal(back(points), transform(points))
    np.testing.assert_allclose(back.jacobian(points), transform.jacobian(points))


def test_words_of_the_specification():
    points = np.array([[2.0, 3.0]])

    def image(document, n_in=2):
        return from_rfc5(document, n_in)(points)[0].tolist()

    assert image({"type": "identity"}) == [2, 3]
    assert image({"type": "scale", "scale": [10, 100]}) == [20, 300]
    assert image({"type": "translation", "translation": [1, -1]}) == [3, 2]
    assert image({"type": "rotation", "rotation": [[0, -1], [1, 0]]}) == [-3, 2]
    assert image({"type": "mapAxis", "mapAxis": [1, 0]}) == [3, 2]
    assert image({"type": "projectAxis", "createdOutputs": [0]}) == [0, 2, 3]
    assert image({"type": "projectAxis", "droppedInputs": [0]}) == [3]
    steps = [{"type": "identity"}, {"type": "scale", "scale": [2, 2]}, {"type": "identity"}]
    steps.append({"type": "translation", "translation": [1, 1]})
    assert image({"type": "sequence", "transformations": steps}, None) == [5, 7]


def test_by_dimension_as_in_the_specification():
    document = {
        "type": "byDimension",
        "transformations": [
            {
                "transformation": {"type": "translation", "translation": [0.5, 1.5]},
                "inputAxes": [3, 2],
                "outputAxes": [1, 2],
            },
            {
                "transformation": {"type": "scale", "scale": [2]},
                "inputAxes": [1],
                "outputAxes": [0],
            },
        ],
    }
    transform = from_rfc5(document, 4)
    assert isinstance(transform, Affine)
    assert transform(np.array([[10.0, 20, 30, 40]]))[0].tolist() == [40, 40.5, 31.5]


def test_by_dimension_inverts_part_by_part():
    parts = (AxisPart(spline(), (2, 0), (0, 2)), AxisPart(Affine.identity(1), (1,), (1,)))
    transform = ByDimension(parts, 3)
    points = RNG.normal(size=(9, 3))
    np.testing.assert_allclose(transform.inverse()(transform(points)), points, atol=1e-9)
    with pytest.raises(ValueError, match="dropped"):
        ByDimension(parts[:1], 3).inverse()


def test_a_bijection_gives_its_own_inverse():
    forward, backward = Affine.scaling([2, 4], [0, 1]), Affine.scaling([0.5, 0.25], [0, -0.25])
    read = through_json(Bijection(forward, backward))
    np.testing.assert_allclose(read.inverse()(read(np.eye(2))), np.eye(2))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (None, "JSON object"),
        ({}, "not a coordinate transformation type"),
        ({"type": "__import__"}, "not a coordinate transformation type"),
        ({"type": "identity"}, "how many axes"),
        ({"type": "scale", "scale": [1, -1]}, "positive"),
        ({"type": "scale", "scale": "12"}, "list"),
        ({"type": "translation", "translation": [1, float("nan")]}, "finite"),
        ({"type": "translation", "translation": [1, 10**400]}, "finite"),
        ({"type": "translation", "translation": [True, 1]}, "finite"),
        ({"type": "rotation", "rotation": [[1, 0], [0, -1]]}, "determinant"),
        ({"type": "rotation", "rotation": [[1, 0.1], [0, 1]]}, "orthonormal"),
        ({"type": "affine", "affine": [[1, 0, 0], [0, 1]]}, "differ in length"),
        ({"type": "affine", "path": "matrix"}, "Zarr"),
        ({"type": "displacements", "path": "field"}, "Zarr"),
        ({"type": "mapAxis", "mapAxis": [0, 0]}, "different"),
        ({"type": "sequence", "transformations": []}, "list of 1"),
        ({"type": "bijection", "forward": {"type": "scale", "scale": [2]}}, "JSON object"),
        (
            {
                "type": "bijection",
                "forward": {"type": "scale", "scale": [2.0]},
                "inverse": {"type": "scale", "scale": [2.0]},
            },
            "not inverse",
        ),
        ({"type": "tiepoint:projective", "matrix": [[1, 1], [1, 1]]}, "singular"),
        ({"type": "tiepoint:thinPlateSpline", "centres": [[0, 0]]}, "list"),
    ],
)
def test_bad_documents_get_one_sentence(document, words):
    with pytest.raises(TiepointError, match=words):
        from_rfc5(document)


def test_steps_that_do_not_fit_are_refused():
    plane = {"type": "affine", "affine": [[1, 0, 0], [0, 1, 0], [0, 0, 7]]}
    with pytest.raises(TiepointError, match="takes 2 coordinates, but 3"):
        from_rfc5({"type": "sequence", "transformations": [plane, plane]})


def test_nesting_is_bounded():
    document = {"type": "scale", "scale": [1.0]}
    for _ in range(40):
        document = {"type": "sequence", "transformations": [document]}
    with pytest.raises(TiepointError, match="nested"):
        from_rfc5(document)


def test_numbers_that_json_cannot_hold_are_not_written():
    with pytest.raises(TiepointError, match="finite"):
        to_rfc5(Affine.scaling([np.inf, 1], [0, 0]))
