"""Writes GGUF v3 (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md) and the tensor types used here; reads F16 files back."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

ALIGNMENT = 32
F32, F16, Q4_0, Q6_K = 0, 1, 2, 14
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9


def nearest(x: np.ndarray) -> np.ndarray:
    """Round half to even, as llama.cpp's nearest_int does."""
    return np.rint(x)


def q4_0(rows: np.ndarray) -> bytes:
    """[N, K] float32 -> blocks of 32: fp16 d = (signed max) / -8, then 16 bytes, elements i and i+16 sharing one."""
    x = rows.astype(np.float32).reshape(-1, 32)
    top = np.take_along_axis(x, np.abs(x).argmax(1)[:, None], 1)
    d = (top / np.float32(-8)).astype(np.float32)
    with np.errstate(divide="ignore"):
        inverse = np.where(d == 0, np.float32(0), np.float32(1) / d).astype(np.float32)
    codes = np.clip(np.floor(x * inverse + np.float32(8.5)), 0, 15).astype(np.uint8)
    out = np.empty((len(x), 18), np.uint8)
    out[:, :2] = d.astype("<f2").view(np.uint8).reshape(-1, 2)
    out[:, 2:] = codes[:, :16] | (codes[:, 16:] << 4)
    return out.tobytes()


def best_scales(x: np.ndarray, levels: int = 32) -> np.ndarray:
    """Per row of [n, 16]: the scale of least x²-weighted error among 19 candidates round max/levels."""
    top = np.take_along_axis(x, np.abs(x).argmax(1)[:, None], 1)
    empty = np.abs(top) < 1e-15
    safe = np.where(empty, 1, top)
    weight = x * x
    best_scale = np.zeros_like(top)
    best_gain = np.full_like(top, -1)
    for step in [0, *range(-9, 0), *range(1, 10)]:
        inverse = -(levels + np.float32(0.1) * step) / safe
        codes = np.clip(nearest(x * inverse), -levels, levels - 1)
        lx = (weight * x * codes).sum(1, keepdims=True)
        l2 = (weight * codes * codes).sum(1, keepdims=True)
        ok = l2 > 0
        gain = np.where(ok, lx * lx / np.where(ok, l2, 1), -1)
        better = gain > best_gain
        best_scale = np.where(better, lx / np.where(ok, l2, 1), best_scale)
        best_gain = np.where(better, gain, best_gain)
    return np.where(empty, 0, best_scale)[:, 0]


def q6_k(rows: np.ndarray) -> bytes:
    """[N, K] float32, K % 256 == 0 -> superblocks of 256: 128 B low nibbles, 64 B high pairs, 16 int8 scales, fp16 d."""
    x = rows.astype(np.float32).reshape(-1, 256)
    n = len(x)
    scales = best_scales(x.reshape(-1, 16).astype(np.float64)).reshape(n, 16)
    top = np.take_along_axis(scales, np.abs(scales).argmax(1)[:, None], 1)
    d = (top / -128).astype(np.float16)
    with np.errstate(divide="ignore", invalid="ignore"):
        small = np.where(top == 0, 0, np.minimum(127, nearest(-128 / top * scales))).astype(np.int8)
    step = d.astype(np.float32) * small
    grid = np.repeat(step, 16, axis=1)
    safe = np.where(grid == 0, 1, grid)
    codes = np.where(grid == 0, 32, np.clip(nearest(x / safe), -32, 31) + 32).astype(np.uint8)
    halves = codes.reshape(n, 2, 4, 32)
    low = halves & 15
    high = halves >> 4
    out = np.empty((n, 210), np.uint8)
    out[:, :128] = np.concatenate([low[:, :, 0:2] | (low[:, :, 2:4] << 4)], axis=2).reshape(n, 128)
    out[:, 128:192] = (high[:, :, 0] | high[:, :, 1] << 2 | high[:, :, 2] << 4 | high[:, :, 3] << 6).reshape(n, 64)
    out[:, 192:208] = small.view(np.uint8)
    out[:, 208:210] = d.astype("<f2").view(np.uint8).reshape(n, 2)
    return out.tobytes()


ENCODERS = {
    F32: lambda a: a.astype("<f4").tobytes(),
    F16: lambda a: a.astype("<f2").tobytes(),
    Q4_0: q4_0,
    Q6_K: q6_k,
}


def string(text: str) -> bytes:
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def value(kind: int, content) -> bytes:
    if kind == STRING:
        return string(content)
    if kind == ARRAY:
        item_kind, items = content
        return struct.pack("<IQ", item_kind, len(items)) + b"".join(value(item_kind, i) for i in items)
    return struct.pack({UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?"}[kind], content)


def write(path: Path, metadata: list[tuple[str, int, object]], tensors: list[tuple[str, int, np.ndarray]]) -> None:
    """metadata: (key, value type, value); tensors: (name, tensor type, array [N, K] or [K])."""
    header = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(metadata))
    for key, kind, content in metadata:
        header += string(key) + struct.pack("<I", kind) + value(kind, content)
    body = bytearray()
    for name, kind, array in tensors:
        body += b"\0" * (-len(body) % ALIGNMENT)
        # GGUF lists the fastest-moving dimension first.
        shape = array.shape[::-1]
        header += string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, len(body))
        body += ENCODERS[kind](array)
    body += b"\0" * (-len(body) % ALIGNMENT)
    header += b"\0" * (-len(header) % ALIGNMENT)
    path.write_bytes(header + bytes(body))


SCALARS = {UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?"}
PLAIN = {F32: np.dtype("<f4"), F16: np.dtype("<f2")}


def read(path: Path) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """Metadata, and tensors as float32 arrays [N, K] or [K], of a file that `write` made with F32 and F16 tensors only."""
    data = path.read_bytes()
    at = 0

    def take(form: str):
        nonlocal at
        (found,) = struct.unpack_from(form, data, at)
        at += struct.calcsize(form)
        return found

    def text() -> str:
        nonlocal at
        length = take("<Q")
        at += length
        return data[at - length : at].decode("utf-8")

    def content(kind: int) -> object:
        if kind == STRING:
            return text()
        if kind == ARRAY:
            item_kind, count = take("<I"), take("<Q")
            return [content(item_kind) for _ in range(count)]
        return take(SCALARS[kind])

    if take("<4s") != b"GGUF" or take("<I") != 3:
        raise ValueError(f"{path} is not GGUF v3")
    tensor_count, metadata_count = take("<Q"), take("<Q")
    metadata = {text(): content(take("<I")) for _ in range(metadata_count)}
    entries: list[tuple[str, tuple[int, ...], int, int]] = []
    for _ in range(tensor_count):
        name = text()
        shape = tuple(take("<Q") for _ in range(take("<I")))[::-1]
        entries.append((name, shape, take("<I"), take("<Q")))
    start = at + -at % ALIGNMENT
    tensors: dict[str, np.ndarray] = {}
    for name, shape, kind, offset in entries:
        if kind not in PLAIN:
            raise ValueError(f"{name} in {path} is of type {kind}; only F32 and F16 are read")
        values = np.frombuffer(data, PLAIN[kind], int(np.prod(shape)), start + offset)
        tensors[name] = values.astype(np.float32).reshape(shape)
    return metadata, tensors
