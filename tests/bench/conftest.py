"""Speed against rivals: ``./run bench`` prints every row as a ratio beside its goal.

The fixtures ``compare`` and ``measured`` fill the table; how to write a benchmark is said in
``tests/support/bench_table.py``. Benchmarks are left out of the normal suite; by hand::

    .venv/bin/python -m pytest tests/bench --bench -k section

Only ratios within one run mean something. Unset OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from bench_table import BenchTable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TABLE = pytest.StashKey[BenchTable]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Ask for benchmarks."""
    parser.addoption("--bench", action="store_true", help="measure speed against rivals")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave benchmarks out of the normal suite."""
    asked = config.getoption("--bench", default=False)
    return None if asked or config.getoption("--benchmark-only", default=False) else True


def pytest_configure(config: pytest.Config) -> None:
    """Begin an empty table."""
    config.stash[TABLE] = BenchTable()


@pytest.fixture
def compare(pytestconfig: pytest.Config) -> Callable[..., Any]:
    """Measure our way against rivals; see ``bench_table.BenchTable.compare``."""
    return pytestconfig.stash[TABLE].compare


@pytest.fixture
def measured(pytestconfig: pytest.Config) -> Callable[..., None]:
    """Add a figure that is no race; see ``bench_table.BenchTable.measured``."""
    return pytestconfig.stash[TABLE].measured


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table."""
    table = config.stash[TABLE]
    if table.rows:
        terminalreporter.section("speed: ours / rival, the goal beside it")
        for line in table.text():
            terminalreporter.write_line(line)
