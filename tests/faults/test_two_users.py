"""Two users on one file: a version that somebody else saved is never replaced unseen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("two_users.py")
TRIES = int(os.environ.get("TIEPOINT_INTERLEAVINGS", "200"))


def test_two_users_never_overwrite_each_other_in_silence(memory_folder, record_property):
    words = [sys.executable, str(SCRIPT), str(memory_folder), str(TRIES), "5"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    record_property("interleavings", result)
    assert result["overwritten"] == []
    assert result["saved"] > TRIES, result
    assert result["refused"] > TRIES / 2, result
