#!/usr/bin/env bash
# Real GSISR rows on the embedded backbone, from scratch and after world rows; results/real_rows.json.
#
#     bash experiments/real_rows.sh SAMPLE.csv [FOLDER]
#
# SAMPLE.csv: GSISR rows with JSON-only labels, 100 of which are held out. FOLDER (./output_real) takes everything.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # sh real_rows.sh
set -euo pipefail

SAMPLE="${1:?usage: bash experiments/real_rows.sh SAMPLE.csv [FOLDER]}"
FOLDER="${2:-./output_real}"
VALID_ROWS="${VALID_ROWS:-100}"
SPLIT_SEED="${SPLIT_SEED:-0}"

# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && cd .. && pwd)"
source "$HERE/scripts/setup_env.sh"
setup_env
mkdir -p "$FOLDER"
run() { PYTHONPATH="$HERE" "$PYTHON" -m "$@"; }

if [ ! -e "$FOLDER/valid.csv" ]; then
    run gplan.synthesis augment "$SAMPLE" "$FOLDER/cot.csv" --teacher rules --force
    run data_process.split "$FOLDER/cot.csv" "$FOLDER/train.csv" "$FOLDER/valid.csv" \
        --valid_rows "$VALID_ROWS" --seed "$SPLIT_SEED"
fi
export TRAIN_CSV="$FOLDER/train.csv" VALID_CSV="$FOLDER/valid.csv"

# 1. Real rows alone, with the embedded preset.
OUTPUT_DIR="$FOLDER/scratch" bash "$HERE/finetune.sh"
MODEL="$FOLDER/scratch" OUTPUT_DIR="$FOLDER/scratch_results" bash "$HERE/test.sh"

# 2. World rows first (the embedded default), real rows after, at a third of the rate.
if [ ! -e "$FOLDER/world/run.json" ]; then
    TRAIN_CSV='' VALID_CSV='' OUTPUT_DIR="$FOLDER/world" bash "$HERE/finetune.sh"
fi
MODEL="$FOLDER/world" OUTPUT_DIR="$FOLDER/world_zero_shot" bash "$HERE/test.sh"
MODEL="$FOLDER/world" OUTPUT_DIR="$FOLDER/world_then_real" LEARNING_RATE=1e-3 POLISH_LR=3e-4 CALR_TARGET=auto \
    GRADIENT_CHECKPOINTING=false bash "$HERE/finetune.sh"
MODEL="$FOLDER/world_then_real" OUTPUT_DIR="$FOLDER/world_then_real_results" bash "$HERE/test.sh"
