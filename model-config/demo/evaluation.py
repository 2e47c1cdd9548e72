"""Fixes the questions by which evaluate.ts measures the model, and writes them to evaluation.json.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from corpus import OFF_TOPIC, PROMPTS, REFUSAL, SYSTEM, Corpus, Generated, dress, expansions
from tokenizer import Tokenizer

HERE = Path(__file__).resolve().parent


def prompt(turns: list[tuple[str, str]], system: str, form: str) -> str:
    """The prompt text of the app, as evaluate.ts renders it too."""
    if form == "raw":
        return turns[0][0]
    if form == "chatml":
        text = f"<|im_start|>system\n{system}<|im_end|>\n" if system else ""
        for question, answer in turns[:-1]:
            text += f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n{answer}<|im_end|>\n"
        return text + f"<|im_start|>user\n{turns[-1][0]}<|im_end|>\n<|im_start|>assistant\n"
    text = system
    for index, (question, answer) in enumerate(turns):
        text += ("\n" if text else "") + f"### User: {question}\n### Assistant:"
        text += f" {answer}" if index < len(turns) - 1 else ""
    return text


def held_out_question(generated: Generated, rng: random.Random) -> str:
    """Words that training never saw, half of them in templates that it never saw either."""
    if generated.choices and rng.random() < 0.1:
        return generated.choice(rng, held_out=True)
    templates = generated.held_out["templates"]
    seen = [t for t in generated.templates if "{" in t]
    return dress(generated.fill(rng.choice(templates if rng.random() < 0.6 else seen), rng, held_out=True), rng)


def write(corpus: Corpus, tokenizer: Tokenizer) -> None:
    rng = random.Random(11)
    answers: list[str] = []
    places: dict[str, int] = {}
    items: list[dict[str, object]] = []

    def add(group: str, kind: str, turns: list[tuple[str, str]], system: str = SYSTEM, form: str = "authors") -> None:
        """Every answer of `turns` but the last is given as history; the last one is expected."""
        for _, answer in turns:
            if answer not in places:
                places[answer] = len(answers)
                answers.append(answer)
        item: dict[str, object] = {"group": group, "kind": kind, "turns": [[q, places[a]] for q, a in turns]}
        if system != SYSTEM:
            item["system"] = system
        if form != "authors":
            item["form"] = form
        item["tokens"] = 1 + len(tokenizer.encode(prompt(turns, system, form)))
        items.append(item)

    def last_is_known(turns: list[tuple[str, str]]) -> str:
        answer = turns[-1][1]
        return "medical" if answer == REFUSAL else "off-topic" if answer == OFF_TOPIC else "app"

    for topic in corpus.topics:
        for pattern in topic.questions:
            add("corpus", topic.kind, [(expansions(pattern)[0], topic.answer)])
        for question in topic.held_out:
            add("held-out paraphrase", topic.kind, [(question, topic.answer)])
        for follow_up in topic.follow_ups:
            first = (topic.questions[0], topic.answer)
            add("follow-up", topic.kind, [first, (expansions(follow_up.questions[0])[0], follow_up.answer)])
        for _ in range(2):
            add("as typed", topic.kind, [(corpus.ask(topic, rng), topic.answer)])
    for _ in range(150):
        turns = corpus.turns(rng, rng.randint(2, 5))
        add("conversation", last_is_known(turns), turns)
    for _ in range(200):
        add("medical", "medical", [(corpus.medical.question(rng), REFUSAL)])
    for _ in range(400):
        add("held-out medical", "medical", [(held_out_question(corpus.medical, rng), REFUSAL)])
    for _ in range(100):
        turns = [*corpus.turns(rng, rng.randint(1, 3)), (held_out_question(corpus.medical, rng), REFUSAL)]
        add("held-out medical, later turn", "medical", turns)
    for _ in range(80):
        add("off-topic", "off-topic", [(corpus.off_topic.question(rng), OFF_TOPIC)])
        add("held-out off-topic", "off-topic", [(held_out_question(corpus.off_topic, rng), OFF_TOPIC)])
    for _ in range(60):
        turns = corpus.turns(rng, rng.randint(1, 2))
        add("empty system text", last_is_known(turns), turns, system="")
        turns = corpus.turns(rng, rng.randint(1, 2))
        add("other system text", last_is_known(turns), turns, system=rng.choice(PROMPTS["other_systems"]))
        turns = corpus.turns(rng, 1)
        add("ChatML", last_is_known(turns), turns, form="chatml")
        add("raw completion", "medical", [(corpus.medical.choice(rng), REFUSAL)], form="raw")

    lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    text = f'{{"system": {json.dumps(SYSTEM)},\n"answers": {json.dumps(answers, ensure_ascii=False, indent=0)},\n"items": [\n{lines}\n]}}\n'
    (HERE / "evaluation.json").write_text(text, encoding="utf-8")
    print(f"{len(items)} items, {len(answers)} answers")
