"""``landmarks``, ``register`` and ``locate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.cli import output
from tiepoint.data.sampling import index_to_physical
from tiepoint.project import edits
from tiepoint.registration.result import Fit, FitFailure
from tiepoint.session import Session
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import format_length

if TYPE_CHECKING:
    from argparse import Namespace

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.registration import LandmarkPair, Registration
    from tiepoint.registration.graph import Location
    from tiepoint.support.arrays import FloatArray


def do_landmarks(options: Namespace) -> None:
    """Import pairs into the registration of two datasets; pairs of the same name are replaced."""
    from tiepoint.registration.exchange import read_pairs

    session = Session.open(Path(options.project))
    registration = session.start_registration(options.moving, options.fixed)
    table = read_pairs(Path(options.pairs))
    moving, fixed = session.dataset(registration.moving), session.dataset(registration.fixed)
    pairs = [_in_units(p, moving, fixed) for p in table.pairs] if options.pixels else table.pairs
    names = {pair.name for pair in pairs}
    replaced = [pair.id for pair in registration.pairs if pair.name in names]
    if replaced:
        session.document.apply("Replace pairs", edits.remove_pairs(registration.id, replaced))
    session.add_pairs(registration.id, pairs)
    session.save()
    session.close()
    value = {
        "moving": moving.name,
        "fixed": fixed.name,
        "added": len(pairs),
        "replaced": len(replaced),
        "format": table.format,
        "warnings": list(table.warnings),
    }
    if options.json:
        output.say_json(value)
    else:
        output.say(f"{len(pairs)} pairs added between {moving.name} and {fixed.name}")
        for warning in table.warnings:
            output.say(f"  ! {warning}")


def _in_units(pair: LandmarkPair, moving: Dataset, fixed: Dataset) -> LandmarkPair:
    """Return a pair given in pixel indices with physical positions."""
    return pair.replace(
        moving=_physical(pair.moving, moving),
        fixed=_physical(pair.fixed, fixed),
        fle_moving=_scaled(pair.fle_moving, moving),
        fle_fixed=_scaled(pair.fle_fixed, fixed),
    )


def _physical(position: tuple[float, ...], dataset: Dataset) -> tuple[float, ...]:
    transform = index_to_physical(dataset)
    if transform.n_in != len(position):
        raise TiepointError(
            f"{dataset.name} has {transform.n_in} spatial axes; a pair gives {len(position)}."
        )
    return tuple(float(v) for v in transform(np.array([position], float))[0])


def _scaled(fle: tuple[float, ...] | None, dataset: Dataset) -> tuple[float, ...] | None:
    if fle is None:
        return None
    return tuple(v * abs(a.scale) for v, a in zip(fle, dataset.spatial_axes, strict=True))


def do_register(options: Namespace) -> None:
    """Fit a registration, store it in the project and report its error."""
    session = Session.open(Path(options.project))
    registration = session.registration_between(options.moving, options.fixed)
    if registration is None:
        raise TiepointError(
            f"There are no landmark pairs from {options.moving} to {options.fixed}:"
            " import them first with “tiepoint landmarks”."
        )
    if options.mirror != registration.mirror and options.mirror:
        session.document.apply("Mirror", edits.set_mirror(registration.id, True))
    candidates = session.registering.suggestions(registration.id)
    model = options.model
    if model == "suggest":
        model = next((c.model for c in candidates if c.suggested), registration.model)
    if model != session.registration(registration.id).model:
        session.document.apply(f"Model: {model}", edits.set_model(registration.id, model))
    fit = session.registering.fit(registration.id)
    if isinstance(fit, FitFailure):
        session.close()
        raise TiepointError(fit.sentence)
    session.save()
    value = _report(session, session.registration(registration.id), fit, candidates)
    session.close()
    if options.json:
        output.say_json(value)
    else:
        _say_report(value)


def _report(
    session: Session, registration: Registration, fit: Fit, candidates: list[Any]
) -> dict[str, Any]:
    report = session.registering.report(registration.id)
    fixed = session.dataset(registration.fixed)
    return {
        "moving": session.dataset(registration.moving).name,
        "fixed": fixed.name,
        "model": fit.model,
        "mirror": fit.mirror,
        "suggested": [
            {
                "model": c.model,
                "left_out_rms": c.left_out_rms,
                "p_value": c.p_value,
                "reason": c.reason,
                "suggested": c.suggested,
            }
            for c in candidates
        ],
        "n": fit.n,
        "nu": fit.nu,
        "unit": fixed.unit,
        "residual_rms": fit.residual_rms,
        "left_out_rms": fit.left_out_rms,
        "sigma": fit.sigma,
        "transform": registration.result.model_dump() if registration.result else None,
        "points": [
            {
                "name": row.name,
                "active": row.active,
                "residual": row.residual,
                "left_out": row.left_out,
                "flagged": row.flagged,
            }
            for row in report.rows
        ],
        "warnings": [warning.sentence for warning in fit.warnings],
        "verdict": report.level,
        "reasons": [sentence for sentence, _pair in report.reasons],
    }


def _say_report(value: dict[str, Any]) -> None:
    output.say(f"{value['moving']} → {value['fixed']}: {value['verdict']}")
    for reason in value["reasons"]:
        output.say(f"  {reason}")
    output.say(f"  {value['model']}, {value['n']} pairs, ν = {value['nu']:.3g}")
    for warning in value["warnings"]:
        output.say(f"  ! {warning}")


def do_locate(options: Namespace) -> None:
    """Say where points of one dataset lie in another, with their 95 % ellipses."""
    session = Session.open(Path(options.project))
    start = session.dataset(options.start)
    points = np.array([_point(text, start) for text in options.points])
    if options.pixels:
        points = index_to_physical(start)(points)
    found = session.locating.locate(options.start, options.end, points)
    names = {d.id: d.name for d in session.project.datasets}
    session.close()
    if options.json:
        output.say_json([_as_json(one, names) for one in found])
    else:
        for one in found:
            output.say(_in_words(one))


def _as_json(location: Location, names: dict[str, str]) -> dict[str, Any]:
    return {**location.as_json(), "path": [names.get(key, key) for key in location.path]}


def _in_words(location: Location) -> str:
    place = "  ".join(
        f"{axis} {value:.6g}" for axis, value in zip(location.axes, location.position, strict=True)
    )
    words = f"{place} {location.unit or 'px'}"
    if location.semi_axes is None:
        words += f"   error not known: {location.reason}"
    else:
        sizes = " × ".join(format_length(float(s), location.unit, 2) for s in location.semi_axes)
        words += f"   95 % within {sizes}"
    nu = "known" if location.nu is None else f"{location.nu:.3g}"
    hops = "1 hop" if location.hops == 1 else f"{location.hops} hops"
    words += f"   ({location.n} pairs, ν = {nu}, {location.model}, {hops})"
    return "\n  ! ".join([words, *location.warnings])


def _point(text: str, dataset: Dataset) -> FloatArray:
    try:
        values = [float(part) for part in text.strip().split(",")]
    except ValueError:
        raise TiepointError(f"{text.strip()!r} is no point: write it as y,x or z,y,x.") from None
    if len(values) != dataset.ndim_space:
        raise TiepointError(
            f"A point of {dataset.name} has {dataset.ndim_space} coordinates, {text.strip()!r}"
            f" has {len(values)}."
        )
    return np.array(values)
