#!/usr/bin/env bash
# Makes training data: requests → triggers → teacher → filter → train.csv and valid.csv. With nothing configured: the
# embedded rows, explained by the rule teacher. With a large model behind an OpenAI-compatible endpoint:
#
#     TEACHER_URL=https://host/v1 TEACHER_MODEL=qwen TEACHER_API_KEY=… ROWS_CSV=log.csv bash synthesize.sh
#
# Variable X is the flag --x of `synthesize.py run`; further flags can be given as arguments and win over the
# variables. `bash synthesize.sh twins` then makes counterfactual twins of both files, train_twins.jsonl and
# valid_twins.jsonl beside them, by the same teacher. Any other first argument that is no flag, or twins with two paths,
# is a command of synthesize.py: `bash synthesize.sh filter ROWS.csv FOLDER`.
# The key is read from the environment by Python, and by nothing else.
# shellcheck disable=SC2034  # the variables are read by their names
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # sh synthesize.sh
set -euo pipefail

ROWS_CSV="${ROWS_CSV:-}"           # requests, with plans or without; empty: embedded rows
VALID_CSV="${VALID_CSV:-}"         # requests for valid.csv; empty: some of the others
VALID_ROWS="${VALID_ROWS:-}"       # without VALID_CSV: how many
OUTPUT_DIR="${OUTPUT_DIR:-./output_synthesis}" # journal, labels, report; a run that was cut off goes on in it
TEACHER_URL="${TEACHER_URL:-}"     # the endpoint's address, like https://host/v1
TEACHER_MODEL="${TEACHER_MODEL:-}" # the model's name there
TEACHER="${TEACHER:-}"             # rules | llm; empty: llm with TEACHER_URL, rules without
BAD_ROWS="${BAD_ROWS:-}"           # rows that can't be used: stop (default) | skip (leave them out)
SEEDS="${SEEDS:-}"                 # the llm teacher's examples; empty: the shipped ones

# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && pwd)"
source "$HERE/scripts/setup_env.sh"
source "$HERE/scripts/launch.sh"
answer_help "${BASH_SOURCE[0]}" "$HERE/synthesize.py" "" "$@"

if [ -z "$TEACHER" ]; then
    if [ -n "$TEACHER_URL" ]; then TEACHER=llm; else TEACHER=rules; fi
fi
case " $* " in *" --teacher llm "*) TEACHER=llm ;; esac
if [ "$TEACHER" = llm ]; then
    setup_env synthesis
else
    setup_env
fi

names="ROWS_CSV VALID_CSV VALID_ROWS OUTPUT_DIR TEACHER_URL TEACHER_MODEL TEACHER SEEDS BAD_ROWS"
# shellcheck disable=SC2086  # names without blanks
"$PYTHON" "$HERE/scripts/variables.py" $names || exit 2

case "${1:-},${2:-}" in
    , | -*) ;;
    twins, | twins,-*)
        shift
        for name in train valid; do
            # So that a run whose teacher had to stop between the two goes on where it was.
            if [ -e "$OUTPUT_DIR/${name}_twins.jsonl" ] && [[ " $* " != *" --force "* ]]; then
                echo "$OUTPUT_DIR/${name}_twins.jsonl is there already; --force makes it anew" >&2
                continue
            fi
            "$PYTHON" "$HERE/synthesize.py" twins "$OUTPUT_DIR/$name.csv" "$OUTPUT_DIR/${name}_twins.jsonl" \
                --teacher "$TEACHER" ${BAD_ROWS:+--bad_rows "$BAD_ROWS"} "$@"
        done
        exit
        ;;
    *) exec "$PYTHON" "$HERE/synthesize.py" "$@" ;;
esac
command=("$HERE/synthesize.py" run)
for name in $names; do
    if [ -n "${!name}" ]; then
        command+=("--$(printf '%s' "$name" | tr '[:upper:]' '[:lower:]')" "${!name}")
    fi
done
exec "$PYTHON" "${command[@]}" "$@"
