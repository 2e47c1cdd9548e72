"""SentencePiece-style BPE with byte fallback, as llama.cpp's "llama" (SPM) tokenizer runs it.

Layout: 0 <unk>, 1 <s>, 2 </s>, 3..258 the bytes <0x00>..<0xFF>, then merged pieces in the order in which they
were learned, then single characters. Score of piece i (i >= 259) is 259 - i, so an earlier piece merges first.

Encoding is score-driven: of all neighbouring symbols whose concatenation is a piece, the best-scored pair
merges first, the leftmost one on a tie; what is no piece at the end becomes bytes.
"""

from __future__ import annotations

import heapq
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

UNK, BOS, EOS = 0, 1, 2
FIRST_BYTE = 3
FIRST_PIECE = FIRST_BYTE + 256
SPACE = "\u2581"

# No piece crosses these chunks. So a merge never depends on a neighbouring word, and encoding word by word
# (with a cache) gives the same tokens as encoding the whole text at once; train.py checks that.
CHUNK = re.compile(rf"{SPACE}?[^\W\d_{SPACE}]+|{SPACE}?\d|{SPACE}?(?:[^\w\s{SPACE}]|_)+|{SPACE}|\s")


def to_symbols(text: str) -> str:
    return text.replace(" ", SPACE)


def learn(texts: dict[str, float], size: int, extra_characters: str = "") -> list[str]:
    """Learns pieces from weighted texts; returns exactly `size - 259` pieces, merged ones first."""
    words: Counter[str] = Counter()
    for text, weight in texts.items():
        for chunk in CHUNK.findall(to_symbols(" " + text)):
            if chunk != "\n":
                words[chunk] += weight
    characters = {chr(code) for code in range(33, 127)} | {SPACE} | set(extra_characters)
    # A newline stays the byte <0x0A>, as in Llama-2; rarer characters than the extra ones become bytes.
    merges_wanted = size - FIRST_PIECE - len(characters)
    split = [[c for c in word] for word in words]
    # Whole numbers, so that the order of additions cannot change a tie.
    weights = [round(weight * 16) for weight in words.values()]
    counts: Counter[tuple[str, str]] = Counter()
    where: dict[tuple[str, str], set[int]] = defaultdict(set)
    for index, symbols in enumerate(split):
        for pair in zip(symbols, symbols[1:]):
            if pair[0][0] in characters and pair[1][0] in characters:
                counts[pair] += weights[index]
                where[pair].add(index)
    pieces: list[str] = []
    seen = set(characters)
    while len(pieces) < merges_wanted:
        # Ties are broken by text, so that the vocabulary depends on the corpus alone.
        pair = max(counts, key=lambda p: (counts[p], p[0] + p[1], p[0]))
        merged = pair[0] + pair[1]
        if merged not in seen:
            seen.add(merged)
            pieces.append(merged)
        for index in sorted(where[pair]):
            old = split[index]
            for p in zip(old, old[1:]):
                if p in counts:
                    counts[p] -= weights[index]
                    where[p].discard(index)
            new: list[str] = []
            i = 0
            while i < len(old):
                if i + 1 < len(old) and old[i] == pair[0] and old[i + 1] == pair[1]:
                    new.append(merged)
                    i += 2
                else:
                    new.append(old[i])
                    i += 1
            split[index] = new
            for p in zip(new, new[1:]):
                if p[0][0] in characters and p[1][0] in characters:
                    counts[p] += weights[index]
                    where[p].add(index)
        for p in [p for p, count in counts.items() if count <= 0]:
            del counts[p]
            where.pop(p, None)
    return pieces + sorted(characters)


class Tokenizer:
    def __init__(self, pieces: list[str]):
        self.tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + pieces
        self.rank = {piece: FIRST_PIECE + i for i, piece in enumerate(pieces)}
        if len(self.rank) != len(pieces):
            raise ValueError("a piece occurs twice")
        self._cache: dict[str, tuple[int, ...]] = {}

    @property
    def scores(self) -> list[float]:
        return [0.0] * FIRST_PIECE + [float(FIRST_PIECE - i) for i in range(FIRST_PIECE, len(self.tokens))]

    @property
    def types(self) -> list[int]:
        """llama_token_type: 1 normal, 2 unknown, 3 control, 6 byte."""
        return [2, 3, 3] + [6] * 256 + [1] * (len(self.tokens) - FIRST_PIECE)

    def encode_whole(self, text: str, prefix_space: bool = True) -> list[int]:
        """llama.cpp's algorithm over the whole text, without the cache."""
        return list(self._merge(to_symbols((" " if prefix_space and text else "") + text)))

    def encode(self, text: str, prefix_space: bool = True) -> list[int]:
        out: list[int] = []
        for chunk in CHUNK.findall(to_symbols((" " if prefix_space and text else "") + text)):
            ids = self._cache.get(chunk)
            if ids is None:
                ids = self._cache[chunk] = tuple(self._merge(chunk))
            out.extend(ids)
        return out

    def _merge(self, text: str) -> list[int]:
        symbols: list[str | None] = list(text)
        following = list(range(1, len(symbols) + 1))
        previous = list(range(-1, len(symbols) - 1))
        queue: list[tuple[int, int, int, str]] = []

        def offer(left: int) -> None:
            right = following[left] if left >= 0 else len(symbols)
            if left < 0 or right >= len(symbols):
                return
            merged = f"{symbols[left]}{symbols[right]}"
            rank = self.rank.get(merged)
            if rank is not None:
                heapq.heappush(queue, (rank, left, right, merged))

        for i in range(len(symbols)):
            offer(i)
        while queue:
            _, left, right, merged = heapq.heappop(queue)
            if symbols[left] is None or symbols[right] is None or f"{symbols[left]}{symbols[right]}" != merged:
                continue
            symbols[left], symbols[right] = merged, None
            following[left] = following[right]
            if following[right] < len(symbols):
                previous[following[right]] = left
            offer(previous[left])
            offer(left)
        out: list[int] = []
        for symbol in symbols:
            if symbol is None:
                continue
            rank = self.rank.get(symbol)
            if rank is not None:
                out.append(rank)
            else:
                out.extend(FIRST_BYTE + byte for byte in symbol.encode("utf-8"))
        return out

    def encode_as_merges(self, text: str) -> list[int]:
        """The same by a Hugging Face style BPE: merges are all splits of a piece into two pieces, in rank order."""
        order: dict[tuple[str, str], int] = {}
        for piece in sorted(self.rank, key=lambda p: self.rank[p]):
            for cut in range(1, len(piece)):
                if piece[:cut] in self.rank and piece[cut:] in self.rank:
                    order[(piece[:cut], piece[cut:])] = len(order)
        symbols = list(to_symbols(" " + text))
        while True:
            best = min(
                ((order[p], i) for i, p in enumerate(zip(symbols, symbols[1:])) if p in order), default=None
            )
            if best is None:
                break
            i = best[1]
            symbols[i : i + 2] = [symbols[i] + symbols[i + 1]]
        out: list[int] = []
        for s in symbols:
            out.extend([self.rank[s]] if s in self.rank else [FIRST_BYTE + b for b in s.encode("utf-8")])
        return out

    def decode(self, ids: list[int]) -> str:
        data = b""
        for i in ids:
            if i >= FIRST_PIECE:
                data += self.tokens[i].replace(SPACE, " ").encode("utf-8")
            elif i >= FIRST_BYTE:
                data += bytes([i - FIRST_BYTE])
        return data.decode("utf-8", errors="replace")

    def unreachable(self) -> list[str]:
        """Pieces that encoding their own text does not give back: dead entries of the vocabulary."""
        return [piece for piece, rank in self.rank.items() if self._merge(piece) != [rank]]

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(self.tokens[FIRST_PIECE:], ensure_ascii=False) + "\n", encoding="utf-8")

    @staticmethod
    def load(path: Path) -> "Tokenizer":
        return Tokenizer(json.loads(path.read_text(encoding="utf-8")))
