"""``kill -9`` during a save: the file is the old version or the new one, whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

SCRIPT = Path(__file__).with_name("killed_saves.py")
TRIES = int(os.environ.get("TIEPOINT_KILLS", "200"))


def run(*args: object) -> dict[str, object]:
    words = [sys.executable, str(SCRIPT), *map(str, args)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_random_kills_lose_nothing(memory_folder, record_property):
    """3,000 in a long run: ``TIEPOINT_KILLS=3000``."""
    result = run("random", memory_folder, TRIES, 1)
    record_property("kills", result)
    assert result["lost"] == []
    assert result["tries"] == TRIES
    assert result["inside"] > 0, "kills must land inside saves"


def test_a_kill_at_every_call_leaves_old_or_new(memory_folder, record_property):
    result = run("calls", memory_folder)
    record_property("kills", result)
    assert result["lost"] == []
    assert result["outcomes"]["old"] > 30
    assert result["outcomes"]["new"] >= 3 + 3, "after the rename, and without a kill"
