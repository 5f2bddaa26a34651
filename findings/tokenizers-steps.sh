#!/bin/sh
# @huggingface/tokenizers 0.2.0 takes steps of tokenizer.json otherwise than Python's tokenizers 0.23.3, without an error:
# Punctuation keeps marks together where Python's default isolates them (a, !, !, b); Metaspace does not cut at its mark
# where Python does unless told (▁a, ▁b); Lowercase makes the last Σ of a word ς where Python makes every Σ σ.
# Seen: [["a","!!","b"],["▁a▁b"],"οδος"]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts @huggingface/tokenizers@0.2.0
cat >look.mjs <<'SCRIPT'
import { LowercaseNormalizer, MetaspacePreTokenizer, PunctuationPreTokenizer } from '@huggingface/tokenizers';
console.log(
  JSON.stringify([
    new PunctuationPreTokenizer({ type: 'Punctuation' }).pre_tokenize('a!!b'),
    new MetaspacePreTokenizer({ type: 'Metaspace', replacement: '▁' }).pre_tokenize('a b'),
    new LowercaseNormalizer({ type: 'Lowercase' }).normalize('ΟΔΟΣ'),
  ]),
);
SCRIPT
seen=$(node look.mjs)
echo "$seen"
[ "$seen" = '[["a","!!","b"],["▁a▁b"],"οδος"]' ]
