"""Tiny random checkpoints of every family of decoders, with what Hugging Face transformers computes from them.

    python bench/reference/language/language_models.py            # all; or the names of some

Writes native-models/zoo/language/fixtures/NAME.safetensors and decoder-defaults.json. Made with Python 3.11, PyTorch 2.13.0 and
transformers 5.24.0 (CPU, float32, eager attention, one thread). A file holds the checkpoint under its own names, rounded to
bfloat16 before anything is computed; its configuration as metadata `config`, and in the keys of older files as `older` where
they differ; the texts `text.N`, and for every text computed alone

    logits.N   [tokens, vocabulary]
    states.N   [layers + 1, tokens, width]: the state before every block and after the last, before the final norm
    final.N    [tokens, width]: after the final norm
    patterns.N [layers, heads, tokens, tokens] of the last text only

The generator also checks that transformers gives the same for the texts padded on either side, with positions counted from
the mask (except where the model looks at the longest text of a batch, as LongRoPE does there).
"""
import json
import pathlib
import struct
import sys

import torch
from transformers import AutoConfig, AutoModelForCausalLM

FIXTURES = pathlib.Path(__file__).resolve().parents[3] / "native-models" / "zoo" / "language" / "fixtures"
VOCABULARY = 64
LENGTHS = (13, 6, 1)
NOT_OURS = ("transformers_version", "architectures", "id2label", "label2id", "dtype", "_name_or_path", "output_", "return_dict",
            "problem_type", "chunk_size", "is_encoder", "_attn_implementation", "summary", "use_cache", "pdrop", "dropout", "_commit_hash", "pretraining_tp",
            "initializer_range", "bos_token_id", "eos_token_id", "pad_token_id")

COMMON = dict(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=64)

# What older files say, and what transformers 5 writes, are both read; `older` renames some keys.
CASES = {
    "llama": dict(model_type="llama", **COMMON, rms_norm_eps=1e-5, rope_parameters=dict(
        rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)),
    "smollm2": dict(model_type="llama", **(COMMON | dict(num_attention_heads=3, num_key_value_heads=1, hidden_size=24)),
                    rms_norm_eps=1e-5, tie_word_embeddings=True, attention_bias=True, mlp_bias=True,
                    rope_parameters=dict(rope_type="default", rope_theta=100000.0)),
    "mistral": dict(model_type="mistral", **COMMON, head_dim=12, sliding_window=5, rope_parameters=dict(
        rope_type="linear", rope_theta=10000.0, factor=2.0)),
    "qwen2": dict(model_type="qwen2", **(COMMON | dict(num_hidden_layers=3)), use_sliding_window=True, sliding_window=4,
                  max_window_layers=1, rope_parameters=dict(rope_type="default", rope_theta=1000000.0)),
    "qwen3": dict(model_type="qwen3", **COMMON, head_dim=16, tie_word_embeddings=True, rope_parameters=dict(
        rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=16)),
    "gemma2": dict(model_type="gemma2", **COMMON, head_dim=16, query_pre_attn_scalar=12, sliding_window=4,
                   attn_logit_softcapping=2.0, final_logit_softcapping=5.0,
                   rope_parameters=dict(rope_type="default", rope_theta=10000.0)),
    "gemma3": dict(model_type="gemma3_text", **(COMMON | dict(num_hidden_layers=3)), head_dim=16, query_pre_attn_scalar=16,
                   sliding_window=4, layer_types=["sliding_attention", "sliding_attention", "full_attention"], rope_parameters=dict(
                       full_attention=dict(rope_type="linear", rope_theta=1000000.0, factor=8.0),
                       sliding_attention=dict(rope_type="default", rope_theta=10000.0))),
    "phi3": dict(model_type="phi3", **COMMON, sliding_window=9, original_max_position_embeddings=8, pad_token_id=0, rope_parameters=dict(
        rope_type="longrope", rope_theta=10000.0, partial_rotary_factor=0.75, short_factor=[1.0, 1.1, 1.3], long_factor=[1.0, 2.5, 6.0])),
    "olmo2": dict(model_type="olmo2", **COMMON, pad_token_id=0, eos_token_id=1, rope_parameters=dict(rope_type="default", rope_theta=500000.0)),
    "gpt2": dict(model_type="gpt2", vocab_size=VOCABULARY, n_positions=16, n_embd=24, n_layer=2, n_head=3, bos_token_id=0, eos_token_id=0),
    "gpt_neox": dict(model_type="gpt_neox", vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                     num_attention_heads=2, max_position_embeddings=64,
                     rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.25)),
}
OLDER = {
    "llama": dict(rope_theta=500.0, rope_scaling=dict(
        rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)),
    "smollm2": dict(rope_theta=100000.0, rope_scaling=None),
    "mistral": dict(rope_theta=10000.0, rope_scaling=dict(type="linear", factor=2.0)),
    "qwen2": dict(rope_theta=1000000.0),
    "qwen3": dict(rope_theta=10000.0, rope_scaling=dict(type="yarn", factor=4.0, original_max_position_embeddings=16)),
    "gemma2": dict(rope_theta=10000.0, layer_types=None),
    "gemma3": dict(rope_theta=1000000.0, rope_local_base_freq=10000.0, rope_scaling=dict(rope_type="linear", factor=8.0),
                   sliding_window_pattern=3, layer_types=None),
    "phi3": dict(rope_theta=10000.0, partial_rotary_factor=0.75,
                 rope_scaling=dict(type="longrope", short_factor=[1.0, 1.1, 1.3], long_factor=[1.0, 2.5, 6.0])),
    "olmo2": dict(rope_theta=500000.0),
    "gpt_neox": dict(rotary_emb_base=10000, rotary_pct=0.25),
}


def plain(config):
    said = {key: value for key, value in config.to_dict().items() if not any(part in key for part in NOT_OURS)}
    return json.loads(json.dumps(said))


def older_form(name, config):
    """The same in the keys of older files; checked to be the same to transformers."""
    if name not in OLDER:
        return None
    said = {key: value for key, value in plain(config).items() if key != "rope_parameters"} | OLDER[name]
    said = {key: value for key, value in said.items() if value is not None or key == "rope_scaling"}
    again = AutoConfig.for_model(**json.loads(json.dumps(said)))
    turning = lambda config: {key: value for key, value in (plain(config).get("rope_parameters") or {}).items() if key != "type"}
    assert turning(again) == turning(config), (plain(again), plain(config))
    assert getattr(again, "layer_types", None) == getattr(config, "layer_types", None)
    return said


def randomise(model, gain_mean):
    """Weights large enough that every part of the model shows in the logits, exact in bfloat16."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name or ".ln_" in name:
                mean = 0.0 if name.endswith("bias") else gain_mean
                parameter.copy_(mean + 0.2 * torch.randn_like(parameter))
            elif parameter.ndim == 1:
                parameter.copy_(0.3 * torch.randn_like(parameter))
            else:
                parameter.copy_(torch.randn_like(parameter) * (0.5 if "embed" in name or ".wte" in name else 1.6 / parameter.shape[-1] ** 0.5))
            parameter.copy_(parameter.bfloat16().float())


def final_norm(model):
    body = model.base_model
    return next(getattr(body, name) for name in ("norm", "ln_f", "final_layer_norm") if hasattr(body, name))


def compute(model, ids, mask=None):
    """Logits, states and patterns; positions are counted from the mask."""
    caught = []
    hook = final_norm(model).register_forward_pre_hook(lambda _, given: caught.append(given[0]))
    mask = torch.ones_like(ids) if mask is None else mask
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    with torch.no_grad():
        out = model(input_ids=ids, attention_mask=mask, position_ids=positions, output_hidden_states=True, output_attentions=True, use_cache=False)
    hook.remove()
    states = torch.stack([*out.hidden_states[:-1], caught[0]])
    return out.logits, states, out.hidden_states[-1], torch.stack(out.attentions)


def check_padding(model, texts, alone):
    longest = max(map(len, texts))
    for side in ("right", "left"):
        pads = [torch.zeros(longest - len(text), dtype=torch.long) for text in texts]
        join = lambda text, pad: torch.cat([text, pad] if side == "right" else [pad, text])
        ids = torch.stack([join(text, pad) for text, pad in zip(texts, pads)])
        mask = torch.stack([join(torch.ones_like(text), pad) for text, pad in zip(texts, pads)])
        logits = compute(model, ids, mask)[0]
        for row, text in enumerate(texts):
            got = logits[row][mask[row] == 1]
            difference = (got - alone[row][0][0]).abs().max().item()
            assert difference < 2e-5, (side, row, difference)


def write(path, tensors, metadata):
    """Deterministic safetensors: names in order, the metadata as given."""
    names = {torch.float32: "F32", torch.bfloat16: "BF16", torch.int64: "I64", torch.uint8: "U8"}
    header, parts, at = {"__metadata__": metadata}, [], 0
    for name in sorted(sorted(tensors), key=lambda name: -tensors[name].element_size()):
        tensor = tensors[name].contiguous()
        data = tensor.view(torch.uint8).numpy().tobytes() if tensor.ndim else tensor.reshape(1).view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [at, at + len(data)]}
        parts.append(data)
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))
    print(f"{path.name:32} {path.stat().st_size:8} bytes")


def generate(name):
    torch.manual_seed(sum(map(ord, name)))
    config = AutoConfig.for_model(**CASES[name])
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
    randomise(model, 0.0 if name.startswith("gemma") else 1.0)
    texts = [torch.randint(VOCABULARY, (length,)) for length in LENGTHS]
    alone = [compute(model, text[None]) for text in texts]
    if name != "phi3":
        check_padding(model, texts, alone)
    state = {key: value.bfloat16() for key, value in model.state_dict().items()}
    if config.tie_word_embeddings:
        del state["lm_head.weight" if "lm_head.weight" in state else "embed_out.weight"]
    expected = {}
    for index, (text, (logits, states, final, patterns)) in enumerate(zip(texts, alone)):
        expected |= {f"text.{index}": text, f"logits.{index}": logits[0], f"states.{index}": states[:, 0], f"final.{index}": final[0]}
        if index == 1:
            expected[f"patterns.{index}"] = patterns[:, 0]
    metadata = {"generator": "bench/reference/language/language_models.py", "torch": torch.__version__, "config": json.dumps(plain(config))}
    older = older_form(name, config)
    if older:
        metadata["older"] = json.dumps(older)
    assert all(torch.isfinite(value).all() for value in expected.values())
    print(name, "largest logit", max(value.abs().max().item() for key, value in expected.items() if key.startswith("logits")))
    write(FIXTURES / f"{name}.safetensors", state | expected, metadata)


def defaults():
    """What every family has where a configuration says nothing."""
    kinds = sorted({case["model_type"] for case in CASES.values()})
    said = {kind: plain(AutoConfig.for_model(kind)) for kind in kinds}
    (FIXTURES / "decoder-defaults.json").write_text(json.dumps(said, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    FIXTURES.mkdir(exist_ok=True)
    for name in sys.argv[1:] or CASES:
        generate(name)
    defaults()
