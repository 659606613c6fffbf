#!/usr/bin/env bash
# STAgent: ten map and travel tools over worlds that can be checked. With nothing configured: an invented country.
#
#     bash agent.sh                                  # demo: ten tools at work, five instructions answered and marked
#     bash agent.sh serve                            # MCP at http://127.0.0.1:8100/mcp; TRANSPORT=stdio for a client's own
#     bash agent.sh look                             # a page with the map and a form for every tool
#     bash agent.sh tools --format openai            # the tools' schemas
#     bash agent.sh train                            # an agent by the cascade: seed SFT, split, SFT, RL; OUT, RECIPE, DRAW
#     bash agent.sh test                             # its stages on held-out tasks, beside expert and floors
#     bash agent.sh queries make tasks.jsonl         # instructions that can be checked; solve, annotate, score, filter, cluster
#     bash agent.sh reward score solved.jsonl scored.jsonl
#     AGENT_URL=… AGENT_MODEL=… bash agent.sh rollout play tasks.jsonl played.jsonl    # a model answers tasks
#     AGENT_URL=… AGENT_MODEL=… bash agent.sh benchmark travelbench played.jsonl --single FILE    # your copy of it
#     OSM_PBF=city.osm.pbf bash agent.sh look        # a real map; GTFS=feed.zip adds its timetables
#     WORLD=live AMAP_KEY=… bash agent.sh serve      # real services; keys are read by Python from the environment alone
#
# Variable X is agent.py's flag --x; further flags can be given as arguments and win over the variables.
# shellcheck disable=SC2034  # the variables are read by their names, below
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # sh agent.sh
set -euo pipefail

WORLD="${WORLD:-}"         # sandbox (default) | osm (with OSM_PBF) | live
OSM_PBF="${OSM_PBF:-}"     # an OpenStreetMap extract
GTFS="${GTFS:-}"           # a GTFS feed, for the extract
SEED="${SEED:-}"           # of the sandbox; 7
CLOCK="${CLOCK:-}"         # now, ISO 8601; the sandbox's first Monday 09:00, elsewhere the machine's
RECORD="${RECORD:-}"       # JSONL that every answer of the world is appended to; empty: none
REPLAY="${REPLAY:-}"       # JSONL to answer from, and from nothing else

# serve and look
ADDRESS="${ADDRESS:-}"     # address to listen at; 127.0.0.1
PORT="${PORT:-}"           # serve: 8100, look: 8200; 0: any free one
TRANSPORT="${TRANSPORT:-}" # serve: http (default) | stdio
TRAJECTORIES="${TRAJECTORIES:-}" # look: a JSONL of episodes to open

# train and test
OUT="${OUT:-}"             # the run's folder; agent_output
RECIPE="${RECIPE:-}"       # train: YAML of numbers other than the defaults'
DRAW="${DRAW:-}"           # train: seed of tasks, teacher, weights and episodes; 0

# through symlinks: macOS' readlink had no -f for long
HERE="$(file="${BASH_SOURCE[0]}" && while cd -P "$(dirname "$file")" && file="$(basename "$file")" && [ -L "$file" ]; do
    file="$(readlink "$file")"; done && pwd)"
source "$HERE/scripts/setup_env.sh"
source "$HERE/scripts/launch.sh"
answer_help "${BASH_SOURCE[0]}" "$HERE/agent.py" "agent serve" "$@"
case "${1:-}" in
    rollout | benchmark) setup_env agent serve synthesis ;; # a model behind an endpoint is asked as a teacher is
    *) setup_env agent serve ;;
esac

case "${1:-}" in
    "" | -*) verb=demo ;; # its flags alone
    *) verb=$1 && shift ;;
esac
names="WORLD OSM_PBF GTFS SEED CLOCK RECORD REPLAY"
case "$verb" in
    serve) names="$names ADDRESS PORT TRANSPORT" ;;
    look) names="$names ADDRESS PORT TRAJECTORIES" ;;
    train) names="$names OUT RECIPE DRAW" ;;
    test) names="$names OUT" ;;
    tools) names="" ;;
    queries | reward | rollout | benchmark)
        if [ -n "${1:-}" ] && [ "${1#-}" = "$1" ]; then verb="$verb $1" && shift; fi
        case "$verb" in "queries make" | "queries solve" | "rollout play" | "benchmark travelbench") ;; *) names="" ;; esac # the others ask no world
        ;;
esac
# shellcheck disable=SC2086  # names without blanks
"$PYTHON" "$HERE/scripts/variables.py" $names || exit 2
# shellcheck disable=SC2206
command=("$HERE/agent.py" $verb) # one word, or two
for name in $names; do
    if [ -n "${!name}" ]; then
        command+=("--$(printf '%s' "$name" | tr '[:upper:]' '[:lower:]')" "${!name}")
    fi
done
exec "$PYTHON" "${command[@]}" "$@"
