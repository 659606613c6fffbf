#!/usr/bin/env bash
# The 40 seeds that ship with the project, made from generated rows: gplan/synthesis/seeds/seeds.jsonl, to the byte.
#
#     bash experiments/seeds.sh [SEEDS.jsonl]
#
# Plans are the world's, reasons the rule teacher's: no person has read them. People's corrections come in with
# `python synthesize.py seeds export` and `import`.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # sh seeds.sh
set -euo pipefail

# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && cd .. && pwd)"
SEEDS="$(realpath -m "${1:-$HERE/gplan/synthesis/seeds/seeds.jsonl}")"
ROWS="${ROWS:-1200}"
WORLD_SEED="${WORLD_SEED:-5}" # 1 to 4 make the embedded default's rows, tokenizer and weights
COUNT="${COUNT:-40}"

if grep -qs '"who"' "$SEEDS"; then
    echo "error: $SEEDS holds corrections by people; give another path" >&2
    exit 2
fi
source "$HERE/scripts/setup_env.sh"
setup_env
cd "$HERE"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

"$PYTHON" -m gplan.world --rows "$ROWS" --seed "$WORLD_SEED" --out "$work/rows.csv"
"$PYTHON" synthesize.py triggers "$work/rows.csv" "$work/picked.csv"
"$PYTHON" synthesize.py seeds export "$work/picked.csv" "$work/cases.csv" --count "$COUNT"
# Anew, not merged into what stands there.
"$PYTHON" synthesize.py seeds import "$work/cases.csv" "$work/seeds.jsonl" --who rules
mv "$work/seeds.jsonl" "$SEEDS"
