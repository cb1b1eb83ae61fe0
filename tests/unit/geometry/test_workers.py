"""Work done side by side: order, errors, cancelling, and pages that somebody waits for."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from tiepoint.geometry import workers
from tiepoint.geometry.chunk_cache import ChunkCache
from tiepoint.geometry.chunking import lay_out
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.page_loading import PageLoading
from tiepoint.geometry.resample import resample
from tiepoint.geometry.transforms import Affine
from tiepoint.geometry.workers import READING_THREADS, run_all
from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import Cancelled


def test_results_come_in_order():
    assert run_all(lambda n: n * n, range(100)) == [n * n for n in range(100)]
    assert run_all(str, []) == []


def test_an_error_leaves_when_nothing_runs_any_more():
    begun, running = [], []

    def work(n):
        begun.append(n)
        running.append(n)
        try:
            if n == 5:
                raise ValueError("five")
            return n
        finally:
            running.remove(n)

    with pytest.raises(ValueError, match="five"):
        run_all(work, range(10_000))
    assert not running
    assert len(begun) < 10_000


def test_a_true_answer_ends_the_work():
    done = []
    with pytest.raises(Cancelled):
        run_all(done.append, range(1000), cancel=lambda: len(done) >= 10)
    assert len(done) < 1000


def test_work_goes_on_while_the_pool_is_busy(monkeypatch):
    pool = ThreadPoolExecutor(1)
    monkeypatch.setattr(workers, "_pool", lambda: pool)
    release: Future[None] = Future()
    pool.submit(release.result)
    try:
        assert run_all(lambda n: n + 1, range(50)) == list(range(1, 51))
    finally:
        release.set_result(None)
        pool.shutdown()


class Chunked:
    """A volume in chunks of 8³ that counts what is read."""

    shape, dtype, chunks = (64, 64, 64), np.dtype("u2"), (8, 8, 8)

    def __init__(self, bad=None):
        self.values = np.random.default_rng(0).integers(0, 60_000, self.shape, np.uint16)
        self.bad = bad
        self.reads = []
        self.lock = threading.Lock()

    def __getitem__(self, key):
        with self.lock:
            self.reads.append(tuple(part.start for part in key))
            if len(self.reads) == self.bad:
                raise TiepointError("The chunk is damaged.")
        return self.values[key]


def oblique():
    grid = Grid.plane(np.array([5.0, 5, 5]), np.array([0.8, 0.6, 0]), np.array([0, 0, 1.0]), 0.1,
                      (600, 500))  # fmt: skip
    return grid, grid.index_to_physical


def test_each_page_is_read_once_and_drawn_right(monkeypatch):
    monkeypatch.setattr("tiepoint.geometry.chunking.LEAST_BYTES", {True: 1, False: 1})
    source = Chunked()
    grid, transform = oblique()
    drawn = resample(source, grid, transform, dtype="source")
    assert len(source.reads) == len(set(source.reads)) > READING_THREADS
    expected = resample(source.values, grid, transform, dtype="source")
    np.testing.assert_array_equal(drawn.values, expected.values)
    np.testing.assert_array_equal(drawn.mask, expected.mask)


@pytest.mark.parametrize("bad", [1, 2, 9, 20])
def test_a_damaged_page_ends_the_drawing(monkeypatch, bad):
    monkeypatch.setattr("tiepoint.geometry.chunking.LEAST_BYTES", {True: 1, False: 1})
    grid, transform = oblique()
    with pytest.raises(TiepointError, match="damaged"):
        resample(Chunked(bad), grid, transform)


@pytest.mark.parametrize("after", [1, 5, 17])
def test_cancelling_between_reads_leaves_nobody_waiting(monkeypatch, after):
    monkeypatch.setattr("tiepoint.geometry.chunking.LEAST_BYTES", {True: 1, False: 1})
    source = Chunked()
    grid, transform = oblique()
    cache = ChunkCache(2**24)
    with pytest.raises(Cancelled):
        resample(source, grid, transform, cache=cache, cancel=lambda: len(source.reads) >= after)
    resample(source, grid, transform, cache=cache)
    assert len(source.reads) == len(set(source.reads)), "what was read is kept"


def test_an_image_keeps_its_values_through_the_pages():
    values = np.random.default_rng(1).normal(size=(300, 200)).astype(np.float32)
    paged = values.astype(">f4")
    grid = Grid(values.shape, Affine.identity(2))
    drawn = resample(paged, grid, Affine.identity(2))
    np.testing.assert_array_equal(drawn.values, values)


@pytest.mark.parametrize(("cancel", "error"), [(None, TiepointError), (lambda: True, Cancelled)])
def test_who_waits_for_a_page_meets_the_error_of_its_reading(cancel, error):
    loading = PageLoading(lay_out(Chunked(bad=1), 3, True), ChunkCache(2**20), cancel)
    assert loading.missing([0, 0]) == [0]
    with pytest.raises(error):
        loading.read(0)
    with pytest.raises(error):
        loading.wait_for([0])
