"""What the generative baselines share: T5 (Raffel et al. 2020) from a row's tokens to the codes of its plan.

encoder   what the model sees of a row                            (B, S)
decoder   pad c7_1 c7_2 c7_3 c9_1 c9_2 c9_3   ->   c7_1 … c9_3 end  (B, T)
"""

from abc import abstractmethod
from argparse import Namespace
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn
from transformers import PreTrainedModel, T5Config, T5ForConditionalGeneration

from data_process.schema import Row
from gplan.baselines import trainer
from gplan.baselines.baseline import Baseline
from gplan.baselines.decode import of_least_risk
from gplan.baselines.examples import LabelledRows
from gplan.baselines.trie import CodeTrie
from gplan.baselines.vocabulary import Ids

PAD, END = 0, 1  # T5's own numbers, of the pretrained ones too
IGNORED = -100  # a label without a loss
# Rows answered together, times the beams of each.
SEQUENCES = 512
# What HF's beam search gives to sequences that are none: -1e9 and less.
NO_SEQUENCE = -1e8


class SourceAndPlan(NamedTuple):
    """One sample: the row's tokens, and the plan's codes with their end."""

    source: list[int]
    target: list[int]


class GenerativeBaseline(Baseline):
    """A row's tokens in, a plan's codes out, one after the other.

    ``--decode free`` is held to the trie alone and searches with ``beams``; ``rules`` is greedy in a trie that is cut
    by the rules for the plan so far; ``mbr`` takes the ``k`` plans of a beam search in that trie.
    """

    trie: CodeTrie
    network: PreTrainedModel

    @abstractmethod
    def prepare(self, rows: Sequence[Row]) -> None:
        """Makes ``trie`` and what ``sources`` needs, from the rows to learn from."""

    @abstractmethod
    def build(self) -> PreTrainedModel:
        """The T5, before it has learnt; the seeds are set."""

    @abstractmethod
    def sources(self, rows: Sequence[Row]) -> list[list[int]]:
        """Each row's tokens, of what ``args.sees`` lets be seen; at least one."""

    def fit(self, examples: LabelledRows) -> None:
        self.prepare(examples.rows)
        targets = map(self.trie.encode, examples.plans)
        samples = [SourceAndPlan(*pair) for pair in zip(self.sources(examples.rows), targets, strict=True)]
        made = trainer.fit(
            lambda: SequenceLosses(self.build()), samples, collate, self.args, trainer.data_digest(examples)
        )
        self.network = made.network
        self.parameters = sum(weight.numel() for weight in self.network.parameters())

    def answer(self, rows: Sequence[Row]) -> list[Ids]:
        self.network.eval()
        beams = {"free": self.args.beams, "rules": 1, "mbr": self.args.k}[self.args.decode]
        size = max(1, SEQUENCES // beams)
        sources = self.sources(rows)
        # Of one length, about: less padding. The answers stand in the order of the rows again.
        order = sorted(range(len(rows)), key=lambda i: len(sources[i]))
        plans: dict[int, Ids] = {}
        for start in range(0, len(rows), size):
            part = order[start : start + size]
            found = self._plans([sources[i] for i in part], [bool(rows[i]["trigger_1"]) for i in part], beams)
            plans |= zip(part, found, strict=True)
        return [plans[i] for i in range(len(rows))]

    @torch.inference_mode()
    def _plans(self, sources: list[list[int]], orders: list[bool], beams: int) -> list[Ids]:
        inputs = padded(sources, self.network.device)
        if self.args.decode != "mbr":
            return [ranked[0][1] for ranked in self._search(inputs, orders, beams, keep=1)]
        greedy = self._search(inputs, orders, 1, keep=1)
        ranked = self._search(inputs, orders, beams, keep=beams)
        return [of_least_risk(first[0][1], some, self.vocabulary) for first, some in zip(greedy, ranked, strict=True)]

    def _search(
        self, inputs: dict[str, torch.Tensor], orders: list[bool], beams: int, *, keep: int
    ) -> list[list[tuple[float, Ids]]]:
        """For each row at most ``keep`` plans with their log-probabilities within the trie, best first."""
        rules = self.args.decode != "free"

        def following(row: int, codes_T: torch.Tensor) -> list[int]:
            # Behind the start, which is the pad: an end is followed by pads, so nothing but codes comes before one.
            return self.trie.following(codes_T.tolist()[1:], rules=rules, has_order=orders[row])

        # Without a penalty a score is a plan's probability, not the mean over its codes.
        search = {"num_beams": beams, "length_penalty": 0.0, "output_scores": True} if beams > 1 else {"num_beams": 1}
        made = self.network.generate(
            **inputs,
            do_sample=False,
            num_return_sequences=keep,
            max_new_tokens=self.trie.longest,
            prefix_allowed_tokens_fn=following,
            renormalize_logits=True,  # probabilities among what may follow
            return_dict_in_generate=True,
            **search,
        )
        scores = made.sequences_scores.tolist() if beams > 1 else [0.0] * len(orders)
        found: list[list[tuple[float, Ids]]] = [[] for _ in orders]
        for i, (score, codes) in enumerate(zip(scores, made.sequences.tolist(), strict=True)):
            if score > NO_SEQUENCE:
                found[i // keep].append((score, self.trie.read(codes[1:])[0]))
        return found


class SequenceLosses(nn.Module):
    """A T5 whose forward gives each sample's loss, as ``trainer`` has it."""

    def __init__(self, network: PreTrainedModel):
        super().__init__()
        self.network = network
        # Names of T5's tied embeddings but the first: transformers asks which a checkpoint lacks on purpose.
        first = dict(self.named_parameters())
        self._keys_to_ignore_on_save = [
            name for name, _ in self.named_parameters(remove_duplicate=False) if name not in first
        ]

    def tie_weights(self) -> None:
        self.network.tie_weights()

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Cross entropy of each plan's codes, and how many they are.

        Args:
            input_ids, attention_mask: (B, S).
            labels: (B, T), ``IGNORED`` behind a plan's end.

        Returns:
            ``losses_B``, ``counts_B``.
        """
        logits_BTV = self.network(input_ids=input_ids, attention_mask=attention_mask, labels=labels).logits
        losses_BT = nn.functional.cross_entropy(
            logits_BTV.transpose(1, 2), labels, ignore_index=IGNORED, reduction="none"
        )
        return losses_BT.sum(1), (labels != IGNORED).sum(1)


def padded(sources: list[list[int]], device: torch.device | None = None) -> dict[str, torch.Tensor]:
    """``padded([[5, 6], [7]])`` -> input_ids [[5, 6], [7, 0]], attention_mask [[1, 1], [1, 0]]."""
    longest = max(map(len, sources))
    ids = [source + [PAD] * (longest - len(source)) for source in sources]
    mask = [[1] * len(source) + [0] * (longest - len(source)) for source in sources]
    return {"input_ids": torch.tensor(ids, device=device), "attention_mask": torch.tensor(mask, device=device)}


def collate(samples: Sequence[SourceAndPlan]) -> dict[str, torch.Tensor]:
    """Samples as a batch: ``padded`` sources, and labels (B, T)."""
    longest = max(len(sample.target) for sample in samples)
    labels = [sample.target + [IGNORED] * (longest - len(sample.target)) for sample in samples]
    return padded([sample.source for sample in samples]) | {"labels": torch.tensor(labels)}


def small_t5(args: Namespace, size: int) -> T5ForConditionalGeneration:
    """A T5 with random weights.

    Args:
        args: ``width``, ``layers`` (of the encoder, and as many of the decoder), ``heads``, ``inner``, ``dropout``.
        size: of the vocabulary, sources and codes in one.
    """
    config = T5Config(
        vocab_size=size,
        d_model=args.width,
        d_kv=args.width // args.heads,
        d_ff=args.inner,
        num_layers=args.layers,
        num_heads=args.heads,
        dropout_rate=args.dropout,
        pad_token_id=PAD,
        eos_token_id=END,
        decoder_start_token_id=PAD,
    )
    return T5ForConditionalGeneration(config)
