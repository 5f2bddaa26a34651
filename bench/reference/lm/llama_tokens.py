"""Reference for main/inference/tokenizer/smollm2.test.ts: the ids that llama.cpp gives for the vocabulary inside SmolLM2's
GGUF file.

Writes main/inference/tokenizer/testing/smollm2-llama.json: the ids of lines of our own, and a hash for each of the 10,000
stretches of ../shared/data/text, whose texts are not ours to give on: where one differs, it is known which.
Usage: python llama_tokens.py SmolLM2-135M-Instruct.Q4_1.gguf, with LLAMA_CPP_LIB_PATH and PYTHONPATH as build_llama.sh
leaves them.
"""
import gzip
import hashlib
import json
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
# The folder above holds a file with the name of a library: it comes last.
sys.path.append(os.path.dirname(HERE))
from tokenizer_texts import LINES, shared_samples  # noqa: E402

from llama_cpp import Llama, __version__  # noqa: E402

OUT = os.path.join(ROOT, "main/inference/tokenizer/testing/smollm2-llama.json.gz")
LETTERS = 8


def main(path):
    vocabulary = Llama(path, vocab_only=True, verbose=False)

    def ids(text):
        return vocabulary.tokenize(text.encode("utf-8"), add_bos=True, special=True)

    def digest(text):
        found = ids(text)
        return hashlib.sha256(struct.pack(f"<{len(found)}i", *found)).hexdigest()[:LETTERS]

    samples = shared_samples(ROOT)
    value = {
        "madeBy": f"bench/reference/lm/llama_tokens.py, llama.cpp of llama-cpp-python {__version__}",
        "lines": [{"text": line, "ids": ids(line)} for line in LINES],
        "shared": None if samples is None else "".join(map(digest, samples)),
    }
    with open(OUT, "wb") as file:
        file.write(gzip.compress(json.dumps(value, ensure_ascii=False).encode(), mtime=0))
    print(len(value["lines"]), "lines,", len(samples or []), "stretches,", os.path.getsize(OUT), "bytes")


main(sys.argv[1])
