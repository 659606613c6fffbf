#!/usr/bin/env bash
# PICD alone (GPlan, Table 4, first row): what the alignments start from and are compared with.
#
#     bash recipes/picd.sh --seed 1          # → ./output; variables as for finetune.sh
set -euo pipefail

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
exec bash "$HERE/finetune.sh" "$@"
