"""DeepSpeed's ZeRO on two real processes: the same losses as without, memory really shared, a plain checkpoint."""

import json

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from add_tokens.extend import has_latents
from tests.conftest import ROOT, tiny_qwen3
from tests.gplan.picd.test_trainer import run, run_two_ranks
from tests.support.two_ranks import PROBE
from utils import InputError

pytest.importorskip("deepspeed")
Z1, Z3 = (ROOT / "config" / f"ds_z{stage}_bf16.json" for stage in (1, 3))


@pytest.fixture(scope="module")
def backbone(small_tokenizer_folder, tmp_path_factory):
    """One without a spare row for the latents and with a head of its own: both matrices must grow, gathered."""
    tokenizer = AutoTokenizer.from_pretrained(small_tokenizer_folder)
    folder = tmp_path_factory.mktemp("no_room")
    model = tiny_qwen3(len(tokenizer), layers=2, hidden=64, tie_word_embeddings=False, pad_token_id=0)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def plain(backbone, cot_csv, tmp_path_factory):
    """Two processes of DDP: log and what the ranks wrote down."""
    return run_two_ranks(backbone, cot_csv, tmp_path_factory.mktemp("ddp") / "output", "--max_grad_norm", 1)


def losses(log):
    return [entry[name] for entry in log for name in ("loss", "cot_loss", "json_loss")]


def assert_saved_model_is_the_trained_one(output, ranks, dtype):
    assert has_latents(AutoTokenizer.from_pretrained(output))
    saved = AutoModelForCausalLM.from_pretrained(output)
    assert {weight.dtype for weight in saved.parameters()} == {dtype}
    with torch.no_grad():
        logits = saved(input_ids=PROBE).logits.float()
    for rank in ranks:
        torch.testing.assert_close(rank["logits"], logits)


def test_zero3_in_fp32_gives_the_losses_of_ddp_and_of_one_process(training, backbone, cot_csv, plain, tmp_path):
    log, ranks = run_two_ranks(backbone, cot_csv, tmp_path / "z3", "--deepspeed", Z3, "--max_grad_norm", 1)
    one, _ = run(training(model=backbone, batch_size=8, epochs=2, max_grad_norm=1))
    assert len(log) == 6
    assert losses(log) == pytest.approx(losses(plain[0]), abs=5e-5)
    assert losses(log) == pytest.approx(losses(one), abs=5e-5)
    assert [entry["grad_norm"] for entry in log] == pytest.approx([entry["grad_norm"] for entry in one], rel=1e-3)
    assert_saved_model_is_the_trained_one(tmp_path / "z3", ranks, torch.float32)
    # Half each, but for the few small vectors (norms) that ZeRO-3 leaves whole.
    for rank, whole in zip(ranks, plain[1], strict=True):
        assert whole["resident"] == whole["total"] == rank["total"]
        assert 0.5 <= rank["resident"] / rank["total"] < 0.51


def test_zero3_in_bf16_stays_within_rounding(backbone, cot_csv, plain, tmp_path):
    flags = ("--deepspeed", Z3, "--bf16", "true", "--gradient_checkpointing", "true", "--max_grad_norm", 1)
    log, ranks = run_two_ranks(backbone, cot_csv, tmp_path / "z3", *flags)
    assert losses(log) == pytest.approx(losses(plain[0]), abs=2e-2)
    assert losses(log) != pytest.approx(losses(plain[0]), abs=1e-6)  # bf16 was really on
    assert_saved_model_is_the_trained_one(tmp_path / "z3", ranks, torch.bfloat16)


def test_zero1_splits_the_optimizer_alone(backbone, cot_csv, plain, tmp_path):
    saving = ("--max_steps", 6, "--save_steps", 6)
    log, ranks = run_two_ranks(backbone, cot_csv, tmp_path / "z1", "--deepspeed", Z1, "--max_grad_norm", 1, *saving)
    assert losses(log) == pytest.approx(losses(plain[0]), abs=5e-5)
    assert_saved_model_is_the_trained_one(tmp_path / "z1", ranks, torch.float32)
    for number, rank in enumerate(ranks):
        assert rank["resident"] == rank["total"]
        # Two moments and the fp32 weights, each of half the parameters.
        path = tmp_path / "z1" / "checkpoint-6" / "global_step6" / f"zero_pp_rank_{number}_mp_rank_00_optim_states.pt"
        assert 0.4 < path.stat().st_size / (3 * 4 * rank["total"] / 2) < 1.1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no such file"),
        ("{", "no JSON with zero_optimization.stage"),
        ("[]", "no JSON with zero_optimization.stage"),
        ('{"zero_optimization": {}}', "no JSON with zero_optimization.stage"),
        ('{"zero_optimization": {"stage": 3}}', "start with DS_CONFIG="),  # not under torchrun
    ],
)
def test_a_config_that_cannot_be_used_is_one_error(main, tmp_path, monkeypatch, text, message):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    path = tmp_path / "ds.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=f"--deepspeed {path}: {message}"):
        main(tmp_path / "output", "--deepspeed", path)
    assert not (tmp_path / "output").exists()


def test_configs_leave_sizes_optimizer_and_schedule_to_the_trainer():
    for path in (Z1, Z3):
        settings = json.loads(path.read_text())
        assert not {"optimizer", "scheduler", "fp16"} & settings.keys()
        assert settings["bf16"] == {"enabled": "auto"}
        for name in ("train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps"):
            assert settings[name] == "auto"
