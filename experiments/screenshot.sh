#!/usr/bin/env bash
# docs/images/page.png: the server's page with a plan, and the plan of the same request at another moment or place.
#
#     bash serve.sh                                            # in one shell: with generated examples
#     bash experiments/screenshot.sh --place order --hour 14   # in another; needs Chromium, and API_KEY if it has one
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # sh screenshot.sh
set -euo pipefail

# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && cd .. && pwd)"
source "$HERE/scripts/setup_env.sh"
setup_env dev
cd "$HERE"
exec "$PYTHON" -m experiments.screenshot "$@"
