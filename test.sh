#!/usr/bin/env bash
# Scores a checkpoint: Acc@1, NDCG@3, NES, Latent-Valid, validity. With nothing configured: what finetune.sh left.
# Variable X is test.py's flag --x; further flags can be given as arguments and win over the variables.
# shellcheck disable=SC2034  # the variables are read by their names, in launch
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # sh test.sh
set -euo pipefail

MODEL="${MODEL:-./output}"                # checkpoint folder
VALID_CSV="${VALID_CSV:-}"                # rows to score; empty: embedded rows
TWINS="${TWINS:-}"                        # counterfactual twins to score; empty: none
OUTPUT_DIR="${OUTPUT_DIR:-./test_results}" # predictions, metrics, report
DECODE="${DECODE:-}"                      # free (default) | planner | mbr | best_of
JUDGE="${JUDGE:-}"                        # rules | llm | replay: scores of Flow, Logic and ST too; empty: none
BAD_ROWS="${BAD_ROWS:-}"                  # rows and pairs that can't be used: stop (default) | skip (leave them out)
BATCH_SIZE="${BATCH_SIZE:-}"              # rows generated together, on each device
# Processes on this node, by default one a CUDA device, one on CPU
NPROC="${NPROC:-}"

# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && pwd)"
source "$HERE/scripts/setup_env.sh"
source "$HERE/scripts/launch.sh"
answer_help "${BASH_SOURCE[0]}" "$HERE/test.py" "" "$@"

case "$JUDGE $*" in llm* | *"--judge llm"*) setup_env synthesis ;; *) setup_env ;; esac
count_devices
launch "$HERE/test.py" "MODEL VALID_CSV TWINS OUTPUT_DIR DECODE JUDGE BAD_ROWS BATCH_SIZE" "$@"
