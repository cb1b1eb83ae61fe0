import json

import numpy as np
import pytest
import SimpleITK as sitk

from tiepoint.geometry.projective import Projective
from tiepoint.geometry.transforms import Affine
from tiepoint.registration.exchange import (
    CoordinateSystem,
    ImageGrid,
    read_elastix,
    read_itk,
    read_ngff,
    read_transform,
    write_elastix,
    write_itk,
    write_ngff,
)
from tiepoint.support.errors import TiepointError

RNG = np.random.default_rng(3)
GRID = ImageGrid((5, 6), (0.5, 0.25), (1.0, 2.0))


def versor(axis, angle):
    return sitk.VersorTransform(axis, angle).GetVersor()


def zyx_euler():
    euler = sitk.Euler3DTransform((1, 2, 3), 0.1, 0.2, 0.3, (4, 5, 6))
    euler.SetComputeZYX(True)
    return euler


ITK = {
    "translation": sitk.TranslationTransform(2, (1, 2)),
    "euler 2D": sitk.Euler2DTransform((1, 2), 0.4, (3, 4)),
    "euler 3D": sitk.Euler3DTransform((1, 2, 3), 0.1, 0.2, 0.3, (4, 5, 6)),
    "euler 3D zyx": zyx_euler(),
    "versor": sitk.VersorRigid3DTransform(versor((1, 2, 3), 0.7), (1, 2, 3), (4, 5, 6)),
    "similarity 2D": sitk.Similarity2DTransform(1.5, 0.3, (4, 5), (1, 2)),
    "similarity 3D": sitk.Similarity3DTransform(1.2, versor((0, 1, 1), 0.3), (1, 2, 3), (4, 5, 6)),
    "affine 2D": sitk.AffineTransform((1.1, 0.2, -0.3, 0.9), (3, 4), (5, 6)),
    "affine 3D": sitk.AffineTransform((1, 0.2, 0, -0.3, 0.9, 0.1, 0, 0, 2), (3, 4, 5), (5, 6, 7)),
    "scale": sitk.ScaleTransform(2, (2, 3)),
    "identity": sitk.Transform(3, sitk.sitkIdentity),
    "composite": sitk.CompositeTransform(
        [sitk.TranslationTransform(3, (1, 2, 3)), zyx_euler(), sitk.ScaleTransform(3, (2, 3, 4))]
    ),
}


@pytest.mark.parametrize("name", ITK)
def test_itk_files_map_fixed_to_moving_and_we_the_other_way(tmp_path, name):
    itk = ITK[name]
    sitk.WriteTransform(itk, str(tmp_path / "t.tfm"))
    found = read_transform(tmp_path / "t.tfm")
    fixed_xyz = RNG.normal(size=(10, itk.GetDimension())) * 20
    moving_xyz = np.array([itk.TransformPoint(p) for p in fixed_xyz.tolist()])
    back = found.moving_to_fixed(moving_xyz[:, ::-1])[:, ::-1]
    np.testing.assert_allclose(back, fixed_xyz, atol=1e-9)


def test_itk_files_tell_the_model(tmp_path):
    for name, model in {
        "euler 3D": "rigid",
        "similarity 2D": "similarity",
        "scale": "affine",
    }.items():
        sitk.WriteTransform(ITK[name], str(tmp_path / "t.tfm"))
        assert read_itk(tmp_path / "t.tfm").model == model


@pytest.mark.parametrize("n", [2, 3])
def test_simpleitk_reads_what_is_written(tmp_path, n):
    moving_to_fixed = Affine(np.eye(n) + 0.2 * RNG.normal(size=(n, n)), RNG.normal(size=n))
    write_itk(tmp_path / "t.tfm", moving_to_fixed)
    itk = sitk.ReadTransform(str(tmp_path / "t.tfm"))
    moving = RNG.normal(size=n)
    fixed = moving_to_fixed(moving[None])[0]
    np.testing.assert_allclose(itk.TransformPoint(fixed[::-1].tolist()), moving[::-1], atol=1e-12)
    again = read_itk(tmp_path / "t.tfm").moving_to_fixed
    np.testing.assert_allclose(again.homogeneous, moving_to_fixed.homogeneous, atol=1e-12)


def test_itk_resampling_agrees_with_the_direction(tmp_path):
    """A blob at (y, x) = (20, 30) in moving appears where moving_to_fixed says."""
    image = np.zeros((64, 64), np.float32)
    image[20, 30] = 1
    moving_to_fixed = Affine(np.eye(2), np.array([5.0, -7.0]))
    write_itk(tmp_path / "t.tfm", moving_to_fixed)
    moving = sitk.GetImageFromArray(image)
    resampled = sitk.Resample(moving, moving, sitk.ReadTransform(str(tmp_path / "t.tfm")))
    place = np.unravel_index(sitk.GetArrayFromImage(resampled).argmax(), image.shape)
    assert place == (25, 23)


HEAD = "#Insight Transform File V1.0\n#Transform 0\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "none of the transform files"),
        (HEAD, "0 transforms"),
        (HEAD + "Transform: BSplineTransform_double_2_2\nParameters: 1\n", "2D BSpline"),
        (HEAD + "Transform: AffineTransform_double_2_3\nParameters: 1\n", "not a 2D or 3D"),
        (HEAD + "Transform: AffineTransform_double_2_2\nParameters: 1 2\n", "needs 6 parameters"),
        (HEAD + "Transform: Euler2DTransform_double_2_2\nParameters: 1 x 2\n", "no number"),
        (HEAD + "Transform: Euler2DTransform_double_2_2\nParameters: 1 nan 2\n", "not finite"),
        (HEAD + "Transform: AffineTransform_double_2_2\nParameters: 0 0 0 0 1 1\n", "singular"),
        (HEAD + "nonsense\n", "line 3"),
        (
            HEAD + "Transform: TranslationTransform_double_2_2\nParameters: 1 2\n"
            "#Transform 1\nTransform: TranslationTransform_double_2_2\nParameters: 1 2\n",
            "without saying how they combine",
        ),
        (
            HEAD + "Transform: VersorRigid3DTransform_double_3_3\nParameters: 1 1 0 0 0 0\n"
            "FixedParameters: 0 0 0\n",
            "longer than 1",
        ),
    ],
)
def test_bad_itk_files_are_a_sentence(tmp_path, text, words):
    (tmp_path / "t.tfm").write_text(text)
    with pytest.raises(TiepointError, match=words):
        read_transform(tmp_path / "t.tfm")


def elastix_text(kind, parameters, n, extra=""):
    centre = "" if kind == "Translation" else f"(CenterOfRotationPoint {' '.join(['2.5'] * n)})\n"
    return (
        f'(Transform "{kind}Transform")\n(NumberOfParameters {len(parameters)})\n'
        f"(TransformParameters {' '.join(map(str, parameters))})\n"
        f"// a comment\n(FixedImageDimension {n})\n(MovingImageDimension {n})\n{centre}{extra}"
    )


@pytest.mark.parametrize(
    ("kind", "parameters", "itk"),
    [
        ("Translation", (1, 2), sitk.TranslationTransform(2, (1, 2))),
        ("Euler", (0.3, 1, 2), sitk.Euler2DTransform((2.5, 2.5), 0.3, (1, 2))),
        (
            "Euler",
            (0.1, 0.2, 0.3, 1, 2, 3),
            sitk.Euler3DTransform((2.5, 2.5, 2.5), 0.1, 0.2, 0.3, (1, 2, 3)),
        ),
        ("Similarity", (1.5, 0.3, 1, 2), sitk.Similarity2DTransform(1.5, 0.3, (1, 2), (2.5, 2.5))),
        (
            "Affine",
            (1.1, 0.2, -0.3, 0.9, 3, 4),
            sitk.AffineTransform((1.1, 0.2, -0.3, 0.9), (3, 4), (2.5, 2.5)),
        ),
    ],
)
def test_elastix_files_mean_what_itk_means(tmp_path, kind, parameters, itk):
    n = itk.GetDimension()
    extra = '(InitialTransformParametersFileName "NoInitialTransform")\n'
    (tmp_path / "t.txt").write_text(elastix_text(kind, parameters, n, extra))
    found = read_transform(tmp_path / "t.txt")
    fixed = RNG.normal(size=(5, n))
    moving = np.array([itk.TransformPoint(p[::-1].tolist())[::-1] for p in fixed])
    np.testing.assert_allclose(found.moving_to_fixed(moving), fixed, atol=1e-9)


def test_elastix_chains_are_followed_in_the_same_folder_only(tmp_path):
    initial = '(InitialTransformParametersFileName "/home/else/where/first.txt")\n'
    (tmp_path / "first.txt").write_text(elastix_text("Translation", (10, 0), 2))
    (tmp_path / "t.txt").write_text(
        elastix_text(
            "Affine", (2, 0, 0, 2, 0, 0), 2, initial + '(HowToCombineTransforms "Compose")'
        )
    )
    fixed_xy = np.array([[1.0, 1.0]])
    moving_xy = 2 * (fixed_xy + np.array([10, 0]) - 2.5) + 2.5
    back = read_elastix(tmp_path / "t.txt").moving_to_fixed(moving_xy[:, ::-1])
    np.testing.assert_allclose(back[:, ::-1], fixed_xy)
    (tmp_path / "first.txt").unlink()
    with pytest.raises(TiepointError, match=r"“first\.txt”, which is not in its folder"):
        read_elastix(tmp_path / "t.txt")
    (tmp_path / "loop.txt").write_text(
        elastix_text("Translation", (1, 0), 2, '(InitialTransformParametersFileName "loop.txt")')
    )
    with pytest.raises(TiepointError, match="not in its folder"):
        read_elastix(tmp_path / "loop.txt")


def test_elastix_add_sums_the_displacements(tmp_path):
    (tmp_path / "first.txt").write_text(elastix_text("Translation", (10, 0), 2))
    extra = '(InitialTransformParametersFileName "first.txt")\n(HowToCombineTransforms "Add")\n'
    (tmp_path / "t.txt").write_text(elastix_text("Translation", (1, 2), 2, extra))
    moved = read_elastix(tmp_path / "t.txt").moving_to_fixed(np.array([[2.0, 11.0]]))
    np.testing.assert_allclose(moved, [[0, 0]])


@pytest.mark.parametrize("n", [2, 3])
def test_elastix_round_trip(tmp_path, n):
    moving_to_fixed = Affine(np.eye(n) + 0.2 * RNG.normal(size=(n, n)), RNG.normal(size=n))
    grid = ImageGrid((5, 6, 7)[:n], (0.5, 0.25, 1)[:n], (1.0, 2.0, 3.0)[:n])
    write_elastix(tmp_path / "t.txt", moving_to_fixed, grid)
    assert "(Size 6 5)" in (tmp_path / "t.txt").read_text() or n == 3
    back = read_elastix(tmp_path / "t.txt").moving_to_fixed
    np.testing.assert_allclose(back.homogeneous, moving_to_fixed.homogeneous, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (elastix_text("BSpline", (1, 2), 2), "BSpline deformation.*outputpoints.txt"),
        (elastix_text("Euler", (1, 2), 2), "needs 3 parameters"),
        (elastix_text("Euler", (1, 2, 3), 2).replace("(MovingImageDimension 2)", ""), "not join"),
        ('(Transform "EulerTransform")\n', "not an elastix"),
        ("(Transform\n", "line 1"),
        (elastix_text("Euler", (1, 2, "x"), 2), "no number"),
        (
            elastix_text("Euler", (1, 2, 3), 2).replace("CenterOfRotationPoint", "Foo"),
            "does not say",
        ),
    ],
)
def test_bad_elastix_files_are_a_sentence(tmp_path, text, words):
    (tmp_path / "t.txt").write_text(text)
    with pytest.raises(TiepointError, match=words):
        read_elastix(tmp_path / "t.txt")


def test_what_other_formats_cannot_hold_is_not_written(tmp_path):
    bent = Projective(np.array([[1, 0, 0], [0, 1, 0], [1e-3, 0, 1]]))
    plane = Affine(np.eye(3)[:, :2], np.zeros(3))
    for transform in (bent, plane):
        with pytest.raises(TiepointError, match="OME-NGFF"):
            write_itk(tmp_path / "t.tfm", transform)
        with pytest.raises(TiepointError, match="OME-NGFF"):
            write_elastix(tmp_path / "t.txt", transform, GRID)
    assert not list(tmp_path.iterdir())


def test_ngff_keeps_direction_units_and_axes(tmp_path):
    plane = Affine(RNG.normal(size=(3, 2)), RNG.normal(size=3))
    path = tmp_path / "t.json"
    write_ngff(path, plane, CoordinateSystem("SEM", 2, "nm"), CoordinateSystem("CT", 3, "µm"))
    scene = json.loads(path.read_text())["ome"]["scene"]
    assert scene["coordinateTransformations"][0]["input"] == {"name": "SEM"}
    assert [axis["name"] for axis in scene["coordinateSystems"][1]["axes"]] == ["z", "y", "x"]
    assert scene["coordinateSystems"][0]["axes"][0]["unit"] == "nanometer"
    found = read_transform(path)
    assert (found.unit_moving, found.unit_fixed) == ("nm", "µm")
    np.testing.assert_array_equal(found.moving_to_fixed.linear, plane.linear)


def test_ngff_accepts_a_bare_transformation(tmp_path):
    path = tmp_path / "t.json"
    path.write_text('{"type": "translation", "translation": [1, 2]}')
    assert read_ngff(path).moving_to_fixed(np.zeros((1, 2)))[0].tolist() == [1, 2]


def test_ngff_systems_tell_the_dimension(tmp_path):
    systems = [
        {"name": name, "axes": [{"name": a, "type": "space"} for a in "yx"]} for name in "ab"
    ]
    document = {
        "coordinateSystems": systems,
        "coordinateTransformations": [{"type": "identity", "input": "a", "output": {"name": "b"}}],
    }
    (tmp_path / "t.json").write_text(json.dumps(document))
    assert read_ngff(tmp_path / "t.json").moving_to_fixed.n_in == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not valid JSON"),
        ('{"a": 1}', "no OME-NGFF"),
        ('{"type": "translation", "translation": [NaN, 1]}', "not a finite number"),
        ("[" * 100_000 + "]" * 100_000, "nested deeper"),
        ('[{"type": "identity"}, {"type": "identity"}]', "2 transformations"),
    ],
)
def test_bad_ngff_is_a_sentence(tmp_path, text, words):
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(TiepointError, match=words):
        read_transform(tmp_path / "t.json")


def test_ngff_refuses_systems_that_do_not_fit(tmp_path):
    with pytest.raises(TiepointError, match="does not fit"):
        write_ngff(
            tmp_path / "t.json",
            Affine.identity(2),
            CoordinateSystem("a", 2, None),
            CoordinateSystem("b", 3, None),
        )
