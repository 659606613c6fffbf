#!/usr/bin/env bash
# Serves a checkpoint over HTTP, with a page to try it. With nothing configured: what finetune.sh left, at
# http://127.0.0.1:8000. With API_KEY set, requests must show it; the key is read by Python, and by nothing else.
# Variable X is serve.py's flag --x; further flags can be given as arguments and win over the variables.
# shellcheck disable=SC2034  # the variables are read by their names, in launch
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # sh serve.sh
set -euo pipefail

MODEL="${MODEL:-./output}"       # checkpoint folder: ./output, ./output_dpo, …
ADDRESS="${ADDRESS:-127.0.0.1}"  # address to listen at; 0.0.0.0: all of this machine's
PORT="${PORT:-8000}"             # 0: any free one
SLOTS="${SLOTS:-}"               # requests that go forward together; 64 on CUDA, 16 elsewhere
QUEUE="${QUEUE:-}"               # rows that may wait; 256
TIMEOUT="${TIMEOUT:-}"           # seconds for an answer; 30
MAX_LENGTH="${MAX_LENGTH:-}"     # longest prompt and response in tokens; 2560
DTYPE="${DTYPE:-}"               # fp32 | bf16; bf16 on CUDA only
ARM="${ARM:-}"                   # name of this server's arm of an A/B test; the model folder's
PLAN_LOG="${PLAN_LOG:-}"         # JSONL that served plans are appended to; empty: none
EXAMPLES="${EXAMPLES:-}"         # GSISR rows to try it with, on its page; empty: generated rows
BAD_ROWS="${BAD_ROWS:-}"         # of those that can't be used: stop (default) | skip (leave them out)

# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && pwd)"
source "$HERE/scripts/setup_env.sh"
source "$HERE/scripts/launch.sh"
answer_help "${BASH_SOURCE[0]}" "$HERE/serve.py" "serve" "$@"

if [ -n "${HOST:-}" ] && [ "$HOST" != "$ADDRESS" ]; then
    # shells, conda and clusters set it to the machine's name or to its kind
    echo "HOST=$HOST is not read; the server listens at ADDRESS, $ADDRESS" >&2
fi
setup_env serve
DEVICES=0 NPROC=1 NNODES=1 # one process without torchrun, whatever the machine has
launch "$HERE/serve.py" "MODEL ADDRESS PORT SLOTS QUEUE TIMEOUT MAX_LENGTH DTYPE ARM PLAN_LOG EXAMPLES BAD_ROWS" "$@"
