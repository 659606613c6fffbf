#!/usr/bin/env bash
# PICD alone (GPlan, Table 4, first row): what the alignments start from and are compared with.
#
#     bash recipes/picd.sh --seed 1          # → ./output; variables as for finetune.sh
set -euo pipefail

# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && cd .. && pwd)"
exec bash "$HERE/finetune.sh" "$@"
