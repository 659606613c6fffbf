"""What a continued PICD run must have in common with its beginning."""

from transformers import PreTrainedModel

from data_process.data_loader import CSVDataset
from data_process.encode import RowEncoder
from gplan.training.settings import run_settings

_OWN = (
    "cot_mode",
    "fillers",
    "blocks_per_epoch",
    "latents_per_block",
    "interleaved",
    "lr_schedule",
    "polish_lr",
    "calr_target",
    "cot_weight",
    "json_weight",
    "muon",
    "train_sampling_strategy",
)


def picd_settings(args, model: PreTrainedModel, encoder: RowEncoder, train_set: CSVDataset) -> dict:
    """What a continued run must have in common with the run it continues, under the names the user knows."""
    fingerprints = train_set.fingerprints
    return {
        "--train_csv": fingerprints["data"],
        "rows": len(train_set),
        "tokenizer": fingerprints["tokenizer"],
        "--prompt_style": encoder.prompt_style,
        "data format": fingerprints["format"],
        **run_settings(args, model, _OWN),
    }
