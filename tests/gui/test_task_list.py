"""Background work as the window shows it."""

from __future__ import annotations

import threading

import pytest
from window_tools import wait_until

from tiepoint.gui.task_list import BackgroundTasks
from tiepoint.support.tasks import TaskRunner

pytestmark = pytest.mark.window


def test_work_that_is_cancelled_before_it_began_leaves_no_line(qapp):
    runner, going_on, done = TaskRunner(workers=1), threading.Event(), []
    tasks = BackgroundTasks(runner)
    try:
        tasks.start("First", lambda _control: going_on.wait(60), done.append)
        waiting = tasks.start("Second", lambda _control: "never", done.append)
        waiting.cancel()
        going_on.set()
        wait_until(lambda: not tasks.busy, "both lines are gone")
        assert done == [True]
    finally:
        going_on.set()
        runner.shutdown()
