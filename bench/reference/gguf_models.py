"""Writes native-models/zoo/language/testing/gguf: a tiny GGUF file of every architecture, and what is in it in Hugging Face's words.

Run from the repository root: python bench/reference/gguf_models.py (needs gguf, torch, transformers). Models of
transformers with random weights are written as llama.cpp's converter does it: names of the package gguf, rows of q and k
of Llama permuted, one added to Gemma's gains, GPT-2's matrices turned, GPT-NeoX's q, k and v gathered. Matrices are
Q8_0, the rest F32. Where transformers has a GGUF loader for the architecture, its tensors must be the expected ones.
`expected.json` has shape and SHA-256 of the float32 values of every tensor, and the configuration.
"""

import hashlib
import json
import math
import os
import re

import gguf
import numpy as np
import torch
import transformers
from gguf.quants import dequantize, quantize
from transformers import AutoModelForCausalLM

FOLDER = "native-models/zoo/language/testing/gguf"
VOCABULARY = 40
COMMON = dict(
    vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    intermediate_size=64, max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=0,
)  # fmt: skip
LONG, SHORT = [1.0, 1.5, 2.0, 4.0], [1.0, 1.0, 1.25, 1.5]


def models():
    t = transformers
    llama3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                  original_max_position_embeddings=8192, rope_theta=500000.0)  # fmt: skip
    yield "llama", t.LlamaConfig(**COMMON, rms_norm_eps=1e-5, rope_parameters=llama3, tie_word_embeddings=True)
    yield "qwen2", t.Qwen2Config(**COMMON, rms_norm_eps=1e-6, rope_parameters=dict(rope_type="default", rope_theta=1e6))
    yield "qwen3", t.Qwen3Config(**COMMON, head_dim=16, rms_norm_eps=1e-6, rope_parameters=dict(rope_type="default", rope_theta=1e6))
    yield "gemma2", t.Gemma2Config(**COMMON, head_dim=16, query_pre_attn_scalar=16, sliding_window=8)
    # fmt: off
    yield "gemma3", t.Gemma3TextConfig(**COMMON | {"num_hidden_layers": 6}, head_dim=16, query_pre_attn_scalar=16, sliding_window=8,
        rope_parameters=dict(full_attention=dict(rope_type="linear", factor=8.0, rope_theta=1e6),
                             sliding_attention=dict(rope_type="default", rope_theta=1e4)))
    yield "phi3", t.Phi3Config(**COMMON, rms_norm_eps=1e-5, sliding_window=16, original_max_position_embeddings=32,
        rope_parameters=dict(rope_type="longrope", rope_theta=1e4, long_factor=LONG, short_factor=SHORT, original_max_position_embeddings=32))
    # fmt: on
    yield "olmo2", t.Olmo2Config(**COMMON, rms_norm_eps=1e-6, rope_parameters=dict(rope_type="default", rope_theta=5e5))
    yield "gpt2", t.GPT2Config(vocab_size=VOCABULARY, n_embd=32, n_layer=2, n_head=4, n_positions=64, bos_token_id=1, eos_token_id=2)
    yield "gptneox", t.GPTNeoXConfig(**{k: v for k, v in COMMON.items() if k != "num_key_value_heads"}, rotary_pct=0.25, layer_norm_eps=1e-5)


def stored(arch: str, name: str, value: np.ndarray, config) -> np.ndarray:
    """What the converter makes of a tensor under Hugging Face's name."""
    if arch == "llama" and re.search(r"(q|k)_proj", name):
        heads = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
        return value.reshape(heads, 2, -1, *value.shape[1:]).swapaxes(1, 2).reshape(value.shape)
    if arch == "gptneox" and "query_key_value" in name:
        heads = config.num_attention_heads
        return value.reshape(heads, 3, -1, *value.shape[1:]).swapaxes(0, 1).reshape(value.shape)
    if arch == "gpt2" and re.search(r"(c_attn|c_proj|c_fc)\.weight", name):
        return np.ascontiguousarray(value.T)
    if arch.startswith("gemma") and name.endswith("norm.weight"):
        return value + np.float32(1)
    return value


def back(arch: str, name: str, value: np.ndarray, config) -> np.ndarray:
    """The inverse of `stored`."""
    if arch == "llama" and re.search(r"(q|k)_proj", name):
        heads = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
        return value.reshape(heads, -1, 2, *value.shape[1:]).swapaxes(1, 2).reshape(value.shape)
    if arch == "gptneox" and "query_key_value" in name:
        heads = config.num_attention_heads
        return value.reshape(3, heads, -1, *value.shape[1:]).swapaxes(0, 1).reshape(value.shape)
    if arch == "gpt2" and re.search(r"(c_attn|c_proj|c_fc)\.weight", name):
        return np.ascontiguousarray(value.T)
    if arch.startswith("gemma") and name.endswith("norm.weight"):
        return value - np.float32(1)
    return value


def metadata(writer: gguf.GGUFWriter, arch: str, c) -> None:
    heads = c.num_attention_heads
    writer.add_context_length(c.max_position_embeddings)
    writer.add_embedding_length(c.hidden_size)
    writer.add_block_count(c.num_hidden_layers)
    writer.add_head_count(heads)
    writer.add_feed_forward_length(4 * c.hidden_size if arch == "gpt2" else c.intermediate_size)
    writer.add_vocab_size(VOCABULARY)
    if arch == "gpt2":
        writer.add_layer_norm_eps(c.layer_norm_epsilon)
    elif arch == "gptneox":
        writer.add_layer_norm_eps(c.layer_norm_eps)
        writer.add_parallel_residual(c.use_parallel_residual)
        writer.add_rope_dimension_count(int(0.25 * c.hidden_size // heads))
        writer.add_rope_freq_base(10000.0)
    else:
        width = getattr(c, "head_dim", None) or c.hidden_size // heads
        writer.add_head_count_kv(c.num_key_value_heads)
        writer.add_layer_norm_rms_eps(c.rms_norm_eps)
        writer.add_rope_freq_base((c.rope_parameters.get("full_attention") or c.rope_parameters)["rope_theta"])
        if arch in ("qwen3", "gemma2", "gemma3"):
            writer.add_key_length(width)
            writer.add_value_length(width)
        else:
            writer.add_rope_dimension_count(width)
        if arch in ("gemma2", "gemma3", "phi3"):
            writer.add_sliding_window(c.sliding_window)
    if arch == "gemma2":
        writer.add_attn_logit_softcapping(c.attn_logit_softcapping)
        writer.add_final_logit_softcapping(c.final_logit_softcapping)
    if arch == "gemma3":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(8.0)
    if arch == "phi3":
        writer.add_rope_scaling_orig_ctx_len(32)
        writer.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(4) / math.log(32)))
        writer.add_tensor("rope_factors_long.weight", np.array(LONG, np.float32))
        writer.add_tensor("rope_factors_short.weight", np.array(SHORT, np.float32))
    if arch == "llama":
        writer.add_tensor("rope_freqs.weight", llama3_factors(8, 500000.0))
        writer.add_license("apache-2.0")
        writer.add_bos_token_id(1)
        writer.add_eos_token_id(2)
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("smollm")
        writer.add_token_list(["<s>", "<b>", "<e>", *(chr(97 + i) for i in range(26)), *map(str, range(VOCABULARY - 29))])
        writer.add_token_types([3] * 3 + [1] * (VOCABULARY - 3))
        writer.add_token_merges(["a b"])


def llama3_factors(width: int, base: float) -> np.ndarray:
    factors = []
    for i in range(width // 2):
        wave = 2 * math.pi * base ** (2 * i / width)
        smooth = (8192 / wave - 1) / 3
        factors.append(1 if wave < 2048 else 8 if wave > 8192 else 1 / ((1 - smooth) / 8 + smooth))
    return np.array(factors, np.float32)


def write(arch: str, config) -> dict:
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3)
    # Tied heads are not written; the names are those of the files, which begin at the model's own.
    state = {k: v.numpy().astype(np.float32) for k, v in model.state_dict().items() if not (k == "lm_head.weight" and config.tie_word_embeddings)}
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH[{"gptneox": "GPTNEOX"}.get(arch, arch.upper())], config.num_hidden_layers)
    path = f"{FOLDER}/{arch}.gguf"
    writer = gguf.GGUFWriter(path, arch)
    metadata(writer, arch, config)
    expected = {}
    for name, value in state.items():
        target = names.get_name(name, try_suffixes=(".weight", ".bias"))
        assert target, f"{arch}: {name}"
        value = stored(arch, name, value, config)
        kind = gguf.GGMLQuantizationType.Q8_0 if value.ndim == 2 and value.shape[1] % 32 == 0 else gguf.GGMLQuantizationType.F32
        data = quantize(value, kind)
        writer.add_tensor(target, data, raw_dtype=kind)
        # transformers gives the head of GPT-NeoX another name in memory than in its files.
        written = "embed_out.weight" if arch == "gptneox" and name == "lm_head.weight" else name
        expected[written] = back(arch, name, dequantize(data, kind), config)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    loader = compare_with_loader(arch, path, expected, config)
    tensors = {
        name: {"shape": list(value.shape), "sha256": hashlib.sha256(np.ascontiguousarray(value, "<f4").tobytes()).hexdigest()}
        for name, value in expected.items()
    }
    kept = {k: v for k, v in config.to_dict().items() if isinstance(v, (int, float, str, list)) and not k.startswith(("transformers", "_"))}
    return {"loader": loader, "config": kept, "rope": config.to_dict().get("rope_parameters"), "tensors": tensors}


def compare_with_loader(arch: str, path: str, expected: dict, config) -> bool:
    """Whether transformers reads the file; where it does, every tensor must be the expected one, to the bit."""
    if arch in ("olmo2", "gptneox"):
        return False
    # Its reading of the configuration leaves out keys (the width of heads of Qwen3), so it is given.
    model = AutoModelForCausalLM.from_pretrained(FOLDER, config=config, gguf_file=os.path.basename(path), dtype=torch.float32)
    loaded = model.state_dict()
    for name, value in expected.items():
        assert np.array_equal(loaded[name].numpy(), value), f"{arch}: {name} differs from transformers' loader"
    return True


def main() -> None:
    os.makedirs(FOLDER, exist_ok=True)
    facts = {arch: write(arch, config) for arch, config in models()}
    with open(f"{FOLDER}/expected.json", "w") as file:
        json.dump(facts, file, indent=1)
        file.write("\n")
    for arch, fact in facts.items():
        print(arch, len(fact["tensors"]), "tensors", "= transformers' loader" if fact["loader"] else "(no loader to compare)")


if __name__ == "__main__":
    main()
