"""Where everything lies: the tables that tell the convolution kernels which number to read and where to write.

The kernels in ``kernels.pxi`` know nothing about padding, strides or rows. They walk through tables made here, with
plain NumPy, once for every combination of shapes:

* a :class:`Layout` describes the *bordered image*: a copy of one image with its border of zeros. For stride ``s`` the
  columns of a row are sorted by their remainder modulo ``s``: first columns 0, s, 2s, …, then 1, s + 1, …. So the
  inputs of neighbouring outputs are neighbours in memory, whatever the stride;
* a :class:`Plan` describes a correlation over such an image as *taps* (how far from its first input an output reads)
  and *vectors* (up to ``lanes`` outputs of one row that are computed together).

As an example, take an image with one channel of 4 × 4, a 3 × 3 kernel, stride 1 and no padding. The bordered image is
the image; its rows are 4 numbers apart, so the nine taps are 0 1 2, 4 5 6, 8 9 10. With vectors of 4 lanes the output
of 2 × 2 has two vectors, one for each row; they begin at inputs 0 and 4, are written to outputs 0 and 2, and 2 of
their 4 lanes count.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

# The sizes of the microkernels' blocks, as in microkernels.h.
FILTERS = 4  # filters in one block of the correlation
VECTORS = 3  # vectors of output positions in one block of the correlation
FILTER_VECTORS = 2  # vectors of filters in one block of the gradient of the weights
TAPS = 6  # taps in one block of the gradient of the weights


class Layout(NamedTuple):
    """A bordered image with its columns sorted by remainder modulo ``stride``; all sizes count numbers.

    Input ``(channel, row, column)`` lies at ``channel * plane + (top + row) * line + (q % stride) * columns +
    q // stride`` with ``q = left + column``.
    """

    channels: int
    height: int  # of the image as the caller passes it
    width: int
    used_height: int  # rows and columns that are copied; the rest of the image is never read
    used_width: int
    top: int  # zeros above and to the left of the image
    left: int
    stride: int
    columns: int  # columns with the same remainder
    line: int  # from one row to the next
    plane: int  # from one channel to the next
    size: int  # of the whole buffer


class Plan(NamedTuple):
    """A correlation of a bordered image with a set of filters, as tables.

    A correlation consists of one or more *parts*, each with its own taps, weights and outputs: one for the forward
    pass, ``stride²`` for the gradient of the input. A row of ``parts`` holds: first tap, number of taps, first vector,
    end of the vectors.
    """

    parts: np.ndarray  # (parts, 4)
    taps: np.ndarray  # distance of each tap's input from a vector's first input
    start: np.ndarray  # first input of each vector
    target: np.ndarray  # where in its plane the vector's first output goes
    valid: np.ndarray  # lanes that are outputs; 0 for a vector that only fills up the last block
    step: int  # distance between the outputs of one vector


def output_size(
    image: tuple[int, int, int], kernel: tuple[int, int], pad: int, stride: int
) -> tuple[int, int]:
    """Return height and width of the output: how often the kernel fits into the padded image."""
    height, width = (
        (size + 2 * pad - field) // stride for size, field in zip(image[1:], kernel, strict=True)
    )
    return 1 + height, 1 + width


def bordered(
    shape: tuple[int, int, int],
    border: tuple[int, int],
    rows: int,
    columns: int,
    stride: int,
    lanes: int,
) -> Layout:
    """Return the layout of an image of ``shape`` (C, H, W) inside ``rows`` × ``columns`` numbers with its border.

    What does not fit is left out. The buffer ends with as many spare numbers as a vector may read beyond its row.
    """
    channels, height, width = shape
    top, left = border
    per_remainder = -(-columns // stride)
    line = stride * per_remainder
    return Layout(
        channels=channels,
        height=height,
        width=width,
        used_height=min(height, rows - top),
        used_width=min(width, columns - left),
        top=top,
        left=left,
        stride=stride,
        columns=per_remainder,
        line=line,
        plane=rows * line,
        size=channels * rows * line + 2 * lanes,
    )


def split_rows(
    starts: np.ndarray, targets: np.ndarray, length: int, step: int, lanes: int
) -> list[np.ndarray]:
    """Cut rows of ``length`` outputs into vectors and fill up to a whole number of blocks.

    Row ``r`` reads from ``starts[r]`` on and is written from ``targets[r]`` on, every ``step`` numbers. Returns the
    first input, first output and number of outputs of every vector.
    """
    first = np.arange(0, length, lanes)
    start = (starts[:, None] + first).ravel()
    target = (targets[:, None] + first * step).ravel()
    count = np.tile(np.minimum(lanes, length - first), len(starts))
    missing = (0, -len(start) % VECTORS)
    # What fills up the last block reads where the last vector reads, so that it stays inside the image.
    return [np.pad(start, missing, mode="edge"), np.pad(target, missing), np.pad(count, missing)]


def make_plan(parts: list[tuple[np.ndarray, list[np.ndarray]]], step: int) -> Plan:
    """Join the taps and vectors of all parts into one set of tables."""
    sizes = np.array([(len(taps), len(vectors[0])) for taps, vectors in parts])
    ends = np.cumsum(sizes, axis=0)
    rows = np.column_stack([ends[:, 0] - sizes[:, 0], sizes[:, 0], ends[:, 1] - sizes[:, 1], ends[:, 1]])
    start, target, count = (np.concatenate([vectors[i] for _, vectors in parts]) for i in range(3))
    taps = np.concatenate([taps for taps, _ in parts])
    rows, taps, start, target, count = (table.astype(np.intp) for table in (rows, taps, start, target, count))
    return Plan(rows, taps, start, target, count, step)


@lru_cache(maxsize=64)
def forward_plan(
    image: tuple[int, int, int], kernel: tuple[int, int], pad: int, stride: int, lanes: int
) -> tuple[Layout, Plan]:
    """Return the bordered image and the tables of the forward pass."""
    channels, height, width = image
    rows, columns = height + 2 * pad, width + 2 * pad
    layout = bordered(image, (pad, pad), rows, columns, stride, lanes)
    channel, i, j = np.indices((channels, *kernel)).reshape(3, -1)
    taps = channel * layout.plane + i * layout.line + (j % stride) * layout.columns + j // stride
    out_height, out_width = output_size(image, kernel, pad, stride)
    row = np.arange(out_height)
    vectors = split_rows(row * stride * layout.line, row * out_width, out_width, 1, lanes)
    return layout, make_plan([(taps, vectors)], step=1)


@lru_cache(maxsize=64)
def output_positions(
    image: tuple[int, int, int], kernel: tuple[int, int], pad: int, stride: int, lanes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return where each output position begins to read the bordered image, and the taps in whole blocks.

    The taps that fill up the last block repeat tap 0; what is computed for them is dropped.
    """
    layout, plan = forward_plan(image, kernel, pad, stride, lanes)
    out_height, out_width = output_size(image, kernel, pad, stride)
    row, column = np.indices((out_height, out_width)).reshape(2, -1)
    positions = row * stride * layout.line + column
    return positions.astype(np.intp), np.pad(plan.taps, (0, -len(plan.taps) % TAPS))


@lru_cache(maxsize=64)
def backward_plan(
    image: tuple[int, int, int],
    filters: int,
    kernel: tuple[int, int],
    pad: int,
    stride: int,
    lanes: int,
) -> tuple[Layout, Plan]:
    """Return the bordered upstream gradient and the tables that correlate it to the gradient of the input.

    Input row ``y`` was read by output row ``u - k`` through kernel row ``a + stride * k``, where ``u`` and ``a`` are
    quotient and remainder of ``(y + pad) / stride``; likewise for columns. Inputs with the same remainders ``(a, b)``
    see the same taps, so each of the ``stride²`` pairs is one part.
    """
    _, height, width = image
    # A kernel row k steps up reads k rows further up; so many rows of zeros stand above the upstream gradient.
    top, left = (-(-field // stride) - 1 for field in kernel)
    rows, columns = (top + (height - 1 + pad) // stride + 1, left + (width - 1 + pad) // stride + 1)
    out_height, out_width = output_size(image, kernel, pad, stride)
    layout = bordered((filters, out_height, out_width), (top, left), rows, columns, 1, lanes)
    parts = []
    for a in range(stride):
        for b in range(stride):
            steps = len(range(a, kernel[0], stride)), len(range(b, kernel[1], stride))
            f, k, l = np.indices((filters, *steps)).reshape(3, -1)  # noqa: E741 - k and l as in the text
            taps = f * layout.plane - k * layout.line - l
            y = np.arange((a - pad) % stride, height, stride)
            x = np.arange((b - pad) % stride, width, stride)
            first = x[0] if len(x) else 0
            starts = (top + (y + pad) // stride) * layout.line + left + (first + pad) // stride
            parts.append((taps, split_rows(starts, y * width + first, len(x), stride, lanes)))
    return layout, make_plan(parts, step=stride)


def pack(weights: np.ndarray) -> np.ndarray:
    """Reorder weights (filters, taps) to (blocks, taps, 4): the four that one turn of the loop needs lie together."""
    filters, taps = weights.shape
    blocks = -(-filters // FILTERS)
    packed = np.zeros((blocks * FILTERS, taps), weights.dtype)
    packed[:filters] = weights
    return np.ascontiguousarray(packed.reshape(blocks, FILTERS, taps).transpose(0, 2, 1))


def pack_forward(w: np.ndarray) -> np.ndarray:
    """Pack filters (F, C, HH, WW) for the forward pass."""
    return pack(w.reshape(len(w), -1)).ravel()


def pack_backward(w: np.ndarray, stride: int) -> np.ndarray:
    """Pack filters (F, C, HH, WW) for the gradient of the input, part by part."""
    channels = w.shape[1]
    turned = w.transpose(1, 0, 2, 3)
    parts = [turned[:, :, a::stride, b::stride] for a in range(stride) for b in range(stride)]
    return np.concatenate([pack(part.reshape(channels, prod(part.shape[1:]))).ravel() for part in parts])


def unpack_gradient(dw: np.ndarray, shape: tuple[int, int, int, int], group: int) -> np.ndarray:
    """Bring the gradient of the weights from (groups, taps in whole blocks, filters of a group) to ``shape``."""
    filters, taps = shape[0], shape[1] * shape[2] * shape[3]
    blocks = -(-taps // TAPS)
    grouped = dw.reshape(-1, blocks * TAPS, group)[:, :taps]
    return np.ascontiguousarray(grouped.transpose(0, 2, 1).reshape(-1, taps)[:filters].reshape(shape))
