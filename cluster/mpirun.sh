#!/usr/bin/env bash
# A run under Open MPI's launcher: the coordinator here, and a worker for each process that mpirun starts. See docs/cluster.md for what to change.
#
#   cluster/mpirun.sh -n 2 --host node0,node1 -- --recipe cifar10-two-tower --data /data/cifar10 --run runs/cifar
#
# The words before -- are mpirun's, those after it are of `alexnet coordinator`. mpirun brings the processes to their hosts and ends them; activations cross by gRPC, as
# everywhere between hosts, or by MPI itself with --transport mpi after --.
#
# Environment:
#   ALEXNET_PROGRAM   the program on all hosts [this checkout's ./alexnet, which must lie at the same place there]
#   ALEXNET_SHARED    folder that all hosts see, for the secret by which the processes know each other [the current folder]
#   ALEXNET_ADDRESS   name or address of this host for the others [hostname]
#   ALEXNET_PORT      port of the coordinator [7000]
#   ALEXNET_WORKER    further words of `alexnet worker`, such as "--threads 8"
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
program=${ALEXNET_PROGRAM:-$root/alexnet}
address=${ALEXNET_ADDRESS:-$(hostname)}:${ALEXNET_PORT:-7000}

fail() { printf 'mpirun.sh: %s\n' "$*" >&2; exit 2; }

launch=() workers=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case $1 in
        -h | --help) sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
        -n | -np) workers=${2:-} ;;
    esac
    launch+=("$1")
    shift
done
[ "${1:-}" = -- ] && shift
[[ $workers =~ ^[1-9][0-9]*$ ]] || fail "found no number of workers; expected -n N among the words of mpirun, before -- (see --help)"
command -v mpirun > /dev/null || fail "found no mpirun; expected Open MPI (Debian: openmpi-bin) in PATH"

# A secret that only this run's processes can read; it crosses the network in plain text (docs/rpc.md).
secret=$(mktemp "${ALEXNET_SHARED:-$PWD}/.alexnet-mpirun.XXXXXX")
coordinator=
finish() {
    local code=$?
    trap - EXIT INT TERM
    rm -f "$secret"
    if [ -n "$coordinator" ]; then kill "$coordinator" 2> /dev/null || true; wait "$coordinator" 2> /dev/null || true; fi
    exit "$code"
}
trap finish EXIT
trap 'exit 143' TERM
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$secret"

transport=(--transport grpc)
case " $* " in *" --transport"*) transport=() ;; esac
# Open MPI would tie each of two processes to one core, all of its threads with it.
case " ${launch[*]} " in *" --bind-to "*) ;; *) launch=(--bind-to none "${launch[@]}") ;; esac

"$program" coordinator --listen "$address" "${transport[@]}" --workers "$workers" --trusted-network-token "$secret" "$@" &
coordinator=$!
# Open MPI's rank is the worker's rank. Without a worker the coordinator ends the run, and without the coordinator the workers end themselves.
mpirun "${launch[@]}" bash -c 'exec "$0" worker --coordinator "$1" --rank "$OMPI_COMM_WORLD_RANK" --listen "$(hostname):0" --trusted-network-token "$2" $3' \
    "$program" "$address" "$secret" "${ALEXNET_WORKER:-}" < /dev/null 1>&2 &
launcher=$!
# A Ctrl-C reaches the coordinator too, which ends the run in order: wait for it.
trap 'kill -INT "$coordinator" 2> /dev/null || true' INT
code=0
while kill -0 "$coordinator" 2> /dev/null; do wait "$coordinator" && code=0 || code=$?; done
coordinator=
wait "$launcher" || true
exit "$code"
