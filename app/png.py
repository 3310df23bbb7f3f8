"""A small picture as a PNG in a data URI, so that pages and the offline file hold it themselves."""

import struct
import zlib
from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GREY, _RGB = 0, 2  # colour types of the PNG specification, section 11.2.2


def data_uri(picture: NDArray[Any], low: float, high: float) -> str:
    """`picture` (channels, height, width), one channel for grey or three for RGB, with values from `low`, black, to
    `high`."""
    channels, height, width = picture.shape
    scaled = np.nan_to_num(255 * (picture.astype(np.float64) - low) / (high - low)).clip(0, 255)
    rows = scaled.round().astype(np.uint8).transpose(1, 2, 0).reshape(height, width * channels)
    header = struct.pack(">2I5B", width, height, 8, _GREY if channels == 1 else _RGB, 0, 0, 0)
    # Each row begins with its filter, 0 for none.
    lines = zlib.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes())
    png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", lines) + _chunk(b"IEND", b"")
    return f"data:image/png;base64,{b64encode(png).decode()}"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
