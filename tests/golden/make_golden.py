"""Writes the golden project file of the present format: ``python tests/golden/make_golden.py``.

One file per format stays here for good, as the program of that time wrote it; every later program
must open all of them. Fields that a format does not have yet are left out, so that this script
also made the files of older formats with the programs of their time.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset, Display, Link, MapRecipe, Metadata
from tiepoint.model.project import SCHEMA_VERSION, Project, ViewState
from tiepoint.model.region import Region
from tiepoint.model.registration import Found, LandmarkPair, Registration, StoredTransform
from tiepoint.project.file import save
from tiepoint.project.history import HistoryEntry

HERE = Path(__file__).parent
IDENTITY = {"type": "affine", "affine": [[1.0, 0.0, 30.0], [0.0, 1.0, 40.0]]}


def axes(unit: str | None, *sizes: int) -> tuple[Axis, ...]:
    names = ("z", "y", "x")[3 - len(sizes) :]
    return tuple(
        Axis(name=name, size=size, scale=2.0, unit=unit, offset=5.0)
        for name, size in zip(names, sizes, strict=True)
    )


def known(model: type, **values: Any) -> dict[str, Any]:
    """Return the values of fields that a model of this time has."""
    return {name: value for name, value in values.items() if name in model.model_fields}


def datasets() -> tuple[Dataset, ...]:
    link = Link(
        path="/data/2024/SEM 1.tif",
        relative="../data/SEM 1.tif",
        inner="0",
        reader="TIFF",
        size=123_456,
        mtime=1_700_000_000.5,
        fast_hash="fast1:0011",
        content_hash="full1:2233",
    )
    network = Link(path="//server/share/ct.tif", fast_hash="fast1:44")
    energy = Axis(name="Energy", size=50, scale=0.01, unit="keV", role="energy", offset=0.1)
    sem = Dataset(
        id="sem",
        name="SEM 1",
        technique="SEM",
        axes=axes("nm", 60, 80),
        dtype="uint16",
        frame="f1",
        link=link,
        display=Display(limits=(1.0, 900.5), gamma=0.8, colormap="#ff00aa", opacity=0.5),
        metadata=Metadata(
            identification={"operator": "Ada", "µ": [1, 2.5, None]},
            references={"stage": {"x": 1.5, "unit": "mm", "t_deg": 52.0}},
            settings={"voltage_kv": 5},
        ),
        warnings=("The file does not say how it was tilted.",),
        group=("316L", "SEM"),
        fle=(1.0, 2.0),
    )
    ct = Dataset(id="ct", name="CT", kind="volume", axes=axes("µm", 9, 10, 11), frame="f2",
                 link=network)  # fmt: skip
    eds = Dataset(id="eds", name="EDS", kind="spectrum image", technique="EDS", frame="f1",
                  axes=(*axes("nm", 60, 80), energy))  # fmt: skip
    recipe = MapRecipe(source="eds", label="Fe Kα", window=(6.2, 6.6), unit="keV",
                       background="linear", background_windows=((6.0, 6.1),))  # fmt: skip
    fe = Dataset(id="fe", name="Fe Kα", axes=axes("nm", 60, 80), frame="f1", recipe=recipe)
    bare = Dataset(id="bare", name="Photo", axes=axes(None, 30, 40), frame="f3", rgb=False)
    return sem, ct, eds, fe, bare


def registrations() -> tuple[Registration, ...]:
    places = ((10.0, 10.0), (10.0, 150.0), (110.0, 10.0), (100.0, 140.0))
    pairs = tuple(
        LandmarkPair(id=f"p{n}", name=f"L{n}", moving=p, fixed=(p[0] + 30, p[1] + 40),
                     active=n != 3, fle_moving=(1.0, 1.0) if n == 1 else None)
        for n, p in enumerate(places)
    )  # fmt: skip
    stale = known(Registration, stale="the data of Photo were replaced by other data")
    return (
        Registration(id="r1", moving="sem", fixed="bare", model="affine", pairs=pairs,
                     result=StoredTransform(moving_to_fixed=IDENTITY), **stale),
        Registration(id="r2", moving="sem", fixed="bare", model="rigid", branch="try 2",
                     in_use=False, mirror=True, problem="There are too few pairs."),
        Registration(id="r3", moving="bare", fixed="sem", model="translation", branch="found",
                     in_use=False, result=StoredTransform(moving_to_fixed=IDENTITY),
                     found=Found(method="shift", sentence="Clear.", sigma=(1.0, 2.0))),
    )  # fmt: skip


def regions() -> tuple[Region, ...]:
    corners = ((0.0, 0.0), (0.0, 20.0), (10.0, 20.0), (10.0, 0.0))
    shapes: dict[str, tuple[tuple[float, ...], ...]] = {
        "point": corners[:1], "line": corners[:2], "polyline": corners[:3],
        "rectangle": corners, "ellipse": corners, "polygon": corners,
    }  # fmt: skip
    made = [
        Region(id=shape, name=f"R {shape}", shape=shape, dataset="sem", vertices=vertices,
               colour="#112233", category="pit", note="=1+1", author="Ada", tags=("a", "b"),
               created="2024-05-01T10:00:00+00:00")
        for shape, vertices in shapes.items()
    ]  # fmt: skip
    box = ((0.0, 0.0, 0.0), (4.0, 4.0, 4.0))
    return (*made, Region(id="box", name="R box", shape="box", dataset="ct", vertices=box))


def golden_project() -> Project:
    """Return the project in the golden file of the present format."""
    return Project(
        id="golden",
        name="Golden",
        sample="316L",
        created="2024-05-01T10:00:00+00:00",
        datasets=datasets(),
        registrations=registrations(),
        regions=regions(),
        view=ViewState(frame="sem", depth=3.0, tilt_deg=(10.0, -5.0)),
    )


def golden_arrays() -> dict[str, np.ndarray]:
    return {
        "map/fe": np.arange(4800, dtype=np.float32).reshape(60, 80),
        "thumbnail/sem": np.arange(48, dtype=np.uint8).reshape(6, 8),
    }


def golden_path(version: int) -> Path:
    return HERE / f"format_{version}.tiepoint"


def main() -> None:
    history = (
        HistoryEntry(label="Add SEM 1", when="2024-05-01T10:00:00+00:00", author="Ada"),
        HistoryEntry(label="Undo: Add SEM 1", when="2024-05-01T10:01:00+00:00"),
    )
    path = golden_path(SCHEMA_VERSION)
    if path.exists():
        sys.exit(f"{path} is there already: it stays as it was written.")
    save(golden_project(), path, golden_arrays(), history=history)


if __name__ == "__main__":
    main()
