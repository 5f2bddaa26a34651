"""Writes native-models/io/blocks/testing/blocks.npz: blocks of every GGUF type, and their values by ggml's reference in Python.

Run from the repository root: python bench/reference/gguf_blocks.py (needs the packages gguf and numpy). For each type
`TYPE/bytes` are random blocks: eight with scales of the size that models have, eight with any scales at all (NaN,
infinite, subnormal and negative ones included), and one each of zero bytes and of bytes 255; `TYPE/values` are float32.
"""

import io
import os
import zipfile

import gguf
import numpy as np

PATH = "native-models/io/blocks/testing/blocks.npz"
TYPES = "F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS".split()
# Where the halves of a block lie.
HALVES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0],
}  # fmt: skip


def blocks(name: str, generator: np.random.Generator) -> np.ndarray:
    size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[name]][1]
    some = generator.integers(0, 256, (16, size), dtype=np.uint8)
    for at in HALVES.get(name, []):
        scales = generator.normal(0, 0.02, 8).astype(np.float16)
        some[:8, at : at + 2] = scales.view(np.uint8).reshape(8, 2)
        # The ends of the format: infinity, NaN, the largest, the smallest, minus zero.
        some[8:13, at : at + 2] = np.array([0x7C00, 0x7E01, 0xFBFF, 0x0001, 0x8000], "<u2").view(np.uint8).reshape(5, 2)
    ends = np.stack([np.zeros(size, np.uint8), np.full(size, 255, np.uint8)])
    return np.concatenate([some, ends])


def main() -> None:
    generator = np.random.default_rng(6)
    os.makedirs(os.path.dirname(PATH), exist_ok=True)
    with zipfile.ZipFile(PATH, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, array: np.ndarray) -> None:
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), version=(1, 0))
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), buffer.getvalue(), zipfile.ZIP_DEFLATED, 9)

        for name in TYPES:
            stored = blocks(name, generator).reshape(1, -1)
            with np.errstate(all="ignore"):
                values = gguf.quants.dequantize(stored, gguf.GGMLQuantizationType[name])
            add(f"{name}/bytes", stored.ravel())
            add(f"{name}/values", values.astype("<f4").ravel())


if __name__ == "__main__":
    main()
