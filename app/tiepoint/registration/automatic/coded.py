"""Printed coded markers: ArUco and AprilTag, by OpenCV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.automatic.images import read_image
from tiepoint.registration.automatic.proposals import Refusal

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray, FloatArray

FAMILIES = {
    "aruco_4x4": "DICT_4X4_250",
    "aruco_5x5": "DICT_5X5_250",
    "aruco_6x6": "DICT_6X6_250",
    "aruco_7x7": "DICT_7X7_250",
    "aruco_original": "DICT_ARUCO_ORIGINAL",
    "apriltag_16h5": "DICT_APRILTAG_16h5",
    "apriltag_25h9": "DICT_APRILTAG_25h9",
    "apriltag_36h10": "DICT_APRILTAG_36h10",
    "apriltag_36h11": "DICT_APRILTAG_36h11",
}
"""Words for the families of markers, and OpenCV's names for them."""


@dataclass(frozen=True, eq=False)
class CodedMarker:
    """One printed marker.

    Attributes
    ----------
    number
        The number that it encodes.
    corners_yx
        (4, 2) pixel index, clockwise from the marker's own upper left corner.
    centre_yx
        (2,) crossing of the diagonals: the centre also in perspective.
    """

    number: int
    corners_yx: FloatArray
    centre_yx: FloatArray


def find_coded_markers(
    image: AnyArray, family: str = "aruco_4x4"
) -> tuple[CodedMarker, ...] | Refusal:
    """Find the printed markers of one family, in the order of their numbers.

    Parameters
    ----------
    image
        (y, x) or colours; any type, stretched to 8 bits between its 0.5 and 99.5 percentiles.
    family
        A key of `FAMILIES`.
    """
    if family not in FAMILIES:
        return Refusal("bad_input", f"Choose a family of markers out of {', '.join(FAMILIES)}.")
    gray = read_image(image, "marker")
    if isinstance(gray, Refusal):
        return gray
    import cv2

    low, high = np.percentile(gray.values[gray.mask], [0.5, 99.5])
    if high <= low:
        low, high = gray.values.min(), gray.values.max()
    stretched = np.clip((gray.values - low) / (high - low), 0, 1) * 255
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, FAMILIES[family]))
    detector = cv2.aruco.ArucoDetector(dictionary, parameters)
    corners, numbers, _ = detector.detectMarkers(np.rint(stretched).astype(np.uint8))
    if numbers is None or not len(numbers):
        return Refusal("not_found", f"There is no marker of the family {family} in the image.")
    found = [
        _marker(int(number), np.asarray(four, float).reshape(4, 2)[:, ::-1])
        for number, four in zip(np.ravel(numbers), corners, strict=True)
    ]
    return tuple(sorted(found, key=lambda marker: marker.number))


def _marker(number: int, corners: FloatArray) -> CodedMarker:
    a, b, c, d = corners
    along = np.linalg.solve(np.column_stack([c - a, b - d]), b - a)[0]
    return CodedMarker(number, corners, a + along * (c - a))
