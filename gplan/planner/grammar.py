"""The output language as an automaton over token ids: every response it accepts is a valid plan, and has one path.

    <THOUGHT> context a b c, strategy a b c, T_1 a b c … T_n a b c </THOUGHT> [{" core "},{" core  …  "}] <|im_end|>
    └ scaffold, picd alone: it settles n ──────────────────────────────────┘  head      more          stop end

A *core* is an intent's text without its braces and outer quotes. Which may come next follows from the intents before:
none twice, at most one ride (tool_1, tool_2, tool_4), 前一位推荐结果 not first, 订单目的地 only with an order. There
are 148 intents, so the rule is one integer: a bit for each intent that may come. A token is allowed if an open bit
lies below it. The 90 variants of tool_5 never run out within 9 intents, so no state is a dead end.

With ``interleaved`` latents (ours, for comparison) the scaffold ends behind the strategy and settles nothing: a
step's latents stand behind the head or behind more, right before its core. ``direct_sft`` starts at the head,
``cot_sft`` with free text up to ``</THOUGHT>``; both settle n by closing the array.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from data_process.compression import CotMode
from data_process.encode import RowEncoder
from data_process.intents import (
    EXCLUSIVE_TOOLS,
    HEAD,
    MAX_PLAN,
    MIN_PLAN,
    MORE,
    ORDER_PLACE,
    PREVIOUS,
    STOP,
    TOOL_KEY,
    Intent,
    Plan,
    all_intents,
    render_plan,
)
from utils import InputError

LIBRARY = all_intents()
_ALL = (1 << len(LIBRARY)) - 1


def _mask(holds: Callable[[Intent], bool]) -> int:
    """The bits of the intents for which it holds."""
    return sum(1 << i for i, one in enumerate(LIBRARY) if holds(one))


def _intents(bits: int) -> list[Intent]:
    """The intents whose bits are set."""
    found = []
    while bits:
        lowest = bits & -bits
        found.append(LIBRARY[lowest.bit_length() - 1])
        bits ^= lowest
    return found


_RIDES = _mask(lambda one: one[TOOL_KEY] in EXCLUSIVE_TOOLS)
_REFERENCES = _mask(lambda one: PREVIOUS in one.values())
_TO_ORDER = _mask(lambda one: ORDER_PLACE in one.values())
# Bits above the intents': another intent follows, the array closes, and what is open in every state.
_MORE, _STOP, _ALWAYS = (1 << (len(LIBRARY) + i) for i in range(3))
# The same as more where each intent's own latents stand before it: of intent 0, 1, … 9.
_NEXT = [1 << (len(LIBRARY) + 3 + i) for i in range(MAX_PLAN + 1)]
_FURTHER = _MORE | sum(_NEXT)


class State(NamedTuple):
    """Where a response stands: a node of the automaton and what may still come.

    ``open`` has a bit for each intent that may come now, and for more and stop; ``library`` for each that may still
    come at some later place; ``steps`` is the number of intents that the scaffold settled (0: none did), ``plan`` the
    intents so far, as indices into ``LIBRARY``.
    """

    node: int
    open: int
    library: int
    steps: int = 0
    plan: tuple[int, ...] = ()


class Choice(NamedTuple):
    """A decision in words: of which intent (1, 2, …; 0: of the plan), about what, and what each token says.

    ``field`` is ``steps``, a key of an intent, or ``more`` (``yes`` or ``no``: another intent). A token that several
    values share has them all, and what follows decides.
    """

    step: int
    field: str
    values: dict[int, tuple[str, ...]]


class Grammar:
    """The automaton of one tokenizer and training mode.

    Args:
        encoder: of the checkpoint's tokenizer, extended unless the mode is direct_sft.
        mode: the checkpoint's ``cot_mode``.

    Raises:
        InputError: the tokenizer cuts a plan's text otherwise than its pieces, so that no automaton over pieces exists.
    """

    def __init__(self, encoder: RowEncoder, mode: CotMode):
        self.mode, self._interleaved = mode, encoder.form.interleaved
        self.longest = 0  # tokens of the longest response, free text aside
        self.end = encoder.end
        self.close = encoder.close if mode != "direct_sft" else None
        # What free text can't hold: markers of the chat and of the scaffold.
        self.control = {self.end, *encoder.tokenizer.get_added_vocab().values()}
        self._vocabulary = len(encoder.tokenizer)
        self._children: list[dict[int, int]] = []
        self._below: list[int] = []  # the bits that lie below a node
        self._intent: dict[int, int] = {}  # node -> the intent that ends here
        self._steps: dict[int, int] = {}  # node -> the number of steps that its scaffold settles
        self._build(encoder)

    def _build(self, encoder: RowEncoder) -> None:
        pieces = _pieces(encoder)
        self._start, self._junction = self._node(), self._node()
        # Before the first core, and before any other: one trie below two nodes. Below the second lies the bit more;
        # were they one node, the bit that opens the head would open another intent too, wanted or not.
        self._first, self._next = self._node(), self._node()
        self.final = self._node()
        self._free: int | None = None  # where text is free: cot_sft's reasoning
        if self.mode == "picd" and self._interleaved:
            context, strategy, first, *_ = encoder.latents
            ids = [encoder.open, *context, *strategy, self.close, *pieces.head, *first]
            self._path(self._start, ids, _ALWAYS, self._first)
        elif self.mode == "picd":
            node = self._path(self._start, [encoder.open], _ALWAYS)
            for block, triplet in enumerate(encoder.latents):
                node = self._path(node, triplet, _ALWAYS)
                if (steps := block - 1) >= MIN_PLAN:
                    closed = self._path(node, [self.close], _ALWAYS)
                    self._steps[closed] = steps
                    self._path(closed, pieces.head, _ALWAYS, self._first)
        elif self.mode == "cot_sft":
            self._free = self._path(self._start, [encoder.open], _ALWAYS)
            closed = self._path(self._free, [self.close], _ALWAYS)
            self._path(closed, pieces.head, _ALWAYS, self._first)
        else:
            self._path(self._start, pieces.head, _ALWAYS, self._first)
        # One trie serves every core: what may be used is a matter of bits.
        self._children[self._next] = self._children[self._first]
        for i, core in enumerate(pieces.cores):
            self._intent[self._path(self._first, core, 1 << i)] = i
        between, cores = len(pieces.more), sorted(map(len, pieces.cores))[-MAX_PLAN:]
        self.longest = len(pieces.head) + sum(cores) + (MAX_PLAN - 1) * between + len(pieces.stop) + 1
        if self.mode == "picd":
            self.longest += 2 + sum(map(len, encoder.latents))
        if self.mode == "picd" and self._interleaved:
            for step in range(2, MAX_PLAN + 1):
                own = self._node()  # one for each, or the bit of one step would open all
                self._children[own] = self._children[self._first]
                self._path(self._junction, [*pieces.more, *encoder.latents[step + 1]], _NEXT[step], own)
        else:
            self._path(self._junction, pieces.more, _MORE, self._next)
        self._path(self._path(self._junction, pieces.stop, _STOP), [self.end], _STOP, self.final)

    def _node(self) -> int:
        self._children.append({})
        self._below.append(0)
        return len(self._children) - 1

    def _path(self, node: int, ids: Sequence[int], bit: int, last: int | None = None) -> int:
        """Leads from a node along ids, to the node ``last`` if one is given; returns the node at the end."""
        for i, token in enumerate(ids):
            if token not in self._children[node]:
                self._children[node][token] = last if last is not None and i == len(ids) - 1 else self._node()
            node = self._children[node][token]
            self._below[node] |= bit
        return node

    def start(self, *, has_order: bool) -> State:
        """The state before the first token of a response to a request with or without an order (``trigger_1``)."""
        library = _ALL if has_order else _ALL & ~_TO_ORDER
        return State(self._start, library & ~_REFERENCES | _ALWAYS, library)

    def is_free(self, state: State) -> bool:
        """Whether any text may stand here (and ``</THOUGHT>``, which ends it); ``allowed`` does not know it then."""
        return state.node == self._free

    def allowed(self, state: State) -> list[int]:
        """The tokens that may follow, in ascending order; none after the end token."""
        children = self._children[state.node]
        if len(children) == 1:  # most nodes; as no state is a dead end, the one way on is open
            return list(children)
        return sorted(token for token, child in children.items() if self._below[child] & state.open)

    def advance(self, state: State, token: int) -> State:
        """The state after one more token.

        Raises:
            ValueError: the token may not follow here.
        """
        child = self._children[state.node].get(token)
        if child is None or not self._below[child] & state.open:
            if self.is_free(state) and 0 <= token < self._vocabulary and token not in self.control:
                return state
            raise ValueError(f"token {token} can't follow here")
        one = self._intent.get(child)
        if one is None:
            return State(child, state.open, state.library, self._steps.get(child, state.steps), state.plan)
        plan = (*state.plan, one)
        library = state.library & ~(1 << one)
        if _RIDES >> one & 1:
            library &= ~_RIDES
        count = len(plan)
        more = count < (state.steps or MAX_PLAN)
        stop = count == state.steps if state.steps else count >= MIN_PLAN
        further = _NEXT[count + 1] if self._interleaved and more else more * _MORE
        return State(self._junction, library | _ALWAYS | further | stop * _STOP, library, state.steps, plan)

    def forced(self, state: State) -> tuple[list[int], State]:
        """The longest run of tokens that must follow, and the state after it: a decision, free text, or the end."""
        run = []
        while not self.is_free(state) and len(following := self.allowed(state)) == 1:
            run.append(following[0])
            state = self.advance(state, following[0])
        return run, state

    def after(self, ids: Sequence[int], *, has_order: bool) -> State | None:
        """The state after a response's first tokens, None if the automaton refuses them."""
        state = self.start(has_order=has_order)
        try:
            for token in ids:
                state = self.advance(state, token)
        except ValueError:
            return None
        return state

    def accepts(self, ids: Sequence[int], *, has_order: bool) -> bool:
        """Whether ids are a whole response, end token included."""
        state = self.after(ids, has_order=has_order)
        return state is not None and state.node == self.final

    def plan(self, state: State) -> Plan:
        """The intents so far."""
        return [dict(LIBRARY[one]) for one in state.plan]

    def choice(self, state: State) -> Choice:
        """What is decided in a state with several allowed tokens, in words.

        ``Choice(2, "tag", {5: ("美食",), 7: ("休闲娱乐", "运动健身")})``: the second intent's tag; token 5 says 美食.
        """
        children = self._children[state.node]
        below = {token: self._below[children[token]] & state.open for token in self.allowed(state)}
        if any(bits & _ALWAYS for bits in below.values()):
            return Choice(0, "steps", {token: self._reachable_steps(children[token]) for token in below})
        if any(bits & (_FURTHER | _STOP) for bits in below.values()):
            return Choice(len(state.plan), "more", {t: ("yes" if b & _FURTHER else "no",) for t, b in below.items()})
        found = {token: _intents(bits) for token, bits in below.items()}
        # The first key whose values tell the tokens apart: keys stand in the same order in all that meet here.
        for field in next(iter(found.values()))[0]:
            values = {token: tuple(dict.fromkeys(one[field] for one in ones)) for token, ones in found.items()}
            if len(set(values.values())) == len(values):
                return Choice(len(state.plan) + 1, field, values)
        raise AssertionError("a decision that decides nothing")

    def _reachable_steps(self, node: int) -> tuple[str, ...]:
        if node in self._steps:
            return (str(self._steps[node]),)
        return tuple(
            dict.fromkeys(steps for child in self._children[node].values() for steps in self._reachable_steps(child))
        )


def core(one: Intent) -> str:
    """An intent's text between its marks: ``core({"工具名称": "tool_9"}) == '工具名称":"tool_9'``."""
    return render_plan([one])[len(HEAD) : -len(STOP)]


class _Pieces(NamedTuple):
    head: list[int]
    cores: list[list[int]]
    more: list[int]
    stop: list[int]


def _pieces(encoder: RowEncoder) -> _Pieces:
    """A plan's text cut where every plan's is cut, each piece tokenised apart.

    Tokens are how BPE cuts their text if every two neighbours are how it cuts theirs. So looking at plans of one intent
    three times is enough: any two tokens that meet at a cut of some plan meet in one of those.
    """
    head, more, stop = (encoder.text(text) for text in (HEAD, MORE, STOP))
    cores = encoder.texts([core(one) for one in LIBRARY])
    wholes = encoder.texts([render_plan([one] * 3) for one in LIBRARY])
    for one, ids, whole in zip(LIBRARY, cores, wholes, strict=True):
        if whole != [*head, *ids, *more, *ids, *more, *ids, *stop]:
            raise InputError(
                f"the tokenizer cuts {render_plan([one])} otherwise in a plan than alone; the planner needs a "
                "tokenizer that cuts between punctuation and words, as Qwen's does"
            )
    # sorted, what begins with another stands behind it
    if any(other[: len(one)] == one for one, other in pairwise(sorted(cores))):
        raise InputError(
            "the tokenizer cuts two intents alike, or so that one begins with the other, so the planner can't tell "
            "them apart; it needs a tokenizer that knows every character, as Qwen's does"
        )
    return _Pieces(head, cores, more, stop)
