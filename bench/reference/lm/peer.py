"""Answers `monge bench lm` line by line: how long transformers or llama.cpp take for a prompt, a decoding, a capture.

Both read the same GGUF file; transformers widens it to float32. Real sampling: temperature .8, top-k 40, top-p .95.
Usage: python peer.py transformers|llama.cpp MODEL.gguf THREADS
llama.cpp needs LLAMA_CPP_LIB_PATH and PYTHONPATH as build_llama.sh leaves them.
"""
import json
import os
import resource
import sys
import time

KIND, PATH, THREADS = sys.argv[1], sys.argv[2], int(sys.argv[3])


def ids_of(count):
    return [500 + (7 * k) % 20_000 for k in range(count)]


class Transformers:
    def open(self):
        import torch

        torch.set_num_threads(THREADS)
        from transformers import AutoModelForCausalLM, AutoTokenizer

        folder, file = os.path.split(PATH)
        begin = time.perf_counter()
        self.torch = torch
        self.tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
        self.model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
        self.generate(self.tokenizer("The capital of Italy is")["input_ids"], 1)
        return {"seconds": time.perf_counter() - begin}

    def generate(self, ids, tokens):
        with self.torch.no_grad():
            self.model.generate(
                self.torch.tensor([ids]),
                attention_mask=self.torch.ones(1, len(ids), dtype=self.torch.long),
                do_sample=True,
                temperature=0.8,
                top_k=40,
                top_p=0.95,
                min_new_tokens=tokens,
                max_new_tokens=tokens,
                pad_token_id=2,
            )

    def decode(self, context, tokens):
        ids = ids_of(context)
        begin = time.perf_counter()
        self.generate(ids, 1)
        first = time.perf_counter()
        self.generate(ids, tokens + 1)
        end = time.perf_counter()
        prompt = first - begin
        return {"prompt": 1000 * prompt / context, "decode": 1000 * (end - first - prompt) / tokens}

    def capture(self, file):
        torch = self.torch
        with open(file) as handle:
            sentences = sorted(json.load(handle), key=len, reverse=True)
        begin = time.perf_counter()
        with torch.no_grad():
            for at in range(0, len(sentences), 8):
                batch = sentences[at : at + 8]
                width = max(map(len, batch))
                ids = torch.tensor([row + [2] * (width - len(row)) for row in batch])
                mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in batch])
                # The body alone: no logits are wanted.
                states = self.model.model(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
                share = (mask / mask.sum(1, keepdim=True)).unsqueeze(-1)
                torch.stack([(state * share).sum(1) for state in states], 1).numpy()
        return {"seconds": time.perf_counter() - begin}


class LlamaCpp:
    def open(self):
        from llama_cpp import Llama

        begin = time.perf_counter()
        self.model = Llama(PATH, n_ctx=2304, n_threads=THREADS, n_threads_batch=THREADS, n_batch=512, verbose=False)
        self.timed(self.model.tokenize(b"The capital of Italy is", add_bos=False), 1)
        return {"seconds": time.perf_counter() - begin}

    def timed(self, ids, tokens):
        self.model.reset()
        begin = time.perf_counter()
        times = []
        for _ in self.model.generate(ids, top_k=40, top_p=0.95, temp=0.8, repeat_penalty=1.0, reset=True):
            times.append(time.perf_counter())
            if len(times) == tokens:
                return begin, times

    def decode(self, context, tokens):
        # Another first token than before, so that no cached prefix is taken.
        self.turn = getattr(self, "turn", 0) + 1
        begin, times = self.timed([100 + self.turn] + ids_of(context)[1:], tokens + 1)
        return {"prompt": 1000 * (times[0] - begin) / context, "decode": 1000 * (times[-1] - times[0]) / tokens}


def main():
    peer = Transformers() if KIND == "transformers" else LlamaCpp()
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["ask"] == "open":
            answer = peer.open()
        elif asked["ask"] == "decode":
            answer = peer.decode(asked["context"], asked["tokens"])
        elif asked["ask"] == "capture":
            answer = peer.capture(asked["file"])
        else:
            answer = {"megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        print(json.dumps(answer), flush=True)


main()
