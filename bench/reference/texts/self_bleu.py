"""Self-BLEU of a few sentences by NLTK (sentence_bleu, smoothing method 1), for main/texts/testing/self-bleu.json.

Run with nltk installed: python bench/reference/texts/self_bleu.py > main/texts/testing/self-bleu.json, then npm run format.
"""

import json

from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

SETS = [
    [
        "the cat sat on the mat",
        "the cat sat on the red mat today",
        "a dog ran over the hill and the cat sat",
        "nothing at all",
        "the",
    ],
    ["one two three four five six", "one two three four five six", "six five four three two one"],
    ["alpha beta", "gamma delta", "alpha gamma"],
]


def self_bleu(texts):
    tokens = [text.split() for text in texts]
    smoothing = SmoothingFunction().method1
    each = [
        sentence_bleu(tokens[:at] + tokens[at + 1 :], own, smoothing_function=smoothing)
        for at, own in enumerate(tokens)
    ]
    return sum(each) / len(each)


print(json.dumps([{"texts": texts, "value": self_bleu(texts)} for texts in SETS]))
