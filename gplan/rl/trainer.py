"""``PlanTrainer``: transformers' Trainer that draws plans, rewards them and makes the better ones likelier.

rows ──planner, G plans each──► plans ──rewards──► advantages ─┐
                                  └──one pass over different plans──► log π, KL ──► loss
"""

import copy
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from accelerate.utils import gather_object

from config.stored import StoredSettings, stored_settings
from data_process.encode import RowEncoder
from data_process.intents import Plan
from data_process.tokenised import FILLER
from gplan.decoding.slots import own_attention
from gplan.evaluation.responsiveness import responsive
from gplan.metrics.scores import label_scores, plan_key
from gplan.planner.chance import Chance
from gplan.planner.decode import Planner
from gplan.planner.grammar import LIBRARY, Grammar
from gplan.rl.forward import attach_decision_log_probs
from gplan.rl.layout import DrawnPlan, Tree, decisions_of, lay_out
from gplan.rl.loss import decision_entropy, decision_kl, leave_one_out, policy_loss
from gplan.rl.plan_rows import PlanRow, PlanRows
from gplan.rl.rewards import REWARDS, judged, parse_rewards, rewards_of
from gplan.training.resumable import ResumableTrainer
from gplan.training.settings import store_settings
from utils import is_main_process

# A log entry's figures. Means over rows or plans: the loss, the weighted reward, each reward that has a weight, the
# share of rows whose plans are all worth the same, entropy of a decision and KL of a plan (nats), intents of a plan,
# different plans of a row. Over all plans: different first intents, and the share of the commonest.
FIGURES = (
    "loss",
    "reward",
    *REWARDS,
    "without_spread",
    "entropy",
    "kl",
    "length",
    "different",
    "first_intents",
    "commonest_first",
)
# Of held-out rows, greedily: label metrics, the rule judge's axes, the share of the commonest plan; of twins the rest.
VALID_FIGURES = ("loss", "reward", "nes", "acc@1", "flow", "logic", "st", "commonest_plan", "context_responsiveness")
# What is added up: rows, plans, decisions, then what the means are of, then plans by first intent.
_SUMS = ("rows", "plans", "decisions", *FIGURES[:-2])
_SLOTS = 64


def collate(samples: list[dict[str, int]]) -> dict[str, torch.Tensor]:
    """``{"epochs": (B,), "samples": (B,)}``, int64."""
    return {f"{name}s": torch.tensor([one[name] for one in samples]) for name in ("epoch", "sample")}


class PlanGroup(NamedTuple):
    """A row's plans, equal ones once; ``counts`` says how often each was drawn, ``advantages`` are summed over those.

    ``rewards`` are the weighted sums, ``parts`` each reward by its name, of a plan each; ``prompt`` and ``responses``
    are ids.
    """

    prompt: list[int]
    responses: list[list[int]]
    plans: list[Plan]
    counts: list[int]
    rewards: list[float]
    parts: dict[str, list[float]]
    advantages: list[float]


class PlanTrainer(ResumableTrainer):
    """Makes plans likelier that are worth more than the row's others; on policy, one update a batch.

    The policy is the planner's: at every decision the model's distribution over what the grammar allows, at a
    temperature. The loss is the mean over the rows of the global batch, however that is cut; a row's plans follow from
    the seed, the epoch and its number alone. Each log entry holds ``FIGURES`` and ``learning_rate``.
    """

    def __init__(
        self,
        model,
        args,
        train_dataset: PlanRows,
        encoder: RowEncoder,
        grammar: Grammar,
        **kwargs,
    ):
        # The start checkpoint, for the KL: a copy before anything is trained or resumed.
        self.reference = copy.deepcopy(model).eval().requires_grad_(False) if args.beta else None
        for one in filter(None, (model, self.reference)):
            attach_decision_log_probs(one)
        super().__init__(
            model=model,
            args=args,
            sums=len(_SUMS) + len(LIBRARY),
            train_dataset=train_dataset,
            processing_class=encoder.tokenizer,
            **kwargs,
        )
        if self.reference is not None:
            self.reference.to(args.device)
        self.encoder, self.grammar = encoder, grammar
        self.weights = parse_rewards(args.rewards)
        self._stored: StoredSettings = stored_settings(args.model)
        self._planner: Planner | None = None

    # Saving

    def before_saving(self) -> None:
        mode, stage = self.grammar.mode, self._stored.get("stage")
        store_settings(
            self.model, self.encoder, mode, max(self.grammar.longest, self._stored["response_tokens"]), stage
        )

    # Plans

    @contextmanager
    def planning(self) -> Iterator[Planner]:
        """The planner over the model as it is now, which trains on afterwards."""
        model = self.accelerator.unwrap_model(self.model)
        trains = model.training
        model.eval()
        try:
            with own_attention(model):
                if self._planner is None:
                    slots = max(_SLOTS, self.args.plans)
                    self._planner = Planner(model, self.encoder, self.grammar.mode, slots=slots)
                self._planner.slots.fill_prefix()
                yield self._planner
        finally:
            model.train(trains)

    def draw(self, epochs: Sequence[int], samples: Sequence[int]) -> list[PlanGroup]:
        """The plans of some rows of the training set, rewarded."""
        args, rows = self.args, [self.train_dataset.rows[sample] for sample in samples]
        chances = [
            [Chance(args.temperature, f"{args.seed} {epoch} {sample} {plan}") for plan in range(args.plans)]
            for epoch, sample in zip(epochs, samples, strict=True)
        ]
        with self.planning() as planner:
            answers = planner.sample([one.row for one in rows], chances)
        return [self._group(row, own) for row, own in zip(rows, answers, strict=True)]

    def _group(self, row: PlanRow, answers: list) -> PlanGroup:
        counts = Counter(tuple(answer.ids) for answer in answers)
        plans = {tuple(answer.ids): answer.plan for answer in answers}
        values = {ids: rewards_of(plan, row, self.weights) for ids, plan in plans.items()}
        worth = {ids: sum(self.weights[name] * value for name, value in own.items()) for ids, own in values.items()}
        drawn = torch.tensor([worth[tuple(answer.ids)] for answer in answers], dtype=torch.float64)
        advantages: Counter[tuple[int, ...]] = Counter()
        for answer, advantage in zip(answers, leave_one_out(drawn).tolist(), strict=True):
            advantages[tuple(answer.ids)] += advantage
        return PlanGroup(
            prompt=self.encoder.prompt(row.row),
            responses=[list(ids) for ids in counts],
            plans=[plans[ids] for ids in counts],
            counts=list(counts.values()),
            rewards=[worth[ids] for ids in counts],
            parts={name: [values[ids][name] for ids in counts] for name in next(iter(values.values()))},
            advantages=[advantages[ids] for ids in counts],
        )

    # Loss

    def split_batch(self, batch: dict) -> tuple[dict, dict]:
        return {}, batch

    def batch_counts(self, batch: dict) -> torch.Tensor:
        """Rows that are no fillers."""
        return (batch["samples"] != FILLER).sum()

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        real = inputs["samples"] != FILLER
        epochs, samples = (inputs[name][real].tolist() for name in ("epochs", "samples"))
        groups = self.draw(epochs, samples) if samples else []
        batch = self._lay_out(groups, [self.train_dataset.rows[sample].row for sample in samples])
        advantages, counts, rows = (batch.pop(name) for name in ("advantages", "counts", "rows"))
        log_probs = model(**batch, temperature=self.args.temperature)
        kl = self._kl(batch, log_probs)
        losses = policy_loss(log_probs, kl, advantages, counts, plans=self.args.plans, beta=self.args.beta)
        # Of a rank whose share of the last batch is empty too: a sum of nothing, whose gradients are 0.
        per_row = torch.zeros(len(groups), device=losses.device).index_add(0, rows, losses.detach())
        self.step_losses.append((torch.tensor(samples or [FILLER]), per_row if samples else torch.zeros(1)))
        self._record(groups, per_row, log_probs.detach(), kl.detach(), counts)
        return self.summed_over_ranks(losses.sum() / num_items_in_batch)

    def _lay_out(self, groups: list[PlanGroup], rows: list) -> dict[str, torch.Tensor]:
        trees = [
            Tree(
                group.prompt,
                [
                    DrawnPlan(ids, decisions_of(self.grammar, ids, has_order=bool(row["trigger_1"])), count, advantage)
                    for ids, count, advantage in zip(group.responses, group.counts, group.advantages, strict=True)
                ],
            )
            for group, row in zip(groups, rows, strict=True)
        ]
        batch = lay_out(trees or [Tree(self.encoder.header, [])], self.encoder.tokenizer.pad_token_id)
        return {name: tensor.to(self.args.device) for name, tensor in batch.items()}

    def _kl(self, batch: dict, log_probs: torch.Tensor) -> torch.Tensor:
        if self.reference is None:
            return torch.zeros(len(log_probs), device=log_probs.device)
        with torch.no_grad(), self.autocast_smart_context_manager():
            reference = self.reference(**batch, temperature=self.args.temperature)
        return decision_kl(log_probs, reference)

    # Figures

    def _record(
        self,
        groups: list[PlanGroup],
        losses: torch.Tensor,
        log_probs: torch.Tensor,
        kl: torch.Tensor,
        often: torch.Tensor,
    ) -> None:
        sums = dict.fromkeys(_SUMS, 0.0) | {
            "rows": len(groups),
            "plans": self.args.plans * len(groups),
            "decisions": float(often.sum()),
            "loss": float(losses.sum()),
            "without_spread": sum(len(set(group.rewards)) == 1 for group in groups),
            "entropy": float((often * decision_entropy(log_probs)).sum()),
            "kl": float((often * kl).sum()),
            "different": sum(len(group.responses) for group in groups),
        }
        firsts = Counter()
        for group in groups:
            for place, (plan, count) in enumerate(zip(group.plans, group.counts, strict=True)):
                sums["reward"] += count * group.rewards[place]
                sums["length"] += count * len(plan)
                firsts[LIBRARY.index(plan[0])] += count
                for name, values in group.parts.items():
                    sums[name] += count * values[place]
        self.window += torch.tensor(
            [*sums.values(), *(firsts[first] for first in range(len(LIBRARY)))],
            dtype=torch.float64,
            device=self.window.device,
        )

    def logged_figures(self, sums: list[float]) -> dict[str, float]:
        added, firsts = dict(zip(_SUMS, sums, strict=False)), sums[len(_SUMS) :]
        per = dict.fromkeys(_SUMS, "plans") | dict.fromkeys(("loss", "without_spread", "different"), "rows")
        per["entropy"] = "decisions"
        shown = [name for name in FIGURES[:-2] if name not in REWARDS or self.weights.get(name)]
        figures = {name: added[name] / added[per[name]] for name in shown}
        return figures | {
            "first_intents": sum(count > 0 for count in firsts),
            "commonest_first": max(firsts) / added["plans"],
        }

    def validation_sums(self, dataset: PlanRows) -> torch.Tensor:
        """``VALID_FIGURES`` on the first rank, 0 on all others."""
        answers: dict[int, Plan] = {}
        with self.planning() as planner:
            for batch in self.get_eval_dataloader(dataset):
                samples = [sample for sample in batch["samples"].tolist() if sample != FILLER]
                found = planner.plan([dataset.rows[sample].row for sample in samples]) if samples else []
                answers |= {sample: answer.plan for sample, answer in zip(samples, found, strict=True)}
        answers = {sample: plan for part in gather_object([answers]) for sample, plan in part.items()}
        values = valid_figures(dataset, answers, self.weights) if is_main_process() else [0.0] * len(VALID_FIGURES)
        return torch.tensor(values, dtype=torch.float64, device=self.args.device)

    def validation_figures(self, sums: torch.Tensor) -> dict[str, float]:
        """``loss`` is the reward with its sign turned: the best checkpoint is that of the lowest."""
        figures = dict(zip(VALID_FIGURES, sums.tolist(), strict=True))
        if not self.eval_dataset.pairs:
            del figures["context_responsiveness"]
        return figures


def valid_figures(dataset: PlanRows, answers: dict[int, Plan], weights: dict[str, float]) -> list[float]:
    """``VALID_FIGURES`` of greedy plans by place in ``dataset.rows``; of twins context responsiveness alone."""
    pairs = {place for first in dataset.pairs for place in (first, first + 1)}
    own = {place: plan for place, plan in answers.items() if place not in pairs}
    rows = {place: dataset.rows[place] for place in own}
    rewards = [
        sum(weights[name] * value for name, value in rewards_of(plan, rows[place], weights).items())
        for place, plan in own.items()
    ]
    scores = [label_scores(plan_key(plan), plan_key(rows[place].label)) for place, plan in own.items()]
    axes = [judged(plan, rows[place].row) for place, plan in own.items()]
    commonest = Counter(plan_key(plan) for plan in own.values()).most_common(1)[0][1]
    moved = [
        responsive((answers[first], answers[first + 1]), (dataset.rows[first].label, dataset.rows[first + 1].label))
        for first in dataset.pairs
    ]
    reward = _mean(rewards)
    return [
        -reward,
        reward,
        _mean([score[3] for score in scores]),
        _mean([score[0] for score in scores]),
        *(_mean([one[axis] for one in axes]) for axis in ("flow", "logic", "st")),
        commonest / len(own),
        _mean(moved) if moved else 0.0,
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
