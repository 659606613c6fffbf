"""What a PICD run stores in its model, and what a continued one must have in common with its beginning."""

from transformers import GenerationConfig, PreTrainedModel

from data_process.compression import FULLY_LATENT_EPOCH, CotMode
from data_process.data_loader import CSVDataset
from data_process.encode import RowEncoder
from training.settings import run_settings

_OWN = ("cot_mode", "lr_schedule", "polish_lr", "calr_target", "cot_weight", "json_weight", "train_sampling_strategy")


def store_settings(model: PreTrainedModel, encoder: RowEncoder, mode: CotMode, train_set: CSVDataset) -> None:
    """Writes into the model's configs what scoring and serving need to use it as it was trained.

    ``config.gplan`` holds ``cot_mode``, ``prompt_style`` and ``response_tokens``, the longest response of the
    training rows as the finished model writes it: the limit for generation.
    """
    longest = int(train_set.response_lengths(FULLY_LATENT_EPOCH)[train_set.indices].max())
    model.config.gplan = {"cot_mode": mode, "prompt_style": encoder.prompt_style, "response_tokens": longest}
    model.generation_config = GenerationConfig(
        do_sample=False,
        eos_token_id=encoder.end,
        pad_token_id=encoder.tokenizer.pad_token_id,
        max_new_tokens=longest,
    )


def picd_settings(args, model: PreTrainedModel, encoder: RowEncoder, train_set: CSVDataset) -> dict:
    """What a continued run must have in common with the run it continues, under the names the user knows."""
    fingerprints = train_set.fingerprints
    return {
        "--train_csv": fingerprints["data"],
        "rows": len(train_set),
        "tokenizer": fingerprints["tokenizer"],
        "--prompt_style": encoder.prompt_style,
        "data_process code": fingerprints["code"],
        **run_settings(args, model, _OWN),
    }
