"""Vectors that transformers makes of a few sentences with all-MiniLM-L6-v2, in float32, as sentence-transformers does.

    python bench/reference/language/sentence_embeddings.py FOLDER     # the folder of the model

Writes main/models/testing/minilm-sentences.json. Made with PyTorch 2.13.0, transformers 5.24.0.
"""
import json
import pathlib
import sys

import torch
from transformers import AutoModel, AutoTokenizer

FILE = pathlib.Path(__file__).resolve().parents[3] / "main" / "models" / "testing" / "minilm-sentences.json"
TEXTS = ["A boat crosses the lake at dawn.", "At sunrise a small ship sails over the water, slowly.", "Taxes are due in April."]

tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
model = AutoModel.from_pretrained(sys.argv[1], attn_implementation="eager").float().eval()
sentences = []
for text in TEXTS:
    ids = tokenizer(text)["input_ids"]
    with torch.no_grad():
        vector = torch.nn.functional.normalize(model(torch.tensor([ids])).last_hidden_state[0].mean(0), dim=0)
    sentences.append({"text": text, "ids": ids, "embedding": [round(value, 7) for value in vector.tolist()]})
FILE.write_text(json.dumps(sentences) + "\n")
