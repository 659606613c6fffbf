#!/usr/bin/env bash
# Trains a planner with PICD (or one of the modes it is compared with). With nothing configured: the small embedded
# backbone on embedded rows. With a real model:
#
#     MODEL=/models/Qwen3-1.7B TRAIN_CSV=cot_train.csv bash finetune.sh
#
# Variable X is finetune.py's flag --x; further flags can be given as arguments and win over the variables.
# An empty variable leaves the choice to finetune.py: the embedded preset without MODEL, the paper's numbers with it.
# shellcheck disable=SC2034  # the variables are read by their names, in launch
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # sh finetune.sh
set -euo pipefail

MODEL="${MODEL:-}"                    # backbone: a checkpoint folder; empty: the small embedded one
TRAIN_CSV="${TRAIN_CSV:-}"            # rows with CoT labels; empty: embedded rows
VALID_CSV="${VALID_CSV:-}"            # held-out rows, scored during training; empty: none, or embedded ones
OUTPUT_DIR="${OUTPUT_DIR:-}"          # where checkpoints and the final model go; ./output
COT_MODE="${COT_MODE:-}"              # picd (default) | cot_sft (text always) | direct_sft (plan only) | latent (no text)
FILLERS="${FILLERS:-}"                # direct_sft: tokens without meaning behind every prompt; 0
BLOCKS_PER_EPOCH="${BLOCKS_PER_EPOCH:-}" # blocks that turn latent from one epoch to the next; paper: 1
EPOCHS="${EPOCHS:-}"                  # paper: 13; ⌈12 / BLOCKS_PER_EPOCH⌉ + 1
ROWS_PER_EPOCH="${ROWS_PER_EPOCH:-}"  # rows of an epoch, each takes the next ones; empty: all rows in every epoch
BATCH_SIZE="${BATCH_SIZE:-}"          # rows a device and micro-batch; paper: 16, on 4 devices
GRAD_ACCUM="${GRAD_ACCUM:-}"          # micro-batches a step; paper: 1
LEARNING_RATE="${LEARNING_RATE:-}"    # η_s, the structure phase's rate; paper: 5e-6
LR_SCHEDULE="${LR_SCHEDULE:-}"        # calr (default) | cosine | constant
POLISH_LR="${POLISH_LR:-}"            # η_p, where CALR's last phase starts; paper: 1e-6
CALR_TARGET="${CALR_TARGET:-}"        # c*, the stage after which CALR polishes: a number (paper: 9) or auto
COT_WEIGHT="${COT_WEIGHT:-}"          # weight of the CoT section's mean loss; paper: 1
JSON_WEIGHT="${JSON_WEIGHT:-}"        # weight of the plan's mean loss; paper: 1
MAX_LENGTH="${MAX_LENGTH:-}"          # tokens of prompt and response together; 2560
BAD_ROWS="${BAD_ROWS:-}"              # rows that can't be used: stop (default) | skip (leave them out)
BF16="${BF16:-}"                      # true | false
GRADIENT_CHECKPOINTING="${GRADIENT_CHECKPOINTING:-}" # true | false
DS_CONFIG="${DS_CONFIG:-}"            # DeepSpeed JSON; empty: config/ds_z3_bf16.json on several GPUs; none: plain DDP
SAVE_STEPS="${SAVE_STEPS:-}"          # steps between two checkpoints; empty: one an epoch
RESUME="${RESUME:-}"                  # auto: go on from the newest complete checkpoint; or a checkpoint folder
SEED="${SEED:-}"                      # of weights that are new, the order of rows, dropout
# Processes on this node, by default one a CUDA device; on CPU one, or two for the embedded backbone; several nodes: NNODES, NODE_RANK, MASTER_ADDR
NPROC="${NPROC:-}"

# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && pwd)"
source "$HERE/scripts/setup_env.sh"
source "$HERE/scripts/launch.sh"
answer_help "${BASH_SOURCE[0]}" "$HERE/finetune.py" "" "$@"

# The small backbone's matrices are too small to keep two threads of one process busy: two processes are 1.5 times faster.
[ -n "$MODEL" ] || CPU_PROCESSES=2
setup_training
launch "$HERE/finetune.py" "MODEL TRAIN_CSV VALID_CSV OUTPUT_DIR COT_MODE FILLERS BLOCKS_PER_EPOCH EPOCHS ROWS_PER_EPOCH BATCH_SIZE GRAD_ACCUM
    LEARNING_RATE LR_SCHEDULE POLISH_LR CALR_TARGET COT_WEIGHT JSON_WEIGHT MAX_LENGTH BAD_ROWS BF16 GRADIENT_CHECKPOINTING
    DS_CONFIG SAVE_STEPS RESUME SEED" "$@"
