"""Background tasks and settings."""

from pathlib import Path
from threading import Event

import pytest

from tiepoint.support.settings import Settings, load_settings, save_settings
from tiepoint.support.tasks import Cancelled, TaskControl, TaskRunner


def test_a_task_reports_progress_and_returns_its_result() -> None:
    runner = TaskRunner(1)

    def work(control: TaskControl) -> int:
        control.progress(0.5, "half")
        return 7

    task = runner.start("Count", work)
    assert task.future.result(10) == 7
    assert (task.control.fraction, task.control.message) == (0.5, "half")
    runner.shutdown()


def test_cancelling_stops_work_at_its_next_check() -> None:
    runner, begun = TaskRunner(1), Event()

    def work(control: TaskControl) -> None:
        begun.set()
        while True:
            control.check()

    task = runner.start("Endless", work)
    assert begun.wait(10)
    task.cancel()
    with pytest.raises(Cancelled):
        task.future.result(10)
    assert runner.running() == []
    runner.shutdown()


def test_settings_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEPOINT_HOME", str(tmp_path))
    save_settings(Settings(theme="light").with_recent("/a.tiepoint").with_recent("/b.tiepoint"))
    found = load_settings()
    assert found.theme == "light"
    assert found.recent == ("/b.tiepoint", "/a.tiepoint")


@pytest.mark.parametrize("text", ["", "{", '{"theme": "pink"}', "[1, 2]"])
def test_damaged_settings_never_block_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("TIEPOINT_HOME", str(tmp_path))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.json").write_text(text)
    assert load_settings() == Settings()
