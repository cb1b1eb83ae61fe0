"""Makes hostile project files, one per way to do harm: ``python make_hostile.py FOLDER``.

The cases follow the list "opening what one does not trust" (docs/decisions/untrusted-files.md).
Each is a function that changes a good project file; it gets a seal that is true afterwards, as
somebody who means harm would do it. `trap` is a pipe that no reader may open: it would wait for
ever.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import h5py
import numpy as np

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.project import SCHEMA_VERSION, Project
from tiepoint.model.region import Region
from tiepoint.model.registration import LandmarkPair, Registration
from tiepoint.project.file import save
from tiepoint.project.hdf5_image import text
from tiepoint.project.seal import LENGTH, make_seal

AXES = (Axis(name="y", size=10, unit="nm"), Axis(name="x", size=10, unit="nm"))
A, B = Dataset(id="a", name="A", axes=AXES), Dataset(id="b", name="B", axes=AXES)
PAIR = LandmarkPair(id="1", name="L1", moving=(1.0, 2.0), fixed=(3.0, 4.0))
PROJECT = Project(
    name="Good",
    datasets=(A, B),
    registrations=(Registration(id="r", moving="a", fixed="b", pairs=(PAIR,)),),
    regions=(Region(id="p", name="P", shape="point", dataset="a", vertices=((1.0, 1.0),)),),
)
ARRAYS = {"map/m": np.ones((10, 10))}

Change = Callable[[Path, str], None]


@dataclass(frozen=True)
class Case:
    """One hostile file.

    Attributes
    ----------
    name
        What it tries.
    item
        Number in the list.
    sentence
        Pattern of the refusal.
    change
        ``change(path, trap)`` makes the good file at `path` hostile.
    """

    name: str
    item: int
    sentence: str
    change: Change


CASES: list[Case] = []


def hostile(item: int, sentence: str) -> Callable[[Change], Change]:
    """Note a function as a hostile case."""

    def note(change: Change) -> Change:
        CASES.append(Case(change.__name__.replace("_", " "), item, sentence, change))
        return change

    return note


def make(case: Case, folder: Path, trap: str) -> Path:
    """Write one hostile file and return it."""
    path = save(PROJECT, folder / case.name.replace(" ", "-"), ARRAYS).path
    case.change(path, trap)
    return sealed(path)


def sealed(path: Path) -> Path:
    """Give a changed file a seal that is true."""
    data = path.read_bytes()
    seal, _ = make_seal(data, SCHEMA_VERSION)
    assert len(seal) == LENGTH
    path.write_bytes(data + seal)
    return path


def with_document(path: Path, document: bytes) -> None:
    """Put another document into a file, digest and all."""
    with h5py.File(path, "r+") as file:
        del file["tiepoint/document"]
        node = file.create_dataset("tiepoint/document", data=text(document))
        node.attrs["blake2b"] = text(blake2b(document, digest_size=32).hexdigest())


# -- 2: reaching out of the file ---------------------------------------------------------

OUT = "contains a link to another place or file"


def _linking(place: str, kind: str) -> Change:
    def change(path: Path, trap: str) -> None:
        with h5py.File(path, "r+") as file:
            if place in file:
                del file[place]
            external = h5py.ExternalLink(trap, "/x")
            file[place] = external if kind == "external" else h5py.SoftLink("/entry")

    return change


for _place in ("tiepoint/document", "tiepoint/arrays/map/m", "entry/more"):
    for _kind in ("external", "soft"):
        CASES.append(Case(f"{_kind} link {_place[-9:]}".replace("/", " "), 2, OUT,
                          _linking(_place, _kind)))  # fmt: skip


@hostile(2, "keeps the values of .* in another file")
def external_storage(path: Path, trap: str) -> None:
    with h5py.File(path, "r+") as file:
        del file["tiepoint/arrays/map/m"]
        outside = [(trap, 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("tiepoint/arrays/map/m", shape=(100,), dtype="u1", external=outside)


@hostile(2, "virtual dataset")
def a_virtual_dataset(path: Path, trap: str) -> None:
    layout = h5py.VirtualLayout(shape=(10,), dtype="f8")
    layout[:] = h5py.VirtualSource(trap, "x", shape=(10,))
    with h5py.File(path, "r+") as file:
        file.create_virtual_dataset("tiepoint/arrays/map/v", layout)


# -- 3: bombs ----------------------------------------------------------------------------


@hostile(3, "declares 549.8 GB but is only|declares .* bytes but stores")
def half_a_terabyte_contiguous(path: Path, _trap: str) -> None:
    with h5py.File(path, "r+") as file:
        file.create_dataset("tiepoint/arrays/map/bomb", shape=(1 << 39,), dtype="u1")


@hostile(3, "declares 549.8 GB but is only|declares .* bytes but stores")
def half_a_terabyte_chunked(path: Path, _trap: str) -> None:
    with h5py.File(path, "r+") as file:
        file.create_dataset(
            "tiepoint/arrays/map/bomb", shape=(1 << 39,), dtype="u1", chunks=(1 << 20,)
        )


@hostile(3, "declares")
def many_datasets_that_together_declare_too_much(path: Path, _trap: str) -> None:
    with h5py.File(path, "r+") as file:
        for number in range(10):
            file.create_dataset(f"entry/x{number}", shape=(10_000_000,), dtype="u1", chunks=(1000,))


@hostile(3, "declares 0.2 GB but is only")
def a_compressed_bomb(path: Path, _trap: str) -> None:
    with h5py.File(path, "r+") as file:
        file.create_dataset(
            "tiepoint/arrays/map/z",
            data=np.zeros((200_000_000,), np.uint8),
            compression="gzip",
            chunks=(1 << 20,),
        )


@hostile(3, "compressed in a way")
def a_filter_that_would_load_a_plugin(path: Path, _trap: str) -> None:
    import hdf5plugin

    with h5py.File(path, "r+") as file:
        file.create_dataset("tiepoint/arrays/map/z", data=np.zeros(100), **hdf5plugin.LZ4())


@hostile(3, "nested more than 16 levels")
def groups_nested_without_end(path: Path, _trap: str) -> None:
    with h5py.File(path, "r+") as file:
        file["/".join("g" for _ in range(40))] = 1


@hostile(3, "more than 8 dimensions")
def too_many_dimensions(path: Path, _trap: str) -> None:
    with h5py.File(path, "r+") as file:
        file["entry/x"] = np.zeros((1,) * 12)


# -- 4: objects, names and types ---------------------------------------------------------


def _typed(place: str, dtype: object) -> Change:
    def change(path: Path, _trap: str) -> None:
        with h5py.File(path, "r+") as file:
            del file[f"tiepoint/{place}"]
            shape = () if place == "document" else (3,)
            file.create_dataset(f"tiepoint/{place}", shape=shape, dtype=dtype)

    return change


_TYPES = {"text": h5py.string_dtype(), "list": h5py.vlen_dtype("f8"), "reference": h5py.ref_dtype}
for _name, _dtype in _TYPES.items():
    for _place in ("document", "arrays/map/m"):
        _title = f"a {_name} of any length in {_place[:6]}"
        _refusal = "does not hold plain numbers or text"
        CASES.append(Case(_title, 4, _refusal, _typed(_place, _dtype)))


def _named(name: str) -> Change:
    def change(path: Path, _trap: str) -> None:
        with h5py.File(path, "r+") as file:
            file[f"tiepoint/arrays/map/{name}"] = np.zeros(3)

    return change


for _number, _name in enumerate(("a b", "..", "x" * 300, "é", "con:")):
    CASES.append(Case(f"array name {_number}", 5, "is not a name for an embedded array",
                      _named(_name)))  # fmt: skip


@hostile(4, "where none belongs")
def a_number_in_the_place_of_arrays(path: Path, _trap: str) -> None:
    with h5py.File(path, "r+") as file:
        file["tiepoint/arrays/loose"] = np.zeros(3)


@hostile(4, "its document is missing")
def a_group_in_the_place_of_the_document(path: Path, _trap: str) -> None:
    with h5py.File(path, "r+") as file:
        del file["tiepoint/document"]
        file.create_group("tiepoint/document")


# -- 8: documents ------------------------------------------------------------------------


def _document(document: bytes) -> Change:
    return lambda path, _trap: with_document(path, document)


DOCUMENTS: dict[str, tuple[bytes, str]] = {
    "lists without end": (b"[" * 100_000, "nested too deeply|cannot be read"),
    "seventy levels": (b'{"a":' + b"[" * 70 + b"]" * 70 + b"}", "nested more than 64 deep"),
    "not a number": (b'{"a": NaN}', "NaN is not a number"),
    "beyond all bounds": (b'{"a": [{"b": 1e999}]}', "number that is not finite"),
    "a number of 5000 digits": (b'{"a": ' + b"9" * 5000 + b"}", "cannot be read"),
    "a list": (b"[]", "is not a JSON object"),
    "not UTF-8": (b"\xff\xfe", "cannot be read"),
    "half": (b"{", "cannot be read"),
    "empty": (b"{}", "not a Tiepoint project"),
    "no version": (b'{"format": "tiepoint project"}', "does not say which version"),
    "a truth as version": (
        b'{"format": "tiepoint project", "schema_version": true, "min_reader": 1}',
        "which version",
    ),
    "no project": (
        b'{"format": "tiepoint project", "schema_version": 1, "min_reader": 1}',
        "understood: proj",
    ),
}
for _name, (_bytes, _sentence) in DOCUMENTS.items():
    CASES.append(Case(f"document {_name}", 8, _sentence, _document(_bytes)))


def changed(**project: object) -> bytes:
    content: dict[str, object] = {"format": "tiepoint project", "schema_version": 1}
    content["min_reader"] = 1
    content["project"] = {**PROJECT.model_dump(mode="json"), **project}
    return json.dumps(content).encode()


def part(name: str, **fields: object) -> list[object]:
    first, *others = PROJECT.model_dump(mode="json")[name]
    return [{**first, **fields}, *others]


CONTRADICTIONS: dict[str, tuple[dict[str, object], str]] = {
    "the same id": ({"datasets": part("datasets", id="b")}, "2 datasets have the same id"),
    "a pickle": ({"datasets": part("datasets", kind="pickle")}, "cannot be understood"),
    "an error too short": ({"datasets": part("datasets", fle=[1.0])}, "2 positive numbers"),
    "no samples": (
        {"datasets": part("datasets", axes=[{"name": "x", "size": 0}])},
        "has no samples",
    ),
    "an infinite step": (
        {"datasets": part("datasets", axes=[{"name": "x", "size": 3, "scale": "Infinity"}])},
        "not finite",
    ),
    "a region nowhere": ({"regions": part("regions", dataset="nowhere")}, "not in the project"),
    "a vertex of words": ({"regions": part("regions", vertices=[["nan", 1.0]])}, "not finite"),
    "an infinite time": (
        {"datasets": part("datasets", link={"path": "/a", "mtime": "inf"})},
        "not finite",
    ),
    "a vertex too short": ({"regions": part("regions", vertices=[[1.0]])}, "must have 2 numbers"),
    "a polygon of one": ({"regions": part("regions", shape="polygon")}, "instead of at least 3"),
    "itself on itself": (
        {"registrations": part("registrations", moving="b")},
        "registered with itself",
    ),
    "on nothing": ({"registrations": part("registrations", fixed="nowhere")}, "not in the project"),
    "none in use": (
        {"registrations": part("registrations", in_use=False)},
        "are in use instead of one",
    ),
    "a model to be run": (
        {"registrations": part("registrations", model="eval")},
        "cannot be understood",
    ),
    "a transform to be run": (
        {
            "registrations": part(
                "registrations", pairs=[], result={"moving_to_fixed": {"type": "__import__('os')"}}
            )
        },
        "transform",
    ),
    "a view of nothing": ({"view": {"frame": "nowhere"}}, "view frame"),
}
for _name, (_project, _sentence) in CONTRADICTIONS.items():
    CASES.append(Case(f"project {_name}", 8, _sentence, _document(changed(**_project))))


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    trap = folder / "trap.h5"
    if not trap.exists():
        os.mkfifo(trap)
    for case in CASES:
        make(case, folder, str(trap))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
