"""The 3D view: everything in its place together, cut, pictured, and back where one was."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from small_files import write_ome
from window_tools import focus_canvas, idle, press_key, told, wait_until

from tiepoint.geometry.planes import Plane
from tiepoint.geometry.transforms import Affine
from tiepoint.model.region import Region
from tiepoint.session import Session
from tiepoint.session.in_space import Body

pytestmark = pytest.mark.window

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def shown(open_window, tmp_path):
    """A window on a volume with a region, looked at in a tilted section."""
    session = Session()
    z, y, x = np.indices((24, 28, 32))
    ball = np.hypot(np.hypot(z - 12, y - 14), x - 16) < 9
    volume = (1000 * ball + z + y + x).astype(np.uint16)
    session.add_files([write_ome(tmp_path / "ct.ome.tif", volume, 0.5, "µm")])
    home = session.dataset("ct").id
    corners = ((6.0, 4.0, 4.0), (6.0, 4.0, 10.0), (6.0, 9.0, 10.0))
    session.add_region(Region(name="Pore", shape="polygon", dataset=home, vertices=corners))
    session.add_region(Region(name="Spot", shape="point", dataset=home, vertices=corners[:1]))
    window = open_window(session)
    idle(window)
    window.desk.sections.bar.tilt.setValue(25.0)
    idle(window)
    return window


def test_space_shows_everything_and_the_section_keeps_its_place(shown, tmp_path):
    desk, pane = shown.desk, shown.desk.workspace.main
    pane.hold_view()
    pane.host.set_zoom(1.7 * pane.host.zoom)
    before = (pane.frame, pane.plane, pane.host.zoom, tuple(pane.view_centre))
    focus_canvas(pane)
    press_key(shown, Qt.Key.Key_Y, CONTROL)
    idle(shown)
    space = desk.workspace.space
    assert desk.workspace.shows_space
    names = {layer.name.partition(" ")[0] for layer in space.host.model.layers}
    assert names >= {"ct", "regions", "marks"}
    assert len(space.host.model.layers) == 4, "volume, section, outline and place"
    volume = space.host.model.layers[0]
    assert volume.data.shape == (24, 28, 32)
    assert volume.contrast_limits[1] > 900

    desk.space.bar.cut.setCurrentIndex(1)
    desk.space.bar.cut.activated.emit(1)
    (clip,) = volume.experimental_clipping_planes
    on_plane = volume.affine.affine_matrix[:3, :3] @ clip.position
    place = on_plane + volume.affine.affine_matrix[:3, 3] + space.base
    assert abs(float(pane.plane.distance(place[None])[0])) < 1e-6

    desk.space.write_picture(tmp_path / "space.png")
    assert (tmp_path / "space.png").stat().st_size > 1000
    assert space.picture()[..., :3].std() > 5, "something is drawn"

    desk.sections.bar.position.setValue(desk.sections.bar.position.value() + 1.0)
    idle(shown)
    moved = space.host.model.layers[1]
    corner = moved.affine.affine_matrix[:3, 3] + space.base
    assert abs(float(pane.plane.distance(corner[None])[0])) < 1e-6, "the plane follows the section"
    desk.sections.bar.position.setValue(desk.sections.bar.position.value() - 1.0)
    idle(shown)

    press_key(shown, Qt.Key.Key_Y, CONTROL)
    idle(shown)
    assert not desk.workspace.shows_space
    assert pane.frame == before[0]
    np.testing.assert_allclose(pane.plane.origin_zyx, before[1].origin_zyx, atol=1e-3)
    assert pane.host.zoom == before[2]
    assert tuple(pane.view_centre) == before[3]
    assert told(shown) == []


def test_a_layout_leads_out_of_space(shown):
    desk = shown.desk
    desk.space.toggle()
    idle(shown)
    desk.views.side_by_side()
    idle(shown)
    assert not desk.workspace.shows_space
    assert desk.workspace.moving.isVisible()
    assert isinstance(desk.workspace.main.plane, Plane)


def test_the_scale_bar_of_space_measures_what_is_seen_and_is_in_the_picture(shown):
    focus_canvas(shown.desk.workspace.main)
    press_key(shown, Qt.Key.Key_Y, CONTROL)
    idle(shown)
    space = shown.desk.workspace.space
    space.keep(set())
    side = 8.0
    wide = np.full((1, 2, 2), 1000, np.uint16)
    across = Affine(np.diag([1.0, side / 2, side / 2]), space.base - [0, side / 4, side / 4])
    dataset = shown.session.dataset("ct")
    space.show_body("body ct", dataset, Body(dataset.id, wide, across, ""), (0.0, 1.0))
    camera = space.host.model.scene.camera
    camera.center, camera.angles = (0.0, 0.0, 0.0), (0.0, 0.0, 90.0)
    for zoom in (20.0, 31.0):
        space.host.set_zoom(zoom)
        idle(shown)
        picture = space.picture().astype(int)
        bright = picture[..., :3].min(axis=-1) > 200
        bar = space.scale_bar.geometry()
        share = picture.shape[1] / space.host.native.width()
        top, left = round(bar.top() * share), round(bar.left() * share)
        outside = bright.copy()
        outside[top:, left:] = False
        width = np.ptp(np.flatnonzero(outside.any(axis=0))) + 1
        assert width / share == pytest.approx(side * zoom, abs=2.5)
        drawn = np.flatnonzero(bright[top + round(34 * share), left:])
        length = (
            float(space.scale_bar.text.split()[0])
            * {"µm": 1, "nm": 1e-3}[space.scale_bar.text.split()[1]]
        )
        assert (np.ptp(drawn) + 1) / share == pytest.approx(length * zoom, abs=2.5)
    assert told(shown) == []


def pieces_of(window):
    """What each turn of the event loop shows in space, noted from now on."""
    space, seen = window.desk.workspace.make_space(), []
    for name in ("show_body", "show_outlines", "show_places", "show_ellipsoids"):
        own = getattr(space, name)

        def noting(key, *rest, own=own):
            seen.append(key.partition(" ")[0])
            own(key, *rest)

        setattr(space, name, noting)
    return seen


def test_entering_space_adds_one_thing_per_turn(shown):
    desk, seen = shown.desk, pieces_of(shown)
    turns = desk.space._turns
    counts, own = [], turns._next

    def counting():
        before = len(seen)
        own()
        counts.append(len(seen) - before)

    turns._timer.timeout.disconnect()
    turns._timer.timeout.connect(counting)
    desk.space.toggle()
    assert seen == [], "nothing in the turn of the key itself"
    idle(shown)
    assert set(seen) == {"body", "section", "regions", "marks", "errors"}
    assert max(counts) == 1


def test_leaving_at_once_cancels_the_rest(shown):
    desk, seen = shown.desk, pieces_of(shown)
    desk.space.toggle()
    assert desk.space.busy
    desk.space.toggle()
    idle(shown)
    assert not desk.workspace.shows_space
    assert seen == []
    assert not shown.actions_by_name["space.toggle"].isChecked()
    desk.space.toggle()
    wait_until(lambda: desk.workspace.shows_space, "space is shown")
    desk.space.toggle()
    shown_so_far = list(seen)
    idle(shown)
    assert seen == shown_so_far, "nothing comes after leaving"
    desk.space.toggle()
    idle(shown)
    assert len(desk.workspace.space.host.model.layers) == 4, "and nothing is missing later"


def test_coming_back_to_space_finds_it_as_it_was(shown):
    desk, seen = shown.desk, pieces_of(shown)
    desk.space.toggle()
    idle(shown)
    space = desk.workspace.space
    layers = list(space.host.model.layers)
    space.host.model.scene.camera.angles = (10.0, 20.0, 30.0)
    seen.clear()
    desk.space.toggle()
    desk.space.toggle()
    idle(shown)
    assert list(space.host.model.layers) == layers
    assert "body" not in seen
    np.testing.assert_allclose(space.host.model.scene.camera.angles, (10.0, 20.0, 30.0))


def test_a_moved_section_is_shown_by_the_same_layer(shown):
    desk = shown.desk
    desk.space.toggle()
    idle(shown)
    section = desk.workspace.space.host.model.layers[1]
    corner = np.array(section.affine.affine_matrix)
    desk.sections.bar.position.setValue(desk.sections.bar.position.value() + 2.0)
    idle(shown)
    assert desk.workspace.space.host.model.layers[1] is section
    assert not np.allclose(section.affine.affine_matrix, corner)


def test_slow_graphics_draw_volumes_with_wider_steps(shown):
    desk = shown.desk
    desk.space.toggle()
    idle(shown)
    space = desk.workspace.space
    visual = space.host.qt_viewer.canvas.layer_to_visual[space.host.model.layers[0]]
    space.pace.step, space.pace.frame_ms = 0.8, 1000.0
    space.host.model.scene.camera.angles = (5.0, 5.0, 5.0)
    assert visual.node.relative_step_size == 3.2
    space.pace.frame_ms = 1.0
    space.host.model.scene.camera.angles = (6.0, 5.0, 5.0)
    assert visual.node.relative_step_size == 0.8


def test_a_picture_is_as_fine_as_can_be_however_slow_the_graphics(shown, monkeypatch):
    shown.desk.space.toggle()
    idle(shown)
    space = shown.desk.workspace.space
    node = space.host.qt_viewer.canvas.layer_to_visual[space.host.model.layers[0]].node
    space.pace.choose(3.2)
    steps, own = [], space.host.qt_viewer.screenshot

    def noting(**options):
        steps.append(node.relative_step_size)
        return own(**options)

    monkeypatch.setattr(space.host.qt_viewer, "screenshot", noting)
    space.picture()
    assert steps == [0.8]
    assert node.relative_step_size == space.pace.step
