"""A control vector as the Python package gguf writes it, and a check of one that it reads.

    python control_vector.py OUT.gguf       writes main/steering/files/testing/control-vector.gguf
    python control_vector.py --read FILE    prints architecture, hint and directions of a file

Made with gguf 0.19.
"""

import sys

import numpy as np
from gguf import GGUFReader, GGUFWriter


def write(path):
    writer = GGUFWriter(path, "controlvector")
    writer.add_string("controlvector.model_hint", "llama")
    writer.add_uint32("controlvector.layer_count", 2)
    writer.add_tensor("direction.1", np.array([0.5, -1.25, 3], dtype=np.float32))
    writer.add_tensor("direction.4", np.array([1, 2, -0.125], dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read(path):
    reader = GGUFReader(path)
    for name in ["general.architecture", "controlvector.model_hint", "controlvector.layer_count"]:
        print(name, reader.get_field(name).contents())
    for tensor in reader.tensors:
        print(tensor.name, tensor.tensor_type.name, tensor.data.tolist())


if sys.argv[1] == "--read":
    read(sys.argv[2])
else:
    write(sys.argv[1])
