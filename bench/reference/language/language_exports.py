"""The tiny checkpoints of language_models.py and encoder_models.py as PyTorch's exporters and ONNX Runtime's optimiser write them.

    python bench/reference/language/language_exports.py

Reads native-models/zoo/language/fixtures/ and writes main/models/testing/exports/roles/NAME.FORM.onnx; FORM is script (the
TorchScript-based exporter), export (the torch.export-based one) or fused (script, rewritten by onnxruntime.transformers). Made
with PyTorch 2.13.0, transformers 5.24.0, onnx 1.23, onnxscript 0.7, onnxruntime 1.32.
"""
import json
import pathlib
import sys

import onnx
import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM, BertModel

ROOT = pathlib.Path(__file__).resolve().parents[3]
FIXTURES = ROOT / "native-models" / "zoo" / "language" / "fixtures"
FOLDER = ROOT / "main" / "models" / "testing" / "exports" / "roles"
FORMS = {
    "llama": ("script", "export"),
    "gemma2": ("export",),
    "phi3": ("export",),
    "olmo2": ("export",),
    "gpt2": ("export",),
    "gpt_neox": ("export",),
    "bert": ("script", "fused"),
}


class Logits(torch.nn.Module):
    """Logits, or the last states, of ids and mask, without caches."""

    def __init__(self, model, decoder):
        super().__init__()
        self.model, self.decoder = model, decoder

    def forward(self, input_ids, attention_mask):
        if self.decoder:
            return self.model(input_ids=input_ids, attention_mask=attention_mask, use_cache=False).logits
        return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


def load(name):
    file = safe_open(FIXTURES / f"{name}.safetensors", "pt")
    config = AutoConfig.for_model(**(json.loads(file.metadata()["config"]) | {"pad_token_id": 0}))
    config._attn_implementation = "eager"
    model = BertModel(config) if name == "bert" else AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    state = {key: file.get_tensor(key).float() for key in file.keys() if not key.split(".")[-1].isdigit()}
    missing = model.load_state_dict(state, strict=False).missing_keys
    assert all(key in ("lm_head.weight",) for key in missing), missing
    return Logits(model.float().eval(), name != "bert")


def clean(path):
    """Without the places of sources, which should not depend on where the generator lies."""
    model = onnx.load(path)
    model.doc_string = ""
    for value in [*model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output, *model.graph.value_info, model.graph, model]:
        del value.metadata_props[:]
        value.doc_string = ""
    del model.graph.value_info[:]
    path.write_bytes(model.SerializeToString())
    path.with_name(path.name + ".data").unlink(missing_ok=True)
    print(f"{path.name:28} {path.stat().st_size:8} bytes, {len(model.graph.node)} nodes")


def export(name, form):
    model = load(name)
    ids = torch.randint(64, (2, 7))
    mask = torch.ones_like(ids)
    path = FOLDER / f"{name}.{form}.onnx"
    names = dict(input_names=["input_ids", "attention_mask"], output_names=["logits" if model.decoder else "last_hidden_state"])
    if form == "export":
        size = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens")}
        torch.onnx.export(model, (ids, mask), path, dynamo=True, external_data=False, verbose=False, optimize=True,
                          dynamic_shapes={"input_ids": size, "attention_mask": size}, **names)
    else:
        axes = {0: "batch", 1: "tokens"}
        torch.onnx.export(model, (ids, mask), path, dynamo=False, opset_version=17, do_constant_folding=True,
                          dynamic_axes={"input_ids": axes, "attention_mask": axes}, **names)
    if form == "fused":
        from onnxruntime.transformers.optimizer import optimize_model
        optimised = optimize_model(str(path), model_type="bert", num_heads=3, hidden_size=24, opt_level=0)
        optimised.save_model_to_file(str(path))
    clean(path)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(3)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or FORMS:
        for form in FORMS[name]:
            export(name, form)
