"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def realdata() -> Path:
    """Folder of real instrument files; the test is left out, aloud, where there is none."""
    folder = Path(os.environ.get("TIEPOINT_REALDATA", ROOT.parent / "shared" / "data"))
    if not (folder / "MANIFEST.tsv").is_file():
        pytest.skip(f"no real instrument files at {folder} (set TIEPOINT_REALDATA)")
    return folder
