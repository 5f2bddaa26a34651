"""Linear-AcT fitted in the order of work of the released code: hook by hook, the model from the start again for each.

For every norm of every block in turn both sides are run with the maps before it switched on, until that norm is reached;
its output is pooled over the tokens, and a line is fitted per unit to the sorted values. What `monge bench steer --fit`
is compared with. Differs from the released code in what would only cost it time: values stay in memory instead of one file
a sentence, texts are batched by length, and nothing behind the norm is run.
Usage: python fit_by_hooks.py MODEL.gguf IDS.json THREADS BATCH; prints one JSON object.
"""

import json
import os
import sys
import time

import torch
import transformers
from transformers import AutoModelForCausalLM

PATH, IDS, THREADS, BATCH = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(THREADS)


class Reached(Exception):
    pass


def batches(rows):
    rows = sorted(rows, key=len, reverse=True)
    for at in range(0, len(rows), BATCH):
        part = rows[at : at + BATCH]
        width = max(map(len, part))
        ids = torch.tensor([row + [2] * (width - len(row)) for row in part])
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in part])
        yield ids, mask


def pooled(model, norm, prepared):
    """Means over tokens of what the norm gives, [texts, units]; what comes after it is not run."""
    rows = []

    def stop(_module, _inputs, output):
        share = (mask / mask.sum(1, keepdim=True)).unsqueeze(-1)
        rows.append((output * share).sum(1))
        raise Reached

    handle = norm.register_forward_hook(stop)
    for ids, mask in prepared:
        try:
            model(input_ids=ids, attention_mask=mask, use_cache=False)
        except Reached:
            pass
    handle.remove()
    return torch.cat(rows)


def line(source, target):
    a, b = source.sort(0).values.double(), target.sort(0).values.double()
    mean_a, mean_b = a.mean(0), b.mean(0)
    a, b = a - mean_a, b - mean_b
    w = (a * b).sum(0) / (a * a).sum(0)
    return w.float(), (mean_b - w * mean_a).float()


def main():
    folder, file = os.path.split(PATH)
    body = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval().model
    with open(IDS) as handle:
        ids = json.load(handle)
    sides = [list(batches(ids[side])) for side in ("source", "target")]
    norms = []
    for number, layer in enumerate(body.layers):
        norms.append((f"norm_attn_in:{number}", layer.input_layernorm))
        norms.append((f"norm_mlp_in:{number}", layer.post_attention_layernorm))
    maps = {}
    with torch.no_grad():
        pooled(body, norms[-1][1], sides[0][:1])
        begin, used = time.perf_counter(), time.process_time()
        for name, norm in norms:
            w, beta = line(*(pooled(body, norm, side) for side in sides))
            maps[name] = {"w": w, "beta": beta}
            norm.register_forward_hook(lambda _m, _i, output, w=w, beta=beta: w * output + beta)
        seconds, processor = time.perf_counter() - begin, time.process_time() - used
    told = [norms[0][0], norms[len(norms) // 2][0], norms[-1][0]]
    answer = {name: {key: value.tolist() for key, value in maps[name].items()} for name in told}
    peer = f"transformers {transformers.__version__}"
    print(json.dumps({"peer": peer, "seconds": seconds, "processor": processor, "maps": answer}))


main()
