"""What the commands do, by means of a session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiepoint.cli import output
from tiepoint.cli.answers import given_answers
from tiepoint.cli.converting import do_convert
from tiepoint.cli.exporting import do_regions, do_section
from tiepoint.cli.keeping import do_check, do_export, do_pack, do_relink
from tiepoint.cli.registering import do_landmarks, do_locate, do_register
from tiepoint.cli.sharing import do_recover, do_share
from tiepoint.cli.spectra import do_map, do_spectrum
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from argparse import Namespace

    from tiepoint.session import Session

__all__ = [
    "do_add",
    "do_check",
    "do_convert",
    "do_demo",
    "do_export",
    "do_info",
    "do_landmarks",
    "do_locate",
    "do_map",
    "do_new",
    "do_open",
    "do_pack",
    "do_recover",
    "do_regions",
    "do_register",
    "do_relink",
    "do_section",
    "do_share",
    "do_show",
    "do_spectrum",
]  # fmt: skip


def do_open(options: Namespace) -> int:
    """Show the window on a project or on data files."""
    from tiepoint.gui.application import run
    from tiepoint.session import Session
    from tiepoint.support.settings import load_settings

    paths = [Path(name) for name in options.files]
    author = load_settings().author
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise TiepointError(f"There is no file {missing[0]}.")
    return run(Session(author=author), paths)


def do_demo(options: Namespace) -> int:
    """Build the demo; without a window, run its main job and print what was written."""
    from tiepoint.demo.project import build_demo, demo_project_path

    folder = Path(options.folder)
    if not options.headless:
        if not demo_project_path(folder).exists():
            build_demo(folder, options.seed, output.progress)
        from tiepoint.gui.application import run
        from tiepoint.session import Session

        return run(Session(), [demo_project_path(folder)])
    outcome = build_demo(folder, options.seed, output.progress)
    picture = _screenshot(outcome.project)
    if options.json:
        output.say_json({**outcome.as_json(), "screenshot": picture})
    else:
        output.say(outcome.as_text())
        output.say(f"screenshot {picture or '(none: there is no display)'}")
    return output.DONE if outcome.agrees else output.REFUSED


def _screenshot(project: Path) -> str | None:
    """Write a picture of the window beside the project, where there is a display."""
    from tiepoint.gui.screenshot import has_display, write_screenshot

    if not has_display():
        return None
    picture = project.with_name("screenshot.png")
    write_screenshot(project, picture)
    return str(picture)


def do_info(options: Namespace) -> None:
    """Say which datasets files hold."""
    from tiepoint.data.info import describe, describe_text

    found: list[dict[str, Any]] = []
    for name in options.files:
        taken = [entry["name"] for entry in found]
        found.extend(describe(Path(name), taken, given_answers(options)))
    if options.json:
        output.say_json(found)
    else:
        output.say(describe_text(found))


def do_new(options: Namespace) -> None:
    """Create a project of some files; an existing one is not overwritten."""
    from tiepoint.model.project import Project
    from tiepoint.session import Session

    path = _project_path(options.project)
    if path.exists():
        raise TiepointError(f"{path} exists already: add to it, or choose another name.")
    session = Session(Project(name=path.stem))
    _extend(session, options, path)


def do_add(options: Namespace) -> None:
    """Add files to a project."""
    from tiepoint.session import Session

    _extend(Session.open(Path(options.project)), options, Path(options.project))


def _extend(session: Session, options: Namespace, path: Path) -> None:
    added = session.add_files(options.files, given_answers(options))
    session.save(path)
    session.close()
    if options.json:
        output.say_json({"project": str(session.path), "added": [_entry(d) for d in added]})
    else:
        output.say(f"{session.path}: {len(added)} datasets added")
        for dataset in added:
            output.say(f"  {dataset.name}")


def do_show(options: Namespace) -> None:
    """Say what a project holds."""
    from tiepoint.session import Session

    session = Session.open(Path(options.project))
    project = session.project
    names = {d.id: d.name for d in project.datasets}
    value = {
        "project": str(session.path),
        "name": project.name,
        "datasets": [_entry(d, session) for d in project.datasets],
        "registrations": [
            {
                "id": r.id,
                "moving": names[r.moving],
                "fixed": names[r.fixed],
                "model": r.model,
                "pairs": len(r.pairs),
                "in_use": r.in_use,
                "problem": r.problem or None,
            }
            for r in project.registrations
        ],
        "regions": [
            {"id": r.id, "name": r.name, "shape": r.shape, "dataset": names[r.dataset]}
            for r in project.regions
        ],
        "targets": [],
        "figures": [],
        "stale": [
            {"moving": names[r.moving], "fixed": names[r.fixed], "reason": r.stale}
            for r in project.registrations
            if r.stale
        ],
        "warnings": list(session.notices),
    }
    session.close()
    if options.json:
        output.say_json(value)
    else:
        _say_project(value)


def _say_project(value: dict[str, Any]) -> None:
    output.say(f"{value['name']}  ({value['project']})")
    for dataset in value["datasets"]:
        size = " × ".join(map(str, dataset["shape"]))
        output.say(f"  {dataset['name']}  {dataset['technique']}  {size}  {dataset['state']}")
    for one in value["registrations"]:
        words = one["problem"] or "fits"
        output.say(
            f"  {one['moving']} → {one['fixed']}: {one['model']}, {one['pairs']} pairs, {words}"
        )
    for region in value["regions"]:
        output.say(f"  {region['shape']} {region['name']} in {region['dataset']}")
    for warning in value["warnings"]:
        output.say(f"  ! {warning}")


def _entry(dataset: Any, session: Session | None = None) -> dict[str, Any]:
    from tiepoint.data.info import axis_entry

    return {
        "id": dataset.id,
        "name": dataset.name,
        "technique": dataset.technique,
        "kind": dataset.kind,
        "shape": list(dataset.shape),
        "axes": [axis_entry(axis) for axis in dataset.axes],
        "calibrated": dataset.calibrated,
        "file": dataset.link.path if dataset.link else None,
        "warnings": list(dataset.warnings),
        "state": _state(session, dataset) if session else "",
    }


def _state(session: Session, dataset: Any) -> str:
    return session.linking.words(dataset) or session.locating.state(dataset.id)


def _project_path(name: str) -> Path:
    path = Path(name)
    return path if path.suffix == ".tiepoint" else path.with_name(f"{path.name}.tiepoint")
