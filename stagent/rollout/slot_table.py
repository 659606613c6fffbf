"""What stands in the slots of a local engine: ids, how many of them the model has seen, who is under way.

slot 0  │ head │ task A │ message │ result │ mess        running: the next id is drawn
slot 1  │ head │ task B │ message │                      kept: B's tool is asked, its next prompt begins with this
slot 2  │ head │ task C │ mess                           of an episode that ended: the first to be taken
          └─ fed: keys and values are there ──┘
"""

import numpy as np


class SlotTable:
    """The books of ``count`` slots; no model here.

    Attributes:
        ids: (S, L) what stands in each; behind ``known`` is nothing.
        logprobs: (S, L) of the ids that were drawn.
        known: (S,) ids there are; fed: (S,) those whose keys and values are there.
        running: (S,) whether a message is being written.
        end: (S,) known ids at which a message is cut off; begun: (S,) at which it began.
        uniforms: (S, B) numbers to draw the next ids with.
    """

    def __init__(self, count: int, block: int):
        self.count = count
        self.ids = np.zeros((count, 64), dtype=np.int64)
        self.logprobs = np.zeros((count, 64), dtype=np.float32)
        self.uniforms = np.zeros((count, block), dtype=np.float32)
        self.known, self.fed, self.begun, self.end, self._used = (np.zeros(count, dtype=np.int64) for _ in range(5))
        self.running = np.zeros(count, dtype=bool)
        self._clock = 0

    def reserve(self, length: int) -> None:
        """Makes room for so many ids in every slot."""
        if length > self.ids.shape[1]:
            more = max(length, self.ids.shape[1] * 3 // 2) - self.ids.shape[1]
            self.ids, self.logprobs = (np.pad(each, ((0, 0), (0, more))) for each in (self.ids, self.logprobs))

    def common(self, prompt: np.ndarray) -> np.ndarray:
        """(S,): how many of a prompt's ids each slot begins with, fed or not."""
        width = min(len(prompt), self.ids.shape[1])
        differs = self.ids[:, :width] != prompt[:width]
        first = np.where(differs.any(1), differs.argmax(1), width)
        return np.minimum(first, self.known)

    def oldest(self) -> int:
        """The slot used least recently, of those that aren't running."""
        return int(np.where(self.running, np.iinfo(np.int64).max, self._used).argmin())

    def touch(self, slot: int) -> None:
        self._clock += 1
        self._used[slot] = self._clock

    def begin(self, slot: int, prompt: np.ndarray, fed: int, most: int) -> None:
        """A message begins behind a prompt, the first ``fed`` of whose ids the model has seen."""
        length = len(prompt)
        self.reserve(length + most)
        self.ids[slot, :length] = prompt
        self.known[slot] = self.begun[slot] = length
        self.fed[slot], self.end[slot] = fed, length + most
        self.running[slot] = True
        self.touch(slot)

    def stop(self, slot: int) -> None:
        """A message has ended, or is given up. What the model has seen is kept."""
        self.running[slot] = False
        self.known[slot] = self.fed[slot]
        self.touch(slot)

    def rearrange(self, sources: np.ndarray, targets: np.ndarray) -> None:
        """What stood in each of ``sources`` stands in ``targets`` then."""
        counts = (self.known, self.fed, self.begun, self.end, self._used, self.running)
        for each in (self.ids, self.logprobs, self.uniforms, *counts):
            each[targets] = each[sources]

    def forget(self) -> None:
        """Keys and values are worth nothing any more: what is running is seen anew, what is kept is gone."""
        self.fed[:] = 0
        self.known[~self.running] = 0
