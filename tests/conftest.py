"""What tests share: a cache of their own, generated rows with reasoning, and tiny backbones."""

import copy
import os
from pathlib import Path

import pytest

from utils import door

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("GSISR_SHARED", ROOT.parent / "shared"))


def tiny_qwen3(vocabulary: int, *, layers: int = 1, hidden: int = 32, **settings):
    """A Qwen3 of a few thousand parameters beside its embedding, with the same random weights every time."""
    import torch
    from transformers import AutoModelForCausalLM, Qwen3Config

    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=hidden // 2,
        **({"tie_word_embeddings": True} | settings),
    )
    return AutoModelForCausalLM.from_config(config)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Nothing of a test reaches the user's cache, in this process or in one that it starts."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GPLAN_CACHE", str(folder))
        patch.setenv("TOKENIZERS_PARALLELISM", "false")
        yield folder


@pytest.fixture(scope="session")
def labelled_rows():
    """48 generated rows with the rule teacher's reasoning."""
    from gplan.starter.rows import labelled

    return labelled(48, seed=11)


@pytest.fixture(scope="session")
def cot_csv(labelled_rows, tmp_path_factory) -> Path:
    """The first 24 of them as a file."""
    from data_process.schema import write_rows

    path = tmp_path_factory.mktemp("data") / "cot.csv"
    write_rows(path, labelled_rows[:24])
    return path


@pytest.fixture(scope="session")
def small_tokenizer_folder(labelled_rows, tmp_path_factory) -> Path:
    from gplan.starter.backbone import small_tokenizer

    folder = tmp_path_factory.mktemp("tokenizer")
    small_tokenizer(labelled_rows).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_backbone(small_tokenizer_folder, tmp_path_factory) -> Path:
    """A Qwen3 of two layers and 64 channels with random weights, as a checkpoint folder."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(small_tokenizer_folder)
    folder = tmp_path_factory.mktemp("backbone")
    tiny_qwen3(
        len(tokenizer) + 64,
        layers=2,
        hidden=64,
        max_position_embeddings=4096,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    ).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def qwen_tokenizer():
    """The real Qwen vocabulary, where it lies beside the project."""
    folder = SHARED / "qwen_tokenizer"
    if not folder.is_dir():
        pytest.skip("no real Qwen vocabulary here")
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="session")
def small_encoder(small_tokenizer_folder):
    """The small tokenizer, extended, as the planner takes it from a checkpoint."""
    from transformers import AutoTokenizer

    return _extended_encoder(AutoTokenizer.from_pretrained(small_tokenizer_folder))


@pytest.fixture(scope="session")
def qwen_encoder(qwen_tokenizer):
    """The same with the real Qwen vocabulary."""
    return _extended_encoder(copy.deepcopy(qwen_tokenizer))


def _extended_encoder(tokenizer):
    from add_tokens.extend import latent_tokens
    from data_process.encode import RowEncoder

    tokenizer.add_tokens(latent_tokens())
    return RowEncoder(tokenizer, "compact")


@pytest.fixture(scope="session")
def real_csv() -> Path:
    path = SHARED / "gsisr" / "sample.csv"
    if not path.is_file():
        pytest.skip("no real rows here")
    return path


@pytest.fixture(scope="session")
def picd_checkpoint(tiny_backbone, cot_csv, tmp_path_factory) -> Path:
    """The tiny backbone as a PICD run of no step would leave it: extended, with its settings, weights random."""
    from config.finetune_arguments import parse_arguments
    from finetune import build_trainer, load_backbone, load_data

    folder = tmp_path_factory.mktemp("picd") / "output"
    words = (
        f"--model {tiny_backbone} --train_csv {cot_csv} --output_dir {folder} --prompt_style compact --report_to none"
    )
    args = parse_arguments([*words.split(), "--use_cpu", "true"])
    model, encoder = load_backbone(args)
    build_trainer(args, model, encoder, *load_data(args, encoder)).save_model()
    return folder


@pytest.fixture(scope="session")
def twins_jsonl(cot_csv, tmp_path_factory) -> Path:
    """Twins of the rows of ``cot_csv``, the first 12 of them: 24 samples."""
    from data_process.twins import read_pairs, write_pairs
    from gplan.synthesis.teachers.by_rules import rules
    from gplan.synthesis.twins.counterfactual import write_twins

    folder = tmp_path_factory.mktemp("twins")
    write_twins(cot_csv, folder / "all.jsonl", rules, seed=1)
    write_pairs(folder / "twins.jsonl", read_pairs(folder / "all.jsonl")[:12])
    return folder / "twins.jsonl"


@pytest.fixture
def training(tiny_backbone, cot_csv, tmp_path):
    """Builds a trainer as ``finetune.py`` does: ``training(batch_size=4, max_steps=2)``; flags as keywords."""
    from config.finetune_arguments import parse_arguments
    from finetune import build_trainer, load_backbone, load_data

    def build(**flags):
        defaults = {
            "model": tiny_backbone,
            "train_csv": cot_csv,
            "output_dir": tmp_path / "output",
            "prompt_style": "compact",
            "learning_rate": 1e-3,
            "gradient_checkpointing": False,
            "save_strategy": "no",
            "report_to": "none",
            "disable_tqdm": True,
            "logging_steps": 1,
            "use_cpu": True,
            "bf16": False,
        }
        words = [word for name, value in (defaults | flags).items() for word in (f"--{name}", str(value))]
        args = parse_arguments(words)
        model, encoder = load_backbone(args)
        train_set, valid_set = load_data(args, encoder)
        return build_trainer(args, model, encoder, train_set, valid_set)

    return build


@pytest.fixture
def words(tiny_backbone, cot_csv):
    """The command line of a run of 24 steps: ``words(output, "--epochs", 2)``."""
    from tests.support.runs import command_line

    return lambda output, *more: command_line(tiny_backbone, cot_csv, output, *more)


@pytest.fixture
def main(words, monkeypatch):
    """The same run in this process; returns its exit status."""
    import finetune

    def run(output, *more):
        monkeypatch.setattr("sys.argv", ["finetune.py", *words(output, *more)])
        return finetune.main()

    return run


@pytest.fixture
def synthesize(monkeypatch, capsys):
    """Calls synthesize.py in this process: ``synthesize("triggers", …) -> (exit status, stdout, stderr)``."""
    import synthesize

    def call(*words):
        monkeypatch.setattr("sys.argv", ["synthesize.py", *map(str, words)])
        code = door(synthesize.main)
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def seeds_command(synthesize):
    """``seeds_command("export", …)``: the same for its command seeds."""
    return lambda *words: synthesize("seeds", *words)


@pytest.fixture
def exported(seeds_command, tmp_path):
    """Exports rows, by default the two of ``sheets.py``; returns the path of the sheet."""
    from data_process.schema import write_rows
    from tests.support.sheets import HOSTILE, ROW

    def export(rows=(ROW, HOSTILE)):
        write_rows(tmp_path / "picked.csv", list(rows))
        assert seeds_command("export", tmp_path / "picked.csv", tmp_path / "cases.csv", "--force")[0] == 0
        return tmp_path / "cases.csv"

    return export
