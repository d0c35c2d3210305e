#!/usr/bin/env bash
# A run on plain hosts: starts the coordinator here and a worker on each host through ssh, over gRPC with mutual TLS, and ends all of them, whatever happens.
# See docs/cluster.md.
#
#   cluster/hosts.sh node0 node1 -- --recipe cifar10-two-tower --data /data/cifar10
#   cluster/hosts.sh node0=10.0.0.1 node1=10.0.0.2 -- --steps 100 --json
#
# HOST is what ssh is given; HOST=ADDRESS where others reach it by another name. The coordinator runs here, and listens on the first host's address: call
# this on the first host. The words after -- are those of `alexnet coordinator`; the number of workers is the number of hosts.
#
# Environment:
#   ALEXNET_SHELL         command that runs a line on a host: called with the host and the line [ssh -o BatchMode=yes]
#   ALEXNET_REMOTE        the program on the hosts [this checkout's ./alexnet, which must lie at the same place there]
#   ALEXNET_CERTIFICATES  folder of certificates; made if need be, and each host's part is copied to the same place there [~/.alexnet/certificates]
#   ALEXNET_PORT          port of the coordinator [7000]; workers listen on the ports after it
#   ALEXNET_WORKER        further words of `alexnet worker`, such as "--threads 8"
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
read -ra shell <<< "${ALEXNET_SHELL:-ssh -o BatchMode=yes}"
program=${ALEXNET_REMOTE:-$root/alexnet}
certificates=${ALEXNET_CERTIFICATES:-$HOME/.alexnet/certificates}
port=${ALEXNET_PORT:-7000}

fail() { printf 'hosts.sh: %s\n' "$*" >&2; exit 2; }

names=() addresses=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case $1 in
        -h | --help) sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
        -*) fail "found $1; expected hosts, then -- and the words of alexnet coordinator" ;;
    esac
    names+=("${1%%=*}")
    addresses+=("${1#*=}")
    shift
done
[ "${1:-}" = -- ] && shift
[ ${#names[@]} -gt 0 ] || fail "found no host; expected HOST or HOST=ADDRESS, one for each worker (see --help)"

on() { "${shell[@]}" "$1" "$2"; }

pids=()
finish() {
    local code=$?
    trap - EXIT INT TERM
    if [ ${#pids[@]} -gt 0 ]; then kill "${pids[@]}" 2> /dev/null || true; wait "${pids[@]}" 2> /dev/null || true; fi
    exit "$code"
}
trap finish EXIT
trap 'exit 143' TERM

mkdir -p "$certificates"
for i in "${!names[@]}"; do
    [ -f "$certificates/${names[i]}.crt" ] || "$root/alexnet" cluster certs "$certificates" "${names[i]}=${names[i]},${addresses[i]}" > /dev/null
    # The authority's key stays here.
    tar -C "$certificates" -c ca.crt "${names[i]}.crt" "${names[i]}.key" \
        | on "${names[i]}" "umask 077 && mkdir -p '$certificates' && tar -C '$certificates' -x" \
        || fail "the certificate could not be brought to ${names[i]}: does '${shell[*]} ${names[i]} true' work?"
done

"$root/alexnet" coordinator --listen "${addresses[0]}:$port" --transport grpc --workers "${#names[@]}" \
    --certificates "$certificates" --node "${names[0]}" "$@" &
coordinator=$!
pids+=("$coordinator")
for i in "${!names[@]}"; do
    on "${names[i]}" "exec '$program' worker --coordinator '${addresses[0]}:$port' --rank $i --listen '${addresses[i]}:$((port + 1 + i))' \
        --certificates '$certificates' --node '${names[i]}' ${ALEXNET_WORKER:-}" < /dev/null 1>&2 &
    pids+=($!)
done

# A Ctrl-C reaches the coordinator too, which ends the run in order: wait for it.
trap 'kill -INT "$coordinator" 2> /dev/null || true' INT
code=0
while kill -0 "$coordinator" 2> /dev/null; do wait "$coordinator" && code=0 || code=$?; done
# The workers end by themselves when the run has ended.
for _ in $(seq 50); do
    alive=0
    for pid in "${pids[@]}"; do if kill -0 "$pid" 2> /dev/null; then alive=1; fi; done
    if [ $alive = 0 ]; then pids=(); break; fi
    sleep 0.1
done
exit "$code"
