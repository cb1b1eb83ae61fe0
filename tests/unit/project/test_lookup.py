"""Which registration a window shows first."""

from tiepoint.model.project import Project, ViewState
from tiepoint.model.registration import Registration
from tiepoint.project.lookup import registration_at_hand

ONE = Registration(id="one", moving="a", fixed="c", model="rigid")
OTHER = Registration(id="other", moving="b", fixed="c", model="rigid")


def test_the_registration_at_hand_is_that_of_the_frame_or_the_latest():
    both = Project(registrations=(ONE, OTHER))
    assert registration_at_hand(both) == OTHER
    assert registration_at_hand(both.replace(view=ViewState(frame="a"))) == ONE
    assert registration_at_hand(Project()) is None
