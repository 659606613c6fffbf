#!/usr/bin/env bash
# PICD + SC-DPO (GPlan, Table 4): all terms of Eq. 13, with the defaults of config/align_arguments.py.
#
#     bash recipes/sc_dpo.sh --seed 1        # ./output → ./output_dpo; variables as for align.sh
set -euo pipefail

# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && cd .. && pwd)"
exec bash "$HERE/align.sh" "$@"
