"""Rasters of ellipsoids: cross sections, projections and the noise on both."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pacs_core.standards.dicom.synthetic.anatomy import Ellipsoid

Raster = NDArray[np.floating]


def paint_slice(
    shapes: list[Ellipsoid], z: float, size: int, value_of: Callable[[str], float], texture: Raster
) -> Raster:
    """Paint the axial section at z (rows to the back, columns to the patient's left), size x size, edges softened."""
    image = np.full((size, size), value_of("air"), np.float32)
    unit = np.float32(2.0 / size)
    axis = (np.arange(size, dtype=np.float32) + np.float32(0.5)) * unit - np.float32(1)
    for shape in shapes:
        squeeze = 1 - ((z - shape.z) / shape.c) ** 2
        if squeeze <= 0.01:
            continue
        a, b = shape.a * squeeze**0.5, shape.b * squeeze**0.5
        reach_x, reach_y = _reach(a, b, shape.angle)
        columns = _span(shape.x, reach_x, size)
        rows = _span(shape.y, reach_y, size)
        weight = _coverage(axis[columns] - shape.x, axis[rows] - shape.y, a, b, shape.angle, 2.0 / size)
        value = value_of(shape.tissue) + shape.texture * texture[rows, columns]
        area = image[rows, columns]
        area += weight * (value - area)
    return image


def paint_projection(shapes: list[Ellipsoid], height: int, width: int, value_of: Callable[[str], float]) -> Raster:
    """Add up thickness times value along y (head up, the patient's left on the right side), height x width."""
    image = np.zeros((height, width), np.float32)
    x_axis = (np.arange(width, dtype=np.float32) + 0.5) * (2.0 / width) - 1
    z_axis = 1 - (np.arange(height, dtype=np.float32) + 0.5) * (2.0 / height)
    for shape in shapes:
        if not (value := value_of(shape.tissue)):
            continue
        dx = ((x_axis - shape.x) / shape.a) ** 2
        dz = ((z_axis - shape.z) / shape.c) ** 2
        columns, rows = np.flatnonzero(dx < 1), np.flatnonzero(dz < 1)
        if columns.size and rows.size:
            box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            inside = 1 - dz[box[0], None] - dx[None, box[1]]
            image[box] += np.float32(2 * shape.b * value) * np.sqrt(np.maximum(inside, 0))
    return image


def smooth_noise(rng: np.random.Generator, height: int, width: int, *cells: int) -> Raster:
    """Return noise of unit amplitude that varies over the given numbers of cells, each octave half as strong."""
    total = np.zeros((height, width), np.float32)
    for octave, count in enumerate(cells):
        grid = rng.standard_normal((count + 2, count + 2), dtype=np.float32)
        total += _stretch(grid, height, width) * np.float32(0.5**octave)
    return total


def _stretch(grid: Raster, height: int, width: int) -> Raster:
    count = grid.shape[0] - 2
    rows, row_part = _positions(height, count)
    columns, column_part = _positions(width, count)
    tall = grid[rows] * (1 - row_part)[:, None] + grid[rows + 1] * row_part[:, None]
    return tall[:, columns] * (1 - column_part) + tall[:, columns + 1] * column_part


def _positions(length: int, count: int) -> tuple[NDArray[np.intp], Raster]:
    place = np.arange(length, dtype=np.float32) * np.float32(count / length)
    whole = place.astype(np.intp)
    part = place - whole
    return whole, (part * part * (3 - 2 * part)).astype(np.float32)


def _reach(a: float, b: float, angle: float) -> tuple[float, float]:
    cosine, sine = np.cos(angle), np.sin(angle)
    return float(np.hypot(a * cosine, b * sine)), float(np.hypot(a * sine, b * cosine))


def _span(centre: float, reach: float, size: int) -> slice:
    first = int((centre - reach + 1) * size / 2) - 1
    last = int((centre + reach + 1) * size / 2) + 2
    return slice(min(max(first, 0), size), max(min(last, size), 0))


def _coverage(dx: Raster, dy: Raster, a: float, b: float, angle: float, pixel: float) -> Raster:
    """Return how much of each pixel the ellipse covers, about 1.5 pixels of soft edge."""
    if angle:
        cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        along = dx[None, :] * cosine + dy[:, None] * sine
        across = dy[:, None] * cosine - dx[None, :] * sine
        radius = (along / np.float32(a)) ** 2 + (across / np.float32(b)) ** 2
    else:
        radius = ((dx / np.float32(a)) ** 2)[None, :] + ((dy / np.float32(b)) ** 2)[:, None]
    edge = np.float32(min(a, b) / (3.0 * pixel))
    return np.clip((1 - radius) * edge, 0, 1)
