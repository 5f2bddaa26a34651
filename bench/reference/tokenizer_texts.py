"""Texts of our own on which the tokenizers of tokenizers.py are trained and compared, and stretches of those beside the checkout."""
import gzip
import json
import os

SAMPLES = 10_000

OTHER_LANGUAGES = [
    "Der kleine Vogel saß auf dem grünen Ast und sang, bis die Sonne über den Dächern stand.",
    "La rivière coule sous le pont où l'été dernier nous avions pêché des truites.",
    "El niño preguntó dónde estaba la llave; mañana volverá con su señora abuela.",
    "Ο γέρος ψαράς κοίταζε τη θάλασσα και μετρούσε τα κύματα. ΤΕΛΟΣ",
    "Маленькая лодка медленно плыла по широкой реке, и рыбак тихо пел старую песню.",
    "小さな船が川を下り、漁師は古い歌を静かに歌った。",
    "小船慢慢地顺着宽阔的河流漂下，渔夫轻声唱着一首老歌。",
    "작은 배가 넓은 강을 따라 천천히 내려갔다.",
    "القارب الصغير ينزل النهر ببطء والصياد يغني أغنية قديمة ١٢٣.",
    "छोटी नाव चौड़ी नदी में धीरे-धीरे बह रही थी।",
    "Küçük tekne geniş nehirde yavaşça iniyordu; İstanbul'da ışıklar yanıyordu.",
    "Mały statek płynął powoli szeroką rzeką, a rybak nucił starą pieśń.",
]
CODE = [
    "for (let i = 0; i < rows.length; i++) {\n  total += rows[i].value * 0.25;\n}\n",
    "def area(radius):\n    return 3.14159 * radius ** 2\n",
    "SELECT name, COUNT(*) FROM boats WHERE length >= 12 GROUP BY name;",
    '{"id": 17, "tags": ["red", "blue"], "ratio": -1.5e-3}',
    "<p class=\"note\">See https://example.org/a?b=1&c=2</p>",
]

# What tokenizers stumble over: blanks of all kinds, marks, other digits, joined letters, broken and rare characters.
LINES = [
    "",
    " ",
    "   ",
    "\n",
    "Hello world",
    " Hello  world ",
    "The boat's captain can't say what they're doing; I'll ask. We've WON'T THEY'RE I'D",
    "Hello , world . Is it ? Yes ! do not I ' m n't 's",
    "one two\tthree\n\nfour \n five\r\nsix",
    "trailing blanks   \n   and more\n\n\n",
    "x = 12345 + 678.90 - 1,000,000",
    "digits ١٢٣ ²³¹ ½ Ⅷ १२३ ４５",
    "naïve café résumé — “quoted” ‘single’ …",
    "cafe\u0301 and A\u030a and \u1e9b\u0323",
    "\ufeffbyte-order mark\ufeffinside",
    "next\u0085line and\u00a0no-break\u2003em\u3000wide\u200bzero\u2028line",
    "emoji 🙂🙃 👩‍👩‍👧 🇩🇪 👍🏽 ok",
    "math 𝔘𝕟𝕚𝕔𝕠𝕕𝕖 x² ∑∞ ≤ ≥ ±",
    "ﬁne ligature ﬂow ｆｕｌｌ ｗｉｄｔｈ ㍿ ①",
    "ΟΔΟΣ ΣΑΣ İstanbul ǅ ß ẞ",
    "漢字とかな混じり文。中文，标点！",
    "한국어 문장 \u1112\u1161\u11ab",
    "ภาษาไทยไม่มีช่องว่าง",
    "שלום עולם مرحبا بالعالم",
    "a\u0000b\u0001c\u007fd\u00ade",
    "\ue000private\uf8ff",
    "\ufffd replacement \ufffd\ufffd",
    "<s> not special </s> <unk> [MASK] [CLS]",
    "text<|endoftext|>more <|endoftext|> text",
    "<|im_start|>user\nHi<|im_end|>\n",
    "joined<keep>word <keep> alone <keep>!",
    "left   <left>   right",
    "left   <right>   right",
    "▁already ▁marked ▁▁ twice",
    "Ġbytes Ċ letters",
    "<0x41><0xE2>",
    "http://example.org/path?query=1#frag user@example.org",
    "CamelCaseWord snake_case_word kebab-case-word",
    "a" * 120,
    "antidisestablishmentarianism " + "b" * 101,
    "!!!???...---___***",
    "\t\ttabs\t \tmixed",
    "'S 'T 'RE don'T can\u2019t 'ſ",
    "K kelvin \u212a Å \u212b",
    "\u0300 starts with a mark",
    "𠀀𪛖 rare \U000e0001 tag \U0010ffff",
    "zero\u200djoin\u200cnon",
    "a . b , c ! d ? e 's f n't",
    "percent 50% $5 €6 ¥7 #8 @9 &10",
    "𞤀𞤁 𐐀𐐨 Ꭰꭰ",
    *OTHER_LANGUAGES,
    *CODE,
]


def shared_samples(root):
    """10,000 stretches of the text sets, in turn from each: lines, every tenth five lines together."""
    shared = os.path.join(os.path.dirname(root), "shared/data/text")
    if not os.path.isdir(shared):
        return None
    names = sorted(os.listdir(shared))
    per_set = -(-SAMPLES // len(names))
    samples = []
    for name in names:
        path = os.path.join(shared, name)
        if name.endswith(".gz"):
            texts = [json.loads(line)["text"] for line in gzip.open(path, "rt", encoding="utf-8", newline="\n") if line.strip()]
            lines = "\n".join(texts).split("\n")
        else:
            lines = open(path, encoding="utf-8", newline="").read().split("\n")
        at = 0
        for i in range(per_set):
            many = 5 if i % 10 == 9 else 1
            samples.append("\n".join(lines[at : at + many])[:20000])
            at += many
    return samples[:SAMPLES]
