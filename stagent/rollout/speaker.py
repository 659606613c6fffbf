"""Who speaks in an episode: a policy on tokens, in Qwen3's chat template, or a model behind a URL."""

from collections.abc import Sequence
from typing import Protocol

from stagent.queries.task import Task
from stagent.queries.trajectory import CallStep
from stagent.rollout.briefing import briefing_of
from stagent.rollout.chat import ChatCodec, Conversation, Written
from stagent.rollout.sequence import Engine, TokenSequence, seed_of


class NoReplyError(Exception):
    """A speaker failed; the message says why. Nobody's fault: the episode ends, and is no sample of anything."""


class ContextUsedUp(Exception):  # an end, no error
    """A conversation has grown longer than its policy can attend to: an episode's end without an answer."""


class Dialogue(Protocol):
    """One episode's side of a speaker.

    Attributes:
        sequences: the tokens so far; empty of one that knows none.
    """

    sequences: list[TokenSequence]

    def user(self, text: str) -> None:
        """The user says something."""

    def results(self, steps: Sequence[CallStep]) -> None:
        """The calls asked for last with their results, in their order."""

    async def speak(self) -> Written:
        """What it says now. Raises NoReplyError, ContextUsedUp."""


class Speaker(Protocol):
    """Answers tasks, each in a dialogue of its own."""

    name: str

    def begin(self, task: Task, seed: int) -> Dialogue: ...


class TokenSpeaker:
    """A policy on tokens.

    Args:
        most: ids of a message, at most.
    """

    def __init__(self, codec: ChatCodec, engine: Engine, *, most: int = 2048):
        self.codec, self.engine, self.most, self.name = codec, engine, most, engine.name

    def begin(self, task: Task, seed: int) -> "TokenDialogue":
        return TokenDialogue(self, task, seed)


class TokenDialogue:
    """A conversation in ids. A sequence goes on as long as prompts begin with what stands in it."""

    def __init__(self, speaker: TokenSpeaker, task: Task, seed: int):
        self.sequences: list[TokenSequence] = []
        self._speaker, self._seed, self._messages = speaker, seed, 0
        self._talk = Conversation(speaker.codec, briefing_of(task.context))
        self.user = self._talk.user

    def results(self, steps: Sequence[CallStep]) -> None:
        self._talk.results([step.text for step in steps])

    async def speak(self) -> Written:
        prompt = self._talk.prompt()
        if not self.sequences or not self.sequences[-1].begins(prompt):
            self.sequences.append(TokenSequence())
        sequence = self.sequences[-1]
        sequence.read(prompt[len(sequence.ids) :])
        sampled = await self._speaker.engine.sample(prompt, self._speaker.most, seed_of(self._seed, self._messages))
        if not sampled.ids:
            raise ContextUsedUp
        self._messages += 1
        sequence.write(sampled)
        return self._talk.wrote(sampled.ids)
