from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from threading import Event, Lock, Thread

import pytest

from tiepoint.project import presence, turn
from tiepoint.project.presence import Presence, visitors
from tiepoint.project.replace import NotSavedError
from tiepoint.project.turn import turn_to_save


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "steel.tiepoint"
    made.write_bytes(b"a project")
    return made


def note(path, **fields):
    """A note of somebody else beside a project."""
    words = {"author": "Ben", "host": "lab-pc", "pid": 7, "since": "2026-01-01T10:00:00+00:00"}
    made = path.with_name(f".{path.name}.abc.open")
    made.write_text(json.dumps({**words, **fields}))
    return made


def test_two_windows_see_each_other_until_one_leaves(path):
    ann, ben = Presence(path, "Ann"), Presence(path, "Ben")
    assert [v.author for v in ann.others()] == ["Ben"]
    assert [v.author for v in ben.others()] == ["Ann"]
    assert ben.others()[0].words == "Another window on this computer (Ann)"
    ann.leave()
    assert ben.others() == ()
    ben.leave()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_somebody_on_another_computer_is_named(path):
    note(path)
    assert [v.words for v in visitors(path)] == ["Ben on lab-pc"]


def test_a_window_that_was_not_heard_of_for_long_is_dead(path):
    made = note(path)
    old = time.time() - presence.STALE_S - 5
    os.utime(made, (old, old))
    assert visitors(path) == ()
    assert not made.exists()


def test_age_is_told_by_the_clock_of_the_file_system(path, monkeypatch):
    note(path)
    monkeypatch.setattr(presence.time, "time", lambda: 4e9)
    assert len(visitors(path)) == 1, "the clock of this computer is wrong by decades"


def test_a_process_of_this_computer_that_is_no_more_is_dead(path):
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, check=True)  # fmt: skip
    note(path, host=presence.this_host(), pid=int(done.stdout))
    assert visitors(path) == ()


@pytest.mark.parametrize("words", ["", "[]", '{"author": 1}', '{"pid": "x"}', "\x00" * 5000])
def test_notes_that_are_not_understood_say_nothing(path, words):
    path.with_name(f".{path.name}.abc.open").write_text(words)
    assert visitors(path) == ()


def test_where_nothing_can_be_written_nobody_is_told(path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.write_text", lambda *a, **k: (_ for _ in ()).throw(OSError()))
    alone = Presence(path, "Ann")
    assert not alone.is_shown
    alone.leave()


def test_one_waits_while_another_has_the_turn(path, monkeypatch):
    refused, order = Event(), []
    monkeypatch.setattr(turn.time, "sleep", lambda _s: refused.set())

    def work():
        with turn_to_save(path):
            order.append("second")

    second = Thread(target=work)
    with turn_to_save(path):
        second.start()
        assert refused.wait(10), "the second one did not have to wait"
        order.append("first")
    second.join()
    assert order == ["first", "second"]


def test_many_take_turns_and_leave_nothing_behind(path):
    inside, met = Lock(), []

    def work():
        with turn_to_save(path):
            met.append(inside.acquire(blocking=False))
            inside.release()

    threads = [Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert met == [True] * len(threads)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_turn_that_does_not_end_is_told(path, monkeypatch):
    monkeypatch.setattr(turn, "WAIT_S", 0.05)
    with turn_to_save(path), pytest.raises(NotSavedError, match="another window"):
        with turn_to_save(path, 0.05):
            pass


def test_the_turn_of_a_killed_process_is_free(path):
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from tiepoint.project.turn import turn_to_save\n"
        "with turn_to_save(Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    with turn_to_save(path, 0.05):
        pass
