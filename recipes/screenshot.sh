#!/usr/bin/env bash
# docs/page.png: the server's page with a plan, and the plan of the same request at another moment or place.
#
#     GSISR_SHARED=/nowhere bash serve.sh                  # in one shell: with generated examples, as everywhere
#     bash recipes/screenshot.sh --place order --hour 14   # in another; needs Chromium, and API_KEY if it has one
set -euo pipefail

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
source "$HERE/setup_env.sh"
setup_env requirements.txt requirements-dev.txt
cd "$HERE"
exec "$PYTHON" -m recipes.screenshot "$@"
