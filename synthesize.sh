#!/usr/bin/env bash
# Makes training data: requests → triggers → teacher → filter → train.csv and valid.csv. With nothing configured: the
# embedded rows, explained by the rule teacher. With a large model behind an OpenAI-compatible endpoint:
#
#     TEACHER_URL=https://host/v1 TEACHER_MODEL=qwen TEACHER_API_KEY=… ROWS_CSV=log.csv bash synthesize.sh
#
# Variable X is the flag --x of `synthesize.py run`; further flags can be given as arguments and win over the
# variables. A first argument that is no flag is a command of its own: `bash synthesize.sh filter ROWS.csv FOLDER`.
# The key is read from the environment by Python, and by nothing else.
# shellcheck disable=SC2034  # the variables are read by their names
set -euo pipefail

ROWS_CSV="${ROWS_CSV:-}"           # requests, with plans or without; empty: embedded rows
VALID_CSV="${VALID_CSV:-}"         # requests for valid.csv; empty: some of the others
VALID_ROWS="${VALID_ROWS:-}"       # without VALID_CSV: how many
OUTPUT_DIR="${OUTPUT_DIR:-./output_synthesis}" # journal, labels, report; a run that was cut off goes on in it
TEACHER_URL="${TEACHER_URL:-}"     # the endpoint's address, like https://host/v1
TEACHER_MODEL="${TEACHER_MODEL:-}" # the model's name there
TEACHER="${TEACHER:-}"             # rules | llm; empty: llm with TEACHER_URL, rules without
SEEDS="${SEEDS:-}"                 # the llm teacher's examples; empty: the shipped ones

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$HERE/setup_env.sh"

if [ -z "$TEACHER" ]; then
    if [ -n "$TEACHER_URL" ]; then TEACHER=llm; else TEACHER=rules; fi
fi
case " $* " in *" --teacher llm "*) TEACHER=llm ;; esac
if [ "$TEACHER" = llm ]; then
    setup_env requirements.txt requirements-synthesis.txt
else
    setup_env requirements.txt
fi

case "${1:-}" in
    "" | -*) ;;
    *) exec "$PYTHON" "$HERE/synthesize.py" "$@" ;;
esac
command=("$HERE/synthesize.py" run)
for name in ROWS_CSV VALID_CSV VALID_ROWS OUTPUT_DIR TEACHER_URL TEACHER_MODEL TEACHER SEEDS; do
    if [ -n "${!name}" ]; then
        command+=("--$(printf '%s' "$name" | tr '[:upper:]' '[:lower:]')" "${!name}")
    fi
done
exec "$PYTHON" "${command[@]}" "$@"
