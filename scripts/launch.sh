# shellcheck shell=bash
# How a stage's script starts its Python file, once setup_env has set PYTHON:
#
#     setup_training                                             # or setup_env and count_devices, where nothing trains
#     launch "$HERE/finetune.py" "MODEL TRAIN_CSV …" "$@"
#
# Variable X becomes the flag `--x value`, unless it is empty: then the Python default decides. The script's own
# arguments come last, so that they win. Ends in exec: signals reach Python (or torchrun, which passes them on).
#
# CUDA is always driven through torchrun, one process for each device, because a plain `python` that sees several
# devices makes transformers fall back to DataParallel; so is DeepSpeed, on one process as on many. NPROC, NNODES,
# NODE_RANK, MASTER_ADDR and MASTER_PORT are torchrun's --nproc_per_node, --nnodes, --node_rank, --master_addr and
# --master_port.

# count_devices: sets DEVICES (CUDA devices), CORES (that may be used) and, where it is empty, NPROC: one a device; where
# there is none, CPU_PROCESSES, if there are cores for them, or 1.
count_devices() {
    local found
    # one line of words, the last of which are ours, whatever torch prints on the way
    found="$("$PYTHON" -c 'import os, torch
cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
print(torch.cuda.device_count(), cores)' | tail -n 1)" || return 1
    read -r DEVICES CORES <<<"$found"
    local without="${CPU_PROCESSES:-1}"
    NPROC="${NPROC:-$((DEVICES > 0 ? DEVICES : CORES < without ? CORES : without))}"
    [ "$DEVICES" -gt 0 ] || export DS_ACCELERATOR=cpu # or DeepSpeed, where it is installed, looks for one and warns
}

# setup_training: sets up what a trainer needs, and DS_CONFIG: ZeRO-3 on several GPUs of a node unless it says otherwise.
setup_training() {
    setup_env
    count_devices
    if [ "$DEVICES" -eq 0 ]; then
        # glibc returns each large tensor to the kernel when it is freed, and has every page of the next one zeroed anew:
        # of a real backbone's step up to a third of the time (docs/speed.md). Kept, it takes 2 % more at the peak.
        export MALLOC_MMAP_MAX_="${MALLOC_MMAP_MAX_:-0}" MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_:-1099511627776}"
    fi
    if [ -z "$DS_CONFIG" ] && [ "$DEVICES" -gt 0 ] && [ "$NPROC" -gt 1 ]; then
        DS_CONFIG="$SETUP_ROOT/config/ds_z3_bf16.json"
    fi
    if [ "$DS_CONFIG" = none ]; then DS_CONFIG=""; fi
    if [ -n "$DS_CONFIG" ]; then setup_env deepspeed; fi
}

launch() {
    local script=$1 names=$2 name
    shift 2
    "$PYTHON" "$SETUP_ROOT/scripts/variables.py" $names || return 2
    local command=("$script")
    case "${1:-}" in *.yaml | *.yml | *.json) command+=("$1") && shift ;; esac # read first: all flags win over it
    for name in $names; do
        if [ -n "${!name:-}" ]; then
            command+=("--$(printf '%s' "$name" | tr '[:upper:]' '[:lower:]')" "${!name}")
        fi
    done
    command+=("$@")

    if [ "${NNODES:-1}" -gt 1 ]; then
        if [ -z "${NODE_RANK:-}" ] || [ -z "${MASTER_ADDR:-}" ]; then
            echo "NNODES=$NNODES: NODE_RANK and MASTER_ADDR are needed too" >&2
            return 2
        fi
        set -- --nnodes "$NNODES" --node_rank "$NODE_RANK" --master_addr "$MASTER_ADDR" \
            --master_port "${MASTER_PORT:-29500}"
    elif [ "$DEVICES" -gt 0 ] || [ "$NPROC" -gt 1 ] || [ -n "${DS_CONFIG:-}" ]; then
        set -- --standalone # one node; a free port of its own, so that two runs don't meet
    else
        exec "$PYTHON" "${command[@]}"
    fi
    # torchrun's own choice is 1 thread a process; without a limit each would take every core
    export OMP_NUM_THREADS="${OMP_NUM_THREADS:-$((CORES / NPROC > 0 ? CORES / NPROC : 1))}"
    # how long torchrun lets its processes save after a SIGTERM or Ctrl-C; its own 30 s are short for billions
    export TORCH_ELASTIC_SHUTDOWN_TIMEOUT="${TORCH_ELASTIC_SHUTDOWN_TIMEOUT:-600}"
    exec "$PYTHON" "$SETUP_ROOT/scripts/elastic.py" --nproc_per_node "$NPROC" "$@" "${command[@]}"
}

# answer_help SCRIPT PYTHON_FILE "REQUIREMENTS" ARGUMENTS…: where -h, --help or --help_all is among the arguments, prints
# the script's head, its variables and, if an environment is there already, the flags; then exits. Nothing is installed.
answer_help() {
    local script=$1 python_file=$2 requirements=$3 word wanted=""
    shift 3
    for word in "$@"; do
        case "$word" in -h | --help | --help_all) wanted=yes ;; esac
    done
    [ -n "$wanted" ] || return 0
    awk 'NR > 1 { if (!/^#/) exit; if (!/shellcheck/) { sub(/^# ?/, ""); print } }' "$script"
    printf '\nVariables:\n'
    sed -n 's/^\([A-Z0-9_]*\)="\${[A-Z0-9_]*:-[^}]*}" *# *\(.*\)$/  \1: \2/p' "$script"
    # shellcheck disable=SC2086  # names without blanks
    if SETUP_INSTALL=no setup_env $requirements 2>/dev/null; then
        printf '\nFlags:\n'
        exec "$PYTHON" "$python_file" "$@"
    fi
    printf '\nNothing is set up yet; the first call without --help does it, and then --help lists all flags here.\n'
    exit 0
}
