"""One edit of every kind, drawn by Hypothesis for the project as it is.

An edit that is added to `tiepoint.project.edits` is added to `MAKERS` here.
"""

from __future__ import annotations

from hypothesis import strategies as st

from tiepoint.model.base import new_id
from tiepoint.model.dataset import Link
from tiepoint.model.region import Region
from tiepoint.model.registration import Found, LandmarkPair, Registration, StoredTransform
from tiepoint.project import edits
from tiepoint.project.relink import accept_changed, confirm, relink

COORDINATE = st.floats(-1e4, 1e4, allow_nan=False)
POINT = st.tuples(COORDINATE, COORDINATE)
NAME = st.text(min_size=1, max_size=8)
POSITIVE = st.floats(0.1, 10)
SHIFT = StoredTransform(moving_to_fixed={"type": "translation", "translation": [1.0, 2.0]})


class Chooser:
    """Draws what an edit needs from the project as it is."""

    def __init__(self, draw, project, image):
        self.draw, self.project, self.image = draw, project, image

    def of(self, strategy):
        return self.draw(strategy)

    def one(self, items):
        return self.draw(st.sampled_from(items))

    @property
    def dataset(self):
        return self.one(self.project.datasets).id

    @property
    def joined(self):
        """A registration with pairs."""
        return self.one([r for r in self.project.registrations if r.pairs])

    @property
    def region(self):
        return self.one(self.project.regions).id

    @property
    def link(self):
        name = self.of(st.sampled_from("abc"))
        return Link(path=f"/data/{name}.tif", fast_hash=f"fast1:{name}")

    def pair(self):
        joined = self.joined
        return joined.id, self.one(joined.pairs).id


MAKERS = {
    "add_branch": lambda c: edits.add_branch(c.joined.id, c.of(NAME)),
    "add_datasets": lambda c: edits.add_datasets([c.image(c.of(NAME))]),
    "add_pairs": lambda c: edits.add_pairs(
        c.joined.id, [LandmarkPair(name=c.of(NAME), moving=c.of(POINT), fixed=c.of(POINT))]
    ),
    "add_region": lambda c: edits.add_region(
        Region(name=c.of(NAME), shape="point", dataset=c.dataset, vertices=(c.of(POINT),))
    ),
    "add_registration": lambda c: edits.add_registration(
        Registration(moving=c.dataset, fixed=c.dataset)
    ),
    "change_region": lambda c: edits.change_region(
        c.region, note=c.of(st.text(max_size=5)), colour=c.one(["#ffffff", "#000000"])
    ),
    "correct_tilt": lambda c: edits.correct_tilt(
        c.dataset, c.of(st.floats(1, 80)), c.one(["sample surface", "milled wall"])
    ),
    "dismiss_question": lambda c: edits.dismiss_question(c.joined.id, c.of(NAME)),
    "move_pair": lambda c: edits.move_pair(*c.pair(), moving=c.of(POINT)),
    "remove_dataset": lambda c: edits.remove_dataset(c.dataset),
    "remove_pairs": lambda c: (lambda r, p: edits.remove_pairs(r, [p]))(*c.pair()),
    "remove_region": lambda c: edits.remove_region(c.region),
    "remove_registration": lambda c: edits.remove_registration(c.one(c.project.registrations).id),
    "rename": lambda c: edits.rename(c.dataset, c.of(NAME)),
    "rename_branch": lambda c: edits.rename_branch(c.joined.id, c.of(NAME)),
    "rename_pair": lambda c: edits.rename_pair(*c.pair(), c.of(NAME)),
    "set_calibration": lambda c: edits.set_calibration(
        c.dataset, c.of(st.tuples(POSITIVE, POSITIVE)), c.one(["nm", "µm", "mm"])
    ),
    "set_display": lambda c: edits.set_display(
        c.dataset,
        **c.one(
            [
                {"opacity": c.of(st.floats(0, 1))},
                {"visible": c.of(st.booleans())},
                {"colormap": c.one(["gray", "#ff0000"])},
                {"limits": (c.of(st.floats(-10, 0)), c.of(st.floats(1, 10)))},
                {"gamma": c.of(POSITIVE)},
                {"blending": c.one(["additive", "opaque"])},
            ]
        ),
    ),
    "set_fle": lambda c: edits.set_fle(c.dataset, c.of(st.tuples(POSITIVE, POSITIVE))),
    "set_found": lambda c: edits.set_found(
        c.one(c.project.registrations).id, "translation", SHIFT, Found(method="shift")
    ),
    "keep_found": lambda c: edits.keep_found(
        c.joined.id, "translation", SHIFT, Found(method="shift"), new_id()
    ),
    "set_technique": lambda c: edits.set_technique(c.dataset, c.of(NAME)),
    "set_group": lambda c: edits.set_group(c.dataset, c.of(st.lists(NAME, max_size=2))),
    "set_link": lambda c: edits.set_link(c.dataset, c.link),
    "set_mirror": lambda c: edits.set_mirror(c.joined.id, c.of(st.booleans())),
    "set_model": lambda c: edits.set_model(
        c.joined.id, c.one(["translation", "rigid", "affine", "projective", "tps"])
    ),
    "set_model_derived": lambda c: edits.set_model_derived(c.dataset, on=c.of(st.booleans())),
    "set_near": lambda c: edits.set_near(c.joined.id, ((1.0, 0.0), (0.0, c.of(POSITIVE)))),
    "set_needed": lambda c: edits.set_needed(c.joined.id, c.of(POSITIVE)),
    "set_pair_active": lambda c: edits.set_pair_active(*c.pair(), c.of(st.booleans())),
    "set_pair_fle": lambda c: edits.set_pair_fle(
        *c.pair(), moving=c.of(st.tuples(POSITIVE, POSITIVE)), fixed=None
    ),
    "set_project_details": lambda c: edits.set_project_details(name=c.of(NAME), sample=c.of(NAME)),
    "set_series": lambda c: edits.set_series(c.of(NAME), {c.dataset: c.of(COORDINATE)}),
    "set_view": lambda c: edits.set_view(frame=c.dataset, depth=c.of(COORDINATE)),
    "set_watched": lambda c: edits.set_watched(c.joined.id, c.region),
    "show_time": lambda c: edits.show_time(c.of(COORDINATE), {}),
    "use_branch": lambda c: edits.use_branch(c.one(c.project.registrations).id),
    "relink": lambda c: relink({c.dataset: c.link}),
    "accept_changed": lambda c: accept_changed({c.dataset: c.link}, "other data"),
    "confirm": lambda c: confirm(c.one(c.project.registrations).id),
}
