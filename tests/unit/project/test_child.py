from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tiepoint.project import big, child
from tiepoint.project.arrays import sources
from tiepoint.project.child import examine
from tiepoint.project.file import save
from tiepoint.project.reading import DamagedError
from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import Cancelled


@pytest.fixture
def path(project, tmp_path):
    return save(project, tmp_path / "p").path


def test_a_good_file_passes(path):
    examine(path)


def test_a_file_that_takes_too_long_is_refused(path):
    with pytest.raises(TiepointError, match="took more than 0 s"):
        examine(path, seconds=0)


def test_who_waits_for_the_child_may_stop_and_it_ends(path, monkeypatch):
    children = []

    def looked_at():
        raise Cancelled

    def started(*args):
        children.append(child_start(*args))
        return children[-1]

    child_start = child.start
    monkeypatch.setattr(child, "start", started)
    monkeypatch.setattr(child, "LOOK_SECONDS", 0.0)
    with pytest.raises(Cancelled):
        examine(path, look=looked_at)
    ((process, *_pipes),) = children
    assert not process.is_alive()


def test_a_file_that_ends_the_child_is_damaged(path, monkeypatch):
    monkeypatch.setattr(child, "_answer", os.abort)
    with pytest.raises(DamagedError, match="ended the examining process"):
        examine(path)


def test_a_writer_that_dies_is_noticed(tmp_path, monkeypatch):
    import numpy as np

    monkeypatch.setattr(big, "_write", os.abort)
    with pytest.raises(DamagedError, match=r"ended early|came back changed"):
        big.build_in_child(tmp_path / "x", b"{}", sources({"map/m": np.zeros(10_000_000)}))


def test_a_script_is_not_run_again_by_its_child(path, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom tiepoint.project.child import examine\n"
        "print('run')\nexamine(Path(sys.argv[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script), str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["run"]
