"""What is said of files that cannot be opened at all."""

from pathlib import Path

import pytest

from tiepoint.data.opening import open_file
from tiepoint.support.errors import TiepointError


def test_a_known_ending_with_other_content_is_not_called_unknown(tmp_path):
    path = tmp_path / "bad.tif"
    path.write_bytes(b"junk")
    with pytest.raises(TiepointError, match=r"ends in \.tif, but its content is not of a kind"):
        open_file(path)


def test_an_ending_that_nobody_reads_is_called_unknown(tmp_path):
    path = tmp_path / "a.qqq"
    path.write_bytes(b"junk")
    with pytest.raises(TiepointError, match="No reader knows"):
        open_file(path)


def test_a_name_that_the_system_refuses_ends_in_a_sentence(tmp_path):
    with pytest.raises(TiepointError, match="cannot be reached"):
        open_file(tmp_path / ("a" * 300 + ".tif"))


def test_the_folder_where_one_stands_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TiepointError, match=tmp_path.name):
        open_file(Path())
