"""What a run stores in its model, and what a continued one must have in common with its beginning."""

import hashlib
import json

from transformers import GenerationConfig, PreTrainedModel

from config.stored import StoredSettings
from config.zero import zero_stage
from data_process.compression import CotMode, LatentForm
from data_process.encode import RowEncoder

# Arguments that shape the way from the first step to the last, whatever is trained.
_TRAJECTORY = (
    "num_train_epochs",
    "max_steps",
    "rows_per_epoch",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "learning_rate",
    "warmup_steps",
    "max_length",
    "overlong",
    "seed",
    "bf16",
    "fp16",
    "optim",
    "weight_decay",
    "adam_beta1",
    "adam_beta2",
    "adam_epsilon",
    "max_grad_norm",
)
# Fields that are flags by another name as well, the one that the shell scripts use.
_FLAGS = {
    "num_train_epochs": "epochs",
    "per_device_train_batch_size": "batch_size",
    "gradient_accumulation_steps": "grad_accum",
}
# Entries of a model's config that say nothing of its shape.
_NOT_SHAPE = ("_name_or_path", "architectures", "dtype", "torch_dtype", "gplan", "transformers_version", "use_cache")


def store_settings(
    model: PreTrainedModel, encoder: RowEncoder, mode: CotMode, response_tokens: int, stage: int
) -> None:
    """Writes into the model's configs what scoring and serving need to use it as it was trained.

    Args:
        mode: that it was trained in; one trained as ``latent`` writes as picd's do, and says so.
        response_tokens: length of the longest response that it was trained to write: the limit for generation.
        stage: that training has reached; for picd alone.
    """
    mode = "picd" if mode == "latent" else mode
    settings = StoredSettings(cot_mode=mode, prompt_style=encoder.prompt_style, response_tokens=response_tokens)
    settings |= {"stage": stage} if mode == "picd" else {}
    settings |= {"latents": encoder.form._asdict()} if encoder.form != LatentForm() else {}
    model.config.gplan = settings | ({"fillers": encoder.fillers} if encoder.fillers else {})
    model.generation_config = GenerationConfig(
        do_sample=False,
        eos_token_id=encoder.end,
        pad_token_id=encoder.tokenizer.pad_token_id,
        max_new_tokens=response_tokens,
    )


def run_settings(args, model: PreTrainedModel, own: tuple[str, ...]) -> dict:
    """What a continued run must have in common with the run it continues, under the names the user knows.

    Args:
        own: arguments that shape this trainer's way, besides those of every run.
    """
    shape = {name: value for name, value in model.config.to_dict().items() if name not in _NOT_SHAPE}
    return {
        "NPROC": args.world_size,
        "--model": hashlib.sha256(json.dumps(shape, sort_keys=True, default=str).encode()).hexdigest()[:12],
        "DeepSpeed": zero_stage(args.deepspeed),
        **{f"--{_FLAGS.get(name, name)}": getattr(args, name) for name in (*own, *_TRAJECTORY)},
    }
