# shellcheck shell=bash
# The set-up that every .sh sources:
#
#     source "$HERE/setup_env.sh"
#     setup_env requirements.txt [requirements-dev.txt …]   # sets PYTHON; files are looked for beside this script
#
# PYTHON becomes the first of
#   1. GPLAN_PYTHON, as it is: nothing is installed into it;
#   2. the active environment (`python` of an activated venv or conda, otherwise `python3`) if it satisfies every
#      line of the files named;
#   3. .venv beside this script, made and filled where needed: the files' lower bounds under constraints.txt.
#
# Everything is said on stderr, so that a script's own output stays clean; where nothing is to do, it is one line.
# pip's own settings apply: on Linux the default index serves torch with CUDA (gigabytes). A machine without a GPU
# does better with PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS pointing at the CPU wheels, which constraints.txt accepts.

SETUP_DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
SETUP_VENV="$SETUP_DIR/.venv"
SETUP_STAMP="$SETUP_VENV/.setup_stamp"           # one line for each requirements file that is fully installed
SETUP_UNFINISHED="$SETUP_VENV/.setup_unfinished" # there from before the first change until pip has come to an end

# argv: requirements files. Prints what is missing ("torch>=2.11, ruff>=0.15", or an empty line), then what this
# Python is ("Python 3.11, torch 2.13.0"), then one stamp for each file:
# hash of the pins and the interpreter, hash of the file, its name. Standard library only: it runs before
# anything is installed. Versions are compared by their numbers, so 2.13.0+cpu and 2.13.0a0 count as 2.13.0;
# bounds are >= <= == != > < (no ~=, no markers, no -r).
SETUP_PROBE='
import sys
sys.path = [p for p in sys.path if p]  # -c puts the current folder first, where any file could hide a module
import hashlib, operator, os, re
from importlib.metadata import PackageNotFoundError, version

COMPARE = {">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt}

def numbers(text):
    found = [int(n) for n in re.match(r"\d+(\.\d+)*", text).group().split(".")]
    return found + [0] * (8 - len(found))

def installed(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None

def satisfied(requirement):
    name, bounds = re.match(r"([\w.-]+)(?:\[[^\]]*\])?(.*)", requirement).groups()
    have = installed(name)
    if have is None:
        return False
    return all(COMPARE[op](numbers(have), numbers(wanted)) for op, wanted in re.findall(r"([<>=!]=?)([\d.]+)", bounds))

def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]

missing, stamps = [], []
if sys.version_info < (3, 10):
    missing.append("Python>=3.10")
for path in sys.argv[1:]:
    text = open(path, encoding="utf-8").read()
    lines = [re.sub(r"#.*|\s", "", line) for line in text.splitlines()]
    missing += [line for line in lines if line and not satisfied(line)]
    pins = open(os.path.join(os.path.dirname(path), "constraints.txt"), encoding="utf-8").read()
    stamps.append("%s %s %s" % (digest(pins + sys.version), digest(text), os.path.basename(path)))
torch = installed("torch")
print(", ".join(missing))
print("Python %d.%d, %s" % (sys.version_info[0], sys.version_info[1], "torch " + torch if torch else "no torch"))
print("\n".join(stamps))
'

setup_say() { printf 'setup: %s\n' "$*" >&2; }

# setup_probe PYTHON FILES…: runs the probe; sets PROBE_MISSING, PROBE_ABOUT and PROBE_STAMPS, or fails if PYTHON does.
setup_probe() {
    local python=$1 answer
    shift
    answer="$("$python" -c "$SETUP_PROBE" "$@" 2>/dev/null)" || return 1
    { IFS= read -r PROBE_MISSING && IFS= read -r PROBE_ABOUT && PROBE_STAMPS="$(cat)"; } <<<"$answer"
}

# setup_stamped FILES…: is each of them installed in .venv, in the versions that it and constraints.txt ask for now?
setup_stamped() {
    local stamp
    [ -e "$SETUP_STAMP" ] && setup_probe "$SETUP_VENV/bin/python" "$@" && [ -z "$PROBE_MISSING" ] || return 1
    while IFS= read -r stamp; do
        grep -qxF -- "$stamp" "$SETUP_STAMP" || return 1
    done <<<"$PROBE_STAMPS"
}

setup_venv_ready() { [ ! -e "$SETUP_UNFINISHED" ] && setup_stamped "$@"; }

# Prints the interpreter to make .venv with: never one inside .venv, which may be about to be deleted. A name found
# on PATH may still not run (pyenv's shims), and Debian's python3 has no ensurepip until python3-venv is installed.
setup_base_python() {
    local name path
    for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
        while IFS= read -r path; do
            if [ -z "$path" ] || [ "$(dirname "$path")" -ef "$SETUP_VENV/bin" ]; then continue; fi
            # 3.11 and not 3.10: the versions in constraints.txt ask for it
            if "$path" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
                printf '%s\n' "$path"
                return
            fi
        done <<<"$(type -aP "$name")"
    done
    setup_say "no Python 3.11 or newer that can make a venv was found (Debian, Ubuntu: apt install python3-venv);" \
        "install one, or point GPLAN_PYTHON at an environment with requirements.txt installed"
    return 1
}

# setup_pip FILE: installs one requirements file into .venv under constraints.txt; pip's words go to stderr.
setup_pip() {
    local file=$1
    local pip=("$SETUP_VENV/bin/python" -m pip --disable-pip-version-check install -q -c "$SETUP_DIR/constraints.txt")
    case "${file##*/}" in
        requirements.txt)
            # alone first: the largest download, and what everything after must leave as it is
            grep -q '^torch[^a-z]' "$file" && { "${pip[@]}" torch >&2 || return; }
            "${pip[@]}" -r "$file" >&2
            ;;
        requirements-deepspeed.txt)
            # its set-up code imports torch and the build tools: they come first, and it must see them (no
            # isolation). DS_BUILD_OPS=0: no operator is compiled now, and no CUDA compiler is needed.
            grep -v '^deepspeed' "$file" | "${pip[@]}" -r /dev/stdin >&2 || return
            DS_BUILD_OPS=0 "${pip[@]}" --no-build-isolation -r "$file" >&2
            ;;
        *) "${pip[@]}" -r "$file" >&2 ;;
    esac
}

# setup_install FILES…: makes .venv if need be and installs the files, one process at a time. A subshell: its end,
# whichever way, closes descriptor 9 and with it the lock. A pip that outlives a killed script still holds it.
setup_install() (
    base="$(setup_base_python)" || exit 1
    exec 9>"$SETUP_DIR/.venv.lock" || exit 1
    # Python's flock and not flock(1), which macOS lacks; the lock belongs to the descriptor and outlives the call
    if ! "$base" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)' 2>/dev/null; then
        setup_say "another script is installing into .venv; waiting for it"
        "$base" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' || exit 1
    fi
    setup_venv_ready "$@" && exit 0 # the other script has done it

    # a cluster image's own settings (pins of its torch, installs into the home folder) don't belong in .venv
    unset PIP_CONSTRAINT PIP_TARGET PIP_PREFIX
    export PIP_USER=0
    trap 'exit 130' INT # else Ctrl-C would look like pip's own failure below and drop the mark
    if [ -e "$SETUP_UNFINISHED" ] || ! "$SETUP_VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        setup_say "making .venv with $base"
        rm -rf "$SETUP_VENV"
        mkdir "$SETUP_VENV" && touch "$SETUP_UNFINISHED" && "$base" -m venv "$SETUP_VENV" >&2 || exit 1
    fi
    touch "$SETUP_UNFINISHED"
    # what was installed under other versions is no longer so once pip starts to change them
    setup_probe "$SETUP_VENV/bin/python" "$@" || exit 1
    stamps="$(grep -- "^${PROBE_STAMPS%% *} " "$SETUP_STAMP" 2>/dev/null)"
    printf '%s\n' "$stamps" >"$SETUP_STAMP"
    for file in "$@"; do
        setup_stamped "$file" && continue
        setup_say "installing ${file##*/} into .venv (minutes the first time)"
        setup_pip "$file" || {
            # pip undoes its own failed steps, so what is in .venv is whole, and without a stamp it is tried again;
            # a pip that was killed (status over 128) undoes nothing
            [ $? -gt 128 ] || rm -f "$SETUP_UNFINISHED"
            setup_say "installing ${file##*/} failed, see pip's message above"
            exit 1
        }
        setup_probe "$SETUP_VENV/bin/python" "$file" || exit 1
        if [ -n "$PROBE_MISSING" ]; then
            setup_say "pip ended well, but .venv lacks $PROBE_MISSING: does it contradict constraints.txt?"
            exit 1
        fi
        printf '%s\n' "$PROBE_STAMPS" >>"$SETUP_STAMP"
    done
    rm -f "$SETUP_UNFINISHED"
)

setup_env() {
    local file files=() where=""
    for file in "$@"; do files+=("$SETUP_DIR/$file"); done

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
        # .venv itself is judged by its stamp, activated or not: it may be half installed at this moment
        if [ -n "$PYTHON" ] && [ ! "$(dirname "$PYTHON")" -ef "$SETUP_VENV/bin" ] &&
            setup_probe "$PYTHON" "${files[@]}" && [ -z "$PROBE_MISSING" ]; then
            where="$PYTHON"
        else
            if ! setup_venv_ready "${files[@]}"; then
                setup_install "${files[@]}" && setup_venv_ready "${files[@]}" || return 1
            fi
            PYTHON="$SETUP_VENV/bin/python"
            where=".venv"
        fi
    fi
    setup_say "using $where ($PROBE_ABOUT)"
    case "$PYTHON" in /*) ;; *) PYTHON="$PWD/$PYTHON" ;; esac # a later cd must not lose it
    case ":$PATH:" in
        *":$(dirname "$PYTHON"):"*) ;;
        *) PATH="$(dirname "$PYTHON"):$PATH" ;; # deepspeed looks for ninja on PATH
    esac
    export PYTHON PATH
}
