#!/usr/bin/env bash
# PICD + vanilla DPO (GPlan, Table 4): the same pairs, rate and steps as recipes/sc_dpo.sh, the preference term alone.
#
#     bash recipes/vanilla_dpo.sh --seed 1   # ./output → ./output_vanilla_dpo; variables as for align.sh
set -euo pipefail

export OUTPUT_DIR="${OUTPUT_DIR:-./output_vanilla_dpo}"
# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && cd .. && pwd)"
exec bash "$HERE/align.sh" --anchor_weight 0 --low_weight 0 --high_weight 0 --center_weight 0 "$@"
