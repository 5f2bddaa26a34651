"""Trains a byte-level BPE vocabulary with Hugging Face's tokenizers, as bench/reference/bpe.json.

    python bench/reference/bpe.py samples/sentences.jsonl bench/reference/bpe.json

Needs tokenizers (0.23.3 was used).
"""

import json
import sys

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

SIZE = 512
LINES = 400
PROBES = [
    "The streets of Velmora are quiet, aren't they?",
    "  two  spaces, a tab\tand\nlines\n\n",
    "naïve café — 12½ €, 日本語, emoji 🙂👩‍🔬",
    "aaaa aaaaaaaa aaaaaaaaaaaaaaaaa",
    "\u0085next\u00a0line\ufeffmark",
    "",
]
# Letters that repeat, so that pairs overlap with themselves, and pairs that are equally frequent.
EXTRA = ["aaaa aaaaa aaaaaaaaaa", "abab baba abba", "ÄÖÜ äöü 日本 日本語", "xyz zyx yxz xyz zyx yxz"]

source, target = sys.argv[1:]
with open(source, encoding="utf-8") as file:
    texts = [json.loads(line)["text"] for line in file][:LINES] + EXTRA

tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
trainer = trainers.BpeTrainer(
    vocab_size=SIZE,
    min_frequency=2,
    special_tokens=["<|endoftext|>"],
    initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    show_progress=False,
)
tokenizer.train_from_iterator(texts, trainer)
saved = json.loads(tokenizer.to_str())["model"]
tokens = sorted(saved["vocab"], key=saved["vocab"].get)
fixture = {
    "lines": LINES,
    "extra": EXTRA,
    "size": SIZE,
    "tokens": tokens,
    "merges": [merge if isinstance(merge, list) else merge.split(" ") for merge in saved["merges"]],
    "probes": [{"text": text, "ids": tokenizer.encode(text).ids} for text in PROBES],
}
with open(target, "w", encoding="utf-8") as file:
    json.dump(fixture, file, ensure_ascii=False)
    file.write("\n")
