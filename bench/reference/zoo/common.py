"""What every generator of a parity fixture shares: rounding, gradients, 20 steps of AdamW, and the file.

A generator builds an independent PyTorch model in float64, names its parameters as Monge does, and calls `write_fixture`.
"""
import json
import math
import pathlib
import struct
import sys

import torch

FIXTURES = pathlib.Path(__file__).resolve().parents[3] / "native-models" / "zoo" / "fixtures"
STEPS = 20
LARGEST_FILE = 300_000
DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.int32: "I32"}


def start(seed=0):
    """Double precision on one thread, with a fixed seed: a fixture made twice is the same file."""
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)


def linear(name, layer):
    """Our names of a torch.nn.Linear. Our weight is [inputs, outputs], the transpose of PyTorch's."""
    named = {f"{name}.weight": (layer.weight, lambda tensor: tensor.T)}
    if layer.bias is not None:
        named[f"{name}.bias"] = layer.bias
    return named


def plain(name, layer):
    """Our names of a layer whose weight and bias lie in memory as in PyTorch: convolutions, norms, embeddings."""
    named = {f"{name}.weight": layer.weight}
    if getattr(layer, "bias", None) is not None:
        named[f"{name}.bias"] = layer.bias
    return named


def write_fixture(name, module, parameters, batches, loss):
    """Writes native-models/zoo/fixtures/NAME.safetensors.

    parameters: our name -> a torch parameter, or (parameter, view), where view maps a tensor of the parameter's shape
        to ours: a transpose, or the rows of a joint projection. Every element of every parameter of the module must
        appear in exactly one view.
    batches: list of dicts of tensors (float64 or int32); step k takes batches[k % len(batches)].
    loss: a function from a batch to a scalar.

    Parameters and batches are rounded to float32 first, so that single precision starts from the very same numbers.
    """
    views = {key: value if isinstance(value, tuple) else (value, lambda tensor: tensor) for key, value in parameters.items()}
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(parameter.float().double())
    covered = {id(parameter): 0 for parameter in module.parameters()}
    for parameter, view in views.values():
        covered[id(parameter)] += view(parameter).numel()
    for key, parameter in module.named_parameters():
        assert covered[id(parameter)] == parameter.numel(), f"{key}: {covered[id(parameter)]} of {parameter.numel()} named"
    batches = [{key: rounded(value) for key, value in batch.items()} for batch in batches]

    arrays = {}
    for key, (parameter, view) in views.items():
        arrays[f"parameter/{key}"] = view(parameter.detach()).float()
    first = loss(batches[0])
    first.backward()
    for key, (parameter, view) in views.items():
        slope = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        arrays[f"gradient/{key}"] = view(slope).clone()
    arrays["loss"] = first.detach().reshape(1)
    for key in batches[0]:
        stacked = torch.stack([batch[key] for batch in batches])
        arrays[f"batch/{key}"] = stacked if stacked.dtype == torch.int32 else stacked.float()

    optimiser = torch.optim.AdamW(module.parameters(), lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    losses = []
    for step in range(STEPS):
        optimiser.zero_grad(set_to_none=False)
        value = loss(batches[step % len(batches)])
        value.backward()
        losses.append(value.item())
        optimiser.step()
    assert all(map(math.isfinite, losses)), losses
    arrays["losses"] = torch.tensor(losses)
    data = encode(arrays, {"torch": torch.__version__, "generator": f"bench/reference/zoo/{pathlib.Path(sys.argv[0]).name}"})
    assert len(data) < LARGEST_FILE, f"{name}: {len(data)} bytes; make the model smaller"
    FIXTURES.mkdir(parents=True, exist_ok=True)
    (FIXTURES / f"{name}.safetensors").write_bytes(data)
    count = sum(parameter.numel() for parameter in module.parameters())
    print(f"{name}: {count} parameters, {len(data)} bytes, loss {losses[0]:.6f} -> {losses[-1]:.6f}")


def rounded(tensor):
    return tensor if tensor.dtype == torch.int32 else tensor.float().double()


def encode(arrays, metadata):
    """The safetensors format: length of the header, the header as JSON padded to 8 bytes, the values."""
    header, values, offset = {"__metadata__": metadata}, [], 0
    for key in sorted(arrays):
        tensor = arrays[key].detach().contiguous()
        raw = tensor.numpy().tobytes()
        header[key] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, offset + len(raw)]}
        values.append(raw)
        offset += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(values)
