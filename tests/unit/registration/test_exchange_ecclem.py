"""eC-CLEM's own layout: what its writer writes is read, what ours writes its reader accepts.

Elements, attributes, their order and what the reader insists on are those of eC-CLEM 2
(anrcrocoval/ec-clem: XmlTransformation, XmlTransformationWriter and XmlTransformationReader);
numbers are written as Java writes doubles.
"""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from tiepoint.model.registration import LandmarkPair
from tiepoint.registration.exchange import read_pairs
from tiepoint.registration.exchange.ecclem import Sequence5D, write_ecclem

TYPES = {"RIGID": "rigid", "SIMILARITY": "similarity", "AFFINE": "affine", "SPLINE": "tps"}
POINTS_XYZ = {
    "source": [(1.5, 2.25, 0.0), (10.0, 1.0e-4, 3.5), (7.125, 1234567.5, 9.0)],
    "target": [(101.5, 52.25, 10.0), (110.0, 50.0, 13.5), (107.125, 62.0, 19.0)],
}
JAVA = {1.0e-4: "1.0E-4", 1234567.5: "1234567.5"}


def java(value: float) -> str:
    return JAVA.get(value, str(value))


def as_it_writes(kind: str, dimension: int) -> str:
    """Return the document of three fiducials, in the order in which eC-CLEM writes it."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<root>",
        f'<transformation type="{kind}" noiseModel="ANISOTROPIC"'
        ' date="2021-03-04T10:11:12.345+01:00[Europe/Paris]">',
    ]
    for side, pixel in (("source", "0.1"), ("target", "0.0065")):
        lines.append(f'<sequenceSize dimension="{dimension}" type="{side}">')
        lines += [
            f'<dimensionSize name="{axis}" pixelSize="{pixel}">{size}</dimensionSize>'
            for axis, size in zip("XYZ"[:dimension], (512, 256, 40), strict=False)
        ]
        lines.append("</sequenceSize>")
    for path in ("/images/light.tif", "C:\\images\\electron.tif"):
        lines.append(f'<sequenceFileName path="{path}">{path}</sequenceFileName>')
    for side, points in POINTS_XYZ.items():
        lines.append(
            f'<dataset type="{side}" n="{len(points)}" dimension="{dimension}"'
            ' pointType="FIDUCIAL">'
        )
        for number, point in enumerate(points):
            lines.append(f'<point id="{number}">')
            lines += [
                f'<coordinate dimension="{axis}">{java(value)}</coordinate>'
                for axis, value in enumerate(point[:dimension])
            ]
            lines.append("</point>")
        lines.append("</dataset>")
    return "\n".join([*lines, "</transformation>", "</root>"])


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("kind", TYPES)
def test_what_it_writes_is_read(tmp_path, kind, dimension):
    path = tmp_path / "transformation.xml"
    path.write_text(as_it_writes(kind, dimension))
    table = read_pairs(path)
    assert table.model == TYPES[kind]
    assert (table.unit_moving, table.unit_fixed) == ("µm", "µm")
    assert table.warnings == ()
    for side, end in (("source", "moving"), ("target", "fixed")):
        wanted = np.array(POINTS_XYZ[side])[:, :dimension][:, ::-1]
        np.testing.assert_array_equal([getattr(p, end) for p in table.pairs], wanted)


def accepted_by_its_reader(root: ElementTree.Element, dimension: int) -> None:
    """Insist on what eC-CLEM's reader insists on."""
    (transformation,) = root.findall("transformation")
    assert transformation.attrib["type"] in TYPES
    assert transformation.attrib["noiseModel"] in ("ISOTROPIC", "ANISOTROPIC")
    sizes, datasets = transformation.findall("sequenceSize"), transformation.findall("dataset")
    assert [element.attrib["type"] for element in sizes] == ["source", "target"]
    assert [element.attrib["type"] for element in datasets] == ["source", "target"]
    for element in sizes:
        assert [d.attrib["name"] for d in element] == list("XYZ"[:dimension])
        assert all(int(d.text or "") > 0 for d in element)
        assert all(float(d.attrib["pixelSize"]) > 0 for d in element)
    for element in datasets:
        assert element.attrib["pointType"] == "FIDUCIAL"
        assert int(element.attrib["dimension"]) == dimension
        assert int(element.attrib["n"]) == len(element)
        for point in element:
            assert point.tag == "point"
            assert [int(c.attrib["dimension"]) for c in point] == list(range(dimension))
            assert all(c.tag == "coordinate" and np.isfinite(float(c.text or "")) for c in point)


@pytest.mark.parametrize("model", sorted(TYPES.values()))
@pytest.mark.parametrize("dimension", [2, 3])
def test_what_we_write_its_reader_accepts(tmp_path, model, dimension):
    pairs = [
        LandmarkPair(
            name=f"L{n}",
            moving=tuple(float(10 * n + k) for k in range(dimension)),
            fixed=tuple(float(n + k) for k in range(dimension)),
        )
        for n in range(4)
    ]
    moving = Sequence5D((40, 256, 512)[-dimension:], (100.0,) * dimension, "nm", "light.tif")
    fixed = Sequence5D((30, 20, 10)[-dimension:], (0.5,) * dimension, "µm", "electron.tif")
    write_ecclem(tmp_path / "out.xml", pairs, model, moving, fixed)
    ours = ElementTree.fromstring((tmp_path / "out.xml").read_text())
    accepted_by_its_reader(ours, dimension)
    theirs = ElementTree.fromstring(as_it_writes("AFFINE", dimension))
    assert shape_of(ours) == shape_of(theirs)
    first = ours.find(".//dataset[@type='source']/point[@id='1']/coordinate[@dimension='0']")
    assert first is not None
    assert float(first.text or "") == pytest.approx((10 + dimension - 1) * 1e-3), "x, in µm"


def shape_of(element: ElementTree.Element) -> object:
    """Return names of elements and attributes in their order, repeated points once."""
    inner = [shape_of(child) for child in element]
    kept = [part for place, part in enumerate(inner) if place == 0 or part != inner[place - 1]]
    return element.tag, tuple(element.attrib), kept
