"""``check``, ``relink`` and ``pack``: keeping a project and its data together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiepoint.cli import output
from tiepoint.project.relink import Verdict
from tiepoint.session import Session
from tiepoint.session.checking import check
from tiepoint.support.tasks import TaskControl

if TYPE_CHECKING:
    from argparse import Namespace

    from tiepoint.project.relink import Proposal


class Terminal(TaskControl):
    """Shows progress on a terminal."""

    def progress(self, fraction: float, message: str = "") -> None:
        """Print a fraction and words."""
        output.progress(min(fraction, 0.999), message)


def do_check(options: Namespace) -> None:
    """Check a project; findings are no failure of the command."""
    session = Session.open(Path(options.project))
    report = check(session, Terminal(), every_byte=options.full)
    value = {"project": str(session.path), **report.as_json()}
    session.close()
    if options.json:
        output.say_json(value)
        return
    output.say(f"{value['project']}: {report.summary}")
    for finding in report.findings:
        output.say(f"  ! {finding.sentence}")
    if report.ok:
        output.say("  all is well")


def do_relink(options: Namespace) -> None:
    """Find missing data in a folder; other data under an old name are refused unless accepted."""
    session = Session.open(Path(options.project))
    accept = {session.dataset(name).id for name in options.accept_changed}
    proposals = session.linking.search(Path(options.folder), Terminal())
    if not options.dry_run:
        count = session.linking.apply(proposals, accept)
        if count:
            session.save()
    rows = [_row(p, p.dataset in accept and not options.dry_run) for p in proposals]
    missing = [dataset.name for dataset in session.linking.unusable()]
    stale = [
        [session.dataset(r.moving).name, session.dataset(r.fixed).name]
        for r in session.project.registrations
        if r.stale
    ]
    value = {
        "project": str(session.path),
        "relinked": rows,
        "still_missing": missing,
        "stale": stale,
    }
    session.close()
    if options.json:
        output.say_json(value)
        return
    if not rows:
        output.say("Every data file is where it should be.")
    for row in rows:
        output.say(f"{row['dataset']}: {row['verdict']} ({row['reason']})")
        output.say(f"  {row['old']} → {row['new'] or '?'}")
        if row["verdict"] == Verdict.CHANGED and not row["accepted"]:
            output.say(f"  not relinked; to accept it: --accept-changed {row['dataset']!r}")


def _row(proposal: Proposal, accepted: bool) -> dict[str, Any]:
    return {
        "dataset": proposal.name,
        "old": proposal.old,
        "new": None if proposal.new is None else str(proposal.new),
        "verdict": str(proposal.verdict),
        "reason": proposal.sentence,
        "accepted": proposal.verdict is Verdict.SAME or accepted,
    }


def do_pack(options: Namespace) -> None:
    """Write a copy of a project that brings its data along."""
    session = Session.open(Path(options.project))
    report = session.packing.write(Path(options.out), Terminal())
    session.close()
    value = {
        "project": str(report.path),
        "size": report.size,
        "inside": list(report.inside),
        "beside": list(report.beside),
        "left_out": list(report.left_out),
    }
    if options.json:
        output.say_json(value)
    else:
        output.say(report.sentence)


def do_export(options: Namespace) -> None:
    """Write a project for other programs."""
    from tiepoint.session import exporting
    from tiepoint.support.errors import TiepointError

    session = Session.open(Path(options.project))
    out = Path(options.out)
    left_out: list[str] = []
    written = [out]
    if options.format == "ngff":
        left_out = exporting.export_ngff(session.project, out)
    elif options.format == "rocrate":
        written = exporting.export_crate(session, out, options.licence)
    elif options.format == "tables":
        written = exporting.export_tables(session.project, out)
    elif options.format == "nxapm":
        from tiepoint.session.exporting_atom_probe import AtomProbeExperiment, export_nxapm

        known = AtomProbeExperiment(options.start or "", options.atoms or "", options.simulated)
        export_nxapm(session, out, known, options.dataset or "")
    elif not (options.start and options.prepared and options.atoms):
        raise TiepointError(
            "NXem asks for what a project does not hold: give --start, --prepared and --atoms."
        )
    else:
        experiment = exporting.Experiment(options.start, options.prepared, options.atoms)
        exporting.export_nxem(session, out, experiment)
    session.close()
    if options.json:
        output.say_json({"written": [str(path) for path in written], "left_out": left_out})
        return
    for path in written:
        output.say(str(path))
    for words in left_out:
        output.say(f"  ! {words}")
