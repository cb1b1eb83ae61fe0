"""Files converted to OME-Zarr: equal values, places, units and words; whole or not at all."""

import errno
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import zarr
from tiny_files import MAKERS

from tiepoint.data.draft import DatasetDraft, Level
from tiepoint.data.opening import open_file
from tiepoint.data.pyramids import convert as converting
from tiepoint.data.pyramids import plan as planning
from tiepoint.data.pyramids.convert import convert
from tiepoint.data.pyramids.halves import halve_block
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import LegendEntry, Metadata, Quantity
from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import Cancelled

RNG = np.random.default_rng(5)
SPACE = [Axis(name="y", size=90, scale=-0.5, unit="µm", offset=7.0),
         Axis(name="x", size=150, scale=0.5, unit="µm")]  # fmt: skip
DEPTH = Axis(name="z", size=21, scale=3.0, unit="µm", offset=-1.0)
TIME = Axis(name="time", size=3, scale=2.0, unit="min", role="time")
CHANNEL = Axis(name="channel", size=2, role="channel")
COLOUR = Axis(name="channel", size=3, role="channel")
ENERGY = Axis(name="Energy", size=140, scale=0.01, unit="keV", offset=-0.2, role="energy")
DETECTOR = [Axis(name=f"k{n}", size=8, scale=0.1, unit="1/nm", role="reciprocal") for n in "yx"]


def drafted(axes, dtype=np.uint16, kind="image", **said):
    shape = [axis.size for axis in axes]
    if np.dtype(dtype).kind in "fc":
        values = RNG.normal(size=shape).astype(dtype)
    else:
        values = RNG.integers(0, 2 if dtype is bool else 100, shape).astype(dtype)
    return DatasetDraft("made", "k", "EDS", kind, tuple(axes), values, **said)


CASES = {
    "image": drafted(SPACE),
    "floats": drafted(SPACE, np.float32, metadata=Metadata(settings={"voltage": 30.0})),
    "bare": drafted([a.replace(unit=None, scale=1.0, offset=0.0) for a in SPACE], np.uint8),
    "mask": drafted(SPACE, bool, "labels"),
    "long": drafted(SPACE, np.int64),
    "half": drafted(SPACE, np.float16),
    "complex": drafted(SPACE, np.complex64),
    "phase": drafted(SPACE, np.float32, quantity=Quantity(name="phase", period=2 * np.pi)),
    "volume": drafted([DEPTH, *SPACE], np.uint16, "volume"),
    "big-endian": drafted([DEPTH, *SPACE], ">i2", "volume"),
    "labels": drafted([DEPTH, *SPACE], np.int32, "labels",
                      legend=(LegendEntry(value=1, name="γ", colour="#ff0080"),)),
    "tzyx": drafted([TIME, DEPTH, *SPACE], np.uint8, "time series"),
    "czyx": drafted([CHANNEL, DEPTH, *SPACE], np.uint8, "volume"),
    "colour": drafted([*SPACE, COLOUR], np.uint8, rgb=True),
    "spectra": drafted([*SPACE, ENERGY], np.uint8, "spectrum image"),
}  # fmt: skip


@pytest.fixture
def serve(monkeypatch):
    """Let drafts stand for what a file holds."""
    monkeypatch.setitem(planning.SMALLEST, 2, 32)
    monkeypatch.setitem(planning.SMALLEST, 3, 16)
    monkeypatch.setitem(planning.CHUNK, 2, 32)
    monkeypatch.setitem(planning.CHUNK, 3, 16)
    monkeypatch.setattr(planning, "SHARD_BYTES", 40_000)

    def put(*drafts):
        monkeypatch.setattr(converting, "open_file", lambda *a, **k: (None, list(drafts)))

    return put


@pytest.mark.parametrize("name", CASES)
def test_it_opens_as_it_was(serve, tmp_path, name):
    draft = CASES[name]
    serve(draft)
    done = convert(tmp_path / "a.tif", tmp_path / "a.ome.zarr")
    _, (back,) = open_file(done.path)
    assert back.axes == draft.axes
    for said in ("title", "technique", "kind", "rgb", "metadata", "quantity", "legend"):
        assert getattr(back, said) == getattr(draft, said), said
    assert back.array.dtype == draft.array.dtype.newbyteorder("=")
    assert np.array_equal(back.array[...], draft.array)
    assert len(back.levels) >= 2
    for level in back.levels:
        for factor, origin, axis in zip(level.factors, level.origin, draft.axes, strict=True):
            assert origin == pytest.approx((factor - 1) / 2)
            assert factor == 1 or axis.role == "space"
    halved = [
        at for at, (size, finer) in
        enumerate(zip(back.levels[0].array.shape, draft.array.shape, strict=True)) if size != finer
    ]  # fmt: skip
    expected = _halved_plainly(draft, halved, name)
    if expected is not None:
        counts = 0.51 if draft.array.dtype.kind in "iu" else 1e-3
        assert np.allclose(back.levels[0].array[...], expected, atol=counts, rtol=2e-3)


def _halved_plainly(draft, axes, name):
    if name in ("mask", "labels", "phase"):
        return None
    values = np.asarray(draft.array)
    values = values.astype(complex if values.dtype.kind == "c" else float)
    for axis in axes:
        if values.shape[axis] % 2:
            last = np.take(values, [-1], axis)
            values = np.concatenate([values, last], axis)
        even, odd = (np.take(values, range(k, values.shape[axis], 2), axis) for k in (0, 1))
        values = (even + odd) / 2
    return values if name != "long" else None


def test_labels_are_never_mixed(serve, tmp_path):
    serve(CASES["labels"])
    done = convert(tmp_path / "a.tif", tmp_path / "a.ome.zarr")
    _, (back,) = open_file(done.path)
    values = CASES["labels"].array
    coarse = back.levels[0].array[...]
    assert coarse.shape == (21, 45, 75)  # z is coarser already
    for y, x in ((0, 0), (10, 33), (44, 74)):
        block = values[4, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2].ravel().tolist()
        assert coarse[4, y, x] == max(block, key=block.count)
    said = dict(zarr.open_group(done.path, mode="r").attrs)["ome"]["image-label"]
    assert said["properties"] == [{"label-value": 1, "name": "γ"}]
    assert said["colors"] == [{"label-value": 1, "rgba": [255, 0, 128, 255]}]


def test_whole_numbers_and_phases_are_averaged_without_overflow():
    big = np.array([[2**63 - 1, 2**63 - 1], [-5, 6]], np.int64)
    assert halve_block(big, (1,), "mean").tolist() == [[2**63 - 1], [0]]
    phase = np.array([[0.1, 2 * np.pi - 0.3]])
    assert halve_block(phase, (1,), "mean", 2 * np.pi)[0, 0] == pytest.approx(2 * np.pi - 0.1)


@pytest.mark.parametrize("name", ["image", "bare", "tzyx", "czyx", "colour", "spectra", "labels"])
def test_it_says_what_ome_zarr_05_asks_for(serve, tmp_path, name):
    """The rules of https://ngff.openmicroscopy.org/0.5, read with the zarr library alone."""
    draft = CASES[name]
    serve(draft)
    done = convert(tmp_path / "a.tif", tmp_path / "a.ome.zarr")
    group = zarr.open_group(done.path, mode="r")
    assert group.metadata.zarr_format == 3
    ome = dict(group.attrs)["ome"]
    assert ome["version"] == "0.5"
    (image,) = ome["multiscales"]
    names = [axis["name"] for axis in image["axes"]]
    kinds = [axis["type"] for axis in image["axes"]]
    assert len(set(names)) == len(names) <= 5
    ranks = [0 if kind == "time" else 2 if kind == "space" else 1 for kind in kinds]
    assert ranks == sorted(ranks)
    assert kinds.count("space") in (2, 3)
    assert names[-kinds.count("space") :] == list("zyx")[-kinds.count("space") :]
    units = [axis.get("unit") for axis in image["axes"] if axis["type"] == "space"]
    assert units == [None if name == "bare" else "micrometer"] * len(units)
    shapes = []
    for entry in image["datasets"]:
        array = group[entry["path"]]
        assert list(array.metadata.dimension_names) == names
        assert array.shards is not None
        assert [step["type"] for step in entry["coordinateTransformations"]] == [
            "scale", "translation"]  # fmt: skip
        scale = entry["coordinateTransformations"][0]["scale"]
        assert len(scale) == array.ndim
        shapes.append(array.shape)
    assert shapes == sorted(shapes, reverse=True)
    assert max(shapes[-1][-kinds.count("space") :]) <= 32


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_every_format_is_converted_or_refused_in_words(tmp_path, name):
    tiny = MAKERS[name](tmp_path)
    out = tmp_path / "out" / "b.ome.zarr"
    answers = tiny.extra.get("answers")
    _, drafts = open_file(Path(tiny.path), answers=answers)
    done, why = _tried(Path(tiny.path), out, answers)
    if done is None:
        assert "can be converted" in why or "plain numbers" in why
        assert not out.parent.exists() or not any(out.parent.iterdir())
        return
    _, back = open_file(out)
    assert len(back) == len(done.datasets)
    left = {name for name, _ in done.left_out}
    kept = [d for d, n in zip(drafts, _names(tiny, drafts), strict=True) if n not in left]
    for one, two in zip(kept, back, strict=True):
        assert one.axes == two.axes
        assert (one.kind, one.technique, one.metadata) == (two.kind, two.technique, two.metadata)
        assert np.array_equal(one.array[...], two.array[...], equal_nan=one.array.dtype.kind == "f")
        assert "original" in two.original()


def _tried(path, out, answers):
    try:
        return convert(path, out, answers=answers), ""
    except TiepointError as error:
        return None, str(error)


def _names(tiny, drafts):
    from tiepoint.data.naming import dataset_names

    return dataset_names(Path(tiny.path), [d.title for d in drafts])


def test_one_of_several_can_be_named(serve, tmp_path):
    named = [CASES["image"], CASES["volume"]]
    serve(*[DatasetDraft(f"part {n}", str(n), "SEM", d.kind, d.axes, d.array)
            for n, d in enumerate(named)])  # fmt: skip
    both = convert(tmp_path / "a.tif", tmp_path / "both.ome.zarr")
    assert [entry["group"] for entry in both.datasets] == ["0", "1"]
    assert [d.title for d in open_file(both.path)[1]] == ["part 0", "part 1"]
    one = convert(tmp_path / "a.tif", tmp_path / "one.ome.zarr", dataset="a/part 1")
    assert [d.kind for d in open_file(one.path)[1]] == ["volume"]
    with pytest.raises(TiepointError, match="holds no dataset 'part 7'; it holds 'a/part 0'"):
        convert(tmp_path / "a.tif", tmp_path / "no.ome.zarr", dataset="part 7")


def test_what_has_no_place_is_refused(serve, tmp_path):
    for draft, words in (
        (drafted(SPACE, kind="points"), "holds points and no image: images, volumes"),
        (drafted([*SPACE, *DETECTOR]), "has the axes y, x, ky, kx"),
        (drafted([ENERGY], kind="spectrum"), "a single spectrum"),
    ):
        serve(draft)
        with pytest.raises(TiepointError, match=words):
            convert(tmp_path / "a.tif", tmp_path / "a.ome.zarr")
    serve(CASES["image"])
    with pytest.raises(TiepointError, match=r"let it end in .ome.zarr"):
        convert(tmp_path / "a.tif", tmp_path / "a.tif")
    (tmp_path / "a.ome.zarr").mkdir()
    with pytest.raises(TiepointError, match="exists already"):
        convert(tmp_path / "a.tif", tmp_path / "a.ome.zarr")
    assert [p.name for p in tmp_path.iterdir()] == ["a.ome.zarr"]


@pytest.mark.parametrize("stop", [Cancelled, KeyboardInterrupt])
def test_stopped_it_leaves_nothing(serve, tmp_path, stop):
    serve(CASES["volume"])

    def progress(share, words):
        if share > 0.3:
            raise stop

    with pytest.raises(stop):
        convert(tmp_path / "a.tif", tmp_path / "a.ome.zarr", progress=progress)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_said_before_and_on_the_way(serve, tmp_path, monkeypatch):
    serve(CASES["volume"])
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**6))
        with pytest.raises(TiepointError, match=r"There is no room .* are needed and 0.001 GB"):
            convert(tmp_path / "a.tif", tmp_path / "a.ome.zarr")

    def refuse(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tiepoint.data.pyramids.write.write_piece", refuse)
    with pytest.raises(TiepointError, match="is full; nothing was written"):
        convert(tmp_path / "a.tif", tmp_path / "a.ome.zarr")
    assert not list(tmp_path.iterdir())


class Watched:
    """A volume that is computed when read and knows how much was asked for at once."""

    dtype, ndim, chunks = np.dtype(np.uint16), 3, (1, 160, 192)

    def __init__(self):
        self.shape, self.most, self.total = (200, 160, 192), 0, 0

    def __getitem__(self, key):
        z, y, x = np.ogrid[key]
        values = (z * 7 + y * 3 + x).astype(np.uint16)
        self.most, self.total = max(self.most, values.nbytes), self.total + values.nbytes
        return values


def test_memory_holds_one_box_at_a_time_and_nothing_is_read_twice(serve, tmp_path, monkeypatch):
    monkeypatch.setattr("tiepoint.data.copies.slabs.SLAB_BYTES", 1_500_000)
    source = Watched()
    axes = [Axis(name=n, size=s, unit="µm") for n, s in zip("zyx", source.shape, strict=True)]
    serve(DatasetDraft("", "", "CT", "volume", tuple(axes), source))
    sampled = 6 * 16**3 * 2
    done = convert(tmp_path / "a.tif", tmp_path / "a.ome.zarr")
    whole = 2 * 200 * 160 * 192
    assert source.most <= 1_500_000 < whole / 5
    assert source.total == whole + sampled
    _, (back,) = open_file(done.path)
    assert back.array[199, 159, 191] == 199 * 7 + 159 * 3 + 191


def test_changed_by_another_program_its_words_count(serve, tmp_path):
    serve(CASES["volume"])
    done = convert(tmp_path / "a.tif", tmp_path / "a.ome.zarr")
    group = zarr.open_group(done.path, mode="r+")
    ome = dict(group.attrs)["ome"]
    for entry in ome["multiscales"][0]["datasets"]:
        entry["coordinateTransformations"][0]["scale"] = [9.0, 9.0, 9.0]
    group.attrs["ome"] = ome
    _, (back,) = open_file(done.path)
    assert [axis.scale for axis in back.axes] == [9.0, 9.0, 9.0]
    assert isinstance(back.levels[0], Level)
