"""Mutated data files of every format: opened or refused in words; never a crash or a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_light  # noqa: F401  these add their makers
import tiny_more  # noqa: F401
import tiny_points  # noqa: F401
import tiny_surface  # noqa: F401
from more_seeds import SEEDS
from tiny_files import MAKERS

from tiepoint.data.registry import candidates, readers

SCRIPT = Path(__file__).with_name("mutated_images.py")
COUNT = int(os.environ.get("TIEPOINT_MUTANTS_PER_FORMAT", "8"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and memory limits")
def test_mutants_of_every_format(tmp_path, record_property):
    """1,000 of each in a long run: ``TIEPOINT_MUTANTS_PER_FORMAT=1000``."""
    words = [sys.executable, "-W", "ignore", str(SCRIPT), str(tmp_path), str(COUNT), "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)
    record_property("mutants", outcomes)
    seen = {outcome for counts in outcomes.values() for outcome in counts}
    assert seen <= {"opened", "refused in words"}, done.stderr
    assert sum(sum(counts.values()) for counts in outcomes.values()) == COUNT * len(outcomes)


def test_every_reader_is_among_them(tmp_path):
    """A reader of ours without a seed would never be mutated."""
    reached = set()
    for name, make in {**MAKERS, **SEEDS}.items():
        home = tmp_path / name
        home.mkdir()
        whole = SEEDS[name](home) if name in SEEDS else make(home).path
        reached |= {spec.name for spec in candidates(Path(whole))}
    ours = {spec.name for spec in readers() if spec.read.startswith("tiepoint_")}
    assert len(ours) > 80
    assert ours <= reached
