"""Maps, sections, warps and pyramids by two real workers, one of which is killed on the way."""

import contextlib
import os
import signal

import numpy as np
import pytest
import tifffile
from analytic import SOURCES, Image, value_at
from tiny_4dstem import write_scan

from tiepoint.data import halving
from tiepoint.data.lazy import LazyArray
from tiepoint.data.part import parts
from tiepoint.data.pyramids import plan as planning
from tiepoint.data.pyramids.convert import convert
from tiepoint.data.raw import raw_array
from tiepoint.demo.hspy import write_hspy
from tiepoint.demo.sizes import Sizes
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane
from tiepoint.geometry.pyramid import halve
from tiepoint.model.registration import LandmarkPair
from tiepoint.patterns import spread as pattern_spread
from tiepoint.patterns.detectors import Detector
from tiepoint.patterns.sums import virtual_image
from tiepoint.session import Session
from tiepoint.spectra import spread
from tiepoint.spectra.axis import Channels
from tiepoint.spectra.notation import parse
from tiepoint.spectra.windows import recipe_for
from tiepoint.support.compute import check_address, run_parts
from tiepoint.support.errors import TiepointError
from tiepoint.support.settings import Settings, save_settings
from tiepoint.support.tasks import Cancelled, TaskControl

OBLIQUE = Grid.plane(
    np.array([3.0, 5.0, 6.0]), np.array([0.6, 0.8, 0.0]), np.array([0.0, 0.0, 1.0]), 0.7, (25, 50)
)

pytestmark = [pytest.mark.usefixtures("own_home"), pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two worker processes."""
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    os.environ.setdefault("TIEPOINT_HOME", str(tmp_path_factory.mktemp("workers")))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
        local_directory=str(tmp_path_factory.mktemp("dask")),
    ) as found:  # fmt: skip
        yield found


@pytest.fixture
def scan(tmp_path):
    rng = np.random.default_rng(1)
    eds = rng.poisson(2.0, (96, 40, 720)).astype(np.uint16)
    path = tmp_path / "scan.hspy"
    write_hspy(path, rng.integers(0, 999, (96, 40)).astype(np.uint16), eds, Sizes.small())
    return path


def spectrum_image(session):
    return next(d for d in session.project.datasets if d.kind == "spectrum image")


def killer(cluster):
    """A progress function that kills one worker after the first piece."""
    killed = []

    def progress(done):
        if done > 0 and not killed:
            from distributed import Client

            with Client(cluster.scheduler_address, set_as_default=False) as client:
                pids = client.run(os.getpid)
            killed.append(next(iter(pids.values())))
            with contextlib.suppress(ProcessLookupError):
                os.kill(killed[0], signal.SIGKILL)

    return progress, killed


def test_a_map_is_the_same_though_a_worker_dies(cluster, scan, monkeypatch):
    monkeypatch.setattr(spread, "BLOCK_BYTES", 40_000)
    session = Session()
    session.add_files([scan])
    dataset = spectrum_image(session)
    recipe = recipe_for(dataset.id, parse("Fe Ka"), net=True)
    here = session.spectra.compute(recipe)
    session.machines.use(cluster.scheduler_address)
    control = TaskControl()
    progress, killed = killer(cluster)
    control.progress = progress
    there = session.spectra.compute(recipe, control)
    assert killed
    assert there.values.dtype == here.values.dtype
    assert there.values.tobytes() == here.values.tobytes()
    assert (there.label, there.axes, there.window) == (here.label, here.axes, here.window)


def test_virtual_images_and_centres_of_mass_are_the_same_though_a_worker_dies(
    cluster, tmp_path, monkeypatch
):
    counts = write_scan(tmp_path / "scan.hspy", (40, 15), 24)
    monkeypatch.setattr(pattern_spread, "BLOCK_BYTES", counts[:5].nbytes // 4)
    session = Session()
    (dataset,) = session.add_files([tmp_path / "scan.hspy"])
    detector = Detector((11.0, 12.0), 0.0, 6.0)
    control = TaskControl()
    progress, killed = killer(cluster)
    control.progress = progress
    session.machines.use(cluster.scheduler_address)
    assert not session.patterns.detecting.is_at_hand(dataset)
    there = session.patterns.detecting.image(dataset, detector, control)
    masses_there = session.patterns.detecting.centre_of_mass(dataset, detector)
    assert killed
    session.machines.use("")
    here = session.patterns.detecting.image(dataset, detector)
    masses_here = session.patterns.detecting.centre_of_mass(dataset, detector)
    far = np.hypot(*(np.indices((24, 24)) - np.array([11.0, 12.0])[:, None, None]))
    np.testing.assert_array_equal(there, counts[..., far < 6].sum(axis=-1))
    assert (there.dtype, there.tobytes()) == (here.dtype, here.tobytes())
    for one, other in zip(masses_there.parts, masses_here.parts, strict=True):
        assert one[1].tobytes() == other[1].tobytes()


def test_sums_that_depend_on_their_order_stay_here():
    with pytest.raises(TiepointError, match="fractional"):
        pattern_spread.spread(virtual_image, np.zeros((2, 2, 3, 3)), np.ones((3, 3), bool))


def test_sections_and_warps_are_the_same(cluster, scan):
    session = Session()
    session.add_files([scan])
    image = next(d for d in session.project.datasets if d.kind == "image")
    spectra = spectrum_image(session)
    (scan.parent / "other.hspy").write_bytes(scan.read_bytes())
    other = next(d for d in session.add_files([scan.parent / "other.hspy"]) if d.kind == "image")
    step = image.axes[0].scale
    corners = [(5, 5), (5, 30), (80, 6), (85, 33), (40, 20), (60, 11)]
    pairs = [
        LandmarkPair(
            name=str(i),
            moving=(y * step, x * step),
            fixed=((y + 2 * np.sin(i)) * step, (x + np.cos(i)) * step),
        )
        for i, (y, x) in enumerate(corners)
    ]
    registration = session.start_registration(other.id, image.id, "tps")
    session.add_pairs(registration.id, pairs)
    grid = Grid.covering(np.array([[0.0, 0.0], [95 * step, 39 * step]]), step / 2)
    wanted = [image, other, spectra]  # in place, warped, and one that cannot be drawn
    here = session.machines.sections(wanted, image.id, Plane.at(0.0), grid)
    session.machines.use(cluster.scheduler_address)
    there = session.machines.sections(wanted, image.id, Plane.at(0.0), grid)
    drawn = 0
    for one, two in zip(here, there, strict=True):
        if isinstance(one, TiepointError):
            assert str(one) == str(two)
            continue
        drawn += 1
        assert one.values.tobytes() == two.values.tobytes()
        assert one.mask.tobytes() == two.mask.tobytes()
    assert drawn == 2


@pytest.mark.parametrize("axes", [None, (1, 2)])
def test_a_pyramid_level_is_the_same(cluster, tmp_path, monkeypatch, axes):
    monkeypatch.setattr(halving, "PART_BYTES", 20_000)
    volume = np.random.default_rng(2).integers(0, 60000, (37, 30, 41)).astype(np.uint16)
    (tmp_path / "v.raw").write_bytes(volume.tobytes())
    lazy = raw_array(tmp_path / "v.raw", 0, volume.shape, volume.dtype)
    assert isinstance(lazy, LazyArray)
    expected = halve(volume, axes)
    for scheduler in ("", cluster.scheduler_address):
        assert halving.halved(lazy, axes, scheduler).tobytes() == expected.tobytes()
    assert halving.halved(volume, axes).tobytes() == expected.tobytes()


def test_a_converted_file_is_the_same(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "SHARD_BYTES", 1 << 19)
    monkeypatch.setattr("tiepoint.data.copies.slabs.SLAB_BYTES", 1 << 21)
    volume = np.random.default_rng(3).integers(0, 60000, (150, 140, 141)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "v.tif", volume, metadata={"axes": "ZYX"})
    here = convert(tmp_path / "v.tif", tmp_path / "here.ome.zarr")
    killed, kill = [], killer(cluster)

    def progress(done, words):
        kill[0](done)
        killed.extend(kill[1])

    there = convert(
        tmp_path / "v.tif", tmp_path / "there.ome.zarr",
        scheduler=cluster.scheduler_address, progress=progress,
    )  # fmt: skip
    assert killed
    names = sorted(p.relative_to(here.path) for p in here.path.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(there.path) for p in there.path.rglob("*") if p.is_file())
    assert len(names) > 8
    for name in names:
        assert (here.path / name).read_bytes() == (there.path / name).read_bytes(), name


def _oblique_section(source):
    """A section through a whole source, by one worker."""
    from tiepoint.geometry.resample import resample

    return resample(source, OBLIQUE, OBLIQUE.index_to_physical)


@pytest.mark.parametrize("name", SOURCES)
def test_an_analytic_ramp_comes_out_as_its_formula(cluster, tmp_path, name):
    source = SOURCES[name](tmp_path)
    (found,) = run_parts(_oblique_section, [source], cluster.scheduler_address)
    index = np.indices(OBLIQUE.shape).reshape(2, -1).T.astype(float)
    expected = value_at(OBLIQUE.index_to_physical(index)).reshape(OBLIQUE.shape)
    assert found.mask.mean() > 0.3
    assert np.abs(found.values - expected)[found.mask].max() < 1e-6 * 150
    made = Image.make()
    channels = spread.spread_sums(
        made.values, 2, [Channels(30, 95, (0.0, 1.0))], scheduler=cluster.scheduler_address
    )
    exact = made.plane() * made.shape_of_channels[30:96].sum()
    assert np.abs(channels[0] / exact - 1).max() < 1e-6


def _refuse(number):
    raise TiepointError(f"Piece {number} cannot be done.")


def _square(number):
    return number**2


def test_what_a_piece_raises_comes_through(cluster):
    with pytest.raises(TiepointError, match=r"Piece \d cannot be done"):
        run_parts(_refuse, [1, 2], cluster.scheduler_address)


@pytest.mark.parametrize("remote", [False, True])
def test_order_progress_and_cancel(cluster, remote):
    address = cluster.scheduler_address if remote else ""
    seen = []
    assert run_parts(_square, range(20), address, seen.append) == [n**2 for n in range(20)]
    assert seen == sorted(seen)
    assert seen[-1] == 1.0

    def stop(done):
        if done >= 0.25:
            raise Cancelled

    with pytest.raises(Cancelled):
        run_parts(_square, list(range(20)), address, stop)
    assert run_parts(_square, [], address) == []


def test_no_scheduler_is_told_in_words(monkeypatch):
    monkeypatch.setattr("tiepoint.support.compute.CONNECT_SECONDS", 1)
    with pytest.raises(TiepointError, match="is no address"):
        check_address("localhost 8786")
    with pytest.raises(TiepointError, match="No dask scheduler answers at"):
        run_parts(_square, [1], "tcp://127.0.0.1:9")


def test_the_preferences_name_the_scheduler():
    save_settings(Settings(scheduler="tcp://elsewhere:8786"))
    session = Session()
    assert session.machines.scheduler == "tcp://elsewhere:8786"
    session.machines.use("")
    assert session.machines.scheduler == ""
    session.machines.use(None)
    with pytest.raises(TiepointError, match="is no address"):
        session.machines.use("elsewhere")


@pytest.mark.parametrize("multiple", [1, 2, 6])
def test_parts_cover_the_array(multiple):
    cube = np.arange(17 * 5).reshape(17, 5)
    bands = parts(cube, 0, 100, multiple)
    assert np.array_equal(np.concatenate([band[...] for band in bands]), cube)
    assert np.array_equal(bands[0][1:2, 3], cube[1:2, 3])
