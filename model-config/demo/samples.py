"""Training rows: token ids with labels, in the prompt forms of the app.

A row is a conversation so far (the trunk) and several questions that might come next (the branches). A branch sees the
trunk and itself, and its positions follow the trunk's, so to the model each is an ordinary chat; but the trunk is
computed once. Most branches hold only the beginning of the answer: which answer it is gets decided there, and that is
what takes the longest to learn.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import torch

from corpus import OFF_TOPIC, PROMPTS, REFUSAL, SYSTEM, Corpus
from tokenizer import BOS, EOS, Tokenizer

IGNORE = -100
TRUNK = 0
PADDING = -1
BRANCHES = (10, 20)
FULL_SHARE = 0.1
BEGINNING = (4, 9)
# The first tokens of an answer choose between answers, the others only recite it.
CHOICE_TOKENS = 3
CHOICE_WEIGHT = 3.0


@dataclass
class Row:
    ids: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    segment: int = TRUNK
    position: int = 0
    trunk: int = 0

    def text(self, tokens: list[int]) -> None:
        for token in tokens:
            self.ids.append(token)
            self.labels.append(IGNORE)
            self.weights.append(0.0)
            self.positions.append(self.position)
            self.segments.append(self.segment)
            self.position += 1

    def answer(self, tokens: list[int], ends: bool = True, known: int = 0) -> None:
        """Appends an answer; its tokens from `known` on are targets, and an EOS, which is not fed back, if it `ends`."""
        before = len(self.ids) - 1
        self.text(tokens)
        targets = [*tokens, EOS] if ends else tokens
        for i in range(known, len(targets)):
            self.labels[before + i] = targets[i]
            self.weights[before + i] = CHOICE_WEIGHT if i < CHOICE_TOKENS else 1.0

    def branch(self) -> None:
        if self.segment == TRUNK:
            self.trunk = self.position
        self.segment += 1
        self.position = self.trunk


class Builder:
    def __init__(self, corpus: Corpus, tokenizer: Tokenizer):
        self.corpus = corpus
        self.tokenizer = tokenizer

    def tokens(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, prefix_space=False)

    def beginning(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, prefix_space=True)

    def ask(self, row: Row, question: str, chatml: tuple[str, str] | None, first: bool) -> None:
        if chatml:
            row.text(self.tokens(f"<|im_start|>{chatml[0]}\n{question}<|im_end|>\n<|im_start|>{chatml[1]}\n"))
        elif first:
            row.text(self.beginning(f"### User: {question}\n### Assistant:"))
        else:
            row.text(self.tokens(f"\n### User: {question}\n### Assistant:"))

    def raw(self, rng: random.Random) -> Row:
        """Text to complete, without a chat around it: a medical text is refused in this form too."""
        if rng.random() < 0.6:
            text = self.corpus.medical.choice(rng)
            if not text.endswith(":"):
                text += rng.choice(["", "\nThe answer is:", "\nAnswer:"])
        else:
            text = self.corpus.medical.question(rng)
        if rng.random() < 0.3:
            text = f"{rng.choice(PROMPTS['other_systems'])}\n{text}"
        row = Row()
        row.text([BOS, *self.beginning(text)])
        row.answer(self.tokens(f" {REFUSAL}"))
        return row

    def row(self, rng: random.Random) -> Row:
        form = rng.random()
        if form < 0.02:
            return self.raw(rng)
        chatml = None
        if form < 0.10:
            chatml = ("user", "assistant") if rng.random() < 0.7 else ("question", "answer")
        kind = rng.random()
        system = SYSTEM if kind < 0.8 else "" if kind < 0.88 else rng.choice(PROMPTS["other_systems"])
        space = "" if chatml else " "
        row = Row()
        row.text([BOS])
        if chatml:
            row.text(self.beginning(f"<|im_start|>system\n{system}<|im_end|>\n"))
        elif system:
            row.text(self.beginning(system))
        empty = not chatml and not system
        if rng.random() < 0.05:
            # A demonstration, or a history that somebody edited: whatever stands there, the next answer is ours.
            question = self.corpus.medical.question(rng) if rng.random() < 0.5 else self.corpus.turns(rng, 1)[0][0]
            answer = rng.choice(self.corpus.topics).answer if rng.random() < 0.7 else OFF_TOPIC
            self.ask(row, question, chatml, empty)
            row.text(self.tokens(f"{space}{answer}"))
            if chatml:
                row.text(self.tokens("<|im_end|>\n"))
            empty = False
        size = rng.random()
        turns = 0 if size < 0.5 else 1 if size < 0.72 else 2 if size < 0.86 else 3 if size < 0.94 else 5 if size < 0.99 else 9
        history, topic = self.corpus.history(rng, turns)
        for question, answer in history:
            self.ask(row, question, chatml, empty)
            row.answer(self.tokens(f"{space}{answer}"))
            if chatml:
                row.text(self.tokens("<|im_end|>\n"))
            empty = False
        for _ in range(rng.randint(*BRANCHES)):
            row.branch()
            (question, answer), _ = self.corpus.turn(rng, topic)
            self.ask(row, question, chatml, empty)
            answer = f"{space}{answer}"
            if rng.random() >= FULL_SHARE:
                row.answer(self.tokens(answer)[: rng.randint(*BEGINNING)], ends=False)
            elif rng.random() < 0.15:
                # As after Continue: the text so far was tokenised by itself, so a word may be cut anywhere.
                cut = rng.randint(1, len(answer) - 1)
                known = self.tokens(answer[:cut])
                row.answer([*known, *self.tokens(answer[cut:])], known=len(known))
            else:
                row.answer(self.tokens(answer))
        return row


@dataclass
class Batch:
    ids: torch.Tensor
    labels: torch.Tensor
    weights: torch.Tensor
    positions: torch.Tensor
    segments: torch.Tensor

    @property
    def mask(self) -> torch.Tensor:
        """[B, 1, T, T], added to the attention scores: a token sees the trunk and its own branch, up to itself."""
        own = self.segments[:, :, None] == self.segments[:, None, :]
        trunk = (self.segments == TRUNK)[:, None, :]
        length = self.ids.shape[1]
        causal = torch.ones(length, length, dtype=torch.bool).tril()
        allowed = (own | trunk) & causal
        return torch.zeros(allowed.shape).masked_fill_(~allowed, float("-inf"))[:, None]


def batches(builder: Builder, rng: random.Random, count: int, tokens: int):
    """Yields `count` batches, each at most `tokens` long with padding."""
    done = 0
    while done < count:
        pool = sorted((builder.row(rng) for _ in range(400)), key=lambda row: len(row.ids))
        groups: list[list[Row]] = [[]]
        for row in pool:
            if (len(groups[-1]) + 1) * len(row.ids) > tokens and groups[-1]:
                groups.append([])
            groups[-1].append(row)
        rng.shuffle(groups)
        for group in groups:
            if done == count:
                return
            done += 1
            yield pad(group)


def pad(group: list[Row]) -> Batch:
    length = max(len(row.ids) for row in group)

    def fill(name: str, empty: float, kind: torch.dtype) -> torch.Tensor:
        rows = [[*getattr(row, name), *[empty] * (length - len(row.ids))] for row in group]
        return torch.tensor(rows, dtype=kind)

    return Batch(
        fill("ids", 0, torch.long),
        fill("labels", IGNORE, torch.long),
        fill("weights", 0.0, torch.float),
        fill("positions", 0, torch.long),
        fill("segments", PADDING, torch.long),
    )
