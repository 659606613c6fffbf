"""An episode played again from its record: what the model wrote is given, all else happens anew."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from stagent.queries.trajectory import trajectory_of
from stagent.rollout.chat import ChatCodec
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.play import Rollout, play
from stagent.rollout.sequence import Sampled
from stagent.rollout.speaker import TokenSpeaker
from stagent.tools.calls import Calls


class RecordEndedError(Exception):
    """The episode went on behind the record's end: world, tools or limits are not those of then."""


class RecordedEngine:
    """Writes the messages of a record, one after the other, whatever stands before them.

    Args:
        too_long: the last prompt was longer than the policy could attend to.
    """

    def __init__(self, name: str, sequences: Sequence[dict[str, Any]], *, too_long: bool = False):
        self.name, self._too_long = name, too_long
        self._messages = iter([message for sequence in sequences for message in _messages(sequence)])

    async def sample(self, prompt: Sequence[int], most: int, seed: int) -> Sampled:
        message = next(self._messages, None)
        if message is None and self._too_long:
            return Sampled([], [], "length")
        if message is None:
            raise RecordEndedError(f"{self.name}: the record has no more messages")
        return message


def _messages(sequence: dict[str, Any]) -> list[Sampled]:
    """The stretches that a model wrote; between two of them stands what it read."""
    tokens = zip(sequence["ids"], sequence["written"], sequence["logprobs"], strict=True)
    stretches = [(written, list(run)) for written, run in groupby(tokens, key=lambda token: token[1])]
    return [Sampled([each[0] for each in run], [each[2] for each in run]) for written, run in stretches if written]


async def replay(record: dict[str, Any], codec: ChatCodec, calls: Calls, limits: EpisodeLimits) -> Rollout:
    """Plays a record (``Rollout.as_json``) again. Where world, tools and template are those of then, the result's JSON
    is the record's, byte by byte.

    Raises:
        TaskError: no trajectory.
        RecordEndedError: the world answers otherwise, and the episode goes on behind the record's end.
    """
    task = trajectory_of({name: value for name, value in record.items() if name != "rollout"}).task
    told = record["rollout"]
    engine = RecordedEngine(record["agent"], told["sequences"], too_long=told["ended"] == "length")
    return await play(task, TokenSpeaker(codec, engine), calls, told["seed"], limits)
