"""A teacher's trajectory as the small model would have played it: ids, and which of them are the model's to learn.

A fact is pointed to where results have it: ``Fact("370 元", "money", 370, "XFA1045")`` ──► <6> <.fares.0.fare_yuan>
"""

from collections.abc import Iterator

from stagent.queries.answer import Fact
from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.rollout.compact.call import call_tokens
from stagent.rollout.compact.fields import FieldValue
from stagent.rollout.compact.sums import minus, plus, times
from stagent.rollout.compact.talk import CompactTalk
from stagent.rollout.compact.text import Unsayable, text_tokens
from stagent.rollout.compact.things import Things
from stagent.rollout.compact.vocabulary import CompactVocabulary, clock_tokens, day_token, handle
from stagent.rollout.sequence import Sampled, TokenSequence

_DERIVED = ("sum", "difference", "product", "end")
_LATEST = 40  # things that a sum's parts are looked for in


def lesson(trajectory: Trajectory, vocabulary: CompactVocabulary) -> TokenSequence:
    """A trajectory in tokens, with nothing written but the agent's messages.

    Raises:
        Unsayable: something that the agent calls or says has no tokens.
    """
    talk = CompactTalk(vocabulary, trajectory.task.context)
    for step in trajectory.steps:
        if isinstance(step, UserStep):
            talk.user(step.text)
        elif isinstance(step, CallStep):
            _write(talk, ["<call>", *call_tokens(step.tool, step.arguments, talk.things, vocabulary)])
            talk.results([step])
        else:
            said = "".join(each.text for each in trajectory.steps if isinstance(each, UserStep))
            _write(talk, ["<answer>", *answer_tokens(step, talk.things, vocabulary, said)])
    return talk.sequence


def _write(talk: CompactTalk, tokens: list[str]) -> None:
    ids = [talk.vocabulary.ids[token] for token in [*tokens, "<end>"]]
    talk.sequence.write(Sampled(ids, [0.0] * len(ids)))


def answer_tokens(step: AnswerStep, things: Things, vocabulary: CompactVocabulary, said: str) -> list[str]:
    """An answer's tokens.

    Args:
        said: what the user says: its numbers may be spelled.

    Raises:
        Unsayable
    """
    tokens: list[str] = []
    for piece in step.pieces or (step.text,):
        if isinstance(piece, str) or piece.kind == "open":
            tokens += text_tokens(piece if isinstance(piece, str) else piece.text, things, vocabulary)
        else:
            tokens += _fact_tokens(piece, things, vocabulary, said)
    return tokens


def _fact_tokens(piece: Fact, things: Things, vocabulary: CompactVocabulary, said: str) -> list[str]:
    if piece.kind in ("name", "number"):
        number = things.named(piece.value)
        if number is not None:
            return [handle(number)]
    if pointed := next(_pointers(piece, things, vocabulary), None):
        return pointed
    if piece.kind == "date" and (token := day_token(things.days_to(piece.value))):
        return [token]
    if piece.how in _DERIVED:
        return next(_sums(piece, things, vocabulary), None) or _unsayable(piece)
    if piece.kind == "clock" and ":" in str(piece.value):
        return clock_tokens(piece.value)
    if piece.kind in ("name", "number", "word") or piece.text.strip() in said:
        return text_tokens(piece.text, things, vocabulary)
    return _unsayable(piece)


def _unsayable(fact: Fact) -> list[str]:
    raise Unsayable(f"{fact.kind} {fact.text}")


def _pointers(fact: Fact, things: Things, vocabulary: CompactVocabulary) -> Iterator[list[str]]:
    """Handle and field of a value: of the entity that it is said of first, then of the latest thing."""
    wanted = FieldValue(fact.kind, fact.value)
    for number, path, value in things.fields(fact.entity):
        if value[:2] == wanted[:2] and (token := f"<.{path}>") in vocabulary.ids:
            yield [handle(number), token]


def _sums(fact: Fact, things: Things, vocabulary: CompactVocabulary) -> Iterator[list[str]]:
    """The operations that give a derived fact's value, those on the latest things first."""
    wanted = FieldValue(fact.kind, fact.value)[:2]
    fields = [
        (number, path, value)
        for number, path, value in things.fields()
        if number >= len(things.all) - _LATEST and f"<.{path}>" in vocabulary.ids
        if value.kind in (fact.kind, "clock", "duration")
    ]
    for first, path, value in fields:
        one = [handle(first), f"<.{path}>"]
        if fact.how == "product":
            for count in range(2, 10):
                if value.kind == fact.kind and (result := times(count, value)) and result[:2] == wanted:
                    yield ["<times>", str(count), *one]
            continue
        operation, mark = (minus, "<minus>") if fact.how == "difference" else (plus, "<plus>")
        for second, further, other in fields:
            if (first, path) != (second, further) and (result := operation(value, other)) and result[:2] == wanted:
                yield [mark, *one, handle(second), f"<.{further}>"]
