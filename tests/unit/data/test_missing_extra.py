"""A library that is not installed: the sentence says which extra brings it."""

import sys

import pytest

from tiepoint.data.opening import open_file
from tiepoint.data.registry import readers
from tiepoint.support.errors import TiepointError


@pytest.mark.parametrize(
    ("name", "library", "extra"),
    [
        ("a.nd2", "nd2", "bio"), ("a.stl", "trimesh", "mesh"), ("a.cbf", "fabio", "xray"),
        ("a.ibw", "igor2", "surface"),
    ],
)  # fmt: skip
def test_who_lacks_a_library_reads_which_extra(tmp_path, monkeypatch, name, library, extra):
    for module in [m for m in sys.modules if m.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    path = tmp_path / name
    path.write_bytes(b"\x05\0" + b"something" * 50)
    with pytest.raises(TiepointError) as caught:
        open_file(path)
    assert f"pip install 'tiepoint[{extra}]'" in str(caught.value)


def test_every_extra_is_one_of_the_package():
    from importlib.metadata import metadata

    known = set(metadata("tiepoint").get_all("Provides-Extra") or ())
    assert {spec.extra for spec in readers() if spec.extra} <= known
