"""Ways in which files of instruments mislead, that belong to no single reader."""

import pytest
from more_seeds import SEEDS

from tiepoint.data.opening import open_file
from tiepoint.support.errors import TiepointError


@pytest.mark.parametrize("name", ["jeol_project", "topspin"])
def test_a_reader_that_finds_nothing_refuses_in_words(tmp_path, name):
    """Libraries answer with an empty list where others fail."""
    with pytest.raises(TiepointError, match="holds no image, spectrum or map that can be shown"):
        open_file(SEEDS[name](tmp_path))
