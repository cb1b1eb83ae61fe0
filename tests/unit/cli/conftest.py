"""Running commands as a person does, and projects to run them on."""

from __future__ import annotations

import json

import pytest
from cli_points import JITTER, MOVING_PX, SHIFT, TURN
from small_files import gradient, write_ome, write_pairs

from tiepoint.cli import main


class Done:
    """What a command answered."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        """The one JSON document that was printed."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    def refused(self, *words):
        """Assert a refusal in one line, in words, without a traceback."""
        assert self.code == 3, (self.code, self.err)
        assert self.out == ""
        assert self.err.startswith("tiepoint: error: ")
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        for word in words:
            assert word.lower() in self.err.lower(), self.err
        return True


@pytest.fixture
def tiepoint(capsys):
    """Run one command and return what it answered."""

    def run(*arguments):
        capsys.readouterr()
        code = main([str(a) for a in arguments])
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return run


@pytest.fixture
def project(tiepoint, tmp_path):
    """A project of a moving image (10 nm), a fixed one (0.02 µm), and one not calibrated."""
    files = [
        write_ome(tmp_path / "moving.ome.tif"),
        write_ome(tmp_path / "fixed.ome.tif", gradient((90, 120)), 0.02, "µm"),
        write_ome(tmp_path / "bare.ome.tif", unit=None),
    ]
    path = tmp_path / "p.tiepoint"
    assert tiepoint("new", path, *files).code == 0
    return path


@pytest.fixture
def fixed_px():
    """Pixel indices in the fixed image of the five points, slightly jittered."""
    return MOVING_PX @ TURN.T / 2 + SHIFT + JITTER


@pytest.fixture
def registered(tiepoint, project, fixed_px, tmp_path):
    """The project with moving registered to fixed by five pairs."""
    pairs = write_pairs(tmp_path / "pairs.csv", MOVING_PX, fixed_px)
    assert tiepoint("landmarks", project, "moving", "fixed", pairs, "--pixels").code == 0
    assert tiepoint("register", project, "moving", "fixed", "--model", "rigid").code == 0
    return project
