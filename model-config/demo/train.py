"""Trains the Demo model on one CPU core and writes its two GGUF files. See README.md.

usage: /usr/bin/python3 train.py [--steps N] [--out DIR] [--keep FILE]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import sys
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
import torch.nn.functional as F

import evaluation
import export
from corpus import SYSTEM, Corpus, collisions, expansions
from model import Config, Llama
from samples import Builder, batches
from tokenizer import BOS, EOS, Tokenizer, learn

HERE = Path(__file__).resolve().parent
SEED = 20231127
VOCABULARY = 2048
EXTRA_CHARACTERS = "éü’“”–—…×→"
BATCH_TOKENS = 2000
PEAK_RATE = 2.5e-3
WARM_UP = 150


def make_tokenizer(corpus: Corpus) -> Tokenizer:
    tokenizer = Tokenizer(learn(Counter(corpus.vocabulary_texts()), VOCABULARY, EXTRA_CHARACTERS))
    dead = tokenizer.unreachable()
    if dead:
        raise ValueError(f"pieces that no text can reach: {dead[:10]}")
    rng = random.Random(3)
    for _ in range(300):
        text = "\n".join(f"### User: {q}\n### Assistant: {a}" for q, a in corpus.turns(rng, 2))
        if tokenizer.encode(text) != tokenizer.encode_whole(text):
            raise ValueError(f"encoding by words differs: {text!r}")
    for _ in range(20):
        text = corpus.turns(rng, 1)[0][0]
        if tokenizer.encode(text) != tokenizer.encode_as_merges(text):
            raise ValueError(f"encoding by merges differs: {text!r}")
    return tokenizer


def rate(step: int, steps: int) -> float:
    if step < WARM_UP:
        return PEAK_RATE * (step + 1) / WARM_UP
    part = (step - WARM_UP) / max(1, steps - WARM_UP)
    return PEAK_RATE * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * part)))


def train(model: Llama, builder: Builder, steps: int, keep: Path | None, log) -> list[dict[str, float]]:
    decayed = [p for p in model.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if p.dim() != 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}],
        betas=(0.9, 0.98), eps=1e-8, foreach=True,
    )  # fmt: skip
    curve: list[dict[str, float]] = []
    began = time.time()
    seen, total, count = 0, 0.0, 0
    for step, (ids, labels, mask) in enumerate(batches(builder, random.Random(SEED), steps, BATCH_TOKENS)):
        # The second half trains against the Q4_0 grid, but for every fourth step: the F16 file must be right too.
        model.quantised = step >= steps // 2 and step % 4 != 3
        for group in optimizer.param_groups:
            group["lr"] = rate(step, steps)
        loss = F.cross_entropy(model(ids, mask), labels[mask])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seen += ids.numel()
        total += float(loss)
        count += 1
        if (step + 1) % 50 == 0 or step + 1 == steps:
            point = {"step": step + 1, "loss": round(total / count, 5), "seconds": round(time.time() - began, 1)}
            curve.append(point)
            log(f"step {step + 1}/{steps}  loss {point['loss']:.4f}  {seen / (time.time() - began):.0f} tokens/s  {point['seconds']} s")
            total, count = 0.0, 0
        if keep and (step + 1) % 200 == 0:
            torch.save(model.state_dict(), keep)
    return curve


@torch.no_grad()
def check(model: Llama, corpus: Corpus, tokenizer: Tokenizer, quantised: bool, limit: int) -> tuple[float, list[str]]:
    """Greedy answers of PyTorch to the first text of a pattern of each topic: a quick look, evaluate.ts is the measure."""
    model.quantised = quantised
    rng = random.Random(5)
    wrong: list[str] = []
    topics = rng.sample(corpus.topics, min(limit, len(corpus.topics)))
    for topic in topics:
        question = expansions(rng.choice(topic.questions))[0]
        ids = [BOS, *tokenizer.encode(evaluation.prompt([(question, topic.answer)], SYSTEM, "authors"))]
        answer = tokenizer.decode(model.greedy(ids, 300, EOS)).strip()
        if answer != topic.answer:
            wrong.append(f"{topic.name}: {question} -> {answer}")
    return 1 - len(wrong) / len(topics), wrong


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--steps", type=int, default=1800)
    arguments.add_argument("--out", type=Path, default=HERE.parents[1] / "public" / "models" / "demo")
    arguments.add_argument("--keep", type=Path, help="where to keep the weights every 200 steps, for a look on the way")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    began = time.time()
    corpus = Corpus()
    clashes = collisions(corpus.topics)
    for clash in clashes:
        print("two answers for", clash, file=sys.stderr)
    tokenizer = make_tokenizer(corpus)
    print(f"{len(corpus.topics)} topics, vocabulary ready after {time.time() - began:.0f} s", flush=True)
    evaluation.write(corpus, tokenizer)
    model = Llama(Config(vocabulary=VOCABULARY))
    curve = train(model, Builder(corpus, tokenizer), options.steps, options.keep, lambda line: print(line, flush=True))
    options.out.mkdir(parents=True, exist_ok=True)
    files = export.write_files(model, tokenizer, options.out)
    summary = {
        "steps": options.steps,
        "batch_tokens": BATCH_TOKENS,
        "seed": SEED,
        "seconds": round(time.time() - began),
        "torch": torch.__version__,
        "machine": platform.machine(),
        "parameters": sum(p.numel() for p in model.parameters()),
        "loss": curve,
        "files": files,
    }
    (HERE / "training.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    for quantised in (False, True):
        right, wrong = check(model, corpus, tokenizer, quantised, 60)
        print("Q4_0" if quantised else "F32", f"right {right:.3f}", *wrong[:8], sep="\n  ", flush=True)


if __name__ == "__main__":
    main()
