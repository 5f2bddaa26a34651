"""Writes native-models/testing/numpy-arrays.npz: arrays as NumPy writes them, in every type, order and format version.

Run from the repository root: python bench/reference/numpy_arrays.py
"""

import io
import zipfile

import numpy as np

PATH = "native-models/testing/numpy-arrays.npz"


def main() -> None:
    signed = np.arange(-2, 4).reshape(2, 3)
    unsigned = np.arange(6).reshape(2, 3)
    arrays = {}
    for name in ("f2", "f4", "f8", "i1", "i2", "i4", "i8"):
        arrays[name] = signed.astype(name)
    for name in ("u1", "u2", "u4", "u8"):
        arrays[name] = unsigned.astype(name)
    arrays["bool"] = unsigned % 2 == 1
    for name in ("f2", "f4", "f8", "i2", "i4", "i8"):
        arrays[f"big-{name}"] = signed.astype(f">{name}")
    arrays["big-u8"] = np.array([2**64 - 1, 2**53 + 1], dtype=">u8")
    arrays["fortran"] = np.asfortranarray(np.arange(24, dtype="f4").reshape(2, 3, 4))
    arrays["fortran-i8"] = np.asfortranarray(signed.astype("i8"))
    arrays["scalar"] = np.array(2.5)
    arrays["empty"] = np.zeros((0, 4), dtype="f4")
    with zipfile.ZipFile(PATH, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name, array, version):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, version=version)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), buffer.getvalue())

        for name, array in arrays.items():
            add(name, array, (1, 0))
        add("version-2", arrays["f4"], (2, 0))
        add("version-3", arrays["f4"], (3, 0))


if __name__ == "__main__":
    main()
