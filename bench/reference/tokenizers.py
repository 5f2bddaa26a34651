"""Reference for main/inference/tokenizer: one tokenizer of each kind, trained on sentences made here, and the ids that
Python's tokenizers library gives.

Writes main/inference/tokenizer/testing/<kind>.json.gz: the tokenizer.json, lines of our own with their ids and decoded
texts, and, where ../shared/data/text is there, a hash for every hundred of 10,000 of its lines (its texts are not ours to
give on). Usage: python tokenizers.py, and python tokenizers.py SmolLM2-135M-Instruct.Q4_1.gguf for that file's hashes.
"""
import gzip
import hashlib
import io
import json
import os
import struct
import sys
import tempfile

from tokenizer_texts import CODE, LINES, OTHER_LANGUAGES, shared_samples

# This file has the name of the library it needs.
sys.path = [entry for entry in sys.path if os.path.abspath(entry or ".") != os.path.dirname(os.path.abspath(__file__))]
import sentencepiece  # noqa: E402
from tokenizers import AddedToken, Regex, Tokenizer, __version__  # noqa: E402
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(ROOT, "main/inference/tokenizer/testing")
LINES_PER_CHUNK = 100

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

def corpus():
    """Sentences by rule: enough of them that frequent words become tokens and rare ones do not."""
    who = "the captain|a young woman|my neighbour|the old fisherman|every student|nobody|the committee|her brother".split("|")
    does = "found|painted|remembered|carried|measured|described|repaired|ignored|bought|counted".split("|")
    what = "a small boat|the broken clock|three letters|an unexpected answer|the longest bridge|seventeen birds|the map of the island|some bread and cheese".split("|")
    when = "in the morning|before 1987|after the storm|yesterday|on the 24th of June|when it was raining|at 6:45|during the meeting".split("|")
    sentences = []
    for i in range(1600):
        a, b, c, d = who[i % 8], does[i // 3 % 10], what[i // 7 % 8], when[i // 11 % 8]
        forms = [f"{a} {b} {c} {d}.", f"{d}, {a} {b} {c}!", f'"{a} {b} {c}?" they said {d}.', f"{i}: {a} {b} {c} ({d})"]
        text = forms[i % 4]
        sentences.append(text[0].upper() + text[1:])
    return sentences + (OTHER_LANGUAGES + CODE) * 12 + [line for line in LINES if "<" not in line]


def byte_level(split, normalizer=None, ignore_merges=False, prefix=False):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    if normalizer:
        tokenizer.normalizer = normalizer
    if split is None:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [*split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
        )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def template(tokenizer, single, names):
    tokenizer.post_processor = processors.TemplateProcessing(
        single=single, special_tokens=[(name, tokenizer.token_to_id(name)) for name in names]
    )


def split(pattern):
    return pre_tokenizers.Split(Regex(pattern), "isolated")


def added(tokenizer):
    """Words that are looked for before the model: alone, taking blanks on a side, normalised."""
    tokenizer.add_tokens(
        [
            AddedToken("<keep>", single_word=True, normalized=False),
            AddedToken("<left>", lstrip=True, normalized=False),
            AddedToken("<right>", rstrip=True, normalized=True),
        ]
    )
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])


def gpt2():
    tokenizer = byte_level(None)
    trainer = trainers.BpeTrainer(vocab_size=1400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    added(tokenizer)
    return tokenizer


def smollm():
    """Numbers split digit by digit, as SmolLM2's GGUF file says with the name `smollm`."""
    tokenizer = byte_level([pre_tokenizers.Digits(individual_digits=True), split(GPT2)])
    trainer = trainers.BpeTrainer(vocab_size=1000, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    added(tokenizer)
    return tokenizer


def llama3():
    tokenizer = byte_level([split(LLAMA3)], ignore_merges=True)
    trainer = trainers.BpeTrainer(vocab_size=1400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    added(tokenizer)
    template(tokenizer, "<|endoftext|> $A", ["<|endoftext|>"])
    return tokenizer


def qwen2():
    tokenizer = byte_level([split(QWEN2)], normalizer=normalizers.NFC())
    trainer = trainers.BpeTrainer(vocab_size=1400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    added(tokenizer)
    return tokenizer


def sentencepiece_bpe(normalizer, pre_tokenizer, decoder):
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoder
    # Words are cut only while training: a text without cuts gives tokens of several words, which no real model has.
    training = Tokenizer(models.BPE())
    training.normalizer = normalizer
    training.pre_tokenizer = pre_tokenizers.Split(Regex("▁+[^▁]*"), "isolated")
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=1700, special_tokens=["<unk>", "<s>", "</s>", *bytes_], limit_alphabet=180, show_progress=False
    )
    training.train_from_iterator(corpus(), trainer)
    state = json.loads(training.to_str())["model"]
    whole = json.loads(tokenizer.to_str())
    whole["model"].update(vocab=state["vocab"], merges=state["merges"])
    tokenizer = Tokenizer.from_str(json.dumps(whole))
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    template(tokenizer, "<s> $A", ["<s>"])
    return tokenizer


def llama2():
    return sentencepiece_bpe(
        normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
        None,
        decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]),
    )


def gemma():
    return sentencepiece_bpe(
        normalizers.Replace(" ", "▁"),
        pre_tokenizers.Split(" ", "merged_with_previous"),
        decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]),
    )


def charsmap():
    """A small table of replacements of our own, compiled by SentencePiece: wide letters, ligatures, blanks, accents joined."""
    rules = {chr(0xFF01 + i): chr(0x21 + i) for i in range(94)}
    rules |= {"\ufb01": "fi", "\ufb02": "fl", "\u3000": " ", "\u00a0": " ", "\t": " ", "\n": " ", "\r": " ", "\u200b": " "}
    rules |= {"e\u0301": "é", "A\u030a": "Å", "\u212a": "K", "①": "1", "²": "2", "㍿": "株式会社", "…": "...", "\ufeff": ""}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rules.tsv")
        with open(path, "w") as file:
            for source, target in rules.items():
                file.write(" ".join(f"{ord(c):X}" for c in source) + "\t" + " ".join(f"{ord(c):X}" for c in target) + "\n")
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(corpus()[:300]), model_writer=model, vocab_size=200, model_type="unigram",
            normalization_rule_tsv=path, hard_vocab_limit=False, minloglevel=2,
        )
    from sentencepiece import sentencepiece_model_pb2

    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto.normalizer_spec.precompiled_charsmap


def unigram(pre_tokenizer, normalizer, suffix):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=1500, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(corpus(), trainer)
    template(tokenizer, suffix, ["</s>"])
    return tokenizer


def t5():
    return unigram(
        pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]),
        normalizers.Precompiled(charsmap()),
        "$A </s>",
    )


def xlm():
    return unigram(
        pre_tokenizers.Metaspace(prepend_scheme="first"),
        normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]),
        "$A </s>",
    )


def bert():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=1500, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], limit_alphabet=200, show_progress=False
    )
    tokenizer.train_from_iterator(corpus(), trainer)
    template(tokenizer, "[CLS] $A [SEP]", ["[CLS]", "[SEP]"])
    return tokenizer


KINDS = dict(gpt2=gpt2, smollm=smollm, llama3=llama3, qwen2=qwen2, llama2=llama2, gemma=gemma, t5=t5, xlm=xlm, bert=bert)


def hashes(tokenizer, samples):
    """Sixteen letters of SHA-256 for each chunk, of the ids (32 bits, −1 after each text) and of the decoded texts."""
    ids, texts = [], []
    for start in range(0, len(samples), LINES_PER_CHUNK):
        of_ids, of_texts = hashlib.sha256(), hashlib.sha256()
        for encoding in tokenizer.encode_batch(samples[start : start + LINES_PER_CHUNK]):
            of_ids.update(struct.pack(f"<{len(encoding.ids) + 1}i", *encoding.ids, -1))
            of_texts.update(tokenizer.decode(encoding.ids, skip_special_tokens=True).encode("utf-8") + b"\0")
        ids.append(of_ids.hexdigest()[:16])
        texts.append(of_texts.hexdigest()[:16])
    return {"ids": ids, "texts": texts}


def sentencepiece_models(samples):
    """Vocabularies as GGUF files hold them, with SentencePiece's own ids: scores without merges, and a unigram model."""
    for kind in ("bpe", "unigram"):
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(line for line in corpus() if "\0" not in line), model_writer=model, vocab_size=1500,
            model_type=kind, byte_fallback=kind == "bpe", normalization_rule_name="identity", hard_vocab_limit=False,
            remove_extra_whitespaces=kind == "unigram", minloglevel=2, character_coverage=0.995,
        )
        processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
        size = processor.get_piece_size()
        types = [
            2 if processor.is_unknown(i) else 3 if processor.is_control(i) else 6 if processor.is_byte(i) else 1 for i in range(size)
        ]
        value = {
            "tokens": [processor.id_to_piece(i) for i in range(size)],
            "scores": [processor.get_score(i) for i in range(size)],
            "types": types,
            "lines": [[line, processor.encode(line)] for line in LINES if "\0" not in line],
        }
        if samples is not None:
            chunks = []
            for start in range(0, len(samples), LINES_PER_CHUNK):
                of_ids = hashlib.sha256()
                for ids in processor.encode([sample.replace("\0", "") for sample in samples[start : start + LINES_PER_CHUNK]]):
                    of_ids.update(struct.pack(f"<{len(ids) + 1}i", *ids, -1))
                chunks.append(of_ids.hexdigest()[:16])
            value["shared"] = chunks
        write(f"sentencepiece-{kind}", value)


def smollm2(path, samples):
    """Hashes for the vocabulary inside SmolLM2's GGUF file, digits split one by one: the ids that llama.cpp gives."""
    from gguf import GGUFReader

    fields = {name: field.contents() for name, field in GGUFReader(path).fields.items() if name.startswith("tokenizer.")}
    tokens, types = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"]
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = byte_level([pre_tokenizers.Digits(individual_digits=True), split(GPT2)])
    tokenizer.model = models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token, type in zip(tokens, types) if type == 3])
    write("smollm2", {"shared": hashes(tokenizer, samples)})


def write(kind, value):
    with open(os.path.join(OUT, f"{kind}.json.gz"), "wb") as file:
        file.write(gzip.compress(json.dumps(value, ensure_ascii=False).encode(), mtime=0))


def main():
    samples = shared_samples(ROOT)
    if len(sys.argv) > 1:
        return smollm2(sys.argv[1], samples)
    sentencepiece_models(samples)
    for kind, make in KINDS.items():
        tokenizer = make()
        text = tokenizer.to_str()
        tokenizer = Tokenizer.from_str(text)
        lines = []
        for line in LINES:
            encoding = tokenizer.encode(line)
            plain = tokenizer.encode(line, add_special_tokens=False)
            lines.append(
                {
                    "text": line,
                    "ids": encoding.ids,
                    "plain": plain.ids,
                    "offsets": [list(offset) for offset in plain.offsets],
                    "decoded": tokenizer.decode(encoding.ids, skip_special_tokens=False),
                    "skipped": tokenizer.decode(encoding.ids, skip_special_tokens=True),
                }
            )
        cut = {}
        for side in ("left", "right"):
            tokenizer.enable_truncation(8, direction=side)
            tokenizer.enable_padding(direction=side, pad_id=0)
            cut[side] = [encoding.ids for encoding in tokenizer.encode_batch(LINES)]
            declared = tokenizer.to_str()
        tokenizer.no_truncation()
        tokenizer.no_padding()
        value = {
            "madeBy": f"bench/reference/tokenizers.py, tokenizers {__version__}",
            "tokenizer": text,
            "declared": {key: json.loads(declared)[key] for key in ("truncation", "padding")},
            "lines": lines,
            "cut": cut,
            "shared": None if samples is None else hashes(tokenizer, samples),
        }
        write(kind, value)
        print(kind, tokenizer.get_vocab_size(), sum(len(line["ids"]) for line in lines))


main()
