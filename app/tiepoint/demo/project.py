"""The demo project: the twin's files, registered by realistic clicks, and checked against truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.demo.truth import FILES
from tiepoint.demo.twin import Twin, click
from tiepoint.demo.write import write_demo
from tiepoint.model.project import Project
from tiepoint.model.region import Region
from tiepoint.model.registration import LandmarkPair, Model
from tiepoint.project import edits
from tiepoint.session import Session
from tiepoint.support.units import format_length

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tiepoint.demo.sizes import Sizes
    from tiepoint.demo.write import DemoFiles
    from tiepoint.model.dataset import Dataset
    from tiepoint.support.arrays import FloatArray

    Progress = Callable[[float, str], None]

NAMES = {key: file.split(".")[0] for key, file in FILES.items()} | {"stem": "stem_lamella/HAADF"}
SPECTRA = "stem_lamella/EDS"
SEM_TILT_DEG = 52.0
MAPS = ("Mg Ka", "O K", "Gd La")
SHOWN_MAP = "Gd Lα"
CT_OPACITY = 0.6  # leaves room for the colour of the additive map
GROUPS = {
    "light": ("Light microscope",),
    "ct_000min": ("Micro-CT",),
    "ct_020min": ("Micro-CT",),
    "ct_045min": ("Micro-CT",),
    "nano_ct": ("Nano-CT",),
    "sem": ("FIB-SEM",),
}
SCANS = ("ct_000min", "ct_020min", "ct_045min")
SERIES = "Corrosion of the wire"
HOPS: tuple[tuple[str, str, Model], ...] = (
    ("ct_020min", "ct_000min", "rigid"),
    ("ct_045min", "ct_000min", "rigid"),
    ("light", "ct_000min", "section"),
    ("sem", "ct_045min", "section"),
    ("stem", "ct_045min", "section"),
    ("nano_ct", "ct_045min", "rigid"),
)


@dataclass(frozen=True)
class Outcome:
    """What the main job wrote, and how its answer compares with the truth.

    Attributes
    ----------
    true_error
        Distance of the located target from the truth, in `unit`.
    predicted
        Semi-axes of the 95 % ellipse there.
    inside
        Whether the truth lies inside that ellipse.
    agrees
        Whether the project came back from its file as it was saved.
    """

    project: Path
    overlay: Path
    true_error: float
    predicted: tuple[float, ...]
    inside: bool
    unit: str
    agrees: bool

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as ``demo --json`` prints it."""
        return {
            "project": str(self.project),
            "overlay": str(self.overlay),
            "true_error": self.true_error,
            "predicted_semi_axes95": list(self.predicted),
            "inside_ellipse95": self.inside,
            "unit": self.unit,
            "reopened_equal": self.agrees,
        }

    def as_text(self) -> str:
        """Return the outcome in words."""
        axes = " × ".join(format_length(axis, self.unit, 2) for axis in self.predicted)
        error = format_length(self.true_error, self.unit, 2)
        where = "inside" if self.inside else "outside"
        came_back = "equal to what was saved" if self.agrees else "NOT as it was saved"
        return (
            f"project   {self.project}\noverlay   {self.overlay}\n"
            f"target located in the CT: true error {error}, predicted 95 % ellipse {axes}"
            f" (truth {where})\nreopened project: {came_back}"
        )


def demo_project_path(folder: Path) -> Path:
    """Return where the demo project of a folder is."""
    return folder / "demo.tiepoint"


def build_demo(
    folder: Path, seed: int, progress: Progress | None = None, sizes: Sizes | None = None
) -> Outcome:
    """Make the demo's files and project, run the main job and compare it with the truth.

    Parameters
    ----------
    folder
        Made if needed; files of an earlier demo are replaced.
    seed
        Of the sample and of the clicks.
    progress
        Hears how far it is.
    sizes
        Pixel counts; the full demo without it.

    Raises
    ------
    TiepointError
        If the folder cannot be written.
    """
    report = progress or (lambda _fraction, _message: None)
    files = write_demo(folder, seed, lambda done, words: report(0.7 * done, words), sizes)
    session = make_session(files)
    report(0.75, "Registering")
    register_all(session, files.twin, np.random.default_rng(seed))
    report(0.8, "Mapping elements")
    add_maps(session)
    draw_regions(session, files.twin)
    arrange_view(session)
    report(0.9, "Drawing the overlay")
    overlay = folder / "overlay.png"
    write_picture(session, overlay)
    path = demo_project_path(folder)
    session.save(path)
    again = Session.open(path)
    agrees = _same(again.project, session.project)
    outcome = _compare(again, files.twin, path, overlay, agrees)
    session.close()
    again.close()
    report(1.0, "Done")
    return outcome


def make_session(files: DemoFiles) -> Session:
    """Return a session with all datasets of the demo, grouped by instrument."""
    session = Session(Project(name="Demo", sample="Mg–Gd wire"), author="Tiepoint demo")
    session.add_files(files.paths.values())
    for key, group in GROUPS.items():
        dataset = session.dataset(NAMES[key])
        session.document.apply("Group datasets", edits.set_group(dataset.id, group))
    sem = session.dataset(NAMES["sem"])
    scans = [session.dataset(NAMES[key]).id for key in SCANS]
    session.series.make(SERIES, session.series.proposal(scans))
    session.document.apply(
        "Correct the tilt", edits.correct_tilt(sem.id, SEM_TILT_DEG, "milled wall")
    )
    return session


def demo_pairs(twin: Twin, moving: str, fixed: str, rng: np.random.Generator) -> list[LandmarkPair]:
    """Return the landmarks of two datasets as a person would click them.

    The FIB face and the wire's surface are two planes, so the SEM image is registered by what
    lies on the FIB face, where the lamella is; its y positions are those after the correction of
    the tilt.
    """
    found = twin.landmarks(moving, fixed)
    names, a, b = list(found.names), found.moving, found.fixed
    if moving == "sem":
        on_face = {mark.name for mark in twin.all_landmarks if "stem" in mark.seen_in}
        keep = [i for i, name in enumerate(names) if name in on_face]
        names, a, b = [names[i] for i in keep], a[keep], b[keep]
    a = click(a, twin.fle(moving), rng)
    b = click(b, twin.fle(fixed), rng)
    if moving == "sem":
        a = a * [1 / np.sin(np.radians(SEM_TILT_DEG)), 1.0]
    return [
        LandmarkPair(name=name, moving=tuple(map(float, p)), fixed=tuple(map(float, q)))
        for name, p, q in zip(names, a, b, strict=True)
    ]


def register_all(session: Session, twin: Twin, rng: np.random.Generator) -> None:
    """Register every dataset of the demo by its landmarks."""
    for (moving, fixed, model), clicks in zip(HOPS, rng.spawn(len(HOPS)), strict=True):
        registration = session.start_registration(NAMES[moving], NAMES[fixed], model)
        session.add_pairs(registration.id, demo_pairs(twin, moving, fixed, clicks))


def add_maps(session: Session) -> list[Dataset]:
    """Add the demo's element maps, background subtracted."""
    spectra = session.dataset(SPECTRA)
    return [
        session.spectra.add_map(session.spectra.line_recipe(spectra, text, net=True))
        for text in MAPS
    ]


def arrange_view(session: Session) -> None:
    """Show the Gd map on the last CT scan, in the plane of the lamella."""
    shown = {NAMES["ct_045min"]}
    for dataset in session.project.datasets:
        is_shown = dataset.name in shown or (
            dataset.recipe is not None and dataset.recipe.label == SHOWN_MAP
        )
        if dataset.display.visible != is_shown:
            edit = edits.set_display(dataset.id, visible=is_shown)
            session.document.apply("Choose what is shown", edit, merge_key="demo view")
    ct = session.dataset(NAMES["ct_045min"])
    session.document.apply("Darken the CT", edits.set_display(ct.id, opacity=CT_OPACITY))
    frame = session.dataset(NAMES["stem"]).id
    session.document.apply("View in the lamella", edits.set_view(frame=frame))


def draw_regions(session: Session, twin: Twin) -> None:
    """Mark the target and the precipitates around it in the HAADF image."""
    haadf = session.dataset(NAMES["stem"])
    target = twin.target_in("stem")
    session.add_region(
        Region(
            name="Target",
            shape="point",
            dataset=haadf.id,
            vertices=(_tuple(target),),
            colour="#ff7ab6",
            author="Tiepoint demo",
        )
    )
    angles = np.linspace(0, 2 * np.pi, 7)[:-1]
    ring = target + 1100.0 * np.column_stack([np.sin(angles), np.cos(angles)])
    session.add_region(
        Region(
            name="Around the target",
            shape="polygon",
            dataset=haadf.id,
            vertices=tuple(_tuple(v) for v in ring),
            author="Tiepoint demo",
        )
    )


def write_picture(session: Session, path: Path) -> None:
    """Write the CT section in the lamella's plane with the element maps on it."""
    from tiepoint.data.sampling import bounds
    from tiepoint.figures.overlay import write_overlay
    from tiepoint.geometry.grids import Grid
    from tiepoint.geometry.planes import Plane

    frame = session.dataset(NAMES["stem"])
    box = bounds(frame)
    margin = 0.5 * (box[1] - box[0])
    grid = Grid.covering(np.array([box[0] - margin, box[1] + margin]), 20.0)
    shown = [session.dataset(NAMES["ct_045min"])]
    shown += [d for d in session.project.datasets if d.recipe and d.recipe.label == SHOWN_MAP]
    write_overlay(session, frame.id, Plane.at(), grid, [d.id for d in shown], path)


def _compare(session: Session, twin: Twin, path: Path, overlay: Path, agrees: bool) -> Outcome:
    found = session.locating.locate(NAMES["stem"], NAMES["ct_045min"], twin.target_in("stem")[None])
    location = found[0]
    offset = location.position - twin.target_in("ct_045min")
    return Outcome(
        project=path,
        overlay=overlay,
        true_error=float(np.linalg.norm(offset)),
        predicted=tuple(float(s) for s in location.semi_axes)
        if location.semi_axes is not None
        else (),
        inside=location.semi_axes is not None
        and location.directions is not None
        and is_inside(offset, location.semi_axes, location.directions),
        unit=location.unit or "px",
        agrees=agrees,
    )


def is_inside(offset: FloatArray, semi_axes: FloatArray, directions: FloatArray) -> bool:
    """Whether an offset from the centre lies inside an ellipse of given semi-axes."""
    along = directions @ offset
    return bool(np.sum((along / semi_axes) ** 2) <= 1.0)


def _same(one: Project, other: Project) -> bool:
    """Whether two projects hold the same, apart from where the files lie."""

    def bare(project: Project) -> Project:
        return project.replace(datasets=tuple(d.replace(link=None) for d in project.datasets))

    return bare(one) == bare(other)


def _tuple(values: FloatArray) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
