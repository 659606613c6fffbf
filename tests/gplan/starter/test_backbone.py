"""The backbone that is built where none is named: whole on whatever rank comes first."""

import json

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from transformers import AutoModelForCausalLM

from gplan.starter import backbone


def test_the_second_of_two_ranks_builds_it_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("GPLAN_CACHE", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    mp.spawn(_second_first, args=(f"file://{tmp_path}/store",), nprocs=2)
    folder = backbone.embedded_backbone()
    built = AutoModelForCausalLM.from_pretrained(folder)
    again = backbone.small_backbone(
        backbone.small_tokenizer(backbone.labelled(backbone.TRAIN_ROWS, backbone.TOKENIZER_SEED))
    )
    assert json.loads((folder / "config.json").read_text())["architectures"] == ["Qwen3ForCausalLM"]
    assert (folder / "generation_config.json").is_file()
    assert built.get_output_embeddings().weight is built.get_input_embeddings().weight
    for (name, mine), (other, theirs) in zip(built.named_parameters(), again.named_parameters(), strict=True):
        assert name == other and torch.equal(mine, theirs), name


def _second_first(rank: int, store: str) -> None:
    """Rank 1 builds while rank 0 waits for it."""
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=2)
    if rank == 1:
        backbone.embedded_backbone()
    dist.barrier()
    dist.destroy_process_group()
