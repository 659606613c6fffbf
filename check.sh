#!/usr/bin/env bash
# Sets up, lints, runs the tests: those that take minutes (marked slow) with --slow only, under 15 minutes without.
#
#     bash check.sh [--slow] [tests/test_setup.py -k two …]     # what follows goes to pytest
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # sh check.sh
set -euo pipefail

# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && pwd)"
source "$HERE/scripts/setup_env.sh"
setup_env dev synthesis serve baselines agent deepspeed

cd "$HERE"
"$PYTHON" -m ruff check .
"$PYTHON" -m ruff format --check .
for script in *.sh experiments/*.sh scripts/*.sh .ci/run; do
    [ ! -e "$script" ] || bash -n "$script" # a pattern without a match stays as it is
done

# One thread in each of the workers: on few cores, torch's own threads would only get in each other's way.
# worksteal keeps neighbouring tests on one worker, so a module's fixtures are mostly built once.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
tests="not slow"
if [ "${1:-}" = --slow ]; then
    tests="" # all
    shift
fi
exec "$PYTHON" -m pytest -n logical --maxprocesses 4 --dist worksteal --durations=25 -m "$tests" "$@"
