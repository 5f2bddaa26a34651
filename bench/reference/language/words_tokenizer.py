"""A tokenizer of the 64 tokens that the tiny random checkpoints have: a few bytes and words.

    python bench/reference/language/words_tokenizer.py

Writes main/inference/imported/testing/words.tokenizer.json. Made with tokenizers 0.22.
"""
import pathlib

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

FILE = pathlib.Path(__file__).resolve().parents[3] / "main" / "inference" / "imported" / "testing" / "words.tokenizer.json"
LETTERS = "abcdefghijklmnopqrstuvwxyzTGIA.,"

if __name__ == "__main__":
    alphabet = [*LETTERS, "Ġ"]
    merges = [("t", "h"), ("th", "e"), ("Ġ", "a"), ("Ġ", "the"), ("i", "n"), ("e", "r"), ("o", "u"), ("a", "n"), ("an", "d"), ("Ġ", "and")]
    tokens = [*alphabet, *(a + b for a, b in merges)]
    tokens += [f"<{number}>" for number in range(64 - len(tokens))]
    tokenizer = Tokenizer(models.BPE(vocab={token: at for at, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    FILE.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(FILE))
    print(len(tokens), tokenizer.encode("The river and the sea.").ids)
