"""Trains the Demo model on one CPU core and writes its two GGUF files. See README.md.

usage: /usr/bin/python3 train.py [--continue-from F16_GGUF [--steps N]] [--out DIR] [--keep DIR]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import platform
import random
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
import torch.nn.functional as F

import evaluation
import export
from corpus import SYSTEM, Corpus, collisions, expansions
from model import Config, Llama
from samples import IGNORE, Builder, batches
from tokenizer import BOS, EOS, Tokenizer, learn

HERE = Path(__file__).resolve().parent
SEED = 20231127
VOCABULARY = 2048
EXTRA_CHARACTERS = "éü’“”–—…×→"
BATCH_TOKENS = 2200


@dataclass(frozen=True)
class Cycle:
    """One run of the optimiser, from fresh moments; the rate falls along a cosine that reaches its end at `horizon`."""

    seed: int
    steps: int
    horizon: int
    peak: float
    warm_up: int
    rounds: bool


CYCLES = (
    Cycle(seed=SEED, steps=2200, horizon=2600, peak=2.5e-3, warm_up=150, rounds=False),
    Cycle(seed=SEED + 1, steps=1400, horizon=1400, peak=1.5e-3, warm_up=50, rounds=True),
)
# After a change of the corpus: from finished weights, whose vocabulary stays, so the rate is lower and the time a fifth.
REFINEMENT_STEPS = 700


def refinement(steps: int) -> Cycle:
    return Cycle(seed=SEED + 2, steps=steps, horizon=steps, peak=8e-4, warm_up=30, rounds=True)


def learn_tokenizer(corpus: Corpus) -> Tokenizer:
    return Tokenizer(learn(corpus.vocabulary_texts(), VOCABULARY, EXTRA_CHARACTERS))


def check_tokenizer(tokenizer: Tokenizer, corpus: Corpus) -> None:
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


def rate(cycle: Cycle, step: int) -> float:
    if step < cycle.warm_up:
        return cycle.peak * (step + 1) / cycle.warm_up
    part = (step - cycle.warm_up) / (cycle.horizon - cycle.warm_up)
    return cycle.peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * part)))


def train(model: Llama, builder: Builder, cycle: Cycle, keep: Path | None, log) -> list[dict[str, float]]:
    decayed = [p for p in model.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if p.dim() != 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}],
        betas=(0.9, 0.98), eps=1e-8, foreach=True,
    )  # fmt: skip
    curve: list[dict[str, float]] = []
    first = 0
    if keep and keep.exists():
        kept = torch.load(keep)
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        curve, first = kept["curve"], kept["step"]
    before = curve[-1]["seconds"] if curve else 0.0
    began = time.time()
    seen, total, choice, count = 0, 0.0, 0.0, 0
    for step, batch in enumerate(batches(builder, random.Random(cycle.seed), cycle.steps, BATCH_TOKENS)):
        if step < first:
            continue
        # Every fourth step sees the weights unrounded: the F16 file must be right too.
        model.quantised = cycle.rounds and step % 4 != 3
        for group in optimizer.param_groups:
            group["lr"] = rate(cycle, step)
        wanted = batch.labels != IGNORE
        logits = model(batch.ids, wanted, positions=batch.positions, mask=batch.mask)
        each = F.cross_entropy(logits, batch.labels[wanted], reduction="none")
        weights = batch.weights[wanted]
        loss = (each * weights).sum() / weights.sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seen += batch.ids.numel()
        total += float(loss)
        # The tokens that choose between answers, apart: this is the loss to watch.
        choice += float(each[weights > 1].mean().detach())
        count += 1
        if (step + 1) % 50 == 0 or step + 1 == cycle.steps:
            seconds = time.time() - began
            point = {"step": step + 1, "loss": round(total / count, 5), "choice": round(choice / count, 5), "seconds": round(before + seconds, 1)}
            curve.append(point)
            log(f"step {step + 1}/{cycle.steps}  loss {point['loss']:.4f}  choice {point['choice']:.4f}  {seen / seconds:.0f} tokens/s  {point['seconds']} s")
            total, choice, count = 0.0, 0.0, 0
            if keep:
                state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "curve": curve, "step": step + 1}
                torch.save(state, keep)
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
    arguments.add_argument("--out", type=Path, default=HERE.parents[1] / "public" / "models" / "demo")
    arguments.add_argument("--continue-from", type=Path, help="a demo-f16.gguf: keeps its vocabulary and refines its weights")
    arguments.add_argument("--steps", type=int, default=REFINEMENT_STEPS, help="how many steps to continue")
    arguments.add_argument("--keep", type=Path, help="a folder for the state every 50 steps; a stopped run goes on from it")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    began = time.time()
    corpus = Corpus()
    for clash in collisions(corpus.topics):
        print("two answers for", clash, file=sys.stderr)
    source: Path | None = options.continue_from
    if source:
        model, tokenizer = export.read_file(source)
        cycles = (refinement(options.steps),)
        before = {"file": source.name, "sha256": hashlib.sha256(source.read_bytes()).hexdigest()}
    else:
        tokenizer = learn_tokenizer(corpus)
        model = Llama(Config(vocabulary=VOCABULARY))
        cycles = CYCLES
        before = None
    check_tokenizer(tokenizer, corpus)
    evaluation.write(corpus, tokenizer)
    print(f"{len(corpus.topics)} topics, vocabulary ready after {time.time() - began:.0f} s", flush=True)
    curves: list[list[dict[str, float]]] = []
    for index, cycle in enumerate(cycles):
        keep = options.keep / f"{'refinement' if source else f'cycle-{index + 1}'}.pt" if options.keep else None
        curves.append(train(model, Builder(corpus, tokenizer), cycle, keep, lambda line: print(line, flush=True)))
    options.out.mkdir(parents=True, exist_ok=True)
    files = export.write_files(model, tokenizer, options.out)
    summary = {
        "continued_from": before,
        "cycles": [asdict(cycle) for cycle in cycles],
        "batch_tokens": BATCH_TOKENS,
        "seconds": round(sum(curve[-1]["seconds"] for curve in curves)),
        "torch": torch.__version__,
        "machine": platform.machine(),
        "parameters": sum(p.numel() for p in model.parameters()),
        "loss": curves,
        "files": files,
    }
    (HERE / "training.json").write_text(json.dumps(summary) + "\n", encoding="utf-8")
    for quantised in (False, True):
        right, wrong = check(model, corpus, tokenizer, quantised, 60)
        print("Q4_0" if quantised else "F32", f"right {right:.3f}", *wrong[:8], sep="\n  ", flush=True)


if __name__ == "__main__":
    main()
