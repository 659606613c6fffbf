#!/usr/bin/env bash
# PICD, and from it vanilla DPO, the same at a gentle rate, and SC-DPO, on the embedded rows; results/alignment.json.
#
#     bash experiments/alignment_table.sh [FOLDER]          # SEEDS="42 43 44"; FOLDER (./output_alignment) takes everything
#
# What is there already is not made again: a folder that holds a PICD run can be put at FOLDER/42/picd.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # sh alignment_table.sh
set -euo pipefail

FOLDER="${1:-./output_alignment}"
SEEDS="${SEEDS:-42 43 44}"

# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && cd .. && pwd)"
source "$HERE/scripts/setup_env.sh"
setup_env
export TWINS="" VALID_TWINS="" VALID_CSV=""
HELD_OUT="$(cd "$HERE" && "$PYTHON" -c 'from gplan.starter.rows import embedded_twins; print(embedded_twins()[1])')"

for seed in $SEEDS; do
    for name in picd vanilla_dpo vanilla_dpo_gentle sc_dpo; do
        run="$FOLDER/$seed/$name"
        if [ ! -e "$run/run.json" ]; then
            rm -rf "$run"
            MODEL="$FOLDER/$seed/picd" verb=align
            if [ "$name" = picd ]; then MODEL="" verb=finetune; fi
            MODEL="$MODEL" OUTPUT_DIR="$run" bash "$HERE/$verb.sh" "$HERE/experiments/recipes/$name.yaml" --seed "$seed"
        fi
        if [ ! -e "${run}_results/metrics.json" ]; then
            MODEL="$run" TWINS="$HELD_OUT" OUTPUT_DIR="${run}_results" bash "$HERE/test.sh" --samples 0
        fi
    done
done
PYTHONPATH="$HERE" "$PYTHON" -m experiments.alignment_table "$FOLDER"
