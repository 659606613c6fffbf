#!/usr/bin/env bash
# Aligns a PICD checkpoint with its context by SC-DPO. With nothing configured: ./output, on the twins of the embedded
# rows. With one's own:
#
#     python -m gplan.synthesis twins cot_train.csv twins.jsonl --teacher rules
#     MODEL=./output TWINS=twins.jsonl bash align.sh
#
# Variable X is align.py's flag --x; further flags can be given as arguments and win over the variables.
# An empty variable leaves the choice to align.py.
# shellcheck disable=SC2034  # the variables are read by their names, in launch
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # sh align.sh
set -euo pipefail

MODEL="${MODEL:-}"                    # PICD checkpoint, policy at first, reference throughout; ./output
TWINS="${TWINS:-}"                    # pairs to train on; empty: those of the embedded training rows
VALID_TWINS="${VALID_TWINS:-}"        # held-out pairs, reported once an epoch; empty: none, or embedded ones
OUTPUT_DIR="${OUTPUT_DIR:-}"          # where checkpoints and the aligned model go; ./output_dpo
EPOCHS="${EPOCHS:-}"                  # paper: 1
BATCH_SIZE="${BATCH_SIZE:-}"          # samples a device and micro-batch; a pair gives two samples of two responses each
GRAD_ACCUM="${GRAD_ACCUM:-}"          # micro-batches a step; 1
LEARNING_RATE="${LEARNING_RATE:-}"    # after a tenth of the steps; 5e-7 for real backbones
LOSS="${LOSS:-}"                      # sc_dpo (default) | sft: ordinary training on both sides' own plans
BETA="${BETA:-}"                      # β; 0.1
ANCHOR_MARGIN="${ANCHOR_MARGIN:-}"    # m, how far the matched plan may fall below the reference; 0
ANCHOR_WEIGHT="${ANCHOR_WEIGHT:-}"    # λ_a; 1
GAP_LOW="${GAP_LOW:-}"                # g_low, the least margin that is wanted; 0.2
GAP_HIGH="${GAP_HIGH:-}"              # g_high, the largest; 2.0
LOW_WEIGHT="${LOW_WEIGHT:-}"          # λ_low; 1
HIGH_WEIGHT="${HIGH_WEIGHT:-}"        # λ_high; 0.5
CENTER="${CENTER:-}"                  # c₀, where a pair's mean reward is wanted; 0
CENTER_WEIGHT="${CENTER_WEIGHT:-}"    # λ_c; 0.1
MAX_LENGTH="${MAX_LENGTH:-}"          # tokens of a prompt with both responses; 2560
BAD_ROWS="${BAD_ROWS:-}"              # pairs that can't be used: stop (default) | skip (leave them out)
BF16="${BF16:-}"                      # true | false
GRADIENT_CHECKPOINTING="${GRADIENT_CHECKPOINTING:-}" # true | false
DS_CONFIG="${DS_CONFIG:-}"            # DeepSpeed JSON; empty: config/ds_z3_bf16.json on several GPUs; none: plain DDP
SAVE_STEPS="${SAVE_STEPS:-}"          # steps between two checkpoints; empty: one an epoch
RESUME="${RESUME:-}"                  # auto: go on from the newest complete checkpoint; or a checkpoint folder
SEED="${SEED:-}"                      # of the order of samples
# Processes on this node, by default one a CUDA device, one on CPU; several nodes: NNODES, NODE_RANK, MASTER_ADDR
NPROC="${NPROC:-}"

# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && pwd)"
source "$HERE/scripts/setup_env.sh"
source "$HERE/scripts/launch.sh"
answer_help "${BASH_SOURCE[0]}" "$HERE/align.py" "" "$@"

setup_training
launch "$HERE/align.py" "MODEL TWINS VALID_TWINS OUTPUT_DIR EPOCHS BATCH_SIZE GRAD_ACCUM LEARNING_RATE LOSS BETA
    ANCHOR_MARGIN ANCHOR_WEIGHT GAP_LOW GAP_HIGH LOW_WEIGHT HIGH_WEIGHT CENTER CENTER_WEIGHT MAX_LENGTH BAD_ROWS BF16
    GRADIENT_CHECKPOINTING DS_CONFIG SAVE_STEPS RESUME SEED" "$@"
