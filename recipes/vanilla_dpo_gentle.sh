#!/usr/bin/env bash
# PICD + vanilla DPO at a thirtieth of SC-DPO's rate, the one that harms the embedded backbone's plans least (docs/LOG.md).
#
#     bash recipes/vanilla_dpo_gentle.sh --seed 1     # ./output → ./output_vanilla_dpo_gentle; variables as for align.sh
set -euo pipefail

export OUTPUT_DIR="${OUTPUT_DIR:-./output_vanilla_dpo_gentle}" LEARNING_RATE="${LEARNING_RATE:-1e-5}"
# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && cd .. && pwd)"
exec bash "$HERE/recipes/vanilla_dpo.sh" "$@"
