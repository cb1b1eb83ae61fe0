"""``kill -9`` while somebody edits: at most a second of edits is lost, and the rest is whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

SCRIPT = Path(__file__).with_name("killed_journal.py")
KILLS = int(os.environ.get("TIEPOINT_JOURNAL_KILLS", "100"))


def test_a_kill_costs_at_most_a_second_of_edits(memory_folder, record_property):
    """1,000 in a long run: ``TIEPOINT_JOURNAL_KILLS=1000``."""
    words = [sys.executable, str(SCRIPT), str(memory_folder), str(KILLS), "3"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    record_property("kills", result)
    assert result["wrong"] == []
    assert result["kills"] == KILLS
    assert result["edits"] > KILLS
