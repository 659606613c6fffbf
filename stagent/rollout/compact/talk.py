"""An episode in the small model's tokens: what it is told, what it wrote and what that means.

<context> <weekday 1> <09h> <00m> <1> <user> … <end>  ┊ <call> … <end> ┊  <result> … <end>  ┊ <answer> … <end>
          read                                          written            read                written

A prompt always begins with the one before it.
"""

from collections.abc import Sequence

from stagent.queries.task import Context, Task
from stagent.queries.trajectory import CallStep
from stagent.rollout.chat import Written
from stagent.rollout.compact.call import UnreadableCall, read_call
from stagent.rollout.compact.result import result_tokens
from stagent.rollout.compact.text import Unsayable, spoken, text_tokens
from stagent.rollout.compact.things import Things
from stagent.rollout.compact.vocabulary import CompactVocabulary, clock_tokens, handle
from stagent.rollout.sequence import Engine, TokenSequence, seed_of
from stagent.rollout.speaker import ContextUsedUp


class CompactTalk:
    """One conversation.

    Attributes:
        sequence: all of it so far.
    """

    def __init__(self, vocabulary: CompactVocabulary, context: Context):
        self.vocabulary, self.things = vocabulary, Things(context)
        self.sequence = TokenSequence()
        self.read(self._told(context))

    def _told(self, context: Context) -> list[str]:
        now = context.now
        tokens = ["<context>", f"<weekday {now.isoweekday()}>", *clock_tokens(f"{now:%H:%M}"), handle(1)]
        for name, value in context.profile.items():
            if (number := self.things.named(name)) is not None:  # a place: its name in the user's text is this handle
                tokens.append(handle(number))
                continue
            try:
                tokens += text_tokens(value, Things(context), self.vocabulary)
            except Unsayable:  # of a profile that training never saw
                tokens.append("<?>")
        return tokens

    def read(self, tokens: Sequence[str]) -> None:
        unknown = self.vocabulary.ids["<?>"]
        self.sequence.read([self.vocabulary.ids.get(token, unknown) for token in tokens])

    def user(self, text: str) -> None:
        self.read(["<user>", *text_tokens(text, self.things, self.vocabulary, new_names=True), "<end>"])

    def results(self, steps: Sequence[CallStep]) -> None:
        """The results of the calls asked for last, in their order."""
        for step in steps:
            self.read(["<result>", *result_tokens(step.outcome, step.content, self.things, self.vocabulary), "<end>"])

    def meaning(self, ids: Sequence[int]) -> Written:
        """What a model's ids say, its end with them or not."""
        tokens = [self.vocabulary.tokens[number] for number in ids]
        if tokens and tokens[-1] == "<end>":
            tokens.pop()
        if tokens[:1] == ["<answer>"]:
            return Written(spoken(tokens[1:], self.things, self.vocabulary).strip())
        if tokens[:1] != ["<call>"]:
            return Written("", problem="既不是调用也不是回答")
        calls, place = [], 0
        try:
            while place < len(tokens):
                end = next((end for end in range(place + 1, len(tokens)) if tokens[end] == "<call>"), len(tokens))
                calls.append(read_call(tokens[place + 1 : end], self.things, self.vocabulary))
                place = end
        except UnreadableCall as error:
            return Written("", problem=str(error))
        return Written("", tuple(calls))


class CompactSpeaker:
    """A small policy that speaks by handles.

    Args:
        most: ids of a message, at most.
    """

    def __init__(self, vocabulary: CompactVocabulary, engine: Engine, *, most: int = 160):
        self.vocabulary, self.engine, self.most, self.name = vocabulary, engine, most, engine.name

    def begin(self, task: Task, seed: int) -> "CompactDialogue":
        return CompactDialogue(self, task, seed)


class CompactDialogue:
    """One episode of a small policy."""

    def __init__(self, speaker: CompactSpeaker, task: Task, seed: int):
        self._speaker, self._seed, self._messages = speaker, seed, 0
        self._talk = CompactTalk(speaker.vocabulary, task.context)
        self.sequences = [self._talk.sequence]
        self.user, self.results = self._talk.user, self._talk.results

    async def speak(self) -> Written:
        seed = seed_of(self._seed, self._messages)
        sampled = await self._speaker.engine.sample(self._talk.sequence.ids, self._speaker.most, seed)
        if not sampled.ids:
            raise ContextUsedUp
        self._messages += 1
        self._talk.sequence.write(sampled)
        return self._talk.meaning(sampled.ids)
