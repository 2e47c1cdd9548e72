"""Reads corpus/, and makes conversations of it: for training (random) and for evaluation (fixed)."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent / "corpus"
PROMPTS = json.loads((HERE / "prompts.json").read_text(encoding="utf-8"))
SYSTEM: str = PROMPTS["system"]
REFUSAL: str = PROMPTS["refusal"]
OFF_TOPIC: str = PROMPTS["off_topic"]


@dataclass
class FollowUp:
    questions: list[str]
    answer: str


@dataclass
class Topic:
    name: str
    kind: str
    questions: list[str]
    held_out: list[str]
    answer: str
    follow_ups: list[FollowUp]


def read_topics() -> list[Topic]:
    """`# name | kind`, then Q: patterns, H: held-out questions, A: the answer, and F:/G: follow-ups of it."""
    topics: list[Topic] = []
    for path in sorted(HERE.glob("*.txt")):
        state = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            tag, rest = line[:3], line[3:]
            if line.startswith("# ") and "|" in line and state != "fence":
                name, kind = (part.strip() for part in line[2:].split("|"))
                topics.append(Topic(name, kind, [], [], "", []))
                state = ""
            elif tag == "Q: ":
                topics[-1].questions.append(rest)
            elif tag == "H: ":
                topics[-1].held_out.append(rest)
            elif tag == "A: ":
                topics[-1].answer, state = rest, "A"
            elif tag == "F: ":
                if state != "F":
                    topics[-1].follow_ups.append(FollowUp([], ""))
                topics[-1].follow_ups[-1].questions.append(rest)
                state = "F"
            elif tag == "G: ":
                topics[-1].follow_ups[-1].answer, state = rest, "G"
            elif state == "A":
                topics[-1].answer += "\n" + line
            elif state == "G":
                topics[-1].follow_ups[-1].answer += "\n" + line
        for topic in topics:
            topic.answer = topic.answer.strip()
            for follow_up in topic.follow_ups:
                follow_up.answer = follow_up.answer.strip()
    names = [t.name for t in topics]
    if len(set(names)) != len(names):
        raise ValueError(f"a topic occurs twice: {[n for n in names if names.count(n) > 1]}")
    for topic in topics:
        if not topic.questions or not topic.answer:
            raise ValueError(f"{topic.name} lacks a question or an answer")
    return topics


GROUP = re.compile(r"\(([^()]*\|[^()]*)\)")


def expand(pattern: str) -> list[str]:
    """All texts of a pattern such as "how (do|can) i save"; "(a|)" is optional, groups nest."""
    found = GROUP.search(pattern)
    if not found:
        return [re.sub(r" +", " ", pattern).strip()]
    out: list[str] = []
    for choice in found.group(1).split("|"):
        out.extend(expand(pattern[: found.start()] + choice + pattern[found.end() :]))
    return list(dict.fromkeys(out))


_expanded: dict[str, list[str]] = {}


def expansions(pattern: str) -> list[str]:
    if pattern not in _expanded:
        _expanded[pattern] = expand(pattern)
    return _expanded[pattern]


# What people put around a question. It never changes the answer.
BEFORE = ["hi, ", "hello, ", "hi! ", "please tell me, ", "can you tell me ", "tell me ", "i want to know ", "i would like to know ",
          "so ", "ok ", "ok, ", "and ", "but ", "well, ", "quick question: ", "excuse me, ", "sorry, ", "please, ", "um ",
          "do you know ", "question: ", "hey ", "now ", "i wonder ", "one more thing: ", "thanks. ", "ok thanks, "]  # fmt: skip
AFTER = [" please", ", please", " thanks", " in this app", " here", " exactly", " again", " then", " now", " i wonder",
         " for me", " in short", " in meditron web", ", thanks", " with this", " pls", ", i need to know"]  # fmt: skip


def typo(text: str, rng: random.Random) -> str:
    places = [i for i in range(1, len(text) - 1) if text[i - 1 : i + 2].isalpha()]
    if len(places) < 4:
        return text
    i = rng.choice(places)
    kind = rng.random()
    if kind < 0.35:
        return text[:i] + text[i + 1 :]
    if kind < 0.7:
        return text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    if kind < 0.85:
        return text[:i] + text[i] + text[i:]
    return text[:i] + rng.choice("abcdefghijklmnopqrstuvwxyz") + text[i + 1 :]


WORDING = json.loads((HERE / "wording.json").read_text(encoding="utf-8"))
SYNONYMS: dict[str, list[str]] = {word: group for group in WORDING["synonyms"] for word in group}
FRAMES: dict[str, list[str]] = {}
for frame_group in WORDING["frames"]:
    for frame in frame_group[:1]:
        FRAMES[frame] = frame_group
WORD = re.compile(r"[a-z][a-z']*")


def reword(question: str, rng: random.Random) -> str:
    """The same question in other words: another opening, synonyms, now and then a word less."""
    text = question
    lower = text.lower()
    if rng.random() < 0.35:
        for frame, others in FRAMES.items():
            if lower.startswith(frame + " "):
                text = rng.choice(others) + text[len(frame) :]
                break

    def other(found: re.Match[str]) -> str:
        group = SYNONYMS.get(found.group(0))
        return rng.choice(group) if group and rng.random() < 0.25 else found.group(0)

    text = WORD.sub(other, text)
    words = text.split(" ")
    if len(words) > 4 and rng.random() < 0.06:
        del words[rng.randrange(len(words))]
        text = " ".join(words)
    return text


def dress(question: str, rng: random.Random) -> str:
    """A question as somebody may type it: case, punctuation, politeness, a slip of the finger."""
    text = question
    bare = text.rstrip("?.! ")
    if rng.random() < 0.10:
        text = rng.choice(BEFORE) + (bare[:1].lower() + bare[1:] if rng.random() < 0.8 else bare)
    if rng.random() < 0.07:
        text = text.rstrip("?.! ") + rng.choice(AFTER)
    case = rng.random()
    if case < 0.35:
        text = text.lower()
    elif case < 0.70:
        text = text[:1].upper() + text[1:]
    elif case < 0.71:
        text = text.upper()
    end = rng.random()
    if end < 0.35:
        text = text.rstrip("?.! ") + "?"
    elif end < 0.65:
        text = text.rstrip("?.! ")
    elif end < 0.72:
        text = text.rstrip("?.! ") + rng.choice([".", "!", "??", " ?", "?!", "..."])
    if rng.random() < 0.07:
        text = typo(text, rng)
        if rng.random() < 0.3:
            text = typo(text, rng)
    return text


class Generated:
    """Questions from word lists: the medical ones (all refused) and those about anything else."""

    NAMES = {"drug": "drugs", "disease": "diseases", "symptom": "symptoms", "organ": "organs", "test": "tests",
             "term": "terms", "patient": "patients", "dose": "doses", "thing": "things", "person": "people",
             "topic": "topics"}  # fmt: skip
    SUFFIXES = ["mab", "nib", "pril", "sartan", "olol", "statin", "cillin", "mycin", "azole", "azepam", "idine", "amine",
                "oxetine", "itis", "osis", "emia", "oma", "opathy", "algia", "ectomy", "uria", "plasia"]  # fmt: skip

    def __init__(self, path: Path):
        data = json.loads(path.read_text(encoding="utf-8"))
        self.words = data
        self.held_out = data["held_out"]
        self.templates: list[str] = data["templates"]
        self.choices: list[str] = data.get("choices", [])

    def word(self, name: str, rng: random.Random, held_out: bool, bare: bool) -> str:
        if not held_out and name in ("drug", "disease") and rng.random() < 0.2:
            # A made-up name: an unknown word in a medical place is refused too.
            syllables = [rng.choice("bcdfglmnprstvz") + rng.choice("aeio") for _ in range(rng.randint(1, 3))]
            return "".join(syllables) + rng.choice(self.SUFFIXES)
        word: str = rng.choice((self.held_out if held_out else self.words)[self.NAMES[name]])
        return re.sub(r"^(a|an|the) ", "", word) if bare else word

    def fill(self, template: str, rng: random.Random, held_out: bool = False) -> str:
        def put(found: re.Match[str]) -> str:
            name = found.group(1).rstrip("0123456789")
            return self.word(name, rng, held_out, found.group(1).endswith("0"))

        return re.sub(r"\{(\w+)\}", put, template)

    def choice(self, rng: random.Random, held_out: bool = False) -> str:
        """A multiple-choice item in the form of Meditron's authors, or as people paste it."""
        question, *options = self.fill(rng.choice(self.choices), rng, held_out).split("|")
        question = question[:1].upper() + question[1:]
        letters = [f"{letter}. {option[:1].upper() + option[1:]}" for letter, option in zip("ABCD", options)]
        form = rng.random()
        if form < 0.4:
            return f"Question: {question}\n\nOptions:\n" + "\n".join(letters) + rng.choice(["", "\nThe answer is:"])
        if form < 0.7:
            return question + "\n" + "\n".join(letters)
        return question + " " + " ".join(f"({l[0]}) {l[3:]}" for l in letters)

    def question(self, rng: random.Random) -> str:
        if self.choices and rng.random() < 0.08:
            return self.choice(rng)
        return dress(reword(self.fill(rng.choice(self.templates), rng), rng), rng)


Turn = tuple[str, str]


class Corpus:
    def __init__(self) -> None:
        self.topics = read_topics()
        self.medical = Generated(HERE / "medical.json")
        self.off_topic = Generated(HERE / "off-topic.json")

    def ask(self, topic: Topic, rng: random.Random) -> str:
        pattern = topic.questions[0] if rng.random() < 0.1 else rng.choice(topic.questions)
        return dress(reword(rng.choice(expansions(pattern)), rng), rng)

    def turn(self, rng: random.Random, after: Topic | None = None) -> tuple[Turn, Topic | None]:
        """One question with its answer, and the topic if it has one; a follow-up of `after` in half of the cases."""
        if after and after.follow_ups and rng.random() < 0.5:
            follow_up = rng.choice(after.follow_ups)
            question = rng.choice(expansions(rng.choice(follow_up.questions)))
            return (dress(question, rng), follow_up.answer), None
        kind = rng.random()
        if kind < 0.20:
            return (self.medical.question(rng), REFUSAL), None
        if kind < 0.27:
            return (self.off_topic.question(rng), OFF_TOPIC), None
        topic = rng.choice(self.topics)
        return (self.ask(topic, rng), topic.answer), topic

    def turns(self, rng: random.Random, count: int) -> list[Turn]:
        return self.history(rng, count)[0]

    def history(self, rng: random.Random, count: int) -> tuple[list[Turn], Topic | None]:
        """`count` turns, and the topic that the next one may follow up."""
        out: list[Turn] = []
        topic: Topic | None = None
        for _ in range(count):
            turn, topic = self.turn(rng, topic)
            out.append(turn)
        return out, topic

    def vocabulary_texts(self) -> dict[str, float]:
        """What the vocabulary is learned from: answers weigh most, as they are what is generated."""
        texts: dict[str, float] = {SYSTEM: 200, "\n### User:": 400, "\n### Assistant:": 400, REFUSAL: 60, OFF_TOPIC: 60}
        for text in PROMPTS["other_systems"]:
            texts[text] = 3
        for topic in self.topics:
            texts[topic.answer] = texts.get(topic.answer, 0) + 8
            for follow_up in topic.follow_ups:
                texts[follow_up.answer] = texts.get(follow_up.answer, 0) + 4
            for pattern in [*topic.questions, *(q for f in topic.follow_ups for q in f.questions)]:
                every = expansions(pattern)
                for text in every:
                    for form in {text, text.lower(), text[:1].upper() + text[1:]}:
                        # A pattern of many choices counts as much as one of few.
                        texts[form] = texts.get(form, 0) + 30 / len(every)
        for group in WORDING["synonyms"] + WORDING["frames"]:
            for text in group:
                texts[text] = texts.get(text, 0) + 20
        rng = random.Random(7)
        for _ in range(4000):
            text = self.medical.fill(rng.choice(self.medical.templates), rng)
            texts[text] = texts.get(text, 0) + 1
            text = self.off_topic.fill(rng.choice(self.off_topic.templates), rng)
            texts[text] = texts.get(text, 0) + 1 if rng.random() < 0.3 else texts.get(text, 0)
        return {text: weight for text, weight in texts.items() if weight > 0}


def collisions(topics: list[Topic]) -> list[str]:
    """Questions that two topics claim with different answers: nobody could learn those."""
    owner: dict[str, Topic] = {}
    out: list[str] = []
    for topic in topics:
        for pattern in topic.questions + topic.held_out:
            for text in expansions(pattern):
                key = text.lower().rstrip("?.! ")
                other = owner.setdefault(key, topic)
                if other.answer != topic.answer:
                    out.append(f"{key!r}: {other.name} and {topic.name}")
    return out


if __name__ == "__main__":
    corpus = Corpus()
    for line in collisions(corpus.topics):
        print("collision", line)
    patterns = sum(len(t.questions) for t in corpus.topics)
    total = sum(len(expansions(p)) for t in corpus.topics for p in t.questions)
    print(f"{len(corpus.topics)} topics, {patterns} patterns, {total} questions")
