#!/usr/bin/env bash
# Sets up, lints, runs the tests. Arguments go to pytest: `bash check.sh tests/doors/test_setup.py -k two`.
set -euo pipefail

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$HERE/setup_env.sh"
setup_env requirements.txt requirements-dev.txt requirements-synthesis.txt requirements-serve.txt \
    requirements-deepspeed.txt

cd "$HERE"
"$PYTHON" -m ruff check .
"$PYTHON" -m ruff format --check .
for script in *.sh experiments/*.sh .ci/run; do
    [ ! -e "$script" ] || bash -n "$script" # a pattern without a match stays as it is
done

# One thread in each of the workers: on few cores, torch's own threads would only get in each other's way.
# worksteal keeps neighbouring tests on one worker, so a module's fixtures are mostly built once.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
exec "$PYTHON" -m pytest -n logical --maxprocesses 4 --dist worksteal "$@"
