#!/usr/bin/env bash
# The loss of one run on the CPU and on two CUDA devices side by side: the tables of docs/measurements/cuda-curves.md.
#   scripts/cuda-curves.sh FOLDER WIDTH [options of ./alexnet train]
# Trains on the CPU, on CUDA by peer and on CUDA by grpc, in FOLDER/cpu, FOLDER/peer and FOLDER/grpc; a run that was cut short goes on. Then prints, for every WIDTH
# steps, the mean loss of each and the largest difference of a single step's, the tests, whether peer and grpc have ended with the same weights, and whether CUDA is
# within the tolerance of docs/measurements/cuda-curves.md: exit status 1 where not.
# CUDA_DRIVER=real takes the machine's GPUs; by default the software devices stand for them.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
[ $# -ge 2 ] || { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
folder=$1 width=$2
shift 2
mkdir -p "$folder"

train() {
    local run=$folder/$1 lines=$folder/$1/metrics.jsonl
    shift
    if [ -e "$lines" ] && grep -q '"event":"done"' "$lines" && ! grep '"event":"done"' "$lines" | tail -1 | grep -q '"interrupted":true'; then return; fi
    if [ -e "$run/recipe.yaml" ]; then set -- --run "$run" --resume "$@"; else set -- --run "$run" "${options[@]}" "$@"; fi
    "$root/alexnet" train --json "$@" > /dev/null
}

options=("$@")
cuda=(--device cuda --driver "${CUDA_DRIVER:-soft}")
train cpu
train peer "${cuda[@]}" --transport peer
train grpc "${cuda[@]}" --transport grpc

# "step 12 2.345" and "test 78 0.123 0.04" for each line of a run.
numbers() {
    sed -n -e 's/^{"event":"step","step":\([0-9]*\),.*"loss":\([-+.0-9eE]*\),.*/step \1 \2/p' \
        -e 's/^{"event":"test","step":\([0-9]*\),.*"loss":\([-+.0-9eE]*\),"top1_error":\([.0-9eE-]*\),.*/test \1 \2 \3/p' "$folder/$1/metrics.jsonl"
}

weights() { sed -n 's/.*"event":"done".*"weights_sha256":"\([0-9a-f]*\)".*/\1/p' "$folder/$1/metrics.jsonl" | tail -1; }

outside=0
awk -v width="$width" '
    function abs(x) { return x < 0 ? -x : x }
    function held(what, found, most) { # CUDA against the CPU
        printf "%s %s: %.1e, at most %.1e\n", found <= most ? "within " : "OUTSIDE", what, found, most
        if (found > most) outside = 1
    }
    FNR == 1 { file++ }
    $1 == "step" { loss[file, $2] = $3; if ($2 > last) last = $2 }
    $1 == "test" { tested[$2] = 1; test[file, $2] = $3; wrong[file, $2] = $4 }
    END {
        print "| steps | CPU | CUDA, peer | CUDA, grpc | largest difference of a step, CPU to CUDA |"
        print "|---|--:|--:|--:|--:|"
        for (first = 1; first <= last; first += width) {
            end = first + width - 1 < last ? first + width - 1 : last
            split("", sum); worst = 0
            for (s = first; s <= end; s++) {
                for (f = 1; f <= 3; f++) sum[f] += loss[f, s]
                apart = abs(loss[1, s] - loss[2, s])
                if (apart > worst) worst = apart
                part = apart / loss[1, s]
                if (s <= 3 && part > early) early = part
                if (s > 3 && s <= 8 && part > soon) soon = part
            }
            n = end - first + 1
            apart = abs(sum[1] - sum[2]) / n
            if (apart > windows) windows = apart
            printf "| %d to %d | %.4f | %.4f | %.4f | %.1e |\n", first, end, sum[1] / n, sum[2] / n, sum[3] / n, worst
        }
        header = 0
        for (s = 1; s <= last; s++) if (tested[s]) {
            if (!header++) print "\n| test after step | CPU: loss, error | CUDA, peer: loss, error | CUDA, grpc: loss, error |\n|--:|---|---|---|"
            printf "| %d | %.4f, %.2f %% | %.4f, %.2f %% | %.4f, %.2f %% |\n", s, test[1, s], 100 * wrong[1, s], test[2, s], 100 * wrong[2, s], test[3, s], 100 * wrong[3, s]
            final = abs(wrong[1, s] - wrong[2, s])
        }
        print ""
        held("steps 1 to 3, part of the loss", early, 1e-4)
        held("steps 4 to 8, part of the loss", soon, 0.01)
        held("mean loss of " width " steps", windows, 0.15)
        if (header) held("error of the last test", final, 0.03)
        exit outside
    }' <(numbers cpu) <(numbers peer) <(numbers grpc) || outside=1
if [ "$(weights peer)" = "$(weights grpc)" ]; then
    printf '\nThe weights at the end, peer and grpc: the same bits (sha256 %s).\n' "$(weights peer | cut -c1-16)"
else
    printf '\nThe weights at the end, peer and grpc: DIFFERENT.\n'
    outside=1
fi
exit $outside
