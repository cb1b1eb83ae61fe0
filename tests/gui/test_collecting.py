"""The search for unreachable objects: who is due when, and who runs it."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QEvent
from window_tools import wait_until

from tiepoint.gui.collecting import ALL, MIDDLE, NEW, TOO_MANY, Collecting, due


def test_new_objects_often_all_objects_only_at_rest():
    assert due((10, 0, 0), resting=True) is None
    assert due((5000, 0, 0), resting=False) == NEW
    assert due((5000, 11, 0), resting=False) == MIDDLE
    assert due((5000, 11, 11), resting=False) == MIDDLE, "not while a hand is on the mouse"
    assert due((10, 0, 11), resting=True) == ALL
    assert due((10, 0, TOO_MANY + 1), resting=False) == ALL, "put off, not for ever"


@given(st.tuples(*[st.integers(0, 10_000)] * 3))
def test_rest_only_adds_searches(counts):
    moving, resting = due(counts, resting=False), due(counts, resting=True)
    assert resting == moving or resting == ALL


class Ring:
    """Holds itself."""

    def __init__(self):
        self.me = self


@pytest.mark.window
def test_no_search_in_other_threads_and_none_for_ever(qapp):
    searched = []

    def note(phase, _info):
        if phase == "start":
            searched.append(threading.current_thread())

    def work():
        for _ in range(2000):
            Ring()

    assert gc.isenabled(), "someone has left the search switched off"
    collecting = Collecting()
    collecting.start()
    gc.callbacks.append(note)
    try:
        ring = weakref.ref(Ring())
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert ring() is not None, "the thread has searched"
        wait_until(lambda: work() or ring() is None, "the window has searched", 10)
    finally:
        gc.callbacks.remove(note)
        collecting.stop()
    assert set(searched) == {threading.main_thread()}
    assert gc.isenabled()


@pytest.mark.window
def test_who_had_it_off_keeps_it_off(qapp):
    gc.disable()
    try:
        collecting = Collecting()
        collecting.start()
        collecting.stop()
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.window
def test_a_window_that_goes_without_being_closed_leaves_the_search_on(qapp):
    collecting = Collecting()
    collecting.start()
    assert not gc.isenabled()
    collecting.deleteLater()
    QCoreApplication.sendPostedEvents(collecting, QEvent.Type.DeferredDelete.value)
    assert gc.isenabled()


@pytest.mark.window
def test_nobody_rests_while_something_is_drawn(qapp):
    collecting = Collecting(busy=lambda: True)
    collecting._resting()  # sees where the pointer is
    collecting._resting._moved = float("-inf")
    assert collecting._resting()
    collecting._look()
    assert not collecting._resting()
