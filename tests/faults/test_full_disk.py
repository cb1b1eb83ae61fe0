"""A real file system that is full."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tiepoint.model.project import Project
from tiepoint.project import file as file_module
from tiepoint.project.file import load, save
from tiepoint.project.replace import NotSavedError


@pytest.mark.parametrize("in_child", [False, True], ids=["in memory", "by a child"])
def test_a_full_disk_keeps_the_old_file(small_disk, monkeypatch, in_child):
    path = small_disk / "p.tiepoint"
    save(Project(name="old"), path, {"map/m": np.zeros(200_000)})
    before = path.read_bytes()
    if in_child:
        monkeypatch.setattr(file_module, "IN_MEMORY_BYTES", 1000)
    for count in (330_000, 400_000, 1_000_000):
        with pytest.raises(NotSavedError, match="not enough space") as caught:
            save(Project(name="new"), path, {"map/m": np.zeros(count)})
        assert "untouched" in str(caught.value)
        assert path.read_bytes() == before
        assert os.listdir(small_disk) == ["p.tiepoint"]
    save(Project(name="small"), path, {"map/m": np.zeros(100_000)})
    assert load(path).project.name == "small"
