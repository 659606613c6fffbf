"""Table 6, ours: how many latents a block has, and whether they stand in front of the plan or inside it."""

from experiments.table.ways import Files, TableLine, planner, trained

# Half of the embedded default's rows: every line is a training of its own.
_ROWS = ("--rows_per_epoch", 600)


def table_6(files: Files, seed: int) -> list[TableLine]:
    """PICD with one to five latents a block; latents from the first step, in front of the plan and inside it."""

    def line(name: str, own: str, *flags: object) -> TableLine:
        return planner(files, name, *trained(files, seed, own, *_ROWS, *flags), "planner")

    latent = ("--cot_mode", "latent")
    return [
        line("PICD, 3 latents a block", "latents_3"),
        *(
            line(f"PICD, {k} latent{'s' * (k > 1)} a block", f"latents_{k}", "--latents_per_block", k)
            for k in (1, 2, 5)
        ),
        line("latent from the first step, 3 a block", "latents_alone", *latent),
        line("the same, right before their intents", "latents_inside", *latent, "--interleaved", "true"),
        line("Direct-SFT", "direct_sft_600", "--cot_mode", "direct_sft"),
    ]
