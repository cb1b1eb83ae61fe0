"""Checking a project: its file, its data files, its registrations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiepoint.session.linking import Looked
    from tiepoint.session.session import Session
    from tiepoint.support.tasks import TaskControl

Kind = Literal["file", "link", "loop", "registration", "stale"]


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Attributes
    ----------
    kind
        ``file`` (the project file), ``link`` (a data file), ``loop`` (registrations that
        contradict each other), ``registration`` (no transform), ``stale`` (data were replaced).
    subject
        Names of what it is about.
    sentence
        What is wrong.
    """

    kind: Kind
    subject: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class CheckReport:
    """All findings; none: all is well."""

    findings: tuple[Finding, ...]
    datasets: int
    files: int
    registrations: int
    loops: int
    every_byte: bool

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def summary(self) -> str:
        """What was looked at, in one line."""
        how = "every byte read" if self.every_byte else "fingerprints compared"
        return (
            f"{self.files} data files ({how}), {self.registrations} registrations, "
            f"{self.loops} loops"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the report for ``check --json``."""
        return {
            "ok": self.ok,
            "datasets": self.datasets,
            "files": self.files,
            "registrations": self.registrations,
            "loops": self.loops,
            "every_byte": self.every_byte,
            "findings": [
                {"kind": f.kind, "subject": list(f.subject), "sentence": f.sentence}
                for f in self.findings
            ],
        }


def check(
    session: Session, control: TaskControl | None = None, *, every_byte: bool = False
) -> CheckReport:
    """Check the project of a session. Its file was verified when it was opened.

    Parameters
    ----------
    every_byte
        Read all data files and compare them with the hashes in the project; else only their
        fingerprints.
    """
    return report(session, look(session, control, every_byte=every_byte), every_byte=every_byte)


def look(
    session: Session, control: TaskControl | None = None, *, every_byte: bool = False
) -> Looked:
    """Read what a check reads: the project file and the data files; may run on any thread."""
    if session.path is not None and not session.document.is_modified:
        _reread(session, control)
    if every_byte:
        session.linking.read_all(control, everything=True)
    return session.linking.look(control)


def report(session: Session, looked: Looked, *, every_byte: bool = False) -> CheckReport:
    """Return what `look` and the project itself tell."""
    session.linking.take(looked)
    findings = (
        *_of_file(session), *_of_links(session), *_of_registrations(session), *_of_loops(session)
    )  # fmt: skip
    project = session.project
    files = {dataset.link.path for dataset in project.datasets if dataset.link is not None}
    return CheckReport(
        findings,
        len(project.datasets),
        len(files),
        len(project.registrations),
        len(session.locating.space.graph.loops),
        every_byte,
    )


def _reread(session: Session, control: TaskControl | None) -> None:
    """Verify the project file as it is on the disk now.

    Raises
    ------
    TiepointError
        If it is damaged.
    """
    from tiepoint.project.reading import read_content

    assert session.path is not None
    try:
        read_content(session.path, keep_arrays=False)
        if control is not None:
            control.check()
    except OSError as error:
        raise TiepointError(f"{session.path} cannot be read: {error.strerror}.") from error


def _of_file(session: Session) -> Iterator[Finding]:
    for notice in session.notices:
        if notice not in session.linking.told:
            name = session.path.name if session.path else session.project.name
            yield Finding("file", (name,), notice)


def _of_links(session: Session) -> Iterator[Finding]:
    for dataset in session.linking.unusable():
        yield Finding("link", (dataset.name,), session.linking.problem(dataset))


def _of_registrations(session: Session) -> Iterator[Finding]:
    names = {dataset.id: dataset.name for dataset in session.project.datasets}
    for registration in session.project.registrations:
        ends = (names[registration.moving], names[registration.fixed])
        if registration.stale:
            sentence = f"{registration.stale[:1].upper()}{registration.stale[1:]}."
            yield Finding("stale", ends, sentence)
        if registration.in_use and registration.problem:
            yield Finding("registration", ends, registration.problem)


def _of_loops(session: Session) -> Iterator[Finding]:
    graph = session.locating.space.graph
    names = {dataset.id: dataset.name for dataset in session.project.datasets}
    registrations = {r.id: r for r in session.project.registrations}
    for closure in graph.loops:
        if closure.fails:
            members = [registrations[e.id] for e in closure.loop.members if e.id in registrations]
            ends = dict.fromkeys(names[end] for r in members for end in (r.moving, r.fixed))
            yield Finding("loop", tuple(ends), graph.describe(closure))
