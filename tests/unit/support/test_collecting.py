"""Putting off the search for unreachable objects."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from tiepoint.support.collecting import collected_later


class Ring:
    """Holds itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    gc.enable()
    gc.unfreeze()
    yield
    gc.enable()
    gc.unfreeze()


def test_it_is_off_meanwhile_and_on_again_after_an_error() -> None:
    @collected_later()
    def fail() -> None:
        seen.append(gc.isenabled())
        raise ValueError("no")

    seen: list[bool] = []
    with pytest.raises(ValueError, match="no"):
        fail()
    assert seen == [False]
    assert gc.isenabled()


def test_who_had_it_off_keeps_it_off() -> None:
    gc.disable()
    with collected_later():
        pass
    assert not gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_only_the_first_use_leaves_objects_out_for_good() -> None:
    with collected_later():
        first = weakref.ref(Ring())
    with collected_later():
        second = weakref.ref(Ring())
    gc.collect()
    assert first() is not None
    assert second() is None
