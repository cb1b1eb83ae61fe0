"""Every reader keeps one contract, shown on a tiny file of each kind."""

import numpy as np
import pytest
import tiny_light  # noqa: F401  adds its makers
import tiny_more  # noqa: F401
import tiny_points  # noqa: F401
import tiny_surface  # noqa: F401
from reader_contract import check_draft, check_levels, check_values, open_handles
from tiny_files import MAKERS, RNG

from tiepoint.data.info import describe, describe_text
from tiepoint.data.opening import open_file
from tiepoint.data.registry import readers
from tiepoint.support.errors import TiepointError

HEADERLESS = {"nordif"}
"""Any bytes are values: only a settings file beside them says which."""
FOLDERS = {"dicom_series", "image_folder", "zarr_04", "zarr_05"}


@pytest.fixture(params=sorted(MAKERS))
def tiny(request, tmp_path):
    return MAKERS[request.param](tmp_path)


@pytest.fixture(params=sorted(set(MAKERS) - FOLDERS - HEADERLESS))
def tiny_file(request, tmp_path):
    return MAKERS[request.param](tmp_path)


def test_the_right_reader_gives_the_right_values(tiny):
    spec, drafts = open_file(tiny.path)
    assert spec.name == tiny.reader
    assert len(drafts) == len(tiny.values)
    for draft, expected in zip(drafts, tiny.values, strict=True):
        check_draft(draft)
        check_levels(draft)
        check_values(draft.array, tiny.extra.get("tolerance", 0.0), expected)


def test_pixel_sizes_are_those_of_the_file_or_said_to_be_missing(tiny):
    for draft in open_file(tiny.path)[1]:
        space = [axis for axis in draft.axes if axis.role == "space"]
        if not space:
            continue
        assert {axis.unit for axis in space} == {tiny.unit}
        if tiny.unit:
            np.testing.assert_allclose([a.scale for a in space], tiny.steps, rtol=1e-6)


def test_no_handle_stays_open(tiny):
    _, drafts = open_file(tiny.path)
    for draft in drafts:
        draft.original()
        draft.array[(0,) * draft.array.ndim]
    assert open_handles(tiny.path) == []


def test_keys_and_frames_are_stable(tiny):
    first, second = (open_file(tiny.path)[1] for _ in range(2))
    assert [d.key for d in first] == [d.key for d in second]
    assert len({d.key for d in first}) == len(first)
    assert [d.frame for d in first] == [d.frame for d in second]


def test_info_describes_it(tiny):
    entries = describe(tiny.path)
    assert len({entry["name"] for entry in entries}) == len(tiny.values)
    assert all(entry["calibrated"] == bool(tiny.unit) for entry in entries)
    assert describe_text(entries)


def damaged(path, data):
    path.write_bytes(data)
    try:
        _, drafts = open_file(path)
        return [np.asarray(draft.array[...]) for draft in drafts]
    except TiepointError as error:
        words = str(error)
        assert words.strip().endswith(".")
        assert "Traceback" not in words
        return words


@pytest.mark.parametrize("kept", [0.98, 0.6, 0.2])
def test_a_truncated_file_is_refused_in_words(tiny_file, kept):
    if tiny_file.path.suffix == ".mhd":
        data = tiny_file.path.with_suffix(".raw")
        data.write_bytes(data.read_bytes()[: int(kept * data.stat().st_size)])
        outcome = damaged(tiny_file.path, tiny_file.path.read_bytes())
    else:
        data = tiny_file.path.read_bytes()
        outcome = damaged(tiny_file.path, data[: int(kept * len(data))])
    if tiny_file.extra.get("lines"):
        return  # whole lines are a whole table; see its own tests
    if not isinstance(outcome, str):
        for values, expected in zip(outcome, tiny_file.values, strict=True):
            np.testing.assert_allclose(values, expected, atol=tiny_file.extra.get("tolerance", 0.0))


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, RNG.bytes(5000), b"hello\nworld\n" * 400])
def test_foreign_content_is_refused_in_words(tiny_file, content):
    assert isinstance(damaged(tiny_file.path, content), str)


def test_a_magic_number_alone_is_refused_in_words(tiny_file):
    head = tiny_file.path.read_bytes()[:16]
    assert isinstance(damaged(tiny_file.path, head + RNG.bytes(3000)), str)


def test_specs_are_cheap_unique_and_resolvable():
    from importlib import import_module

    names = [spec.name for spec in readers()]
    assert len(set(names)) == len(names)
    for spec in readers():
        assert spec.label
        assert spec.patterns
        for target in filter(None, (spec.read, spec.sniff)):
            module, _, name = target.partition(":")
            assert callable(getattr(import_module(module), name))


def test_what_is_no_file_is_refused(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe.tif")
    with pytest.raises(TiepointError, match="neither a file nor a folder"):
        open_file(tmp_path / "pipe.tif")
    with pytest.raises(TiepointError, match="does not exist"):
        open_file(tmp_path / "nothing.tif")
    with pytest.raises(TiepointError, match="is a folder"):
        open_file(tmp_path)
