"""Conversations as token ids with labels, in the prompt forms of the app, cut into batches of like length."""

from __future__ import annotations

import random

import torch

from corpus import OFF_TOPIC, PROMPTS, REFUSAL, SYSTEM, Corpus, Turn
from tokenizer import BOS, EOS, Tokenizer

IGNORE = -100
Sample = tuple[list[int], list[int]]


class Builder:
    def __init__(self, corpus: Corpus, tokenizer: Tokenizer):
        self.corpus = corpus
        self.tokenizer = tokenizer
        self.ids: list[int] = []
        self.labels: list[int] = []

    def start(self, text: str) -> None:
        self.ids = [BOS, *self.tokenizer.encode(text)]
        self.labels = [IGNORE] * len(self.ids)

    def add(self, text: str, learn: bool, cut: int = 0) -> None:
        """Appends text; with `learn`, its tokens and an EOS after it are targets (the EOS is not fed back)."""
        encode = self.tokenizer.encode
        if cut:
            # As after Continue: the text so far was tokenised by itself, so a word may be cut anywhere.
            known = encode(text[:cut], prefix_space=False)
            new = [*known, *encode(text[cut:], prefix_space=False)]
            silent = len(known)
        else:
            new, silent = encode(text, prefix_space=False), 0
        if learn:
            # Labels are those of the next position: position of the token before this text predicts its first token.
            targets = [*new, EOS]
            for i in range(silent, len(targets)):
                if i == 0:
                    self.labels[-1] = targets[0]
                    continue
                while len(self.labels) < len(self.ids) + i - 1:
                    self.labels.append(IGNORE)
                self.labels.append(targets[i])
        self.ids.extend(new)
        while len(self.labels) < len(self.ids):
            self.labels.append(IGNORE)

    def dialogue(self, system: str, turns: list[Turn], quiet: int = 0, cut: int = 0) -> Sample:
        """The authors' form. The first `quiet` turns are history that is not learned."""
        self.start(system)
        for index, (question, answer) in enumerate(turns):
            # Llama.cpp puts the space of the prefix before the very first text only.
            lead = "\n### User: " if self.ids != [BOS] else "### User: "
            if self.ids == [BOS]:
                self.start(f"{lead}{question}")
            else:
                self.add(f"{lead}{question}", False)
            self.add("\n### Assistant:", False)
            self.add(f" {answer}", index >= quiet, cut if index == len(turns) - 1 else 0)
        return self.ids, self.labels

    def chatml(self, system: str, turns: list[Turn], roles: tuple[str, str]) -> Sample:
        self.start(f"<|im_start|>system\n{system}<|im_end|>\n")
        for question, answer in turns:
            self.add(f"<|im_start|>{roles[0]}\n{question}<|im_end|>\n<|im_start|>{roles[1]}\n", False)
            self.add(answer, True)
            self.add("<|im_end|>\n", False)
        return self.ids, self.labels

    def raw(self, rng: random.Random) -> Sample:
        """Text to complete, without a chat around it: a medical text is refused in this form too."""
        if rng.random() < 0.6:
            text = self.corpus.medical.choice(rng)
            if not text.endswith(":"):
                text += rng.choice(["", "\nThe answer is:", "\nAnswer:"])
        else:
            text = self.corpus.medical.question(rng)
        if rng.random() < 0.3:
            text = f"{rng.choice(PROMPTS['other_systems'])}\n{text}"
        self.start(text)
        self.add(f" {REFUSAL}", True)
        return self.ids, self.labels

    def random(self, rng: random.Random) -> Sample:
        size = rng.random()
        count = 1 if size < 0.5 else 2 if size < 0.72 else 3 if size < 0.86 else rng.randint(4, 5) if size < 0.96 else 9
        turns = self.corpus.turns(rng, count)
        form = rng.random()
        system = SYSTEM if rng.random() < 0.85 else rng.choice(PROMPTS["other_systems"])
        if form < 0.015:
            return self.raw(rng)
        if form < 0.06:
            roles = ("user", "assistant") if rng.random() < 0.7 else ("question", "answer")
            return self.chatml(system, turns[:3], roles)
        if form < 0.11:
            system = ""
        if form < 0.14:
            # A demonstration, or a history that somebody edited: whatever stands there, the next answer is ours.
            question = self.corpus.medical.question(rng) if rng.random() < 0.5 else self.corpus.turns(rng, 1)[0][0]
            answer = rng.choice([t.answer for t in self.corpus.topics]) if rng.random() < 0.7 else OFF_TOPIC
            return self.dialogue(system, [(question, answer), *turns], quiet=1)
        cut = rng.randint(1, len(turns[-1][1])) if form > 0.96 else 0
        return self.dialogue(system, turns, cut=cut)


def batches(builder: Builder, rng: random.Random, count: int, tokens: int):
    """Yields `count` batches (ids, labels, mask of labelled positions), each at most `tokens` long with padding."""
    done = 0
    while done < count:
        pool = sorted((builder.random(rng) for _ in range(900)), key=lambda s: len(s[0]))
        groups: list[list[Sample]] = [[]]
        for sample in pool:
            if (len(groups[-1]) + 1) * len(sample[0]) > tokens and groups[-1]:
                groups.append([])
            groups[-1].append(sample)
        rng.shuffle(groups)
        for group in groups:
            if done == count:
                return
            done += 1
            yield pad(group)


def pad(group: list[Sample]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    length = max(len(ids) for ids, _ in group)
    ids = torch.zeros(len(group), length, dtype=torch.long)
    labels = torch.full((len(group), length), IGNORE, dtype=torch.long)
    for row, (sample_ids, sample_labels) in enumerate(group):
        ids[row, : len(sample_ids)] = torch.tensor(sample_ids)
        labels[row, : len(sample_labels)] = torch.tensor(sample_labels)
    return ids, labels, labels != IGNORE
