"""Tiny checkpoints of language_models.py as decoders with caches, in the shapes that exporters and builders write them.

    python bench/reference/language/cached_exports.py

Reads native-models/zoo/language/fixtures/ and writes main/models/testing/exports/decoders/NAME.FORM.onnx.gz (the weights are
rounded to bfloat16 and shrink to half). FORM is

    script   the TorchScript-based exporter: input_ids, attention_mask, position_ids, past_key_values.N.key|value
    export   the torch.export-based exporter, without position_ids
    fused    as onnxruntime-genai's builder writes it: SimplifiedLayerNormalization, SkipSimplifiedLayerNormalization,
             GroupQueryAttention that turns queries and keys itself
    q4       the same with MatMulNBits of 4 bits; NAME.q4.json holds what transformers computes with the same rounded weights

Made with PyTorch 2.13.0, transformers 5.24.0, onnx 1.23, onnxruntime 1.32. What is computed is checked here against transformers.
"""
import gzip
import io
import json
import pathlib

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache

ROOT = pathlib.Path(__file__).resolve().parents[3]
FIXTURES = ROOT / "native-models" / "zoo" / "language" / "fixtures"
FOLDER = ROOT / "main" / "models" / "testing" / "exports" / "decoders"
BLOCK = 32


class Cached(torch.nn.Module):
    """Logits and the cache of new tokens after a cache; the mask is written out, as it is for every exporter in the end."""

    def __init__(self, model, positions):
        super().__init__()
        self.model, self.positions = model, positions

    def forward(self, input_ids, attention_mask, *rest):
        position_ids, past = (rest[0], rest[1:]) if self.positions else (None, rest[0])
        cache = DynamicCache()
        for layer in range(len(past) // 2):
            cache.update(past[2 * layer], past[2 * layer + 1], layer)
        total, new = attention_mask.shape[1], input_ids.shape[1]
        places = torch.arange(total)
        seen = (places[None, :] <= places[total - new :, None])[None, None] & (attention_mask[:, None, None, :] > 0)
        mask = torch.where(seen, 0.0, -1e9)
        if position_ids is None:
            position_ids = places[None, total - new :].expand(input_ids.shape[0], -1)
        out = self.model(input_ids=input_ids, attention_mask=mask, position_ids=position_ids, past_key_values=cache, use_cache=True)
        return (out.logits, *[part for layer in out.past_key_values.layers for part in (layer.keys, layer.values)])


def load(name):
    file = safe_open(FIXTURES / f"{name}.safetensors", "pt")
    config = AutoConfig.for_model(**(json.loads(file.metadata()["config"]) | {"pad_token_id": 0}))
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    state = {key: file.get_tensor(key).float() for key in file.keys() if not key.split(".")[-1].isdigit()}
    missing = model.load_state_dict(state, strict=False).missing_keys
    assert all(key in ("lm_head.weight",) for key in missing), missing
    texts = [file.get_tensor(f"text.{index}") for index in range(3)]
    return model.float().eval(), config, texts


def heads_of(config):
    heads = config.num_attention_heads
    return getattr(config, "num_key_value_heads", None) or heads, getattr(config, "head_dim", None) or config.hidden_size // heads


def cache_names(layers, kind):
    return [f"{kind}.{layer}.{part}" for layer in range(layers) for part in ("key", "value")]


def exported(name, form):
    model, config, texts = load(name)
    layers = config.num_hidden_layers
    heads, width = heads_of(config)
    positions = form == "script"
    past = [torch.randn(2, heads, 3, width) for _ in range(2 * layers)]
    ids, mask = torch.randint(64, (2, 4)), torch.ones(2, 7, dtype=torch.long)
    names = dict(
        input_names=["input_ids", "attention_mask", *(["position_ids"] if positions else []), *cache_names(layers, "past_key_values")],
        output_names=["logits", *cache_names(layers, "present")],
    )
    wrapped = Cached(model, positions)
    if form == "script":
        axes = {"input_ids": {0: "batch", 1: "new"}, "position_ids": {0: "batch", 1: "new"}, "attention_mask": {0: "batch", 1: "total"}}
        axes |= {key: {0: "batch", 2: "past"} for key in cache_names(layers, "past_key_values")}
        axes |= {key: {0: "batch", 2: "total"} for key in cache_names(layers, "present")}
        file = io.BytesIO()
        torch.onnx.export(wrapped, (ids, mask, torch.arange(3, 7)[None].expand(2, -1), *past), file, dynamo=False, opset_version=17, dynamic_axes=axes, **names)
        made = onnx.load_from_string(file.getvalue())
    else:
        open_size = torch.export.Dim.DYNAMIC
        rows = {0: open_size, 1: open_size}
        shapes = {"input_ids": rows, "attention_mask": rows, "rest": ([{0: open_size, 2: open_size} for _ in past],)}
        program = torch.onnx.export(wrapped, (ids, mask, past), dynamo=True, external_data=False, verbose=False, optimize=True, dynamic_shapes=shapes, **names)
        made = program.model_proto
    return made, model, config, texts


def fused(name, bits):
    """Written node by node, as the builder of onnxruntime-genai does."""
    model, config, texts = load(name)
    heads, width = heads_of(config)
    quantised = {}
    nodes, weights = [], []
    def weight(key, array):
        weights.append(numpy_helper.from_array(np.ascontiguousarray(array), key))
        return key
    def node(op, inputs, outputs, domain="com.microsoft", **attributes):
        nodes.append(helper.make_node(op, inputs, outputs, name=f"/{outputs[0]}/{op}", domain=domain, **attributes))
        return outputs[0]
    def linear(value, path, out, bits=bits):
        matrix = model.get_submodule(path).weight.detach()
        if bits == 0:
            return node("MatMul", [value, weight(f"{path}.weight", matrix.numpy().T)], [out], "")
        rows, columns = matrix.shape
        blocks = -(-columns // BLOCK)
        padded = torch.zeros(rows, blocks * BLOCK)
        padded[:, :columns] = matrix
        cut = padded.reshape(rows, blocks, BLOCK)
        scales = (cut.abs().amax(-1, keepdim=True) / 7).clamp(min=1e-8)
        numbers = (cut / scales).round().clamp(-8, 7) + 8
        quantised[path] = ((numbers - 8) * scales).reshape(rows, -1)[:, :columns]
        packed = numbers.to(torch.uint8).reshape(rows, blocks, BLOCK // 2, 2)
        packed = packed[..., 0] | packed[..., 1] << 4
        inputs = [value, weight(f"{path}.q4", packed.numpy()), weight(f"{path}.scales", scales.reshape(-1).numpy())]
        return node("MatMulNBits", inputs, [out], K=columns, N=rows, bits=4, block_size=BLOCK, accuracy_level=4)
    place = torch.arange(config.max_position_embeddings)[:, None].float() * model.model.rotary_emb.inv_freq[None]
    scaling = model.model.rotary_emb.attention_scaling
    cos, sin = weight("cos_cache", (place.cos() * scaling).numpy()), weight("sin_cache", (place.sin() * scaling).numpy())
    one = weight("one", np.array([1], np.int64))
    node("ReduceSum", ["attention_mask", one], ["mask_sum"], "", keepdims=0)
    node("Sub", ["mask_sum", one], ["seqlens_64"], "")
    node("Cast", ["seqlens_64"], ["seqlens"], "", to=TensorProto.INT32)
    node("Shape", ["attention_mask"], ["mask_shape"], "")
    node("Gather", ["mask_shape", weight("index", np.array(1, np.int64))], ["total_64"], "", axis=0)
    node("Cast", ["total_64"], ["total"], "", to=TensorProto.INT32)
    node("Gather", [weight("embed_tokens.weight", model.model.embed_tokens.weight.detach().numpy()), "input_ids"], ["embed"], "")
    epsilon = config.rms_norm_eps
    gain = lambda path: weight(f"{path}.weight", model.get_submodule(path).weight.detach().numpy())
    normed = node("SimplifiedLayerNormalization", ["embed", gain("model.layers.0.input_layernorm")], ["layers.0.norm"], "", epsilon=epsilon, axis=-1, stash_type=1)
    state = "embed"
    for layer in range(config.num_hidden_layers):
        path = f"model.layers.{layer}"
        parts = [linear(normed, f"{path}.self_attn.{part}_proj", f"{layer}.{part}") for part in "qkv"]
        if hasattr(model.get_submodule(f"{path}.self_attn"), "q_norm"):
            for part, count in enumerate((config.num_attention_heads, heads)):
                name = "qk"[part]
                apart = node("Reshape", [parts[part], weight(f"{layer}.{name}.apart", np.array([0, -1, width]))], [f"{layer}.{name}.heads"], "")
                node("SimplifiedLayerNormalization", [apart, gain(f"{path}.self_attn.{name}_norm")], [f"{layer}.{name}.normed"], "", epsilon=epsilon, axis=-1, stash_type=1)
                parts[part] = node("Reshape", [f"{layer}.{name}.normed", weight(f"{layer}.{name}.flat", np.array([0, -1, count * width]))], [f"{layer}.{name}.turning"], "")
        past = [f"past_key_values.{layer}.{part}" for part in ("key", "value")]
        node("GroupQueryAttention", [*parts, *past, "seqlens", "total", cos, sin], [f"{layer}.mixed", f"present.{layer}.key", f"present.{layer}.value"],
             num_heads=config.num_attention_heads, kv_num_heads=heads, scale=width**-0.5, do_rotary=1, rotary_interleaved=0)
        added = linear(f"{layer}.mixed", f"{path}.self_attn.o_proj", f"{layer}.attention")
        node("SkipSimplifiedLayerNormalization", [state, added, gain(f"{path}.post_attention_layernorm")], [f"{layer}.mlp_norm", "", "", f"{layer}.middle"], epsilon=epsilon)
        gate = linear(f"{layer}.mlp_norm", f"{path}.mlp.gate_proj", f"{layer}.gate")
        up = linear(f"{layer}.mlp_norm", f"{path}.mlp.up_proj", f"{layer}.up")
        node("Sigmoid", [gate], [f"{layer}.sigmoid"], "")
        node("Mul", [gate, f"{layer}.sigmoid"], [f"{layer}.silu"], "")
        node("Mul", [f"{layer}.silu", up], [f"{layer}.inner"], "")
        added = linear(f"{layer}.inner", f"{path}.mlp.down_proj", f"{layer}.mlp")
        last = layer == config.num_hidden_layers - 1
        next_norm = "model.norm" if last else f"model.layers.{layer + 1}.input_layernorm"
        outputs = ["final.norm"] if last else [f"layers.{layer + 1}.norm", "", "", f"{layer}.state"]
        normed = node("SkipSimplifiedLayerNormalization", [f"{layer}.middle", added, gain(next_norm)], outputs, epsilon=epsilon)
        state = f"{layer}.state"
    linear(normed, "lm_head", "logits", 0 if bits == 0 else bits)
    value = lambda key, element, shape: helper.make_tensor_value_info(key, element, shape)
    sizes = ["batch", heads, "past", width]
    inputs = [value("input_ids", TensorProto.INT64, ["batch", "new"]), value("attention_mask", TensorProto.INT64, ["batch", "total"])]
    inputs += [value(key, TensorProto.FLOAT, sizes) for key in cache_names(config.num_hidden_layers, "past_key_values")]
    outputs = [value("logits", TensorProto.FLOAT, ["batch", "new", config.vocab_size])]
    outputs += [value(key, TensorProto.FLOAT, sizes[:2] + ["total", width]) for key in cache_names(config.num_hidden_layers, "present")]
    graph = helper.make_graph(nodes, "main_graph", inputs, outputs, weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)], ir_version=10, producer_name="onnxruntime-genai")
    with torch.no_grad():
        # A head that is the table of tokens is rounded alone.
        model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.clone())
        for path, matrix in quantised.items():
            model.get_submodule(path).weight.copy_(matrix)
    return made, model, config, texts


def check(made, model, config, texts, tolerance):
    """A text at once, and its first half before its second, against transformers."""
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    given = {value.name for value in session.get_inputs()}
    heads, width = heads_of(config)
    names = cache_names(config.num_hidden_layers, "past_key_values")
    for text in texts:
        expected = model(input_ids=text[None], use_cache=False).logits[0].detach().numpy()
        for cut in {0, len(text) // 2}:
            past = [np.zeros((1, heads, 0, width), np.float32) for _ in names]
            got, at = [], 0
            for part in (text[:cut], text[cut:]):
                if len(part) == 0:
                    continue
                feeds = {"input_ids": part[None].numpy(), "attention_mask": np.ones((1, at + len(part)), np.int64), "position_ids": np.arange(at, at + len(part))[None]}
                feeds = {key: value for key, value in feeds.items() if key in given} | dict(zip(names, past))
                logits, *past = session.run(None, feeds)
                got.append(logits[0])
                at += len(part)
            apart = np.abs(np.concatenate(got) - expected).max()
            assert apart < tolerance, (cut, len(text), apart)


def write(name, form, made):
    made.doc_string = ""
    for value in [*made.graph.node, *made.graph.initializer, *made.graph.input, *made.graph.output, made.graph, made]:
        if hasattr(value, "metadata_props"):
            del value.metadata_props[:]
        value.doc_string = ""
    del made.graph.value_info[:]
    path = FOLDER / f"{name}.{form}.onnx.gz"
    path.write_bytes(gzip.compress(made.SerializeToString(), 9, mtime=0))
    print(f"{path.name:28} {path.stat().st_size:8} bytes, {len(made.graph.node)} nodes")


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(3)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, form in [("qwen3", "fused"), ("qwen3", "q4"), ("llama", "script"), ("gpt2", "export")]:
        with torch.no_grad():
            made, model, config, texts = fused(name, 4 if form == "q4" else 0) if form in ("fused", "q4") else exported(name, form)
            # Level 4 rounds activations.
            check(made, model, config, texts, 0.3 if form == "q4" else 2e-5)
            if form == "q4":
                logits = model(input_ids=texts[0][None], use_cache=False).logits[0]
                said = {"ids": texts[0].tolist(), "logits": [[float(f"{value:.7g}") for value in row] for row in logits.tolist()]}
                (FOLDER / f"{name}.q4.json").write_text(json.dumps(said) + "\n")
        write(name, form, made)
