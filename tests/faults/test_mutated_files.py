"""Mutated project files: refused in words or exactly the project that was saved; never a crash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tiepoint.model.project import Project
from tiepoint.project.file import load, save
from tiepoint.support.errors import TiepointError

SCRIPT = Path(__file__).with_name("mutated_files.py")
COUNT = int(os.environ.get("TIEPOINT_MUTANTS", "500"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and memory limits")
def test_mutants_with_a_true_seal(memory_folder, record_property):
    """10,000 in a long run: ``TIEPOINT_MUTANTS=10000``."""
    words = [sys.executable, str(SCRIPT), str(memory_folder), str(COUNT), "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)["outcomes"]
    record_property("mutants", outcomes)
    assert outcomes.keys() == {"same project", "refused in words"}, done.stderr
    assert sum(outcomes.values()) == COUNT


@pytest.mark.parametrize("length", [0, 1, 7, 8, 100, 2048, 0.5, 0.9, -129, -128, -1])
def test_a_file_cut_anywhere_is_refused_or_whole(tmp_path, length):
    """As a copy to a full stick leaves it: without a true seal, so a child reads it first."""
    path = save(Project(name="Good"), tmp_path / "p").path
    data = path.read_bytes()
    kept = int(len(data) * length) if isinstance(length, float) else length
    path.write_bytes(data[:kept])
    if kept in (-128, -1):
        assert load(path).project.name == "Good", "only the seal is missing"
        return
    with pytest.raises(TiepointError) as caught:
        load(path)
    assert "\n" not in str(caught.value)
