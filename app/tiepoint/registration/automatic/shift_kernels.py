"""Compiled parts of the search for a shift: correlation over rectangles, filters, sums.

For the sub-pixel shift images are float32 about zero; sums within a row are float32, those of
the rows float64.
Importing this module imports numba; import it inside functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.geometry.kernel_parts import compiled, compiled_sums, inner

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray


@compiled
def summed(values: AnyArray) -> AnyArray:
    """Return (2, n + 1, m + 1): sums of values and squares over the rows and columns before."""
    height, width = values.shape
    sums = np.zeros((2, height + 1, width + 1))
    for i in range(height):
        total = squares = 0.0
        for j in range(width):
            value = values[i, j]
            total += value
            squares += value * value
            sums[0, i + 1, j + 1] = sums[0, i, j + 1] + total
            sums[1, i + 1, j + 1] = sums[1, i, j + 1] + squares
    return sums


@inner
def box(tables: AnyArray, top: int, bottom: int, left: int, right: int) -> tuple[float, float]:
    """Return the sums of values and squares of a rectangle."""
    total = tables[0, bottom, right] - tables[0, top, right]
    total -= tables[0, bottom, left] - tables[0, top, left]
    squares = tables[1, bottom, right] - tables[1, top, right]
    squares -= tables[1, bottom, left] - tables[1, top, left]
    return total, squares


@compiled
def rectangles(
    cross: AnyArray, fixed: AnyArray, moving: AnyArray, least: float, flat: float
) -> tuple[AnyArray, AnyArray]:
    """Return Pearson's correlation over the overlap of two whole images, at every shift.

    Parameters
    ----------
    cross
        (n + N - 1, m + M - 1) sums of products over the overlap; element ``[i, j]`` is for the
        shift ``(i, j) - (N - 1, M - 1)``.
    fixed, moving
        (2, n + 1, m + 1) and (2, N + 1, M + 1): sums of values and of squares over the rows and
        columns before.
    least
        Number of pixels that the overlap must have.
    flat
        Variance, as a geometric mean of both, at which the overlap says nothing.

    Returns
    -------
    correlation
        Shaped as `cross`; NaN where the overlap is too small or flat.
    count
        Pixels of the overlap.
    """
    r, count = np.empty(cross.shape), np.empty(cross.shape)
    n, m = fixed.shape[1] - 1, fixed.shape[2] - 1
    other_n, other_m = moving.shape[1] - 1, moving.shape[2] - 1
    for i in range(cross.shape[0]):
        y = i - other_n + 1
        top, bottom = max(y, 0), min(n, other_n + y)
        for j in range(cross.shape[1]):
            x = j - other_m + 1
            left, right = max(x, 0), min(m, other_m + x)
            size: Any = np.float64((bottom - top) * (right - left))
            count[i, j] = size
            r[i, j] = np.nan
            if size < least:
                continue
            a, aa = box(fixed, top, bottom, left, right)
            b, bb = box(moving, top - y, bottom - y, left - x, right - x)
            spread = max(aa - a * a / size, 0.0) * max(bb - b * b / size, 0.0)
            if spread > (flat * size) ** 2:
                r[i, j] = (cross[i, j] - a * b / size) / np.sqrt(spread)
    return r, count


@compiled
def narrowed(values: AnyArray, middle: float, scale: float) -> AnyArray:
    """Return ``(values - middle) * scale`` as float32."""
    out = np.empty(values.shape, np.float32)
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            out[i, j] = np.float32((values[i, j] - middle) * scale)
    return out


@compiled_sums
def filtered(values: AnyArray, weights: AnyArray, rows: AnyArray, columns: AnyArray) -> AnyArray:
    """Return an image filtered by the same weights along both axes.

    Parameters
    ----------
    values
        (n, m) float32.
    weights
        (2r + 1,) float32, the same forwards and backwards.
    rows, columns
        (N + 2r,), (M + 2r,) which row and column stands at each place, border and all.

    Returns
    -------
    array
        (N, M) float32.
    """
    taps = weights.size
    half = taps // 2
    height, width = rows.size - taps + 1, columns.size - taps + 1
    out = np.empty((height, width), np.float32)
    down = np.empty(values.shape[1], np.float32)
    row = np.empty(columns.size, np.float32)
    for i in range(height):
        line, weight = values[rows[i + half]], weights[half]
        for j in range(down.size):
            down[j] = weight * line[j]
        for k in range(half):
            line, other = values[rows[i + k]], values[rows[i + taps - 1 - k]]
            weight = weights[k]
            for j in range(down.size):
                down[j] += weight * (line[j] + other[j])
        for j in range(row.size):
            row[j] = down[columns[j]]
        across = out[i]
        line, weight = row[half:], weights[half]
        for j in range(width):
            across[j] = weight * line[j]
        for k in range(half):
            line, other = row[k:], row[taps - 1 - k :]
            weight = weights[k]
            for j in range(width):
                across[j] += weight * (line[j] + other[j])
    return out


@inner
def slopes(
    above: AnyArray, line: AnyArray, below: AnyArray, slope_y: AnyArray, slope_x: AnyArray
) -> None:
    """Put central differences of one row; `line` has a column more at either end."""
    half = np.float32(0.5)
    for j in range(slope_y.size):
        slope_y[j] = half * (below[j] - above[j])
        slope_x[j] = half * (line[j + 2] - line[j])


@compiled_sums
def fixed_sums(fixed: AnyArray, known: AnyArray, top: int, left: int) -> AnyArray:
    """Return the sums of products of (1, value, slope y, slope x) over known pixels.

    Parameters
    ----------
    fixed
        float32 image.
    known
        (n, m) truth, for the pixels from row `top` and column `left` on, no edge of `fixed`.

    Returns
    -------
    array
        (4, 4) float64.
    """
    height, width = known.shape
    sums = np.zeros((4, 4))
    slope_y, slope_x = np.empty(width, np.float32), np.empty(width, np.float32)
    for i in range(height):
        row = top + i
        above, below = fixed[row - 1, left : left + width], fixed[row + 1, left : left + width]
        slopes(above, fixed[row, left - 1 : left + width + 1], below, slope_y, slope_x)
        line, inside = fixed[top + i, left : left + width], known[i]
        n = np.int64(0)
        f = y = x = ff = fy = fx = yy = yx = xx = np.float32(0)
        for j in range(width):
            use = np.float32(inside[j])
            a, b, c = use * line[j], use * slope_y[j], use * slope_x[j]
            n += np.int64(inside[j])
            f, y, x = f + a, y + b, x + c
            ff, fy, fx = ff + a * a, fy + a * b, fx + a * c
            yy, yx, xx = yy + b * b, yx + b * c, xx + c * c
        sums[0, 0] += n
        sums[0, 1] += f
        sums[0, 2] += y
        sums[0, 3] += x
        sums[1, 1] += ff
        sums[1, 2] += fy
        sums[1, 3] += fx
        sums[2, 2] += yy
        sums[2, 3] += yx
        sums[3, 3] += xx
    for i in range(4):
        for j in range(i):
            sums[i, j] = sums[j, i]
    return sums


@inner
def combined(
    one: AnyArray, two: AnyArray, three: AnyArray, four: AnyArray, weights: AnyArray, out: AnyArray
) -> None:
    """Put the weighted sum of four rows."""
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    for j in range(out.size):
        out[j] = a * one[j] + b * two[j] + c * three[j] + d * four[j]


@compiled_sums
def shifted_sums(
    fixed: AnyArray,
    coefficients: AnyArray,
    known: AnyArray,
    corner: AnyArray,
    weights: AnyArray,
) -> AnyArray:
    """Return the sums of the shifted image times (1, value, slope y, slope x, itself).

    Parameters
    ----------
    fixed
        float32 image.
    coefficients
        float32 coefficients of the cubic spline of the moving image.
    known
        (n, m) truth.
    corner
        (4,) row and column of its first pixel in `fixed`, and of the first coefficient it needs.
    weights
        (2, 4) float32 weights of four coefficients along y and x.

    Returns
    -------
    array
        (5,) float64.
    """
    height, width = known.shape
    sums = np.zeros(5)
    slope_y, slope_x = np.empty(width, np.float32), np.empty(width, np.float32)
    down, values = np.empty(width + 3, np.float32), np.empty(width, np.float32)
    top, left = corner[0], corner[1]
    for i in range(height):
        row = top + i
        above, below = fixed[row - 1, left : left + width], fixed[row + 1, left : left + width]
        slopes(above, fixed[row, left - 1 : left + width + 1], below, slope_y, slope_x)
        first, start, end = corner[2] + i, corner[3], corner[3] + width + 3
        combined(
            coefficients[first, start:end], coefficients[first + 1, start:end],
            coefficients[first + 2, start:end], coefficients[first + 3, start:end],
            weights[0], down,
        )  # fmt: skip
        combined(down, down[1:], down[2:], down[3:], weights[1], values)
        line, inside = fixed[top + i, left : left + width], known[i]
        s = f = y = x = m = np.float32(0)
        for j in range(width):
            value = np.float32(inside[j]) * values[j]
            s, f = s + value, f + value * line[j]
            y, x = y + value * slope_y[j], x + value * slope_x[j]
            m += value * value
        sums[0] += s
        sums[1] += f
        sums[2] += y
        sums[3] += x
        sums[4] += m
    return sums


@compiled_sums
def residual_sums(
    fixed: AnyArray,
    coefficients: AnyArray,
    known: AnyArray,
    corner: AnyArray,
    weights: AnyArray,
    solution: AnyArray,
) -> AnyArray:
    """Return the sums of squared residuals and of those times the next one along y and x.

    Parameters
    ----------
    fixed, coefficients, known, corner, weights
        See `shifted_sums`.
    solution
        (4,) float32: what the shifted image is of (1, value, slope y, slope x).

    Returns
    -------
    array
        (3,) float64; unknown pixels count as without residual.
    """
    height, width = known.shape
    sums = np.zeros(3)
    slope_y, slope_x = np.empty(width, np.float32), np.empty(width, np.float32)
    down, values = np.empty(width + 3, np.float32), np.empty(width, np.float32)
    now, before = np.zeros(width, np.float32), np.zeros(width, np.float32)
    base, gain, along_y, along_x = solution[0], solution[1], solution[2], solution[3]
    top, left = corner[0], corner[1]
    for i in range(height):
        row = top + i
        above, below = fixed[row - 1, left : left + width], fixed[row + 1, left : left + width]
        slopes(above, fixed[row, left - 1 : left + width + 1], below, slope_y, slope_x)
        first, start, end = corner[2] + i, corner[3], corner[3] + width + 3
        combined(
            coefficients[first, start:end], coefficients[first + 1, start:end],
            coefficients[first + 2, start:end], coefficients[first + 3, start:end],
            weights[0], down,
        )  # fmt: skip
        combined(down, down[1:], down[2:], down[3:], weights[1], values)
        line, inside = fixed[top + i, left : left + width], known[i]
        square = over = beside = np.float32(0)
        for j in range(width):
            told = base + gain * line[j] + along_y * slope_y[j] + along_x * slope_x[j]
            now[j] = np.float32(inside[j]) * (values[j] - told)
        for j in range(width):
            square += now[j] * now[j]
            over += now[j] * before[j]
        for j in range(width - 1):
            beside += now[j] * now[j + 1]
        sums[0] += square
        sums[1] += over
        sums[2] += beside
        swap: Any = before
        before = now
        now = swap
    return sums
