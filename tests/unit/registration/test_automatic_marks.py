"""Spots, grids, drawn, round and coded marks."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.special import erf

from tiepoint.registration.automatic import (
    cross_mark,
    find_circles,
    find_coded_markers,
    find_grid,
    find_marks,
    find_spots,
    fit_spot,
    l_mark,
)
from tiepoint.registration.automatic.coded import FAMILIES


def draw_spots(shape, points, width, light):
    """Return Gaussian spots integrated over their pixels."""
    image = np.zeros(shape)
    for y, x in points:
        parts = []
        for centre, n in ((y, shape[0]), (x, shape[1])):
            edges = (np.arange(n + 1) - 0.5 - centre) / (np.sqrt(2) * width)
            parts.append(0.5 * np.diff(erf(edges)))
        image += light * np.outer(*parts)
    return image


def scattered(rng, count, n, apart):
    points = []
    while len(points) < count:
        trial = rng.uniform(12, n - 12, 2)
        if all(np.linalg.norm(trial - p) > apart for p in points):
            points.append(trial)
    return np.array(points)


def test_spots_are_found_with_honest_errors():
    rng = np.random.default_rng(1)
    points = scattered(rng, 60, 300, 14)
    image = rng.poisson(20 + draw_spots((300, 300), points, 1.4, 2500)).astype(float)
    spots = find_spots(image, width=1.3)
    assert len(spots) == 60
    off = []
    for spot in spots:
        away = spot.point_yx - points
        near = np.linalg.norm(away, axis=1).argmin()
        off.append(away[near] / spot.sigma)
        assert np.abs(away[near]).max() < 0.15
    assert 0.75 < np.sqrt(np.mean(np.square(off))) < 1.3


@pytest.mark.parametrize("scale", [1e-4, 1.0, 30.0])
def test_one_spot_dark_or_bright_in_any_unit(scale):
    rng = np.random.default_rng(2)
    image = rng.poisson(50 + draw_spots((60, 60), [(30.3, 25.8)], 1.5, 3000)) * scale
    assert np.abs(fit_spot(image, [31, 25]).point_yx - (30.3, 25.8)).max() < 0.1
    dark = fit_spot(-image, [31, 25], bright=False)
    assert np.abs(dark.point_yx - (30.3, 25.8)).max() < 0.15


def test_spots_refuse():
    noise = np.random.default_rng(3).poisson(100, (80, 80)).astype(float)
    assert find_spots(noise, contrast=7).code == "not_found"
    assert fit_spot(np.zeros((40, 40)), [20, 20]).code == "flat"
    assert fit_spot(noise, [200, 20]).code == "bad_input"


def test_grid_in_reading_order_with_dirt_and_a_missing_spot():
    rng = np.random.default_rng(4)
    steps = np.array([[29.8, -2.6], [2.7, 30.1]])
    cells = np.indices((4, 6)).transpose(1, 2, 0)
    truth = cells @ steps + (50.2, 40.7)
    drawn = np.delete(truth.reshape(-1, 2), 9, axis=0)
    dirt = np.array([[20.0, 20.0], [75.0, 130.0], [180.0, 30.0]])
    shape = (200, 260)
    image = 20 + draw_spots(shape, drawn, 1.6, 3000) + draw_spots(shape, dirt, 1.6, 6000)
    grid = find_grid(rng.poisson(image), 4, 6)
    assert not grid.found[1, 3]
    assert grid.found.sum() == 23
    assert np.abs(grid.points_yx - truth).max() < 0.15
    assert np.abs(grid.pitch_yx - steps).max() < 0.05
    assert grid.warnings[0].code == "missing"


def test_grid_refuses():
    rng = np.random.default_rng(5)
    points = scattered(rng, 20, 200, 20)
    image = rng.poisson(20 + draw_spots((200, 200), points, 1.6, 3000))
    assert find_grid(image, 4, 5).code == "not_found"
    assert find_grid(image, 1, 5).code == "bad_input"


@pytest.mark.parametrize(
    ("draw", "bright"), [(cross_mark, True), (cross_mark, False), (l_mark, True)]
)
def test_marks_at_an_angle(draw, bright):
    rng = np.random.default_rng(6)
    mark = draw(12, 4, 20.0)
    half = mark.shape[0] // 2
    image = np.zeros((200, 220))
    truth = np.array([[60.3, 80.7], [130.6, 150.2]])
    for point in truth:
        one = np.zeros(image.shape)
        one[100 - half : 101 + half, 100 - half : 101 + half] = mark
        image += ndimage.shift(one, point - 100, order=1)
    image = (1 if bright else -1) * image + 0.1 * rng.normal(size=image.shape)
    turns = range(0, 360, 10) if draw is l_mark else range(0, 90, 10)
    drawings = [draw(12, 4, turn) for turn in turns]
    found = find_marks(image, drawings, angles_deg=list(turns), bright=bright)
    assert len(found) == 2
    for marker in found:
        assert np.abs(truth - marker.point_yx).max(axis=1).min() < 0.2
        assert marker.angle_deg == 20


def test_marks_refuse():
    noise = np.random.default_rng(7).normal(size=(100, 100))
    assert find_marks(noise, [cross_mark(9, 3)]).code == "not_found"
    assert find_marks(noise, [np.ones((4, 4))]).code == "bad_input"


@pytest.mark.parametrize("kind", ["disc", "hole", "ring"])
def test_circles(kind):
    rng = np.random.default_rng(8)
    y, x = np.mgrid[:160, :160]
    distance = np.hypot(y - 90.37, x - 70.81)
    shape = np.abs(distance - 20.3) < 2 if kind == "ring" else distance < 20.3
    image = ndimage.gaussian_filter(shape.astype(float), 1) * (-3 if kind == "hole" else 3)
    found = find_circles(image + 0.1 * rng.normal(size=image.shape), 12, 28)
    assert np.abs(found[0].point_yx - (90.37, 70.81)).max() < 0.15
    assert all(np.abs(other.point_yx - (90.37, 70.81)).max() < 1 for other in found)


def test_circles_refuse():
    noise = np.random.default_rng(9).normal(size=(120, 120))
    assert find_circles(noise, 10, 20).code == "not_found"
    assert find_circles(noise, 1, 20).code == "bad_input"


@pytest.mark.parametrize("family", ["aruco_4x4", "apriltag_36h11"])
def test_coded_markers(family):
    import cv2

    book = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, FAMILIES[family]))
    page = np.full((260, 340), 60000.0)
    for number, (top, left) in {7: (40, 50), 3: (130, 200)}.items():
        page[top : top + 80, left : left + 80] = 257.0 * cv2.aruco.generateImageMarker(
            book, number, 80
        )
    found = find_coded_markers(ndimage.gaussian_filter(page, 0.8), family)
    assert [marker.number for marker in found] == [3, 7]
    assert np.abs(found[0].centre_yx - (169.5, 239.5)).max() < 0.1
    assert np.abs(found[1].corners_yx[0] - (39.5, 49.5)).max() < 1


def test_coded_markers_refuse():
    noise = np.random.default_rng(10).normal(size=(100, 100))
    assert find_coded_markers(noise).code == "not_found"
    assert find_coded_markers(noise, "qr").code == "bad_input"
