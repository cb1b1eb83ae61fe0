"""Edits of registrations and their branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint.model.base import new_id
from tiepoint.project import lookup
from tiepoint.project.edits.base import Edit, with_registration
from tiepoint.project.names import clean_name
from tiepoint.project.refit import refit
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tiepoint.model.project import Project
    from tiepoint.model.registration import Found, Model, Registration, StoredTransform


def add_registration(registration: Registration) -> Edit:
    """Join two datasets that are not joined yet, and fit.

    Raises
    ------
    TiepointError
        If a dataset is not in the project, if both are the same, or if they are joined already
        (then `add_branch` is meant).
    """

    def edit(project: Project) -> Project:
        moving = lookup.dataset(project, registration.moving)
        fixed = lookup.dataset(project, registration.fixed)
        if moving.id == fixed.id:
            raise TiepointError(f"{moving.name!r} cannot be registered with itself.")
        if lookup.branches(project, moving.id, fixed.id):
            raise TiepointError(
                f"{moving.name!r} and {fixed.name!r} are registered with each other already; "
                "keep an alternative as a branch of that registration."
            )
        added = registration.replace(
            moving=moving.id, fixed=fixed.id, branch=clean_name(registration.branch), in_use=True
        )
        changed = project.replace(registrations=(*project.registrations, added))
        return refit(changed, added.id)

    return edit


def set_model(registration_id: str, model: Model) -> Edit:
    """Choose another model and fit again."""
    return lambda project: refit(
        with_registration(project, registration_id, lambda old: old.replace(model=model)),
        registration_id,
    )


def set_found(registration_id: str, model: Model, result: StoredTransform, found: Found) -> Edit:
    """Store a transform found from the images in a registration without landmark pairs.

    Raises
    ------
    TiepointError
        If the registration has pairs: they tell more.
    """

    def change(old: Registration) -> Registration:
        if old.pairs:
            raise TiepointError(
                "This registration has landmark pairs, which tell more; a proposal from the images "
                "can be kept as a branch."
            )
        return old.replace(model=model, result=result, found=found, problem="")

    return lambda project: with_registration(project, registration_id, change)


def set_mirror(registration_id: str, mirror: bool) -> Edit:
    """Say whether one dataset is seen from behind, and fit again."""
    return lambda project: refit(
        with_registration(project, registration_id, lambda old: old.replace(mirror=mirror)),
        registration_id,
    )


def set_near(registration_id: str, near: Sequence[Sequence[float]] | None) -> Edit:
    """Prefer the pose with about this linear part (K, n) where two fit alike, and fit again."""
    rows = None if near is None else tuple(tuple(float(v) for v in row) for row in near)
    return lambda project: refit(
        with_registration(project, registration_id, lambda old: old.replace(near=rows)),
        registration_id,
    )


def set_watched(registration_id: str, region_id: str) -> Edit:
    """Watch the error at a region; empty: at the middle of the moving dataset."""
    return lambda project: with_registration(
        project, registration_id, lambda old: old.replace(watched=region_id)
    )


def set_needed(registration_id: str, needed: float | None) -> Edit:
    """Say which 95 % error is just acceptable, in the fixed dataset's unit; ``None``: not said.

    Raises
    ------
    TiepointError
        If it is not a positive number.
    """
    if needed is not None and not 0 < needed < float("inf"):
        raise TiepointError("The error that is needed must be greater than zero.")
    return lambda project: with_registration(
        project, registration_id, lambda old: old.replace(needed=needed)
    )


def dismiss_question(registration_id: str, code: str) -> Edit:
    """Put a question aside until the pairs change."""

    def change(old: Registration) -> Registration:
        if code in old.dismissed:
            return old
        return old.replace(dismissed=(*old.dismissed, code))

    return lambda project: with_registration(project, registration_id, change)


def add_branch(registration_id: str, branch: str, branch_id: str | None = None) -> Edit:
    """Copy a registration under another branch name; the copy is not in use yet.

    Raises
    ------
    TiepointError
        If the two datasets have a branch of this name.
    """
    name, copy_id = clean_name(branch), branch_id or new_id()

    def edit(project: Project) -> Project:
        original = lookup.registration(project, registration_id)
        _require_free(project, original, name)
        copy = original.replace(id=copy_id, branch=name, in_use=False)
        return project.replace(registrations=(*project.registrations, copy))

    return edit


def keep_found(
    registration_id: str, model: Model, result: StoredTransform, found: Found, new: str
) -> Edit:
    """Keep a transform found from the images beside the landmark pairs: a branch (id `new`) in use.

    It is called like the method, numbered where such a branch is there already.
    """

    def edit(project: Project) -> Project:
        original = lookup.registration(project, registration_id)
        taken = {r.branch for r in lookup.branches(project, original.moving, original.fixed)}
        name, number = found.method, 1
        while name in taken:
            number += 1
            name = f"{found.method} {number}"
        added = add_branch(original.id, name, new)(project)
        stored = with_registration(
            added,
            new,
            lambda old: old.replace(
                model=model, result=result, found=found, pairs=(), problem="", stale="",
                mirror=False, near=None, dismissed=(),
            ),
        )  # fmt: skip
        return use_branch(new)(stored)

    return edit


def rename_branch(registration_id: str, branch: str) -> Edit:
    """Rename a branch; errors as for `add_branch`."""
    name = clean_name(branch)

    def edit(project: Project) -> Project:
        original = lookup.registration(project, registration_id)
        if original.branch != name:
            _require_free(project, original, name)
        return with_registration(project, registration_id, lambda old: old.replace(branch=name))

    return edit


def _require_free(project: Project, registration: Registration, name: str) -> None:
    joining = lookup.branches(project, registration.moving, registration.fixed)
    if any(other.branch == name for other in joining):
        raise TiepointError(f"There is a branch called {name!r} already.")


def use_branch(registration_id: str) -> Edit:
    """Put one branch in use; the others of the same two datasets rest."""

    def edit(project: Project) -> Project:
        chosen = lookup.registration(project, registration_id)
        ends = {chosen.moving, chosen.fixed}
        return project.replace(
            registrations=tuple(
                r.replace(in_use=r.id == chosen.id)
                if {r.moving, r.fixed} == ends and r.in_use != (r.id == chosen.id)
                else r
                for r in project.registrations
            )
        )

    return edit


def remove_registration(registration_id: str) -> Edit:
    """Remove a registration; if it was in use, the oldest other branch takes its place."""

    def edit(project: Project) -> Project:
        lookup.registration(project, registration_id)
        return without_registrations(project, {registration_id})

    return edit


def without_registrations(project: Project, ids: Collection[str]) -> Project:
    """Return the project without some registrations; one branch of each couple stays in use."""
    gone = [r for r in project.registrations if r.id in ids]
    kept = [r for r in project.registrations if r.id not in ids]
    orphaned = [{r.moving, r.fixed} for r in gone if r.in_use]
    result = []
    for registration in kept:
        ends = {registration.moving, registration.fixed}
        if ends in orphaned:
            orphaned.remove(ends)
            registration = registration.replace(in_use=True)
        result.append(registration)
    return project.replace(registrations=tuple(result)) if gone else project
