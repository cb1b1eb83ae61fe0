"""The truth: transforms and landmarks agree with each other for any seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from tiepoint.demo import DATASETS, SCANS, Sizes, click, make_twin
from tiepoint.demo.frames import LAMELLA_UM, SEM_TILT_DEG

seeds = st.integers(0, 10**6)
few = settings(max_examples=8, deadline=None)
PLANES = {"P": "fib_face", "L": "end_face", "F": "end_face", "S": "end_face"}


@given(seeds)
@few
def test_true_transform_maps_the_landmarks(seed):
    twin = make_twin(seed)
    for moving in DATASETS:
        for fixed in DATASETS:
            pairs = twin.landmarks(moving, fixed)
            for name, here, there in zip(*pairs, strict=True):
                plane = PLANES[name[0]] if moving == "sem" else None
                mapped = twin.true_transform(moving, fixed, plane)(here[None])[0]
                scale = 1e3 if twin.unit(fixed) == "nm" else 1.0
                np.testing.assert_allclose(mapped / scale, there / scale, atol=1e-9)


@given(seeds)
@few
def test_there_and_back(seed):
    twin = make_twin(seed)
    points = np.random.default_rng(seed).uniform(0, 90, (5, 3))
    for scan in SCANS:
        back = twin.to_sample(scan)(twin.sample_to(scan)(points))
        np.testing.assert_allclose(back, points, atol=1e-9)
    for image in ("sem", "stem", "light"):
        flat = points[:, :2] * 100
        for plane in ("fib_face", "end_face"):
            back = twin.sample_to(image)(twin.to_sample(image, plane)(flat))
            np.testing.assert_allclose(back, flat, atol=1e-7)


@given(seeds)
@few
def test_enough_landmarks_in_every_registration(seed):
    twin = make_twin(seed)
    assert len(twin.landmarks("sem", "ct_000min").names) >= 6
    assert 6 <= len(twin.landmarks("stem", "ct_000min").names) <= 8
    assert len(twin.landmarks("light", "ct_000min").names) >= 5
    assert len(twin.landmarks("ct_045min", "ct_000min").names) >= 10


@given(seeds)
@few
def test_target_lies_amid_the_landmarks_of_the_lamella(seed):
    twin = make_twin(seed)
    landmarks = twin.landmarks("stem", "ct_000min").moving
    assert Delaunay(landmarks).find_simplex(twin.target_in("stem")) >= 0
    off = (twin.target - twin.frames.face.lamella_centre) @ twin.frames.face.front
    assert abs(off) < 1e-9


@given(seeds)
@few
def test_everything_lies_in_view(seed):
    twin = make_twin(seed)
    ends = {"sem": (768, 1024), "stem": (768, 1024), "light": (576, 768)}
    for name in DATASETS:
        shape = np.array(ends.get(name, (192,) * 3))
        pixel = 2 * twin.fle(name)
        for mark in twin.all_landmarks:
            if name in mark.seen_in:
                index = twin.locate(mark.position_zyx_um, name) / pixel
                assert (index > 4).all(), (name, mark.name)
                assert (index < shape - 5).all(), (name, mark.name)


def test_drift_between_scans_is_rigid_and_small():
    twin = make_twin(3)
    np.testing.assert_array_equal(twin.sample_to("ct_000min").homogeneous, np.eye(4))
    for scan in SCANS[1:]:
        moved = twin.sample_to(scan)
        np.testing.assert_allclose(moved.linear @ moved.linear.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(moved.linear) == pytest.approx(1)
        centre = np.full((1, 3), 48.0)
        assert 0.01 < np.linalg.norm(moved(centre) - centre) < 6


@given(seeds)
@few
def test_foreshortening_is_exact(seed):
    twin = make_twin(seed)
    face, to_sem = twin.frames.face, twin.sample_to("sem").linear
    tilt = np.radians(SEM_TILT_DEG)
    # One µm along each direction of the sample, seen in the image in µm, (y, x).
    np.testing.assert_allclose(to_sem @ face.front / 1e3, [np.cos(tilt), 0], atol=1e-12)
    np.testing.assert_allclose(to_sem @ -face.normal / 1e3, [np.sin(tilt), 0], atol=1e-12)
    np.testing.assert_allclose(to_sem @ face.right / 1e3, [0, 1], atol=1e-12)
    assert 1 / np.cos(tilt) == pytest.approx(1.6243, abs=1e-4)
    assert 1 / np.sin(tilt) == pytest.approx(1.2690, abs=1e-4)


@given(seeds)
@few
def test_no_image_is_mirrored(seed):
    twin = make_twin(seed)
    assert np.linalg.det(twin.true_transform("stem", "sem").linear) > 0
    assert np.linalg.det(twin.true_transform("light", "sem").linear) > 0
    face = twin.frames.face
    frame_zyx = np.stack([face.normal, face.right, face.front])
    np.testing.assert_allclose(frame_zyx @ frame_zyx.T, np.eye(3), atol=1e-12)


def test_planes_are_similarities_with_a_small_calibration_error():
    twin = make_twin(5)
    for name, um in (("stem", 1e-3), ("light", 1.0)):
        linear = twin.to_sample(name).linear
        gram = linear.T @ linear
        np.testing.assert_allclose(gram, gram[0, 0] * np.eye(2), atol=1e-9 * um**2)
        error = np.sqrt(gram[0, 0]) / um - 1
        assert 0 < abs(error) < 0.02


def test_pixel_counts_do_not_move_the_sample():
    full, small = make_twin(4), make_twin(4, Sizes.small())
    np.testing.assert_array_equal(full.target, small.target)
    pixel_shift = (12.5 - 100) / 2  # pixel 0 of the coarser image is centred further in
    moved = small.target_in("stem") - full.target_in("stem")
    np.testing.assert_allclose(moved, pixel_shift, rtol=0.02)


def test_seeds_differ_and_repeat():
    assert np.linalg.norm(make_twin(1).target - make_twin(2).target) > 0.5
    np.testing.assert_array_equal(make_twin(1).target, make_twin(1).target)


def test_lamella_lies_obliquely():
    normal = np.abs(make_twin(6).frames.face.front)
    assert (normal > 0.01).all()
    assert LAMELLA_UM == (8.0, 12.0)


def test_clicks_have_the_stated_error():
    rng = np.random.default_rng(0)
    noise = click(np.zeros((20000, 2)), np.array([0.5, 2.0]), rng)
    np.testing.assert_allclose(noise.std(axis=0), [0.5, 2.0], rtol=0.03)
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=0.05)


def test_unknown_dataset_is_named():
    with pytest.raises(KeyError, match="no dataset 'xrd'"):
        make_twin(0).landmarks("xrd", "sem")
