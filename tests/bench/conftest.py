"""Benchmarks against rivals: by hand only, ``pytest tests/bench --benchmark-only``.

Each group holds one task; only the ratios within a group and a run mean something. Unset
OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE together.
"""

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave benchmarks out of the normal suite."""
    return None if config.getoption("--benchmark-only", default=False) else True
