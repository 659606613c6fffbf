"""Damage of one value: a digit, a sum, another's value, a random one."""

import random
from collections.abc import Sequence
from typing import Any

from stagent.reward.measure.expert import DERIVED, ExpertAnswers, value_number
from stagent.reward.measure.known import KnownValue, plain
from stagent.reward.measure.readings import clock_minutes, read_value
from stagent.reward.measure.variant import ChangedAnswer, PlacedFact, said_like, with_fact

_NUMERALS = "一二三四五六七八九"
_TEXTS = ("number", "phone", "hours", "word", "name", "coordinate")  # changed as they stand, without being read
_NOT_EXCHANGED = ("name", "number", "date", "open")  # those have ways of their own


def changed(answers: ExpertAnswers, placed: PlacedFact, text: str, way: str, style: str = "") -> ChangedAnswer:
    fact = placed.fact
    trajectory = with_fact(answers.trajectory, placed, text)
    true = answers.stays_true(placed, text)
    return ChangedAnswer(trajectory, way, fact.kind, style, fact.text, text, stays_true=true)


def changed_digit(answers: ExpertAnswers, placed: PlacedFact, rng: random.Random) -> ChangedAnswer | None:
    """One digit or numeral of a value is another: ``约 11 分钟`` → ``约 17 分钟``."""
    fact = placed.fact
    texts = list(_one_digit_changed(fact.text, numerals=fact.kind not in _TEXTS))
    rng.shuffle(texts)
    for text in texts:
        said = read_value(fact.kind, text)
        if fact.kind in _TEXTS or (said is not None and not said.may_mean(fact.kind, value_number(fact))):
            if fact.kind == "hours" and not _are_hours(text):
                continue
            return changed(answers, placed, text, "changed digit", "words" if said and text.isalpha() else "digits")
    return None


def _one_digit_changed(text: str, numerals: bool) -> list[str]:
    found = []
    for place, old in enumerate(text):
        first = not text[place - 1 : place].isdigit() and text[place - 1 : place] != "."
        longer = text[place + 1 : place + 2].isdigit()
        choices = "0123456789" if old in "0123456789" else _NUMERALS if numerals and old in _NUMERALS else ""
        for new in choices:
            if new != old and not (new == "0" and first and longer):
                found.append(text[:place] + new + text[place + 1 :])
    return found


def _are_hours(text: str) -> bool:
    moments = [moment for span in text.removeprefix("开放").split(",") for moment in span.strip().split("-")]
    return all(read_value("clock", moment) for moment in moments)


def wrong_sum(answers: ExpertAnswers, placed: PlacedFact, rng: random.Random) -> ChangedAnswer | None:
    """A value that was worked out is off by more than rounding."""
    fact = placed.fact
    if fact.how not in DERIVED or fact.kind == "date":
        return None
    for _ in range(10):
        if (value := _off(fact.kind, fact.value, rng)) is None:
            return None
        text = said_like(fact, value, answers.today)
        said = read_value(fact.kind, text)
        if said is not None and not said.may_mean(fact.kind, value_number(fact)):
            return changed(answers, placed, text, "wrong sum", fact.how)
    return None


def _off(kind: str, value: Any, rng: random.Random) -> Any:
    sign, share = rng.choice((-1, 1)), rng.uniform(0.05, 0.6)
    if kind == "clock":
        minutes = ((clock_minutes(value) or 0) + sign * rng.randint(3, 90)) % 1440
        return f"{int(minutes // 60):02d}:{int(minutes % 60):02d}"
    if kind == "duration":
        return max(60, value + sign * max(120, round(value * share)))
    if kind == "money":
        return max(1, round(value + sign * max(2, value * share)))
    if kind == "distance":
        return max(10, value + sign * max(60, round(value * share)))
    if kind in ("count", "temperature", "percent"):
        return max(0, value + sign * rng.randint(1, 3)) or value + 2
    return None


def swapped_value(answers: ExpertAnswers, placed: PlacedFact, rng: random.Random) -> ChangedAnswer | None:
    """The value that the results have for another: a rating of another place, a fare of another train."""
    fact = placed.fact
    if fact.kind in _NOT_EXCHANGED or fact.how in DERIVED:
        return None
    source = answers.known.source(fact)
    if source is None:
        return None
    own = plain(fact.entity)
    others = [one for one in answers.known.values if one.key == source.key and own not in one.names]
    return said_of_another(answers, placed, others, rng, "swapped entity", "value")


def said_of_another(
    answers: ExpertAnswers,
    placed: PlacedFact,
    others: Sequence[KnownValue],
    rng: random.Random,
    way: str,
    style: str,
) -> ChangedAnswer | None:
    """A fact with the value of one of others, of the same key, that is said otherwise."""
    for other in rng.sample(list(others), len(others)):
        text = text_like(answers, placed, other.value)
        if text is not None and plain(text) != plain(placed.fact.text):
            return changed(answers, placed, text, way, style)
    return None


def text_like(answers: ExpertAnswers, placed: PlacedFact, value: Any) -> str | None:
    """A result's value as the fact is said; None for one that can't be."""
    fact = placed.fact
    if fact.kind == "hours":
        return f"开放 {value}" if fact.text.startswith("开放") and value[:1].isdigit() else str(value)
    if fact.kind == "clock":
        minutes = clock_minutes(str(value))
        if minutes is None:
            return None
        value = f"{int(minutes // 60):02d}:{int(minutes % 60):02d}"
    if fact.kind == "word" and len(str(value)) > 20:
        return None
    return said_like(fact, value, answers.today)


def random_value(
    answers: ExpertAnswers, placed: PlacedFact, pool: Sequence[str], rng: random.Random
) -> ChangedAnswer | None:
    """A text drawn from all that answers say of this kind of claim; not open or closed, of which there are but two."""
    fact = placed.fact
    if fact.kind == "open":
        return None
    for _ in range(10):
        text = rng.choice(pool)
        if plain(text) != plain(fact.text) and not (fact.kind == "date" and read_value("date", text) is None):
            return changed(answers, placed, text, "random value: not caught")
    return None
