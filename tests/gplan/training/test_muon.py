"""Muon for matrices, AdamW for the rest: the steps of torch's own, whole after a resume, refused where it can't be."""

import copy

import pytest
import torch

from config.finetune_arguments import parse_arguments
from gplan.training.muon import MuonAdamW, muon_adamw, orthogonal
from tests.conftest import tiny_qwen3
from utils import InputError

RATES = {"lr": 0.02, "weight_decay": 0.1}


def weights() -> tuple[list[torch.nn.Parameter], list[torch.nn.Parameter]]:
    """Matrices, wide, tall and square, and two others."""
    torch.manual_seed(0)
    matrices = [torch.nn.Parameter(torch.randn(*shape)) for shape in ((8, 24), (24, 8), (16, 16))]
    return matrices, [torch.nn.Parameter(torch.randn(12)), torch.nn.Parameter(torch.randn(30, 8))]


def build(matrices, others) -> MuonAdamW:
    groups = [{"params": others[:1], "weight_decay": 0.0}, {"params": others[1:], "weight_decay": 0.1}]
    return MuonAdamW(matrices, groups, **RATES, betas=(0.9, 0.98), eps=1e-8)


def run(optimizer, parameters, steps: range) -> None:
    """Steps with gradients that follow from the number of the step alone."""
    for step in steps:
        generator = torch.Generator().manual_seed(step)
        for parameter in parameters:
            parameter.grad = torch.randn(parameter.shape, generator=generator)
        optimizer.step()


@pytest.mark.parametrize("shape", [(8, 24), (24, 8), (16, 16)])
def test_what_is_orthogonal_points_where_the_matrix_does(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    found = orthogonal(matrix)
    assert found.shape == shape
    # In the matrix' own singular vectors: values near 1, and nothing beside the diagonal.
    seen = left.T @ found @ right.T
    assert seen.diagonal().min() > 0.6 and seen.diagonal().max() < 1.3
    assert (seen - seen.diagonal().diag()).abs().max() < 1e-4


def test_matrices_go_as_with_torchs_muon_and_the_rest_as_with_adamw():
    matrices, others = weights()
    theirs, theirs_too = copy.deepcopy((matrices, others))
    run(build(matrices, others), [*matrices, *others], range(5))
    run(torch.optim.Muon(theirs, **RATES, momentum=0.95, adjust_lr_fn="match_rms_adamw"), theirs, range(5))
    adamw = torch.optim.AdamW(
        [{"params": theirs_too[:1], "weight_decay": 0.0}, {"params": theirs_too[1:]}], **RATES, betas=(0.9, 0.98)
    )
    for step in range(5):  # the gradients that the whole list had drawn before theirs
        generator = torch.Generator().manual_seed(step)
        for matrix in matrices:
            torch.randn(matrix.shape, generator=generator)
        for parameter in theirs_too:
            parameter.grad = torch.randn(parameter.shape, generator=generator)
        adamw.step()
    start = weights()[0]
    for mine, other, before in zip(matrices, theirs, start, strict=True):
        moved = (mine - before).norm()
        assert (mine - other).norm() < 0.02 * moved  # torch's Newton-Schulz is in bf16
    for mine, other in zip(others, theirs_too, strict=True):
        assert torch.equal(mine, other)


def test_a_run_that_was_saved_goes_on_to_the_same_bits():
    whole, cut = weights(), weights()
    run(build(*whole), [*whole[0], *whole[1]], range(6))
    optimizer = build(*cut)
    run(optimizer, [*cut[0], *cut[1]], range(3))
    again = build(*cut)
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    run(again, [*cut[0], *cut[1]], range(3, 6))
    for mine, other in zip([*whole[0], *whole[1]], [*cut[0], *cut[1]], strict=True):
        assert torch.equal(mine, other)


def test_a_scheduler_changes_the_rate_of_both():
    matrices, others = weights()
    optimizer = build(matrices, others)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.0)
    before = copy.deepcopy((matrices, others))
    run(optimizer, [*matrices, *others], range(1))
    scheduler.step()
    for now, then in zip([*matrices, *others], [*before[0], *before[1]], strict=True):
        assert torch.equal(now, then)


def test_embedding_head_and_norms_are_left_to_adamw():
    args = parse_arguments(["--output_dir", "nowhere", "--learning_rate", "0.5"])
    assert args.muon  # of the embedded preset
    model = tiny_qwen3(40, layers=2, tie_word_embeddings=False)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    decayed = [name for name in names.values() if not name.endswith("norm.weight")]
    groups = muon_adamw(model, decayed, args).param_groups
    matrices, kept, plain = ([names[id(parameter)] for parameter in group["params"]] for group in groups)
    assert all(name.endswith("proj.weight") for name in matrices) and len(matrices) == 7 * len(model.model.layers)
    assert sorted(kept) == ["lm_head.weight", "model.embed_tokens.weight"]
    assert plain and all(name.endswith("norm.weight") for name in plain)
    assert [group["weight_decay"] for group in groups] == [args.weight_decay, args.weight_decay, 0.0]
    assert {group["lr"] for group in groups} == {0.5}


def test_it_is_left_out_beside_another_optimizer_and_refused_where_it_is_asked_for():
    assert not parse_arguments(["--optim", "sgd"]).muon
    assert not parse_arguments(["--model", "somewhere"]).muon
    assert parse_arguments(["--model", "somewhere", "--muon", "true"]).muon
    with pytest.raises(InputError, match="--muon true: --optim sgd is another optimizer; leave one of the two out"):
        parse_arguments(["--optim", "sgd", "--muon", "true"])
    with pytest.raises(InputError, match="--muon true: DeepSpeed cuts matrices into pieces"):
        parse_arguments(["--deepspeed", "config/ds_z1_bf16.json", "--muon", "true"])
