"""Compiled loops of the resampler: walk a course of source coordinates and gather values.

Importing this module imports numba; import it inside functions. Kernels are serial, release the
GIL and run side by side in one thread pool (numba's own thread layer aborts the process on
concurrent calls).

Every source is three-dimensional here, (z, y, x), an image having one plane and ``flat`` set. Its
values lie in *pages*, given by address (see `tiepoint.geometry.paging.Pages`), so that contiguous,
strided, read-only and chunked sources share one compiled form.

The part of a run of output pixels that lies between voxels is done in three loops (places,
corners, mixing), of which the first and last become vector instructions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.geometry.kernel_parts import (
    called,
    closest,
    compiled,
    copy_pair,
    fill_run,
    first_between,
    gather,
    inner,
    is_inside,
    offset_at,
    page_at,
    peek,
    split,
    value_at,
)

if TYPE_CHECKING:
    from tiepoint.geometry.courses import Course
    from tiepoint.geometry.paging import Pages
    from tiepoint.geometry.painting import Store


RUN = 128
"""Output pixels done at once, if the cells of the course are not longer."""

STRAIGHT = 16
"""Output pixels whose pages are looked up together; a part of a cell, a power of two."""


@called
def _edge(
    pages: Pages, store: Store, cubic: bool, run: Any, done: Any, values: Any, mask: Any
) -> None:
    """Fill a run but for what is done, ``done[0] <= j < done[1]``, by every rule of the border."""
    for j in range(values.size):
        if done[0] <= j < done[1]:
            continue
        z, y, x = run[0, j], run[1, j], run[2, j]
        mask[j] = is_inside(pages.shape, z, y, x)
        if mask[j]:
            value = gather(pages, z, y, x, cubic)
            if store.rounding:
                value = min(max(np.floor(value + 0.5), store.low), store.high)
            values[j] = value
        else:
            values[j] = store.fill[0]


@inner
def _to_front(run: Any, first: int, last: int) -> None:
    """Move part of a run to its beginning: loops that start at 0 become vector loops."""
    if first > 0:
        for axis in range(3):
            for j in range(last - first):
                run[axis, j] = run[axis, first + j]


@inner
def _one_page(table: Any, x: float, end: float, n: int) -> bool:
    """Whether a straight run takes all its values on one page along an axis."""
    low, high = min(x, end), max(x, end)
    if not (low >= 0.0 and high <= n - 1.0):
        return False
    return bool(table[max(int(low) - 1, 0)] == table[min(int(high) + 2, n - 1)])


@inner
def _on_one_page(pages: Pages, run: Any, j: int, e: int) -> bool:
    """Whether the pixels from `j` to `e`, which lie on a straight line, need one page only."""
    for axis in range(3):
        if not _one_page(pages.page_of[axis], run[axis, j], run[axis, e], pages.shape[axis]):
            return False
    return True


@inner
def _place(pages: Pages, n: int, run: Any, at: Any, part: Any) -> None:
    """Place in the page of the voxel before each pixel of a run, (n,), and the way from it, (3, n).

    The place is that in a source of one page.
    """
    deep, down, right = pages.stride
    for axis in range(1 if pages.flat else 0, 3):
        along, rest = run[axis], part[axis]
        for j in range(n):
            rest[j] = along[j] - np.int32(along[j])
    z, y, x = run[0], run[1], run[2]
    if pages.flat:
        for j in range(n):
            at[j] = np.int64(np.int32(y[j])) * down + np.int64(np.int32(x[j])) * right
    else:
        for j in range(n):
            in_plane = np.int64(np.int32(y[j])) * down + np.int64(np.int32(x[j])) * right
            at[j] = np.int64(np.int32(z[j])) * deep + in_plane


@inner
def _pick(pages: Pages, page: int, shift: int, span: Any, at: Any, corner: Any) -> None:
    """Corner values of the pixels ``span[0] <= j < span[1]`` from one page.

    Their places there are `shift` elements behind `at`.
    """
    token, address = pages.token, pages.address[page]
    deep, down, right = pages.stride
    for layer in range(1 if pages.flat else 2):
        upper, lower = corner[2 * layer], corner[2 * layer + 1]
        start = shift + layer * deep
        if right == 1:
            for j in range(span[0], span[1]):
                copy_pair(upper, 2 * j, address, at[j] + start)
                copy_pair(lower, 2 * j, address, at[j] + start + down)
        else:
            for j in range(span[0], span[1]):
                place = at[j] + start
                upper[2 * j] = peek(token, address, place)
                upper[2 * j + 1] = peek(token, address, place + right)
                lower[2 * j] = peek(token, address, place + down)
                lower[2 * j + 1] = peek(token, address, place + down + right)


@inner
def _pick_paged(
    pages: Pages, first: int, straight: int, n: int, run: Any, at: Any, corner: Any
) -> None:
    """Corner values from a source of many pages; the run began `first` pixels earlier."""
    flat = pages.flat
    j = 0
    while j < n:
        end = min(j + straight - (first + j) % straight, n)
        if _on_one_page(pages, run, j, end - 1):
            z = 0 if flat else int(run[0, j])
            y, x = int(run[1, j]), int(run[2, j])
            shift = offset_at(pages, z, y, x) - at[j]
            _pick(pages, page_at(pages, z, y, x), shift, (j, end), at, corner)
        else:
            for k in range(j, end):
                z = 0 if flat else int(run[0, k])
                _pick_any(pages, z, int(run[1, k]), int(run[2, k]), k, corner)
        j = end


@called
def _pick_any(pages: Pages, z: int, y: int, x: int, j: int, corner: Any) -> None:
    """Corner values of one pixel from whatever pages they lie on."""
    for k in range(2 if pages.flat else 4):
        for right in range(2):
            corner[k, 2 * j + right] = value_at(pages, z + k // 2, y + k % 2, x + right)


@inner
def _mix(pages: Pages, store: Store, n: int, part: Any, corner: Any, values: Any) -> None:
    """Interpolate the corners and write them, in the precision of `part`."""
    real = part.dtype.type
    low, high = real(store.low), real(store.high)
    for j in range(n):
        tx, ty = part[2, j], part[1, j]
        a, b = real(corner[0, 2 * j]), real(corner[1, 2 * j])
        a += tx * (real(corner[0, 2 * j + 1]) - a)
        b += tx * (real(corner[1, 2 * j + 1]) - b)
        a += ty * (b - a)
        if not pages.flat:
            c, d = real(corner[2, 2 * j]), real(corner[3, 2 * j])
            c += tx * (real(corner[2, 2 * j + 1]) - c)
            d += tx * (real(corner[3, 2 * j + 1]) - d)
            c += ty * (d - c)
            a += part[0, j] * (c - a)
        if store.rounding:
            a = min(max(np.floor(a + real(0.5)), low), high)
        values[j] = a


@inner
def _between(
    pages: Pages, store: Store, cut: tuple[int, int], run: Any, scratch: Any, values: Any,
    mask: Any,
) -> None:  # fmt: skip
    """Fill pixels from the beginning of a run, all of which lie between voxels.

    The run was cut by ``cut[0]`` pixels; so many as ``cut[1]`` lie on a straight line.
    """
    at, part, corner = scratch
    n = values.size
    for j in range(n):
        mask[j] = True
    _place(pages, n, run, at, part)
    if pages.address.size == 1:
        _pick(pages, 0, 0, (0, n), at, corner)
    else:
        _pick_paged(pages, cut[0], cut[1], n, run, at, corner)
    _mix(pages, store, n, part, corner, values)
    if store.gaps:
        for j in range(n):
            if values[j] != values[j]:
                values[j] = gather(pages, run[0, j], run[1, j], run[2, j], False)


@compiled
def _run_of(course: Course) -> Any:
    """Room for the coordinates of a run: (3, pixels), whole cells of the course."""
    step = course.step[1]
    return np.zeros((3, max(1, RUN // step) * step))


@called
def _draw_smooth(
    pages: Pages, course: Course, store: Store, cubic: bool, run: Any, scratch: Any,
    out: Any, mask: Any,
) -> None:  # fmt: skip
    row0, col0, rows, cols = course.window
    step_rows, step_cols = course.step
    cells = run.shape[1] // step_cols
    for c in range(0, course.nodes.shape[1] - 1, cells):
        n = min(cells * step_cols, cols - c * step_cols)
        for row in range(rows):
            r, k = row // step_rows, row % step_rows
            between, outside = fill_run(course, r, k, c, n, pages.shape, pages.flat, run)
            first = col0 + c * step_cols
            values, inside = out[row0 + row, first : first + n], mask[row0 + row, first : first + n]
            if outside:
                for j in range(n):
                    values[j] = store.fill[0]
                    inside[j] = False
                continue
            a, b = 0, 0
            if not cubic:
                a, b = (0, n) if between else first_between(pages.shape, pages.flat, run, n)
            if b - a < n:
                _edge(pages, store, cubic, run, (a, b), values, inside)
            if a < b:
                _to_front(run, a, b)
                cut = (a, min(STRAIGHT, step_cols))
                _between(pages, store, cut, run, scratch, values[a:b], inside[a:b])


@compiled
def draw_smooth(
    pages: Pages, course: Course, store: Store, cubic: bool, out: Any, mask: Any
) -> None:
    """Draw the window of `course` into `out` and `mask` (rows, cols), linear or cubic."""
    run = _run_of(course)
    scratch = (
        np.empty(run.shape[1], np.int64),
        np.empty(run.shape, store.real.dtype),
        np.empty((4, 2 * run.shape[1]), pages.token.dtype),
    )
    _draw_smooth(pages, course, store, cubic, run, scratch, out, mask)


@called
def _draw_nearest(
    pages: Pages, course: Course, store: Store, run: Any, out: Any, mask: Any
) -> None:
    row0, col0, rows, cols = course.window
    step_rows, step_cols = course.step
    nz, ny, nx = pages.shape
    cells = run.shape[1] // step_cols
    for c in range(0, course.nodes.shape[1] - 1, cells):
        n = min(cells * step_cols, cols - c * step_cols)
        for row in range(rows):
            r, k = row // step_rows, row % step_rows
            _, outside = fill_run(course, r, k, c, n, pages.shape, pages.flat, run)
            first = col0 + c * step_cols
            values, inside = out[row0 + row, first : first + n], mask[row0 + row, first : first + n]
            for j in range(n):
                inside[j] = not outside and is_inside(pages.shape, run[0, j], run[1, j], run[2, j])
                values[j] = store.fill[0]
                if inside[j]:
                    z, y, x = closest(run[0, j], nz), closest(run[1, j], ny), closest(run[2, j], nx)
                    address = pages.address[page_at(pages, z, y, x)]
                    values[j] = peek(pages.token, address, offset_at(pages, z, y, x))


@compiled
def draw_nearest(pages: Pages, course: Course, store: Store, out: Any, mask: Any) -> None:
    """Draw the window of `course` into `out` and `mask` (rows, cols), values unchanged."""
    _draw_nearest(pages, course, store, _run_of(course), out, mask)


@inner
def _reach(x: float, n: int, order: int) -> tuple[int, int]:
    """First and last pixel that a coordinate takes values from; order 0, 1 or 3."""
    if order == 0:
        return closest(x, n), closest(x, n)
    first, part = split(x, n)
    if part == 0.0:
        return first, first
    wider = 1 if order == 3 else 0
    return max(first - wider, 0), min(first + 1 + wider, n - 1)


@called
def _mark_block(pages: Pages, needed: Any, z: Any, y: Any, x: Any) -> None:
    for a in range(z[0], z[1] + 1):
        for b in range(y[0], y[1] + 1):
            for c in range(x[0], x[1] + 1):
                needed[page_at(pages, a, b, c)] = True


@called
def _mark_run(pages: Pages, order: int, run: Any, first: int, last: int, needed: Any) -> None:
    """Mark the pages of part of a run, pixel by pixel."""
    nz, ny, nx = pages.shape
    previous = -1
    for j in range(first, last):
        if not is_inside(pages.shape, run[0, j], run[1, j], run[2, j]):
            continue
        z, y = _reach(run[0, j], nz, order), _reach(run[1, j], ny, order)
        x = _reach(run[2, j], nx, order)
        page = page_at(pages, z[0], y[0], x[0])
        if page != page_at(pages, z[1], y[1], x[1]):
            _mark_block(pages, needed, z, y, x)
        elif page != previous:
            needed[page] = True
            previous = page


@called
def _mark_pages(pages: Pages, course: Course, order: int, run: Any, needed: Any) -> None:
    rows, cols = course.window[2:]
    step_rows, step_cols = course.step
    cells = run.shape[1] // step_cols
    straight = min(STRAIGHT, step_cols)
    for c in range(0, course.nodes.shape[1] - 1, cells):
        n = min(cells * step_cols, cols - c * step_cols)
        for row in range(rows):
            r, k = row // step_rows, row % step_rows
            _, outside = fill_run(course, r, k, c, n, pages.shape, pages.flat, run)
            if outside:
                continue
            for j in range(0, n, straight):
                e = min(j + straight, n) - 1
                if _on_one_page(pages, run, j, e):
                    needed[page_at(pages, int(run[0, j]), int(run[1, j]), int(run[2, j]))] = True
                else:
                    _mark_run(pages, order, run, j, e + 1, needed)


@compiled
def mark_pages(pages: Pages, course: Course, order: int, needed: Any) -> None:
    """Set ``needed[page]`` for every page that drawing `course` with `order` looks at."""
    _mark_pages(pages, course, order, _run_of(course), needed)
