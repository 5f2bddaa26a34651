"""What Pillow and transformers make of a picture, and what a tiny ViT then computes.

    python bench/reference/language/pictures.py

Writes main/inference/vision/testing/pictures.safetensors. `picture` is a PNG file of 23 x 17 pixels, `rgb` its bytes; `WxH.F` are
those resized by Pillow's filter F; `vit.values` are the inputs that ViTImageProcessorPil makes for the model of
native-models/zoo/language/fixtures/vit.safetensors, `clip.values` those of CLIPImageProcessorPil with a shorter edge of 15 and 12
pixels from the middle. `states` [layers + 1, tokens, width] and `patterns` [layers, heads, tokens, tokens] are computed from
`vit.values`.
"""
import io
import json
from pathlib import Path

import numpy
import PIL
import torch
import transformers
from PIL import Image
from safetensors import safe_open
from transformers import AutoConfig, ViTModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from language_models import FIXTURES, write

TO = Path(__file__).parents[3] / "main/inference/vision/testing/pictures.safetensors"
SIZES = [(12, 12), (31, 9), (40, 40), (5, 17)]


def picture():
    """A slope, a disc and noise, so that every filter has flat parts, edges and details to show."""
    height, width = 17, 23
    y, x = numpy.mgrid[:height, :width]
    noise = numpy.random.default_rng(4).integers(0, 90, (height, width, 3))
    slope = numpy.stack([x * 11, y * 15, 255 - x * 7], -1)
    disc = ((x - 15) ** 2 + (y - 7) ** 2 < 20)[..., None]
    return Image.fromarray(numpy.where(disc, 255 - noise, slope * 0.6 + noise).clip(0, 255).astype(numpy.uint8))


def model():
    with safe_open(FIXTURES / "vit.safetensors", "pt") as file:
        config = json.loads(file.metadata()["config"])
        state = {key.removeprefix("vit."): file.get_tensor(key).float() for key in file.keys() if key.startswith("vit.")}
    made = ViTModel(AutoConfig.for_model(**config), add_pooling_layer=any("pooler" in key for key in state))
    made.config._attn_implementation = "eager"
    made.load_state_dict(state)
    return made.eval()


if __name__ == "__main__":
    torch.set_num_threads(1)
    image = picture()
    file = io.BytesIO()
    image.save(file, "PNG")
    arrays = {"picture": torch.from_numpy(numpy.frombuffer(file.getvalue(), numpy.uint8).copy()), "rgb": torch.from_numpy(numpy.array(image))}
    for width, height in SIZES:
        for number in range(6):
            arrays[f"{width}x{height}.{number}"] = torch.from_numpy(numpy.array(image.resize((width, height), number)))
    vit = ViTImageProcessorPil(size={"height": 12, "width": 12})
    clip = CLIPImageProcessorPil(size={"shortest_edge": 15}, crop_size={"height": 12, "width": 12})
    arrays["vit.values"] = vit(image, return_tensors="pt")["pixel_values"].float()
    arrays["clip.values"] = clip(image, return_tensors="pt")["pixel_values"].float()
    with torch.no_grad():
        out = model()(arrays["vit.values"], output_hidden_states=True, output_attentions=True)
    arrays["states"] = torch.stack(out.hidden_states)[:, 0].contiguous()
    arrays["patterns"] = torch.stack(out.attentions)[:, 0].contiguous()
    TO.parent.mkdir(exist_ok=True)
    said = {"generator": "bench/reference/language/pictures.py", "pillow": PIL.__version__, "transformers": transformers.__version__,
            "vit": vit.to_json_string(), "clip": clip.to_json_string()}
    write(TO, arrays, said)
