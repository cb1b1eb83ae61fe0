"""HDF5 files of others that reach for files which nobody chose: refused, and those never opened."""

from __future__ import annotations

import os
import threading

import h5py
import numpy as np
import pytest

from tiepoint.data.h5_outside import require_allowed_targets
from tiepoint.data.opening import open_file
from tiepoint.session import Session
from tiepoint.session import foreign as foreign_module
from tiepoint.session.foreign import examine_foreign
from tiepoint.support.errors import TiepointError
from tiepoint.support.settings import load_settings, save_settings

IMAGE = np.arange(600, dtype=np.uint16).reshape(20, 30)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TIEPOINT_HOME", str(tmp_path / "home"))


@pytest.fixture
def trap(tmp_path):
    """A pipe in another folder: whoever opens it waits for ever."""
    folder = tmp_path / "secret"
    folder.mkdir()
    os.mkfifo(folder / "trap.h5")
    return folder / "trap.h5"


def made(path, kind, target):
    """Write an HDF5 file with an image of its own and one drawn from another file."""
    path.parent.mkdir(exist_ok=True)
    with h5py.File(path, "w") as file:
        file["own"] = IMAGE
        if kind == "external link":
            file["there"] = h5py.ExternalLink(str(target), "/v")
        elif kind == "virtual":
            layout = h5py.VirtualLayout(IMAGE.shape, IMAGE.dtype)
            layout[:] = h5py.VirtualSource(str(target), "v", IMAGE.shape)
            file.create_virtual_dataset("there", layout)
        else:
            outside = [(str(target), 0, IMAGE.nbytes)]
            file.create_dataset("there", IMAGE.shape, IMAGE.dtype, external=outside)
    return path


KINDS = ("external link", "virtual", "external storage")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["absolute", "climbing", "through a link"])
def test_what_lies_elsewhere_is_refused_untouched(tmp_path, trap, kind, how):
    data = tmp_path / "data"
    data.mkdir()
    target = {
        "absolute": str(trap),
        "climbing": "../secret/trap.h5",
        "through a link": "in/trap.h5",
    }
    (data / "in").symlink_to(trap.parent)
    path = made(data / "a.h5", kind, target[how])
    with pytest.raises(TiepointError, match="draws values from other places"):
        open_file(path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "target", ["//server/share/v.h5", "\\\\server\\share\\v.h5", "s3://b/v.h5"]
)
def test_network_places_are_refused_untouched(tmp_path, kind, target):
    path = made(tmp_path / "data" / "a.h5", kind, target)
    with pytest.raises(TiepointError, match="draws values from other places"):
        require_allowed_targets(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_that_the_person_allowed_may_be_read(tmp_path, kind):
    target = tmp_path / "raw" / "v.h5"
    target.parent.mkdir()
    with h5py.File(target, "w") as file:
        file["v"] = IMAGE
    path = made(tmp_path / "data" / "a.h5", kind, target)
    with pytest.raises(TiepointError, match="Allow a data folder"):
        require_allowed_targets(path)
    settings = load_settings().model_copy(update={"data_folders": (str(target.parent),)})
    save_settings(settings)
    require_allowed_targets(path)
    (draft,) = open_file(path)[1]
    assert draft.key == "/own"


@pytest.mark.parametrize("kind", KINDS)
def test_what_lies_beside_the_file_belongs_to_it(tmp_path, kind):
    path = made(tmp_path / "data" / "a.h5", kind, "frames/part_1.h5")
    require_allowed_targets(path)


def test_a_file_that_ends_the_examining_process_is_refused(tmp_path, monkeypatch):
    path = made(tmp_path / "data" / "a.h5", "external link", "b.h5")
    monkeypatch.setattr(foreign_module, "_examine", die)
    with pytest.raises(TiepointError, match="ended the examining process"):
        examine_foreign(path)


def die(*_args):
    os._exit(11)


def test_a_file_that_takes_too_long_is_refused(tmp_path, monkeypatch):
    path = made(tmp_path / "data" / "a.h5", "external link", "b.h5")
    monkeypatch.setattr(foreign_module, "_examine", wait)
    with pytest.raises(TiepointError, match="took more than"):
        examine_foreign(path, seconds=0.2)


def wait(_path):
    threading.Event().wait()


def test_a_good_file_is_examined_once_and_added(tmp_path, monkeypatch):
    path = tmp_path / "data" / "a.h5"
    path.parent.mkdir()
    with h5py.File(path, "w") as file:
        file["own"] = IMAGE
        file["own"].attrs["unit"] = "nm"
    session = Session()
    assert [d.shape for d in session.add_files([path])] == [(20, 30)]
    session.close()

    def never(*_args):
        raise AssertionError("examined again")

    monkeypatch.setattr(foreign_module, "ask", never)
    examine_foreign(path)
