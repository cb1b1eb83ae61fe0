"""Parts of the compiled kernels: reading a voxel, walking a course, the border, the weights.

Importing this module imports numba; import it inside functions.
"""

from __future__ import annotations

import ctypes
import logging
from math import floor
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped, unused-ignore]
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.geometry.courses import Course
    from tiepoint.geometry.paging import Pages
    from tiepoint.support.arrays import AnyArray

log = logging.getLogger(__name__)

SLACK = 1e-7
"""Fraction of a pixel that counts as none: at the border and for weights next to zero."""

MARGIN = 1e-6
"""Distance kept from the border by the loops that do not look at it."""

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
"""Division by zero gives infinity instead of an exception, which would bar vector loops."""


_PART: dict[str, Any] = {
    **OPTIONS,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "_nrt": False,
}
"""For parts of kernels: they neither make arrays nor count references to them.

Counting is atomic: done for every run of pixels it took longer than drawing them.
"""


ANY_ORDER: dict[str, Any] = {"fastmath": {"reassoc", "contract", "nsz"}}
"""For sums whose last bits do not matter: they may be taken in any order, thus as vectors."""


def compiled(function: Callable[..., Any]) -> Any:
    """Compile without the GIL, cached on disk where the installation allows it."""
    return _cached(function, OPTIONS)


def compiled_sums(function: Callable[..., Any]) -> Any:
    """Compile as `compiled` does, with sums in any order."""
    return _cached(function, {**OPTIONS, **ANY_ORDER})


def _cached(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:
        log.info("compiled kernels cannot be cached here; they compile at every start")
        return numba.njit(**options)(function)


called: Any = numba.njit(**_PART)
"""Compile for the kernels that call it; their cache files hold it too."""

inner: Any = numba.njit(forceinline=True, **_PART)
"""Compile into the kernels that use it: a call would copy `Pages`."""


if getattr(numba.config, "DISABLE_JIT", 0):

    def peek(token: AnyArray, address: Any, index: Any) -> Any:
        """Read element `index` of the values at `address`, of the type of `token`."""
        place = int(address) + int(index) * token.itemsize
        return np.frombuffer(ctypes.string_at(place, token.itemsize), token.dtype)[0]

    def copy_pair(target: AnyArray, place: Any, address: Any, index: Any) -> None:
        """Copy elements `index` and the next of the values at `address` to `target[place]`."""
        for k in range(2):
            target[place + k] = peek(target, address, index + k)

    def fetch_ahead(table: AnyArray, row: Any, column: Any) -> None:
        """Have the cache line of ``table[row, column]`` brought near, without waiting for it."""

else:

    @intrinsic  # type: ignore[misc, unused-ignore]
    def peek(typing_context: Any, token: Any, address: Any, index: Any) -> Any:
        """Read element `index` of the values at `address`, of the type of `token`."""
        signature = token.dtype(token, numba.types.int64, numba.types.int64)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            element = context.get_data_type(signature.return_type)
            start = builder.inttoptr(arguments[1], element.as_pointer())
            return builder.load(builder.gep(start, [arguments[2]]))

        return signature, generate

    @intrinsic  # type: ignore[misc, unused-ignore]
    def copy_pair(typing_context: Any, target: Any, place: Any, address: Any, index: Any) -> Any:
        """Copy elements `index` and the next of the values at `address` to `target[place]`.

        They move as one integer of twice the size.
        """
        whole = numba.types.int64
        signature = numba.types.void(target, whole, whole, whole)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            element = context.get_data_type(target.dtype)
            size = context.get_abi_sizeof(element)
            pair = ir.IntType(16 * size).as_pointer()
            start = builder.inttoptr(arguments[2], element.as_pointer())
            source = builder.bitcast(builder.gep(start, [arguments[3]]), pair)
            into = context.make_array(target)(context, builder, arguments[0]).data
            goal = builder.bitcast(builder.gep(into, [arguments[1]]), pair)
            builder.store(builder.load(source, align=size), goal, align=size)
            return context.get_dummy_value()

        return signature, generate

    @intrinsic  # type: ignore[misc, unused-ignore]
    def fetch_ahead(typing_context: Any, table: Any, row: Any, column: Any) -> Any:
        """Have the cache line of ``table[row, column]`` brought near, without waiting for it.

        Both indices must be inside the table, which is C-contiguous.
        """
        signature = numba.types.void(table, numba.types.int64, numba.types.int64)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = context.make_array(table)(context, builder, arguments[0])
            width = builder.extract_value(array.shape, 1)
            place = builder.add(builder.mul(arguments[1], width), arguments[2])
            near, number = ir.IntType(8).as_pointer(), ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [near, number, number, number])
            prefetch = builder.module.declare_intrinsic("llvm.prefetch", [near], kind)
            address = builder.bitcast(builder.gep(array.data, [place]), near)
            builder.call(prefetch, [address, number(0), number(3), number(1)])
            return context.get_dummy_value()

        return signature, generate


@inner
def is_inside(shape: Any, z: float, y: float, x: float) -> bool:
    """Whether a point is inside the source by the border rule."""
    return bool(
        -0.5 - SLACK <= z <= shape[0] - 0.5 + SLACK
        and -0.5 - SLACK <= y <= shape[1] - 0.5 + SLACK
        and -0.5 - SLACK <= x <= shape[2] - 0.5 + SLACK
    )


@inner
def node_at(course: Course, r: int, k: int, c: int, axis: int) -> Any:
    """Coordinate at the node column `c` on the `k`-th row of the row of cells `r`."""
    upper = course.nodes[r, c, axis]
    if k == 0:
        return upper
    return upper + k * ((course.nodes[r + 1, c, axis] - upper) / course.step[0])


@inner
def fill_run(
    course: Course, r: int, k: int, c: int, n: int, shape: Any, flat: bool, run: Any
) -> tuple[bool, bool]:
    """Write the coordinates of `n` pixels of a row into `run` (3, n), cell by cell.

    Returns whether all of them lie between voxels on every side, and whether all are outside.
    """
    step = course.step[1]
    between, outside = True, False
    for axis in range(1 if flat else 0, 3):
        low, high = np.inf, -np.inf
        left = node_at(course, r, k, c, axis)
        for cell in range(-(-n // step)):
            slope = 0.0
            right = left
            if step > 1:
                right = node_at(course, r, k, c + cell + 1, axis)
                slope = (right - left) / step
            elif (cell + 1) * step < n:
                right = node_at(course, r, k, c + cell + 1, axis)
            length = min(step, n - cell * step)
            part = run[axis, cell * step : cell * step + length]
            for j in range(length):
                part[j] = left + np.int32(j) * slope
            end = left + (length - 1) * slope
            between &= left >= 0.0 and end >= 0.0
            between &= left < shape[axis] - 1 - MARGIN and end < shape[axis] - 1 - MARGIN
            low, high = min(low, left, end), max(high, left, end)
            left = right
        outside |= high < -0.5 - MARGIN or low > shape[axis] - 0.5 + MARGIN
    return between, outside


@inner
def first_between(shape: Any, flat: bool, run: Any, n: int) -> tuple[int, int]:
    """First stretch of a run that lies between voxels on every side."""
    first = -1
    for j in range(n):
        good = 0.0 <= run[1, j] < shape[1] - 1 - MARGIN and 0.0 <= run[2, j] < shape[2] - 1 - MARGIN
        if not flat:
            good = good and 0.0 <= run[0, j] < shape[0] - 1 - MARGIN
        if good and first < 0:
            first = j
        if not good and first >= 0:
            return first, j
    return (first, n) if first >= 0 else (0, 0)


@inner
def split(x: float, n: int) -> tuple[int, float]:
    """Clamp to the pixel centres; return the pixel at or before x and the way to the next."""
    x = min(max(x, 0.0), n - 1.0)
    first = int(x)
    part = x - first
    if part < SLACK:
        return first, 0.0
    if part > 1.0 - SLACK:
        return first + 1, 0.0
    return first, part


@inner
def closest(x: float, n: int) -> int:
    """Pixel nearest to an inside coordinate."""
    return min(max(floor(x + 0.5), 0), n - 1)


@inner
def weights(t: float, cubic: bool) -> tuple[float, float, float, float]:
    """Weights of the pixels -1, 0, 1, 2 from the one before; cubic: Keys 1981, a = -1/2."""
    if t == 0.0:
        return 0.0, 1.0, 0.0, 0.0
    if not cubic:
        return 0.0, 1.0 - t, t, 0.0
    return (
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    )


@inner
def page_at(pages: Pages, z: int, y: int, x: int) -> Any:
    """Page of a voxel."""
    return pages.page_of[0][z] + pages.page_of[1][y] + pages.page_of[2][x]


@inner
def offset_at(pages: Pages, z: int, y: int, x: int) -> Any:
    """Place of a voxel in its page."""
    return pages.offset_of[0][z] + pages.offset_of[1][y] + pages.offset_of[2][x]


@inner
def value_at(pages: Pages, z: int, y: int, x: int) -> float:
    """One voxel as float; 0 on a page that was not loaded, because its weight is none."""
    address = pages.address[page_at(pages, z, y, x)]
    if address == 0:
        return 0.0
    return float(peek(pages.token, address, offset_at(pages, z, y, x)))


@called
def gather(pages: Pages, z: float, y: float, x: float, cubic: bool) -> float:
    """Weighted sum of the clamped neighbourhood; pixels of weight zero are not looked at."""
    nz, ny, nx = pages.shape
    z0, tz = split(z, nz)
    y0, ty = split(y, ny)
    x0, tx = split(x, nx)
    wz, wy, wx = weights(tz, cubic), weights(ty, cubic), weights(tx, cubic)
    total = 0.0
    outer = 0 if cubic else 1
    for a in range(outer, 4 - outer):
        if wz[a] == 0.0:
            continue
        za = min(max(z0 + a - 1, 0), nz - 1)
        for b in range(outer, 4 - outer):
            if wy[b] == 0.0:
                continue
            yb = min(max(y0 + b - 1, 0), ny - 1)
            for c in range(outer, 4 - outer):
                if wx[c] == 0.0:
                    continue
                xc = min(max(x0 + c - 1, 0), nx - 1)
                total += wz[a] * wy[b] * wx[c] * value_at(pages, za, yb, xc)
    return total
