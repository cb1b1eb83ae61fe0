"""Any sequence of edits: undo all gives the first value, redo all the last; saved is loaded."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tiepoint.model.dataset import MapRecipe
from tiepoint.model.region import Region
from tiepoint.model.registration import LandmarkPair, Registration
from tiepoint.project import edits
from tiepoint.project.consistency import problems
from tiepoint.project.document import Document
from tiepoint.project.file import load, save
from tiepoint.support.errors import TiepointError

COORDINATE = st.floats(-1e6, 1e6)
POINT = st.tuples(COORDINATE, COORDINATE)
NAME = st.text(min_size=1, max_size=8)


def pick(draw, items):
    return draw(st.sampled_from(items)) if items else None


def random_edit(draw, project, image):
    """Draw one edit of the project as it is; it may refuse."""
    dataset = pick(draw, project.datasets)
    registration = pick(draw, project.registrations)
    region = pick(draw, project.regions)
    pair = pick(draw, registration.pairs) if registration else None
    kind = draw(st.integers(0, 13))
    if kind == 0 or dataset is None:
        recipe = None
        if dataset is not None and draw(st.booleans()):
            recipe = MapRecipe(source=dataset.id, label="O K", window=(0.5, 0.6))
        unit = draw(st.sampled_from(["nm", "µm", None]))
        return edits.add_datasets([image(draw(NAME), unit, recipe=recipe)])
    if kind == 1:
        return edits.remove_dataset(dataset.id)
    if kind == 2:
        return edits.rename(dataset.id, draw(NAME))
    if kind == 3:
        return edits.set_calibration(dataset.id, draw(POINT), draw(st.sampled_from(["nm", "mm"])))
    if kind == 4:
        return edits.set_fle(dataset.id, draw(POINT))
    if kind == 5:
        vertices = (draw(POINT),)
        return edits.add_region(
            Region(name=draw(NAME), shape="point", dataset=dataset.id, vertices=vertices)
        )
    if kind == 6 and region:
        return edits.remove_region(region.id)
    if kind == 7:
        other = pick(draw, project.datasets)
        model = draw(st.sampled_from(["translation", "rigid", "similarity", "affine", "tps"]))
        return edits.add_registration(Registration(moving=dataset.id, fixed=other.id, model=model))
    if kind == 8:
        return edits.set_view(frame=dataset.id, depth=draw(COORDINATE))
    if registration is None:
        return edits.set_display(dataset.id, opacity=draw(st.floats(0, 1)))
    if kind == 9 or pair is None:
        points = draw(st.lists(st.tuples(POINT, POINT), min_size=1, max_size=6))
        added = [LandmarkPair(name="L1", moving=m, fixed=f) for m, f in points]
        return edits.add_pairs(registration.id, added)
    if kind == 10:
        return edits.move_pair(registration.id, pair.id, moving=draw(POINT))
    if kind == 11:
        return edits.remove_pairs(registration.id, [pair.id])
    if kind == 12:
        return edits.add_branch(registration.id, draw(NAME))
    return edits.use_branch(registration.id)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), count=st.integers(1, 15))
def test_undo_all_redo_all_save_and_load(data, count, project, image):
    document = Document(project)
    values = [project]
    for _ in range(count):
        try:
            new = document.apply("Edit", random_edit(data.draw, document.project, image))
        except TiepointError:
            assert document.project is values[-1], "a refused edit changes nothing"
            continue
        assert not list(problems(new)), "every edit leaves a consistent project"
        if new is not values[-1]:
            values.append(new)
    final = document.project
    for expected in reversed(values[:-1]):
        document.undo()
        assert document.project is expected
    assert not document.can_undo
    assert not document.is_modified
    while document.can_redo:
        document.redo()
    assert document.project is final
    with tempfile.TemporaryDirectory() as folder:
        report = save(final, Path(folder, "p"), history=document.history)
        loaded = load(report.path)
    assert loaded.project == final
    assert loaded.history == document.history
