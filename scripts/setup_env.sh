# shellcheck shell=bash
# The set-up that every .sh sources:
#
#     source "$HERE/scripts/setup_env.sh"
#     setup_env [serve dev …]   # sets PYTHON, for requirements.txt and config/requirements/serve.txt, dev.txt …
#     SETUP_INSTALL=no setup_env   # the same, but fails where something would have to be installed
#
# PYTHON becomes the first of
#   1. GPLAN_PYTHON, as it is: nothing is installed into it;
#   2. the active environment (`python` of an activated venv or conda, otherwise `python3`) if it satisfies every
#      line of the files;
#   3. .venv at the project's root, made and filled where needed (fill_venv.py).
#
# Everything is said on stderr, so that a script's own output stays clean; where nothing is to do, it is one line.

SETUP_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
SETUP_VENV="$SETUP_ROOT/.venv"

setup_say() { printf 'setup: %s\n' "$*" >&2; }

# setup_probe PYTHON [--venv] FILES…: sets PROBE_MISSING and PROBE_ABOUT (see probe.py), or fails if PYTHON does.
setup_probe() {
    local answer
    answer="$("$1" "$SETUP_ROOT/scripts/probe.py" "${@:2}" 2>/dev/null)" || return 1
    { IFS= read -r PROBE_MISSING && IFS= read -r PROBE_ABOUT; } <<<"$answer"
}

setup_venv_ready() { setup_probe "$SETUP_VENV/bin/python" --venv "$@" && [ -z "$PROBE_MISSING" ]; }

# Prints the interpreter to make .venv with: never one inside .venv, which may be about to be deleted. A name found
# on PATH may still not run (pyenv's shims), and Debian's python3 has no ensurepip until python3-venv is installed.
setup_base_python() {
    local path
    while IFS= read -r path; do
        if [ -z "$path" ] || [ "$(dirname "$path")" -ef "$SETUP_VENV/bin" ]; then continue; fi
        # 3.11 and not 3.10: the versions in constraints.txt ask for it
        if "$path" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$path"
            return
        fi
    done <<<"$(type -aP python3 python3.14 python3.13 python3.12 python3.11 python)"
    setup_say "no Python 3.11 or newer that can make a venv was found (Debian, Ubuntu: apt install python3-venv);" \
        "install one, or point GPLAN_PYTHON at an environment with requirements.txt installed"
    return 1
}

setup_env() {
    local name base where="" files=("$SETUP_ROOT/requirements.txt")
    for name in "$@"; do files+=("$SETUP_ROOT/config/requirements/$name.txt"); done

    if [ -n "${GPLAN_PYTHON:-}" ]; then
        if ! PYTHON="$(type -P "$GPLAN_PYTHON")" || ! setup_probe "$PYTHON" "${files[@]}"; then
            setup_say "GPLAN_PYTHON=$GPLAN_PYTHON does not run as a Python 3.10 or newer"
            return 1
        fi
        where="GPLAN_PYTHON"
        [ -z "$PROBE_MISSING" ] || PROBE_ABOUT="$PROBE_ABOUT; it lacks $PROBE_MISSING"
    else
        PYTHON=""
        if [ -n "${VIRTUAL_ENV:-}${CONDA_PREFIX:-}" ]; then PYTHON="$(type -P python)" || true; fi
        [ -n "$PYTHON" ] || PYTHON="$(type -P python3)" || true
        # .venv itself is judged by what was installed, activated or not: it may be half installed at this moment
        if [ -n "$PYTHON" ] && [ ! "$(dirname "$PYTHON")" -ef "$SETUP_VENV/bin" ] &&
            setup_probe "$PYTHON" "${files[@]}" && [ -z "$PROBE_MISSING" ]; then
            where="$PYTHON"
        else
            if ! setup_venv_ready "${files[@]}"; then
                [ "${SETUP_INSTALL:-yes}" = yes ] || return 1
                base="$(setup_base_python)" && "$base" "$SETUP_ROOT/scripts/fill_venv.py" "${files[@]}" >&2 &&
                    setup_venv_ready "${files[@]}" || return 1
            fi
            PYTHON="$SETUP_VENV/bin/python"
            where=".venv"
        fi
    fi
    setup_say "using $where ($PROBE_ABOUT)"
    case "$PYTHON" in /*) ;; *) PYTHON="$PWD/$PYTHON" ;; esac # a later cd must not lose it
    # deepspeed looks for ninja on PATH
    case ":$PATH:" in *":$(dirname "$PYTHON"):"*) ;; *) PATH="$(dirname "$PYTHON"):$PATH" ;; esac
    export PYTHON PATH
    # torch's threads wait for each other asleep: one that spins takes the core from the thread it waits for as soon as
    # anything else runs (docs/speed.md has figures)
    export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-PASSIVE}"
}
