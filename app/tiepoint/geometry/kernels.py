"""Compiled loops of the resampler: walk a course of source coordinates and gather values.

Importing this module imports numba; import it inside functions. Kernels are serial, release the
GIL and run side by side in one thread pool (numba's own thread layer aborts the process on
concurrent calls).

Every source is three-dimensional here, (z, y, x), an image having one plane and ``flat`` set. Its
values lie in *pages*, given by address (see `tiepoint.geometry.paging.Pages`), so that contiguous,
strided, read-only and chunked sources share one compiled form.

A run of output pixels is a straight line through the source. Its part between voxels is done in
three loops (places, corners, mixing), of which the first and last use vector instructions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.geometry.kernel_parts import (
    MARGIN,
    called,
    cell_axis,
    closest,
    compiled,
    gather,
    inner,
    is_inside,
    page_at,
    peek,
    split,
    value_at,
    within,
)

if TYPE_CHECKING:
    from tiepoint.geometry.courses import Course
    from tiepoint.geometry.paging import Pages
    from tiepoint.geometry.painting import Store


@inner
def _stored(value: Any, store: Store) -> Any:
    if store.rounding:
        return min(max(np.floor(value + 0.5), store.low), store.high)
    return value


@inner
def _blank(fill: Any, first: int, last: int, values: Any, mask: Any) -> None:
    """Fill part of a run that is outside."""
    outer, holes = values[first:last], mask[first:last]
    for j in range(last - first):
        outer[j] = fill
        holes[j] = False


@called
def _edge(
    pages: Pages,
    store: Store,
    cubic: bool,
    start: Any,
    slope: Any,
    span: Any,
    values: Any,
    mask: Any,
) -> None:
    """Fill part of a run by every rule of the border."""
    for j in range(span[0], span[1]):
        z, y, x = start[0] + j * slope[0], start[1] + j * slope[1], start[2] + j * slope[2]
        mask[j] = is_inside(pages.shape, z, y, x)
        if mask[j]:
            values[j] = _stored(gather(pages, z, y, x, cubic), store)
        else:
            values[j] = store.fill[0]


@inner
def _place(pages: Pages, start: Any, slope: Any, span: Any, part: Any, voxel: Any) -> None:
    """Voxel before each pixel of a run, (3, n), and the way from it to the next, (3, n).

    Loops start at 0 (not at the span) to be free of numba's handling of negative indices, which
    bars vector loops.
    """
    for axis in range(1 if pages.flat else 0, 3):
        first, growth, before, rest = start[axis], slope[axis], voxel[axis], part[axis]
        for j in range(span[1] - span[0]):
            x = first + np.int32(span[0] + j) * growth
            whole = np.int32(x)
            before[j] = whole
            rest[j] = x - whole


@inner
def _pick_whole(pages: Pages, n: int, voxel: Any, corner: Any) -> None:
    """Corner values from a source of one page."""
    token, address = pages.token, pages.address[0]
    down, right = pages.stride[1], pages.stride[2]
    for j in range(n):
        at = np.int64(voxel[1, j]) * down + np.int64(voxel[2, j]) * right
        if not pages.flat:
            at += np.int64(voxel[0, j]) * pages.stride[0]
        corner[0, j] = peek(token, address, at)
        corner[1, j] = peek(token, address, at + right)
        corner[2, j] = peek(token, address, at + down)
        corner[3, j] = peek(token, address, at + down + right)
        if not pages.flat:
            at += pages.stride[0]
            corner[4, j] = peek(token, address, at)
            corner[5, j] = peek(token, address, at + right)
            corner[6, j] = peek(token, address, at + down)
            corner[7, j] = peek(token, address, at + down + right)


@inner
def _pick_paged(pages: Pages, n: int, voxel: Any, corner: Any) -> None:
    """Corner values from a source of many pages."""
    token, down, right = pages.token, pages.stride[1], pages.stride[2]
    deep = 0 if pages.flat else 1
    for j in range(n):
        z, y, x = voxel[0, j] * deep, voxel[1, j], voxel[2, j]
        page = page_at(pages, z, y, x)
        if page == page_at(pages, z + deep, y + 1, x + 1):
            at = pages.offset_of[0][z] + pages.offset_of[1][y] + pages.offset_of[2][x]
            address = pages.address[page]
            for layer in range(1 + deep):
                corner[4 * layer, j] = peek(token, address, at)
                corner[4 * layer + 1, j] = peek(token, address, at + right)
                corner[4 * layer + 2, j] = peek(token, address, at + down)
                corner[4 * layer + 3, j] = peek(token, address, at + down + right)
                at += pages.stride[0]
        else:
            for k in range(4 + 4 * deep):
                corner[k, j] = value_at(pages, z + k // 4, y + (k // 2) % 2, x + k % 2)


@inner
def _mix(pages: Pages, store: Store, n: int, part: Any, corner: Any, values: Any) -> None:
    """Interpolate the corners and write them, in the precision of `part`."""
    real = part.dtype.type
    for j in range(n):
        tx, ty = part[2, j], part[1, j]
        a, b = real(corner[0, j]), real(corner[2, j])
        a += tx * (real(corner[1, j]) - a)
        b += tx * (real(corner[3, j]) - b)
        a += ty * (b - a)
        if not pages.flat:
            c, d = real(corner[4, j]), real(corner[6, j])
            c += tx * (real(corner[5, j]) - c)
            d += tx * (real(corner[7, j]) - d)
            c += ty * (d - c)
            a += part[0, j] * (c - a)
        values[j] = _stored(a, store)


@inner
def _between(
    pages: Pages,
    store: Store,
    start: Any,
    slope: Any,
    span: Any,
    scratch: Any,
    values: Any,
    mask: Any,
) -> None:
    """Fill the part of a run that lies between voxels."""
    part, voxel, corner = scratch
    n = span[1] - span[0]
    for j in range(n):
        mask[j] = True
    _place(pages, start, slope, span, part, voxel)
    if pages.address.size == 1:
        _pick_whole(pages, n, voxel, corner)
    else:
        _pick_paged(pages, n, voxel, corner)
    _mix(pages, store, n, part, corner, values)
    if store.gaps:
        for j in range(n):
            if values[j] != values[j]:
                k = span[0] + j
                z, y, x = start[0] + k * slope[0], start[1] + k * slope[1], start[2] + k * slope[2]
                values[j] = gather(pages, z, y, x, False)


@compiled
def draw_smooth(
    pages: Pages, course: Course, store: Store, cubic: bool, out: Any, mask: Any
) -> None:
    """Draw the window of `course` into `out` and `mask` (rows, cols), linear or cubic."""
    row0, col0, rows, cols = course.window
    step_rows, step_cols = course.step
    shape, flat, blank = pages.shape, pages.flat, store.fill[0]
    scratch = (
        np.empty((3, step_cols), store.real.dtype),
        np.empty((3, step_cols), np.int32),
        np.empty((8, step_cols), pages.token.dtype),
    )
    for r in range(course.nodes.shape[0] - 1):
        for c in range(course.nodes.shape[1] - 1):
            zs, dz, zs_growth, dz_growth = cell_axis(course, r, c, 0)
            ys, dy, ys_growth, dy_growth = cell_axis(course, r, c, 1)
            xs, dx, xs_growth, dx_growth = cell_axis(course, r, c, 2)
            n = min(step_cols, cols - c * step_cols)
            for k in range(min(step_rows, rows - r * step_rows)):
                start = zs + k * zs_growth, ys + k * ys_growth, xs + k * xs_growth
                slope = dz + k * dz_growth, dy + k * dy_growth, dx + k * dx_growth
                row, first = row0 + r * step_rows + k, col0 + c * step_cols
                values, inside = out[row, first:], mask[row, first:]
                a, b = (0, 0) if cubic else within(shape, flat, start, slope, n, 0.0, -1.0 - MARGIN)
                if a < b:
                    _between(pages, store, start, slope, (a, b), scratch, values[a:b], inside[a:b])
                if b - a < n:
                    first, last = within(shape, flat, start, slope, n, -0.5 - MARGIN, MARGIN - 0.5)
                    a, b = (a, b) if a < b else (first, first)
                    _blank(blank, 0, first, values, inside)
                    if first < a:
                        _edge(pages, store, cubic, start, slope, (first, a), values, inside)
                    if b < last:
                        _edge(pages, store, cubic, start, slope, (b, last), values, inside)
                    _blank(blank, last, n, values, inside)


@compiled
def draw_nearest(pages: Pages, course: Course, store: Store, out: Any, mask: Any) -> None:
    """Draw the window of `course` into `out` and `mask` (rows, cols), values unchanged."""
    row0, col0, rows, cols = course.window
    step_rows, step_cols = course.step
    nz, ny, nx = pages.shape
    for r in range(course.nodes.shape[0] - 1):
        for c in range(course.nodes.shape[1] - 1):
            zs, dz, zs_growth, dz_growth = cell_axis(course, r, c, 0)
            ys, dy, ys_growth, dy_growth = cell_axis(course, r, c, 1)
            xs, dx, xs_growth, dx_growth = cell_axis(course, r, c, 2)
            n = min(step_cols, cols - c * step_cols)
            for k in range(min(step_rows, rows - r * step_rows)):
                row, first = row0 + r * step_rows + k, col0 + c * step_cols
                for j in range(n):
                    z = zs + k * zs_growth + j * (dz + k * dz_growth)
                    y = ys + k * ys_growth + j * (dy + k * dy_growth)
                    x = xs + k * xs_growth + j * (dx + k * dx_growth)
                    inside = is_inside(pages.shape, z, y, x)
                    mask[row, first + j] = inside
                    if inside:
                        zi, yi, xi = closest(z, nz), closest(y, ny), closest(x, nx)
                        address = pages.address[page_at(pages, zi, yi, xi)]
                        at = pages.offset_of[0][zi] + pages.offset_of[1][yi]
                        at += pages.offset_of[2][xi]
                        out[row, first + j] = peek(pages.token, address, at)
                    else:
                        out[row, first + j] = store.fill[0]


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


@inner
def _mark_block(pages: Pages, needed: Any, z: Any, y: Any, x: Any) -> None:
    for a in range(z[0], z[1] + 1):
        for b in range(y[0], y[1] + 1):
            for c in range(x[0], x[1] + 1):
                needed[page_at(pages, a, b, c)] = True


@compiled
def mark_pages(pages: Pages, course: Course, order: int, needed: Any) -> None:
    """Set ``needed[page]`` for every page that drawing `course` with `order` looks at."""
    rows, cols = course.window[2:]
    step_rows, step_cols = course.step
    nz, ny, nx = pages.shape
    previous = -1
    for r in range(course.nodes.shape[0] - 1):
        for c in range(course.nodes.shape[1] - 1):
            zs, dz, zs_growth, dz_growth = cell_axis(course, r, c, 0)
            ys, dy, ys_growth, dy_growth = cell_axis(course, r, c, 1)
            xs, dx, xs_growth, dx_growth = cell_axis(course, r, c, 2)
            n = min(step_cols, cols - c * step_cols)
            for k in range(min(step_rows, rows - r * step_rows)):
                for j in range(n):
                    z = zs + k * zs_growth + j * (dz + k * dz_growth)
                    y = ys + k * ys_growth + j * (dy + k * dy_growth)
                    x = xs + k * xs_growth + j * (dx + k * dx_growth)
                    if not is_inside(pages.shape, z, y, x):
                        continue
                    zr, yr, xr = _reach(z, nz, order), _reach(y, ny, order), _reach(x, nx, order)
                    first = page_at(pages, zr[0], yr[0], xr[0])
                    if first != page_at(pages, zr[1], yr[1], xr[1]):
                        _mark_block(pages, needed, zr, yr, xr)
                    elif first != previous:
                        needed[first] = True
                        previous = first
