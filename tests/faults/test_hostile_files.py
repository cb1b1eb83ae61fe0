"""Project files made to do harm: refused in words; what they point at is never opened."""

from __future__ import annotations

import json
import os
from hashlib import blake2b
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.project import Project
from tiepoint.model.region import Region
from tiepoint.model.registration import LandmarkPair, Registration
from tiepoint.project.checks import require_safe
from tiepoint.project.file import load, save
from tiepoint.project.hdf5_image import text
from tiepoint.project.json_checks import read_json
from tiepoint.project.seal import check_seal, make_seal
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from pathlib import Path

AXES = (Axis(name="y", size=10, unit="nm"), Axis(name="x", size=10, unit="nm"))
A, B = Dataset(id="a", name="A", axes=AXES), Dataset(id="b", name="B", axes=AXES)
PAIR = LandmarkPair(id="1", name="L1", moving=(1.0, 2.0), fixed=(3.0, 4.0))
PROJECT = Project(
    name="Good",
    datasets=(A, B),
    registrations=(Registration(id="r", moving="a", fixed="b", pairs=(PAIR,)),),
    regions=(Region(id="p", name="P", shape="point", dataset="a", vertices=((1.0, 1.0),)),),
)


@pytest.fixture
def path(tmp_path):
    return save(PROJECT, tmp_path / "p", {"map/m": np.ones((10, 10))}).path


@pytest.fixture
def trap(tmp_path):
    """A pipe: whoever opens it for reading waits for ever."""
    pipe = tmp_path / "trap.h5"
    os.mkfifo(pipe)
    return str(pipe)


def sealed(path: Path) -> Path:
    """Give a changed file a seal that is true, as somebody who means harm would."""
    seal, _ = make_seal(path.read_bytes(), 1)
    with path.open("ab") as file:
        file.write(seal)
    assert check_seal(path).state == "intact"
    return path


def refused(path: Path, sentence: str) -> None:
    with pytest.raises(TiepointError, match=sentence) as caught:
        load(path)
    assert "\n" not in str(caught.value)


def with_document(path: Path, document: bytes) -> Path:
    """Put another document into a file, digest and all."""
    with h5py.File(path, "r+") as file:
        del file["tiepoint/document"]
        node = file.create_dataset("tiepoint/document", data=text(document))
        node.attrs["blake2b"] = text(blake2b(document, digest_size=32).hexdigest())
    return sealed(path)


@pytest.mark.parametrize("place", ["tiepoint/document", "tiepoint/arrays/map/m", "entry/more"])
@pytest.mark.parametrize("kind", ["external", "soft"])
def test_links_are_never_followed(path, trap, place, kind):
    with h5py.File(path, "r+") as file:
        if place in file:
            del file[place]
        link = h5py.ExternalLink(trap, "/x") if kind == "external" else h5py.SoftLink("/entry")
        file[place] = link
    refused(sealed(path), "contains a link to another place or file")


def test_values_kept_in_another_file(path, trap):
    with h5py.File(path, "r+") as file:
        del file["tiepoint/arrays/map/m"]
        outside = [(trap, 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("tiepoint/arrays/map/m", shape=(100,), dtype="u1", external=outside)
    refused(sealed(path), "keeps the values of .* in another file")


def test_a_virtual_dataset(path, trap):
    layout = h5py.VirtualLayout(shape=(10,), dtype="f8")
    layout[:] = h5py.VirtualSource(trap, "x", shape=(10,))
    with h5py.File(path, "r+") as file:
        file.create_virtual_dataset("tiepoint/arrays/map/v", layout)
    refused(sealed(path), "virtual dataset")


@pytest.mark.parametrize("chunks", [None, (1 << 20,)], ids=["contiguous", "chunked"])
def test_a_few_bytes_that_declare_half_a_terabyte(path, chunks):
    with h5py.File(path, "r+") as file:
        file.create_dataset("tiepoint/arrays/map/bomb", shape=(1 << 39,), dtype="u1", chunks=chunks)
    assert path.stat().st_size < 100_000
    refused(sealed(path), "declares 549.8 GB but is only|declares .* bytes but stores")


def test_many_datasets_that_together_declare_too_much(path):
    with h5py.File(path, "r+") as file:
        for number in range(10):
            file.create_dataset(f"entry/x{number}", shape=(10_000_000,), dtype="u1", chunks=(1000,))
    refused(sealed(path), "declares")


def test_a_compressed_bomb(path):
    with h5py.File(path, "r+") as file:
        data = np.zeros((200_000_000,), np.uint8)
        file.create_dataset(
            "tiepoint/arrays/map/z", data=data, compression="gzip", chunks=(1 << 20,)
        )
    assert path.stat().st_size < 1_000_000
    refused(sealed(path), "declares 0.2 GB but is only")


def test_a_filter_that_would_load_a_plugin(path):
    hdf5plugin = pytest.importorskip("hdf5plugin", reason="needs hdf5plugin to make the file")
    with h5py.File(path, "r+") as file:
        file.create_dataset("tiepoint/arrays/map/z", data=np.zeros(100), **hdf5plugin.LZ4())
    refused(sealed(path), "compressed in a way")


def test_a_group_that_contains_itself_ends(path):
    with h5py.File(path, "r+") as file:
        file["entry/again"] = file["entry"]
        file["entry/top"] = file["/"]
    assert load(sealed(path)).project == PROJECT


def test_groups_nested_without_end(path):
    with h5py.File(path, "r+") as file:
        file["/".join("g" for _ in range(40))] = 1
    refused(sealed(path), "nested more than 16 levels")


def test_objects_without_number(path, monkeypatch):
    monkeypatch.setattr("tiepoint.project.checks.MAX_OBJECTS", 20)
    with h5py.File(path, "r") as file, pytest.raises(TiepointError, match="more than 20 objects"):
        require_safe(file, 10**6, "p")


@pytest.mark.parametrize("dtype", [h5py.string_dtype(), h5py.vlen_dtype("f8"), h5py.ref_dtype])
@pytest.mark.parametrize("place", ["document", "arrays/map/m"])
def test_types_that_are_objects_in_python(path, dtype, place):
    with h5py.File(path, "r+") as file:
        del file[f"tiepoint/{place}"]
        shape = () if place == "document" else (3,)
        file.create_dataset(f"tiepoint/{place}", shape=shape, dtype=dtype)
    refused(sealed(path), "does not hold plain numbers or text")


@pytest.mark.parametrize("name", ["a b", "..", "x" * 300, "é"])
def test_array_names_that_could_become_paths(path, name):
    with h5py.File(path, "r+") as file:
        file[f"tiepoint/arrays/map/{name}"] = np.zeros(3)
    refused(sealed(path), "is not a name for an embedded array")


def test_a_group_or_number_in_the_place_of_an_array(path):
    with h5py.File(path, "r+") as file:
        file["tiepoint/arrays/loose"] = np.zeros(3)
    refused(sealed(path), "where none belongs")


def test_a_document_that_is_a_group_or_missing(path):
    with h5py.File(path, "r+") as file:
        del file["tiepoint/document"]
        file.create_group("tiepoint/document")
    refused(sealed(path), "its document is missing")


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (b"[" * 100_000, "nested too deeply|cannot be read"),
        (b'{"a":' + b"[" * 70 + b"]" * 70 + b"}", "nested more than 64 deep"),
        (b'{"a": NaN}', "NaN is not a number"),
        (b'{"a": [{"b": 1e999}]}', "number that is not finite"),
        (b'{"a": ' + b"9" * 5000 + b"}", "cannot be read"),
        (b"[]", "is not a JSON object"),
        (b"\xff\xfe", "cannot be read"),
        (b"{", "cannot be read"),
        (b"{}", "not a Tiepoint project"),
        (b'{"format": "tiepoint project"}', "does not say which version"),
        (
            b'{"format": "tiepoint project", "schema_version": true, "min_reader": 1}',
            "which version",
        ),
        (
            b'{"format": "tiepoint project", "schema_version": 1, "min_reader": 1}',
            "understood: proj",
        ),
    ],
)
def test_documents_that_are_none(path, document, sentence):
    refused(with_document(path, document), sentence)


def test_a_document_beyond_the_limit():
    with pytest.raises(TiepointError, match="the limit is 67 MB"):
        read_json(b" " * ((64 << 20) + 1), "p")


def changed(**project: object) -> bytes:
    content = {"format": "tiepoint project", "schema_version": 1, "min_reader": 1}
    content["project"] = {**PROJECT.model_dump(mode="json"), **project}
    return json.dumps(content).encode()


def part(name: str, **fields: object) -> list[object]:
    first, *others = PROJECT.model_dump(mode="json")[name]
    return [{**first, **fields}, *others]


@pytest.mark.parametrize(
    ("project", "sentence"),
    [
        ({"datasets": part("datasets", id="b")}, "2 datasets have the same id"),
        ({"datasets": part("datasets", kind="pickle")}, "cannot be understood"),
        ({"datasets": part("datasets", fle=[1.0])}, "2 positive numbers"),
        ({"datasets": part("datasets", axes=[{"name": "x", "size": 0}])}, "has no samples"),
        (
            {"datasets": part("datasets", axes=[{"name": "x", "size": 3, "scale": "Infinity"}])},
            "not finite",
        ),
        ({"regions": part("regions", dataset="nowhere")}, "not in the project"),
        ({"regions": part("regions", vertices=[["nan", 1.0]])}, "not finite"),
        ({"datasets": part("datasets", link={"path": "/a", "mtime": "inf"})}, "not finite"),
        ({"regions": part("regions", vertices=[[1.0]])}, "must have 2 numbers"),
        ({"regions": part("regions", shape="polygon")}, "instead of at least 3"),
        ({"registrations": part("registrations", moving="b")}, "registered with itself"),
        ({"registrations": part("registrations", fixed="nowhere")}, "not in the project"),
        ({"registrations": part("registrations", in_use=False)}, "are in use instead of one"),
        ({"registrations": part("registrations", model="eval")}, "cannot be understood"),
        ({"view": {"frame": "nowhere"}}, "view frame"),
    ],
)
def test_projects_that_contradict_themselves(path, project, sentence):
    refused(with_document(path, changed(**project)), sentence)


def test_the_unchanged_document_is_accepted(path):
    """So the refusals above are for what was changed."""
    assert load(with_document(path, changed())).project == PROJECT
