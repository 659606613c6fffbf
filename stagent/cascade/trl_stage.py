"""The RL stage with TRL's GRPOTrainer, for real models on GPUs: our episodes and rewards, TRL's optimiser.

rollouts = TrlRollouts(tasks, vllm_speaker(ChatCodec(tokenizer)), lambda task: calls)
trainer = grpo_trainer("path/of/model", tokenizer, rollouts, {"output_dir": "out", "use_vllm": True, …})
trainer.train()

tasks ─► play_all ─► rewards ─► a row an episode ─► GRPOTrainer

    <system> <user> <opening> │ <call>  <result> <opening>  <answer>
    prompt_ids                │ completion_ids
                              │ 1 1 1   0 0 0 0  0 0 0      1 1 1 1     env_mask: what the model wrote

An episode that says nothing about better and worse has a mask of zeros: its group has no spread, it has no reward, or
nothing was written. docs/deviations.md says what TRL 1.16 does otherwise, and what is changed here.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from stagent.cascade.policy_loss import CLIP_HIGH, CLIP_LOW, has_spread
from stagent.cascade.probing import score_of
from stagent.cascade.vllm_engine import VllmEngine
from stagent.queries.task import Task
from stagent.reward.score import TrajectoryJudge
from stagent.reward.verifier import Verifier
from stagent.rollout.chat import ChatCodec
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.play import Rollout, play_all
from stagent.rollout.sequence import TokenSequence, seed_of
from stagent.rollout.speaker import Speaker, TokenSpeaker
from stagent.tools.calls import Calls
from utils import InputError

# What makes TRL's loss that of policy_loss.gspo_loss; its own defaults are the token's ratio with 0.2 on both sides.
GRPO_SETTINGS = {
    "loss_type": "grpo",  # each sequence counts as much as any other: the default (dapo) weighs by length
    "importance_sampling_level": "sequence",
    "epsilon": CLIP_LOW,
    "epsilon_high": CLIP_HIGH,
    "num_iterations": 2,  # with one, the ratio is 1 and nothing is ever clipped
    "scale_rewards": "group",
    "beta": 1e-3,  # loads the model again as reference; with 0 no KL is logged
    "use_bias_correction_kl": False,
    "router_aux_loss_coef": 0.0,
    "vllm_importance_sampling_correction": False,  # the ratio is to the log-probabilities at sampling already
    "vllm_mode": "server",
    "remove_unused_columns": False,
}


class EpisodeScore(NamedTuple):
    """An episode's reward, None where it has none, and whether it was vetoed."""

    reward: float | None
    vetoed: bool


class TrlRollouts:
    """TRL's ``rollout_func``: called with the prompts of a batch, it plays their episodes.

    A prompt is a task's id, as often in a row as the group has episodes. TRL takes one sequence of an episode: where
    thoughts of earlier messages were dropped and a new one began, it is the last (``rollout/split``: their share).

    Args:
        tasks: those to train on, and those held out.
        speaker_of: the policy, given the trainer; asked once, with the first batch.
        calls: the tools of a task.
        at_once: episodes under way, of each process.
    """

    def __init__(
        self,
        tasks: Iterable[Task],
        speaker_of: Callable[[Any], Speaker],
        calls: Callable[[Task], Calls],
        *,
        limits: EpisodeLimits | None = None,
        judge: TrajectoryJudge | None = None,
        at_once: int = 64,
        seed: int = 0,
    ):
        self.tasks = {task.id: task for task in tasks}
        self._speaker_of, self._calls = speaker_of, calls
        self._limits, self._judge = limits or EpisodeLimits(), judge or Verifier(strict=True)
        self._at_once, self._seed = at_once, seed
        self._speaker: Speaker | None = None
        self._runner = asyncio.Runner()  # one loop for all batches: worlds and engines keep their connections

    def __call__(self, prompts: Sequence[str], trainer: Any) -> dict[str, list[Any]]:
        """One row a prompt, in their order.

        Raises:
            InputError: a group is cut in two, no episode had a reply, or most were of several sequences.
        """
        training = trainer.model.training
        _check_groups(prompts, trainer.num_generations if training else trainer.num_generations_eval)
        self._speaker = self._speaker or self._speaker_of(trainer)
        seeds = _seeds(prompts, self._seed, "train" if training else "held out", trainer.state.global_step)
        played = self._runner.run(self._play(prompts, seeds, self._speaker))
        _check_played([rollout for rollout, _ in played])
        return rows_of(played, prompts, end=trainer.eos_token_ids[0])

    async def _play(
        self, prompts: Sequence[str], seeds: list[int], speaker: Speaker
    ) -> list[tuple[Rollout, EpisodeScore]]:
        """Episodes and what they are worth, in the order of the prompts; each is judged as it ends."""
        jobs = [(self.tasks[prompt], seed) for prompt, seed in zip(prompts, seeds, strict=True)]
        ended = {}
        async for rollout in play_all(jobs, speaker, self._calls, self._limits, self._at_once):
            ended[rollout.seed] = rollout, self._score(rollout)
        return [ended[seed] for seed in seeds]

    def _score(self, rollout: Rollout) -> EpisodeScore:
        score = score_of(rollout, self._judge)
        return EpisodeScore(score.reward, bool(score.vetoed))


def _check_groups(prompts: Sequence[str], episodes: int) -> None:
    cut = [(prompt, count) for prompt, count in Counter(prompts).items() if count % episodes]
    if cut:
        raise InputError(
            f"task {cut[0][0]}: {cut[0][1]} of its {episodes} episodes are on this process; choose a "
            f"per_device_train_batch_size times steps_per_generation that num_generations ({episodes}) divides"
        )


def _seeds(prompts: Sequence[str], base: int, mode: str, step: int) -> list[int]:
    """A seed an episode: of its task, its place in the group, and the step."""
    places: Counter[str] = Counter()
    seeds = []
    for prompt in prompts:
        seeds.append(seed_of(base, mode, step, prompt, places[prompt]))
        places[prompt] += 1
    return seeds


def _check_played(rollouts: Sequence[Rollout]) -> None:
    silent = [rollout for rollout in rollouts if rollout.ended == "no reply"]
    if len(silent) == len(rollouts):
        raise InputError(f"none of {len(rollouts)} episodes got a reply; task {silent[0].trajectory.task.id}: "
                         f"{silent[0].problem}")  # fmt: skip
    if 2 * sum(len(rollout.sequences) > 1 for rollout in rollouts) > len(rollouts):
        raise InputError(
            "most episodes are of several sequences, of which TRL would be given the last alone, so that calls are "
            "never trained: use a ChatCodec with thinking=True, which keeps a turn in one, and tasks of one turn"
        )


def rows_of(
    played: Sequence[tuple[Rollout, EpisodeScore]], prompts: Sequence[str], *, end: int
) -> dict[str, list[Any]]:
    """What TRL takes of episodes, and beside it a column ``reward`` and columns of what is to be logged.

    Args:
        end: the id that ends a message, for rows of episodes without any token.
    """
    rewards = defaultdict(list)
    for prompt, (_, score) in zip(prompts, played, strict=True):
        rewards[prompt].append(float("nan") if score.reward is None else score.reward)
    spread = {prompt: has_spread(torch.tensor(group)) for prompt, group in rewards.items()}
    columns = defaultdict(list)
    for prompt, (rollout, score) in zip(prompts, played, strict=True):
        kept = spread[prompt] and score.reward is not None
        row = row_of(rollout.sequences, kept, end)
        row |= {"reward": score.reward, "no_spread": not spread[prompt], "vetoed": score.vetoed}
        row |= {"calls": len(rollout.trajectory.calls()), "no_reply": rollout.ended == "no reply"}
        row |= {"split": len(rollout.sequences) > 1, "unanswered": rollout.ended not in ("answered", "no reply")}
        for name, value in row.items():
            columns[name].append(value)
    return dict(columns)


def row_of(sequences: Sequence[TokenSequence], kept: bool, end: int) -> dict[str, Any]:
    """An episode's last sequence, cut before its first written token and behind its last.

    Ids 5 6 7 8 9 with 6 and 8 written: prompt_ids [5], completion_ids [6, 7, 8], env_mask [1, 0, 1]; without 9.
    """
    sequence = next((each for each in reversed(sequences) if any(each.written)), None)
    if sequence is None:
        return {"prompt_ids": [end], "completion_ids": [end], "logprobs": [0.0], "env_mask": [0]}
    first = sequence.written.index(True)
    behind = len(sequence.written) - sequence.written[::-1].index(True)
    return {
        "prompt_ids": sequence.ids[:first],
        "completion_ids": sequence.ids[first:behind],
        "logprobs": sequence.logprobs[first:behind],
        "env_mask": [int(kept and written) for written in sequence.written[first:behind]],
    }


def episode_reward(*, reward: list[float | None], log_metric: Callable[[str, float], None], **columns: Any) -> list:
    """TRL's reward function: the rewards that came with the rows; the other columns are logged as means."""
    for name in ("no_spread", "vetoed", "calls", "no_reply", "split", "unanswered"):
        log_metric(f"rollout/{name}", sum(columns[name]) / len(reward))
    return reward


def vllm_speaker(codec: ChatCodec, *, most: int = 2048, longest: int | None = None) -> Callable[[Any], Speaker]:
    """A policy behind TRL's vLLM, for ``TrlRollouts``.

    Args:
        most: ids of a message; longest: of a conversation, `vllm serve`'s --max-model-len; None: the model's own.

    Raises:
        InputError: when called, with a trainer that doesn't use a vLLM server.
    """

    def speaker(trainer: Any) -> Speaker:
        args, config = trainer.args, trainer.model.config
        if not args.use_vllm or args.vllm_mode != "server":  # a colocated one answers when a whole batch is written
            raise InputError("episodes need a vLLM server: set use_vllm, and leave vllm_mode at server")
        engine = VllmEngine(
            args.vllm_server_base_url or f"http://{args.vllm_server_host}:{args.vllm_server_port}",
            config.name_or_path,
            end=codec.end,
            longest=longest or config.max_position_embeddings,
            temperature=args.temperature,
        )
        return TokenSpeaker(codec, engine, most=most)

    return speaker


def grpo_trainer(
    model: str | PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rollouts: TrlRollouts,
    settings: dict[str, Any],
    *,
    held_out: Sequence[str] = (),
    **more: Any,
) -> Any:
    """TRL's trainer on our episodes.

    Args:
        model: its folder; one in memory takes ``beta`` 0, as TRL loads the reference from where the model came from.
        settings: of TRL's GRPOConfig, over ``GRPO_SETTINGS``.
        held_out: ids of tasks that are played at evaluation (logged as ``eval_reward``), and not trained on.
        more: for GRPOTrainer itself: callbacks, optimizers, peft_config.

    Raises:
        InputError: TRL isn't installed, or there is no reference.
    """
    trl = _trl()
    settings = GRPO_SETTINGS | settings
    if settings["beta"] and not isinstance(model, str) and not model.config.name_or_path:
        raise InputError("beta: the reference is loaded from the model's folder, and this model has none; give beta 0")
    trained = [name for name in rollouts.tasks if name not in set(held_out)]
    return _trainer_class(trl)(
        model=model,
        reward_funcs=episode_reward,
        args=trl.GRPOConfig(**settings),
        train_dataset=_prompts(trained),
        eval_dataset=_prompts(list(held_out)) if held_out else None,
        processing_class=tokenizer,
        rollout_func=rollouts,
        **more,
    )


def _trl() -> Any:
    try:
        import trl
    except ImportError as error:
        raise InputError(f"{error}; pip install -r config/requirements/agent_rl.txt") from error
    return trl


def _prompts(ids: list[str]) -> Any:
    import datasets

    return datasets.Dataset.from_dict({"prompt": ids})


def _trainer_class(trl: Any) -> type:
    class EpisodeTrainer(trl.GRPOTrainer):
        """TRL's, with the ratio to the log-probabilities at sampling, and the mean over what has a mask."""

        def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
            batch = super()._generate_and_score_completions(inputs)
            # TRL has computed them anew, with the weights of now: 1 for the ratio of a batch that is a version old.
            batch["old_per_token_logps"] = batch["sampling_per_token_logps"]
            counted = (batch["completion_mask"] * batch["tool_mask"]).any(-1).float()
            share = self.accelerator.gather(counted).mean()
            batch["per_share"] = 1 / share if share > 0 else torch.ones_like(share)
            return batch

        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            # TRL's mean is over all sequences, those with a mask of zeros among them.
            loss = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            return loss * inputs["per_share"]

    return EpisodeTrainer
