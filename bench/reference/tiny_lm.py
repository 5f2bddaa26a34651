"""Opens a model that tiny-lm saved with transformers, and compares its logits with the ONNX file that the run exports.

    monge export RUN --onnx --file /tmp/tiny.onnx
    python bench/reference/tiny_lm.py RUN/artifacts /tmp/tiny.onnx

Needs torch, transformers and onnxruntime (2.13.0, 5.24.0 and 1.23 were used).
"""

import sys

import numpy
import onnxruntime
import torch
import transformers

folder, graph = sys.argv[1:]
model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
context = model.config.max_position_embeddings
text = "The streets of Velmora are quiet in winter.\n" * 20
ids = numpy.array([tokenizer.encode(text)[:context]], dtype=numpy.int32)
assert ids.shape[1] == context
with torch.no_grad():
    theirs = model(torch.tensor(ids, dtype=torch.long)).logits.numpy()
ours = onnxruntime.InferenceSession(graph).run(["logits"], {"ids": ids})[0]
print("largest difference of logits", numpy.abs(ours - theirs).max(), "of", numpy.abs(theirs).max())
prompt = tokenizer.apply_chat_template([{"role": "user", "content": "The road to"}], tokenize=False)
print(repr(prompt))
written = model.generate(
    **tokenizer(prompt, return_tensors="pt", return_token_type_ids=False), do_sample=False, max_new_tokens=20
)
print(repr(tokenizer.decode(written[0])))
