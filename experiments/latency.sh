#!/usr/bin/env bash
# What a plan takes (GPlan, Table 5): generate and the planner, request by request; results/latency_*.json.
#
#     bash experiments/latency.sh [FOLDER]                                    # the embedded backbone, trained in each mode
#     TOKENIZER=QWEN CSV=rows.csv bash experiments/latency.sh [FOLDER]        # and 89M, random weights, on real rows
#     TOKENIZER=QWEN CSV=rows.csv BACKBONES="1.7b 4b" bash experiments/latency.sh --static_cache       # on a GPU
#
# FOLDER (./output_latency) takes everything. What is there already is not made again: a checkpoint of finetune.sh can be
# put at FOLDER/picd (direct_sft, cot_sft). TOKENIZER: folder with Qwen's vocabulary; CSV: GSISR rows, reasoning is
# written where it is missing. Further arguments go to the benchmark. Nothing else should run meanwhile.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # sh latency.sh
set -euo pipefail

FOLDER=./output_latency
if [ $# -gt 0 ] && [ "${1#--}" = "$1" ]; then
    FOLDER="$1"
    shift
fi
TOKENIZER="${TOKENIZER:-}"
CSV="${CSV:-}"
BACKBONES="${BACKBONES:-90m}"

# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && cd .. && pwd)"
source "$HERE/scripts/setup_env.sh"
setup_env
mkdir -p "$FOLDER"
run() { PYTHONPATH="$HERE" "$PYTHON" -m "$@"; }

# 1. Trained checkpoints on held-out embedded rows: nothing is forced.
for mode in direct_sft cot_sft picd; do
    if [ ! -e "$FOLDER/$mode/config.json" ]; then
        MODEL="" TRAIN_CSV="" VALID_CSV="" COT_MODE="$mode" OUTPUT_DIR="$FOLDER/$mode" bash "$HERE/finetune.sh"
    fi
done
run experiments.bench latency --model "$FOLDER/direct_sft" "$FOLDER/cot_sft" "$FOLDER/picd" --requests 100 \
    --json "$FOLDER/trained.json" "$@" | tee "$FOLDER/trained.txt"

# 2. Larger backbones on rows and vocabulary of one's own: lengths and decisions are those of the labels.
if [ -n "$TOKENIZER" ] && [ -n "$CSV" ]; then
    if [ ! -e "$FOLDER/cot.csv" ]; then
        run gplan.synthesis augment "$CSV" "$FOLDER/cot.csv" --teacher rules
    fi
    for backbone in $BACKBONES; do
        run experiments.bench latency --backbone "$backbone" --tokenizer "$TOKENIZER" --csv "$FOLDER/cot.csv" \
            --json "$FOLDER/$backbone.json" "$@" | tee "$FOLDER/$backbone.txt"
    done
fi
