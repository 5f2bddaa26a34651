"""A small convolution + attention model exported by PyTorch, with inputs and expected outputs: fixtures of main/models.

Run from the repository root with torch 2.13, onnx 1.23 and onnxscript 0.7:

    python bench/reference/onnx_exports.py

Writes main/models/testing/exports/: the model from the TorchScript-based exporter (script.onnx), from the
torch.export-based one (export.onnx), and from the latter with weights in a file beside it (external.onnx and
external.onnx.data); inputs-N.npz and expected-N.npz hold a batch of N images and what PyTorch gives for it.
"""

from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

FOLDER = Path("main/models/testing/exports")


class Classifier(nn.Module):
    """Two convolutions, one block of self-attention over the 16 positions, and a head; 8x8 images, 3 classes."""

    def __init__(self, width: int = 16, heads: int = 2):
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, padding=1)
        self.reduce = nn.Conv2d(8, width, 3, stride=2, padding=1)
        self.norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.head = nn.Linear(width, 3)
        self.heads = heads

    def forward(self, image: torch.Tensor, temperature: torch.Tensor):
        x = torch.relu(self.stem(image))
        x = torch.nn.functional.gelu(self.reduce(x))
        x = x.flatten(2).transpose(1, 2)
        batch, length, width = x.shape
        split = self.query_key_value(self.norm(x)).reshape(batch, length, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        weights = torch.softmax(query @ key.transpose(-1, -2) / (width // self.heads) ** 0.5, dim=-1)
        attended = (weights @ value).transpose(1, 2).reshape(batch, length, width)
        x = x + self.project(attended)
        logits = self.head(x.mean(1)) / temperature
        return logits, logits.argmax(-1)


def drop_source_positions(path: Path) -> None:
    """The exporter notes the source file of every node; fixtures should not depend on where the generator lies."""
    model = onnx.load(path, load_external_data=False)
    for value in [*model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output,
                  *model.graph.value_info, model.graph, model, *model.functions]:
        del value.metadata_props[:]
    for node in [node for function in model.functions for node in function.node]:
        del node.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
    path.write_bytes(model.SerializeToString())


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    torch.set_num_threads(1)
    model = Classifier().eval()
    # An untrained head gives every image the same label; centred over images it does not.
    with torch.no_grad():
        nn.init.normal_(model.head.weight)
        logits, _ = model(torch.randn(64, 1, 8, 8), torch.tensor(1.0))
        model.head.bias -= logits.mean(0)
    temperature = torch.tensor(0.5)
    example = (torch.randn(2, 1, 8, 8), temperature)
    names = {"input_names": ["image", "temperature"], "output_names": ["logits", "label"]}
    torch.onnx.export(
        model,
        example,
        FOLDER / "script.onnx",
        dynamo=False,
        opset_version=17,
        dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}, "label": {0: "batch"}},
        **names,
    )
    batch = torch.export.Dim("batch")
    for name, external in (("export.onnx", False), ("external.onnx", True)):
        torch.onnx.export(
            model,
            example,
            FOLDER / name,
            dynamo=True,
            external_data=external,
            dynamic_shapes={"image": {0: batch}, "temperature": None},
            **names,
        )
    for path in FOLDER.glob("*.onnx"):
        drop_source_positions(path)
    for count in (1, 5):
        image = torch.randn(count, 1, 8, 8)
        with torch.no_grad():
            logits, label = model(image, temperature)
        np.savez(FOLDER / f"inputs-{count}.npz", image=image.numpy(), temperature=temperature.numpy())
        np.savez(FOLDER / f"expected-{count}.npz", logits=logits.numpy(), label=label.numpy())


if __name__ == "__main__":
    main()
