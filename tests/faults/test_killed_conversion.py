"""A conversion that was killed leaves nothing once the next one to the same place has begun."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

from tiepoint.data.pyramids.convert import convert
from tiepoint.support.unfinished import LOCK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no locks that end with a process there")

WRITER = """
import sys
from pathlib import Path
from tiepoint.support.unfinished import unfinished
with unfinished(Path(sys.argv[1])) as part:
    (part / "values").write_text("half")
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, np.arange(4096, dtype=np.uint16).reshape(64, 64))
    return path


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process in the middle of writing to ``out.ome.zarr``."""
    command = [sys.executable, "-c", WRITER, str(tmp_path / "out.ome.zarr")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        yield process
        process.kill()


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob(".*"))


def test_the_next_conversion_removes_what_a_killed_one_left(
    tmp_path: Path, image: Path, writer: subprocess.Popen[bytes]
) -> None:
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert len(left(tmp_path)) == 1
    convert(image, tmp_path / "out.ome.zarr")
    assert left(tmp_path) == []
    assert not list((tmp_path / "out.ome.zarr").rglob(LOCK))


def test_the_folder_of_a_living_writer_stays(
    tmp_path: Path, image: Path, writer: subprocess.Popen[bytes]
) -> None:
    (part,) = left(tmp_path)
    convert(image, tmp_path / "out.ome.zarr")
    assert left(tmp_path) == [part]
    assert (tmp_path / part / "values").read_text() == "half"
    assert writer.poll() is None


def test_what_belongs_to_another_target_stays(
    tmp_path: Path, image: Path, writer: subprocess.Popen[bytes]
) -> None:
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    convert(image, tmp_path / "other.ome.zarr")
    assert len(left(tmp_path)) == 1
