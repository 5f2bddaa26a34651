"""Few-shot prompts whose answers a small model sometimes gets right (E.5 of the specification), from numbers and common words alone.

Usage: python answers.py FOLDER; writes one table `prompt,answer,key` a task. docs/results/probes.md tells what was made of them.
"""

import csv
import itertools
import pathlib
import random
import sys

random.seed(0)
out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
words = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
]


def write(name, rows):
    with open(out / f"{name}.csv", "w", newline="") as f:
        w = csv.writer(f)
        w.writerow(["prompt", "answer", "key"])
        w.writerows(rows)


pairs = list(itertools.product(range(1, 10), repeat=2))


def sums(fmt, answer):
    rows = []
    for n in range(500):
        shots = random.sample(pairs, 4)
        a, b = random.choice(pairs)
        rows.append(
            (
                "".join(fmt(*s) + answer(s[0] + s[1]) + "\n" for s in shots) + fmt(a, b).rstrip(" "),
                answer(a + b).strip(),
                f"{a}+{b}",
            )
        )
    return rows


write("sum_digits", sums(lambda a, b: f"{a} + {b} =", lambda s: f" {s}"))
write("sum_words", sums(lambda a, b: f"{words[a]} plus {words[b]} is", lambda s: f" {words[s]}"))
big = list(itertools.product(range(10, 100), range(1, 10)))


def sums2():
    rows = []
    for n in range(500):
        shots = random.sample(big, 4)
        a, b = random.choice(big)
        rows.append(
            ("".join(f"{x} + {y} = {x+y}\n" for x, y in shots) + f"{a} + {b} =", str(a + b), f"{a}+{b}")
        )
    return rows


write("sum_tens", sums2())


def larger():
    rows = []
    nums = list(range(10, 1000))
    for n in range(500):
        t = []
        for k in range(4):
            a, b = random.sample(nums, 2)
            t.append(f"Which is larger, {a} or {b}? {max(a,b)}\n")
        a, b = random.sample(nums, 2)
        rows.append(("".join(t) + f"Which is larger, {a} or {b}?", str(max(a, b)), f"{a},{b}"))
    return rows


write("larger", larger())
plural = {
    "child": "children",
    "man": "men",
    "woman": "women",
    "foot": "feet",
    "tooth": "teeth",
    "mouse": "mice",
    "goose": "geese",
    "leaf": "leaves",
    "knife": "knives",
    "wolf": "wolves",
    "life": "lives",
    "half": "halves",
    "shelf": "shelves",
    "thief": "thieves",
    "city": "cities",
    "baby": "babies",
    "story": "stories",
    "party": "parties",
    "box": "boxes",
    "bus": "buses",
    "church": "churches",
    "dish": "dishes",
    "glass": "glasses",
    "watch": "watches",
    "potato": "potatoes",
    "hero": "heroes",
    "dog": "dogs",
    "cat": "cats",
    "book": "books",
    "tree": "trees",
    "car": "cars",
    "house": "houses",
    "table": "tables",
    "river": "rivers",
    "bird": "birds",
    "stone": "stones",
    "friend": "friends",
    "teacher": "teachers",
    "key": "keys",
    "toy": "toys",
    "boy": "boys",
    "day": "days",
    "ox": "oxen",
    "sheep": "sheep",
    "deer": "deer",
    "fish": "fish",
    "person": "people",
    "loaf": "loaves",
    "fox": "foxes",
    "lady": "ladies",
}


def plurals():
    rows = []
    items = list(plural.items())
    for n in range(500):
        shots = random.sample(items, 3)
        s, p = random.choice(items)
        rows.append(("".join(f"one {x}, two {y}\n" for x, y in shots) + f"one {s}, two", p, s))
    return rows


write("plurals", plurals())
anti = {
    "hot": "cold",
    "big": "small",
    "up": "down",
    "left": "right",
    "day": "night",
    "black": "white",
    "fast": "slow",
    "old": "new",
    "happy": "sad",
    "rich": "poor",
    "high": "low",
    "open": "closed",
    "wet": "dry",
    "hard": "soft",
    "light": "dark",
    "strong": "weak",
    "early": "late",
    "full": "empty",
    "clean": "dirty",
    "near": "far",
    "young": "old",
    "good": "bad",
    "thick": "thin",
    "wide": "narrow",
    "deep": "shallow",
    "true": "false",
    "win": "lose",
    "push": "pull",
    "buy": "sell",
    "love": "hate",
    "begin": "end",
    "first": "last",
    "inside": "outside",
    "north": "south",
    "east": "west",
    "summer": "winter",
    "life": "death",
    "war": "peace",
    "question": "answer",
    "friend": "enemy",
    "loud": "quiet",
    "sharp": "blunt",
    "sweet": "bitter",
    "tall": "short",
    "cheap": "expensive",
    "easy": "difficult",
    "safe": "dangerous",
    "brave": "cowardly",
    "success": "failure",
    "arrive": "leave",
}


def antonyms():
    rows = []
    items = list(anti.items())
    for n in range(500):
        shots = random.sample(items, 3)
        s, p = random.choice(items)
        rows.append(("".join(f"{x} - {y}\n" for x, y in shots) + f"{s} -", p, s))
    return rows


write("antonyms", antonyms())
