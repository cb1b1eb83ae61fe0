"""What may be kept in memory: the machine's share, the container's limit, one budget for all."""

import gc
import os
from pathlib import Path

import numpy as np
import pytest

from tiepoint.data.decoded import forget_decoded, open_decoded
from tiepoint.geometry.chunk_cache import ChunkCache
from tiepoint.session import Session
from tiepoint.support import array_cache, memory
from tiepoint.support.array_cache import SHARED, ArrayCache, Budget
from tiepoint.support.errors import TiepointError
from tiepoint.support.memory import cache_bytes, check_cache_limit, container_bytes, machine_bytes
from tiepoint.support.settings import Settings, load_settings, save_settings


def kilobyte() -> np.ndarray:
    return np.zeros(1000, np.uint8)


@pytest.fixture
def shared_again():
    before = SHARED.limit_bytes
    yield SHARED
    SHARED.use(before)


def test_the_default_is_a_quarter_of_the_machine(monkeypatch):
    monkeypatch.setattr(memory, "machine_bytes", lambda: 64_000_000_000)
    assert cache_bytes(None) == 16_000_000_000
    assert cache_bytes(3) == 3_000_000_000
    assert cache_bytes(500) == 64_000_000_000, "no more than there is"
    monkeypatch.setattr(memory, "machine_bytes", lambda: 1_000_000_000)
    assert cache_bytes(None) == memory.LEAST_BYTES


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="the system does not tell its memory so")
def test_the_machine_has_no_more_than_its_memory():
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < machine_bytes() <= physical


@pytest.mark.parametrize("limit_gb", [0.1, -1, 0, float("nan")])
def test_a_limit_too_small_is_refused_in_a_sentence(limit_gb):
    with pytest.raises(TiepointError, match="too little to draw with: give at least"):
        check_cache_limit(limit_gb)


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_the_tightest_limit_of_a_container_counts(tmp_path):
    own, groups = tmp_path / "cgroup", tmp_path / "groups"
    assert container_bytes(groups, own) is None
    write(own, "0::/user/work\n")
    assert container_bytes(groups, own) is None
    write(groups / "memory.max", "max\n")
    write(groups / "user" / "memory.max", "8000000000\n")
    write(groups / "user" / "work" / "memory.max", "max\n")
    assert container_bytes(groups, own) == 8_000_000_000
    write(groups / "user" / "work" / "memory.max", "2000000000\n")
    assert container_bytes(groups, own) == 2_000_000_000


def test_containers_of_the_first_kind(tmp_path):
    own, groups = tmp_path / "cgroup", tmp_path / "groups"
    write(own, "9:cpuset:/\n4:memory:/box\n")
    write(groups / "memory" / "memory.limit_in_bytes", "9223372036854771712\n")
    write(groups / "memory" / "box" / "memory.limit_in_bytes", "3000000000\n")
    assert container_bytes(groups, own) == 3_000_000_000


def test_caches_share_one_limit_and_the_longest_unused_leaves():
    budget = Budget(3000)
    chunks, cubes = ChunkCache(budget), ArrayCache(budget)
    chunks.put("a", None, kilobyte())
    cubes.put("b", None, kilobyte())
    chunks.put("c", None, kilobyte())
    assert chunks.get("a") is not None
    chunks.put("d", None, kilobyte())
    assert "b" not in cubes, "it was used longest ago"
    assert {key for key in "acd" if key in chunks} == set("acd")
    assert (budget.bytes, chunks.bytes, cubes.bytes) == (3000, 3000, 0)
    cubes.put("e", None, kilobyte())
    assert "c" not in chunks
    budget.use(1000)
    assert (chunks.bytes, cubes.bytes) == (0, 1000)


def test_the_system_gets_back_what_leaves(monkeypatch):
    given = []
    monkeypatch.setattr(array_cache, "GIVE_BACK_BYTES", 3000)
    monkeypatch.setattr(array_cache, "give_back_freed", lambda: given.append(len(given)))
    chunks = ArrayCache(2000)
    for number in range(4):
        chunks.put(number, None, kilobyte())
    assert not given, "two have left"
    chunks.put(4, None, kilobyte())
    assert len(given) == 1
    for number in range(5, 8):
        chunks.put(number, None, kilobyte())
    assert len(given) == 2
    memory.give_back_freed()


def test_what_must_stay_stays_however_large():
    budget = Budget(500)
    decoded, chunks = ArrayCache(budget, always=1), ArrayCache(budget)
    decoded.put("a", None, kilobyte())
    chunks.put("b", None, kilobyte())
    assert "a" in decoded
    assert "b" not in chunks
    decoded.put("c", None, kilobyte())
    assert "a" not in decoded
    assert "c" in decoded


def test_a_cache_that_is_gone_no_longer_counts():
    budget = Budget(5000)
    chunks = ArrayCache(budget)
    chunks.put("a", None, kilobyte())
    del chunks
    gc.collect()
    assert budget.bytes == 0


def decode(path: Path) -> np.ndarray:
    return np.zeros(600_000_000, np.uint8)


@pytest.mark.usefixtures("own_home")
def test_the_setting_holds_at_once_for_all_that_is_kept(tmp_path, shared_again):
    session = Session()
    before = SHARED.bytes
    session.store.chunks.put("one", None, np.zeros(300_000_000, np.uint8))
    session.store.chunks.put("two", None, np.zeros(300_000_000, np.uint8))
    assert SHARED.bytes == before + 600_000_000
    save_settings(Settings(cache_limit_gb=0.5))
    session.use_settings()
    assert SHARED.limit_bytes == 500_000_000
    assert "one" not in session.store.chunks
    assert "two" in session.store.chunks
    file = tmp_path / "picture"
    file.write_bytes(b"")
    try:
        with open_decoded(decode, str(file), (600_000_000,)):
            assert "two" not in session.store.chunks, "decoded files count as well"
    finally:
        forget_decoded()
    session.close()


@pytest.mark.usefixtures("own_home")
def test_a_bad_limit_in_the_file_costs_no_other_setting(own_home, caplog):
    write(own_home / "config" / "settings.json", '{"author": "Ann", "cache_limit_gb": 0.01}')
    assert load_settings() == Settings(author="Ann")
    assert "the setting cache_limit_gb" in caplog.text
