"""True answers in other words: what a verifier must not veto.

Each kind of claim is said otherwise for itself, then sentences, lists, widths and particles change.
"""

import random
import re
from collections.abc import Iterator, Sequence

from stagent.queries.answer import Fact, Piece
from stagent.reward.measure.expert import ExpertAnswers
from stagent.reward.measure.sayings_more import other_ways
from stagent.reward.measure.variant import ChangedAnswer, answered, apart, pieces_of_answers

_SENTENCE_END = re.compile(r"(?<=[。！？\n])")
_WIDE = {code: code + 0xFEE0 for code in map(ord, "0123456789:.%-")}
_OPENINGS = ("好的，", "您好，", "查到了，", "嗯，", "帮您看了一下，")
_PARTICLES = {"。": ("哦。", "呢。", "啦。", "～"), "您": ("你",), "，": ("，嗯，", "，")}
_DAYS = ("今天", "明天", "后天")


def rephrased(answers: ExpertAnswers, rng: random.Random) -> Iterator[ChangedAnswer]:
    """One variant for each kind and style of saying it that an answer has, and one for each other way that fits."""
    yield from _other_forms(answers, rng)
    for way, change in (("sentences in another order", _shuffled), ("lists in another order", _lists_shuffled)):
        pieces = [change(each, rng) for each in pieces_of_answers(answers.trajectory)]
        if pieces != pieces_of_answers(answers.trajectory):
            yield ChangedAnswer(answered(answers.trajectory, pieces), way, "")
    texts = [step.text for step in answers.trajectory.answers()]
    wide = [text.translate(_WIDE) for text in texts]
    if wide != texts:
        yield ChangedAnswer(answered(answers.trajectory, wide), "full-width characters", "")
    yield ChangedAnswer(
        answered(answers.trajectory, [_with_particles(text, rng) for text in texts]), "other particles", ""
    )


def _other_forms(answers: ExpertAnswers, rng: random.Random) -> Iterator[ChangedAnswer]:
    for kind in dict.fromkeys(placed.fact.kind for placed in answers.placed):
        changed: dict[str, list[tuple[Fact, str]]] = {}
        pieces: dict[str, list[list[Piece]]] = {}
        for placed in answers.placed:
            fact = placed.fact
            if fact.kind != kind or kind == "open":  # open and closed are said in a sentence's own words
                continue
            for style, texts in other_ways(kind, fact.value, answers.today).items():
                others = [text for text in texts if text.strip() != fact.text.strip()]
                if kind == "date":
                    others = [text for text in others if text not in _DAYS]
                if not others:
                    continue
                text = rng.choice(others)
                copy = pieces.setdefault(style, pieces_of_answers(answers.trajectory))
                copy[placed.answer][placed.piece] = apart(copy[placed.answer], placed.piece, text)
                changed.setdefault(style, []).append((fact, text))
        for style, pairs in changed.items():
            before, after = ("；".join(texts) for texts in zip(*((old.text, new) for old, new in pairs), strict=True))
            yield ChangedAnswer(
                answered(answers.trajectory, pieces[style]), "said otherwise", kind, style, before, after
            )


def _sentences(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """An answer's sentences in pieces; their ends stay with them."""
    sentences: list[list[Piece]] = [[]]
    for piece in pieces:
        for number, part in enumerate([piece] if isinstance(piece, Fact) else _SENTENCE_END.split(piece)):
            if number:
                sentences.append([])
            if part:
                sentences[-1].append(part)
    return [sentence for sentence in sentences if sentence]


def _stands_alone(sentence: Sequence[Piece]) -> bool:
    """Whether a sentence names all that its values are said of, so that it can stand anywhere."""
    facts = [piece for piece in sentence if isinstance(piece, Fact)]
    text = "".join(piece if isinstance(piece, str) else piece.text for piece in sentence)
    named = {fact.value for fact in facts if fact.kind in ("name", "number", "date")}
    return bool(facts) and all(fact.entity and (fact.entity in named or fact.entity in text) for fact in facts)


def _shuffled(pieces: Sequence[Piece], rng: random.Random) -> list[Piece]:
    """Sentences in another order; one that leans on the one before stays with it."""
    groups: list[list[list[Piece]]] = []
    for sentence in _sentences(pieces):
        if groups and not _stands_alone(sentence):
            groups[-1].append(sentence)
        else:
            groups.append([sentence])
    opening = groups[0][0][0]
    kept = 1 if isinstance(opening, str) and opening.startswith("[Unsolved]") else 0
    if any(isinstance(piece, str) and "\n" in piece for piece in pieces):
        return list(pieces)  # lists are shuffled on their own
    rest = groups[kept:]
    rng.shuffle(rest)
    return [piece for group in (*groups[:kept], *rest) for sentence in group for piece in sentence]


def _lists_shuffled(pieces: Sequence[Piece], rng: random.Random) -> list[Piece]:
    """The items of the first list (``甲（…）、乙（…）``, or numbered lines) in another order."""
    spans = _inline_items(pieces) or _numbered_items(pieces)
    if len(spans) < 2:
        return list(pieces)
    order = list(range(len(spans)))
    while order == sorted(order):
        rng.shuffle(order)
    result, at = [], 0
    for (start, end), number in zip(spans, order, strict=True):
        result += pieces[at:start]
        result += pieces[slice(*spans[number])]
        at = end
    return [*result, *pieces[at:]]


def _inline_items(pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    """Where the items of ``甲（…）、乙（…）`` begin and end."""
    spans: list[tuple[int, int]] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        if isinstance(piece, Fact) and piece.kind == "name":
            end = at + 1
            if pieces[end : end + 1] == ["（"]:
                closing = [place for place in range(end, len(pieces)) if pieces[place] == "）"]
                end = closing[0] + 1 if closing else end
            spans.append((at, end))
            if pieces[end : end + 1] != ["、"]:
                if len(spans) > 1:
                    return spans
                spans = []
            at = end + 1
        else:
            spans = []
            at += 1
    return spans if len(spans) > 1 else []


def _numbered_items(pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    """Where the items of a numbered list begin and end, without number and the stop at the end."""
    marks = [
        at for at, piece in enumerate(pieces) if isinstance(piece, str) and re.fullmatch(r"[；。]?\n\d+\. ", piece)
    ]
    if len(marks) < 2:
        return []
    spans = []
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        end = following
        if end is None:
            end = next((at for at in range(mark + 1, len(pieces)) if str(pieces[at]).startswith("。")), len(pieces))
        if pieces[end - 1] == "；":
            end -= 1
        spans.append((mark + 1, end))
    return spans


def _with_particles(text: str, rng: random.Random) -> str:
    marker = "[Unsolved] " if text.startswith("[Unsolved]") else ""
    for old, news in _PARTICLES.items():
        text = re.sub(old, lambda _, news=news: rng.choice(news), text)
    return marker + rng.choice(_OPENINGS) + text.removeprefix("[Unsolved]").strip()
