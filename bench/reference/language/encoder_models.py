"""Tiny random encoders, with what Hugging Face transformers computes from them.

    python bench/reference/language/encoder_models.py

Writes native-models/zoo/language/fixtures/{bert,vit}.safetensors and encoder-defaults.json; see language_models.py, whose form
the files have. BERT: `text.N`, `states.N` [layers + 1, tokens, width], `patterns.1`, `pooled.N`, and `mean.N`, `cls.N`, `max.N`
[width], made one vector as sentence-transformers does; mean and max are divided by their lengths. ViT: `image`, `states.0`
(before the last norm), `final.0`, `logits` and `patterns.0` of both images, and the pooler's output `pooled`.
"""
import json

import torch
from transformers import AutoConfig, BertModel, ViTForImageClassification, ViTModel

from language_models import FIXTURES, LENGTHS, plain, randomise, write


def said(model):
    return {"generator": "bench/reference/language/encoder_models.py", "torch": torch.__version__, "config": json.dumps(plain(model.config))}


def bert():
    torch.manual_seed(11)
    config = AutoConfig.for_model("bert", vocab_size=64, hidden_size=24, intermediate_size=40, num_hidden_layers=2,
                                  num_attention_heads=3, max_position_embeddings=20, layer_norm_eps=1e-6)
    config._attn_implementation = "eager"
    model = BertModel(config).float().eval()
    randomise(model, 1.0)
    expected = {}
    for index, length in enumerate(LENGTHS):
        text = torch.randint(64, (length,))
        with torch.no_grad():
            out = model(text[None], attention_mask=torch.ones(1, length, dtype=torch.long), output_hidden_states=True, output_attentions=True)
        last = out.last_hidden_state[0]
        unit = lambda vector: torch.nn.functional.normalize(vector, dim=0)
        expected |= {f"text.{index}": text, f"states.{index}": torch.stack(out.hidden_states)[:, 0], f"pooled.{index}": out.pooler_output[0],
                     f"mean.{index}": unit(last.mean(0)), f"cls.{index}": last[0], f"max.{index}": unit(last.max(0).values)}
        if index == 1:
            expected[f"patterns.{index}"] = torch.stack(out.attentions)[:, 0]
    write(FIXTURES / "bert.safetensors", {key: value.bfloat16() for key, value in model.state_dict().items()} | expected, said(model))


def vit():
    torch.manual_seed(12)
    config = AutoConfig.for_model("vit", hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, image_size=12,
                                  patch_size=4, num_channels=3, id2label={0: "hare", 1: "duck", 2: "fox"}, layer_norm_eps=1e-6)
    config._attn_implementation = "eager"
    model = ViTForImageClassification(config).float().eval()
    body = ViTModel(config).float().eval()
    randomise(model, 1.0)
    randomise(body.pooler, 1.0)
    with torch.no_grad():
        for parameter in (model.vit.embeddings.cls_token, model.vit.embeddings.position_embeddings):
            parameter.copy_((0.5 * torch.randn_like(parameter)).bfloat16().float())
    body.load_state_dict({key.removeprefix("vit."): value for key, value in model.state_dict().items() if key.startswith("vit.")}, strict=False)
    image = torch.randn(2, 3, 12, 12).bfloat16().float()
    with torch.no_grad():
        out = model(image, output_hidden_states=True, output_attentions=True)
        pooled = body(image)
    expected = {"image": image, "states.0": torch.stack(out.hidden_states).contiguous(), "final.0": pooled.last_hidden_state,
                "logits": out.logits, "pooled": pooled.pooler_output, "patterns.0": torch.stack(out.attentions)}
    state = model.state_dict() | {f"vit.{key}": value for key, value in body.state_dict().items() if "pooler" in key}
    write(FIXTURES / "vit.safetensors", {key: value.bfloat16() for key, value in state.items()} | expected,
          said(model) | {"labels": json.dumps(list(config.id2label.values()))})


if __name__ == "__main__":
    torch.set_num_threads(1)
    bert()
    vit()
    defaults = {kind: plain(AutoConfig.for_model(kind)) for kind in ("bert", "vit")}
    (FIXTURES / "encoder-defaults.json").write_text(json.dumps(defaults, indent=1, sort_keys=True) + "\n")
