"""Local copies of real spectrum images hold what the instrument wrote."""

import numpy as np
import pytest

from tiepoint.data.copies.events import EventArray
from tiepoint.session import Session
from tiepoint.spectra.regions import mask_spectrum

pytestmark = [pytest.mark.realdata, pytest.mark.usefixtures("own_home")]


def test_a_real_eds_map_becomes_events_with_the_same_counts(realdata):
    from rsciio.bruker import file_reader

    path = realdata / "multimodal/stem_eds_tilt_series/0.bcf"
    session = Session()
    (dataset,) = [d for d in session.add_files([path]) if d.kind == "spectrum image"]
    assert session.copying.wanted(dataset)
    recipe = session.spectra.line_recipe(dataset, "Fe Ka", net=True)
    before = session.spectra.compute(recipe).values
    session.copying.make(dataset)
    copy = session.store.array(dataset)
    assert isinstance(copy, EventArray)
    theirs = next(s for s in file_reader(path) if s["data"].ndim == 3)["data"]
    assert copy.events.size == theirs.sum(dtype=np.int64)
    assert copy.nbytes < 0.25 * theirs.nbytes
    assert session.spectra.compute(recipe).values.tobytes() == before.tobytes()
    mask = np.indices((256, 256)).sum(axis=0) % 3 == 0
    found = mask_spectrum(copy, dataset.axes, mask).total
    assert np.array_equal(found, theirs[mask].sum(axis=0, dtype=np.int64))
    rows = slice(100, 103)
    assert np.array_equal(copy[rows], theirs[rows])
