#!/usr/bin/env bash
# Builds the software CUDA device (src/SoftCuda): a libcuda.so.1 and a libcublas.so.11 that run the real compiler's PTX on this processor.
# Needs g++, and NVIDIA's runtime compiler NVRTC from Debian's non-free section; installs what is missing where it may, else says what that is.
#
#   scripts/soft-cuda.sh            build into artifacts/softcuda, unless that is up to date
#   scripts/soft-cuda.sh --needs    install g++ and NVRTC only
#   scripts/soft-cuda.sh --prove    also build artifacts/softcuda/prove, the program of tests/AlexNetParallel.SoftCuda.Tests
#   scripts/soft-cuda.sh --report   also write docs/measurements/kernels.md with it
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source_folder=$root/src/SoftCuda
output=$root/artifacts/softcuda

say() { printf '%s\n' "$*" >&2; }

has_nvrtc() {
    # Not grep -q: it stops reading at the first match, and now and then that ends ldconfig by a signal, which counts as "not found".
    ldconfig -p 2> /dev/null | grep 'libnvrtc\.so\.' > /dev/null || ls /usr/local/cuda*/lib64/libnvrtc.so.* > /dev/null 2>&1
}

# The machine's own Debian entry, with the components that NVRTC is in. It has to name the same mirror and the same key, else apt refuses the pair.
add_non_free() {
    local list=/etc/apt/sources.list.d/alexnet-non-free.sources
    [ -e "$list" ] && return 0
    apt-cache policy libnvrtc11.2 2> /dev/null | grep -q 'Candidate: [0-9]' && return 0
    local entry uri suite key
    entry=$(awk 'BEGIN { RS = "" } /^Types:/ || /\nTypes:/ { if (!found && $0 !~ /security/) { print; found = 1 } }' /etc/apt/sources.list.d/debian.sources 2> /dev/null || true)
    uri=$(sed -n 's/^URIs: *//p' <<< "$entry" | head -1)
    suite=$(sed -n 's/^Suites: *//p' <<< "$entry" | awk '{ print $1; exit }')
    key=$(sed -n 's/^Signed-By: *//p' <<< "$entry" | head -1)
    if [ -z "$uri" ]; then # the older format: deb [options] uri suite components
        read -r uri suite < <(sed -n 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\)  *\([^ ]*\) .*/\2 \3/p' /etc/apt/sources.list 2> /dev/null | head -1) || true
    fi
    if [ -z "$uri" ] || [ -z "$suite" ]; then
        say "Found no Debian source to take the mirror from; add the components 'contrib non-free' yourself, then install libnvrtc11.2."
        return 1
    fi
    say "Adding the components 'contrib non-free' of the machine's own Debian mirror: $list"
    {
        echo "Types: deb"
        echo "URIs: $uri"
        echo "Suites: $suite"
        echo "Components: contrib non-free"
        [ -n "$key" ] && echo "Signed-By: $key"
    } > "$list"
}

install_needs() {
    local missing=()
    command -v g++ > /dev/null || missing+=(g++)
    has_nvrtc || missing+=(libnvrtc11.2 libnvrtc-builtins11.8)
    [ ${#missing[@]} -eq 0 ] && return 0
    if ! command -v apt-get > /dev/null || [ "$(id -u)" -ne 0 ]; then
        say "Missing: ${missing[*]} (g++ compiles the translated kernels, NVRTC the CUDA sources)."
        say "On Debian, as root, with the components 'contrib non-free' among the sources: apt-get install ${missing[*]}"
        say "Elsewhere: a C++ compiler by the name of g++, and NVRTC of a CUDA toolkit, 11.2 or later."
        return 1
    fi
    mkdir -p "$root/artifacts"
    local log=$root/artifacts/soft-cuda-apt.log
    if [[ " ${missing[*]} " == *nvrtc* ]]; then add_non_free; fi
    say "Installing with apt-get: ${missing[*]}"
    if ! { DEBIAN_FRONTEND=noninteractive apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } > "$log" 2>&1 < /dev/null; then
        say "apt-get could not: $(grep '^E:' "$log" | head -1). Full log: ${log#"$root/"}"
        return 1
    fi
}

# Compiles each file by itself, so that a change costs little; links into a new file that takes the old one's place at once.
build() {
    local objects=$output/objects changed=0 file object
    mkdir -p "$objects"
    cp -u "$source_folder"/kernel_abi.h "$source_folder"/kernel_runtime.h "$output/"
    local newest_header
    newest_header=$(ls -t "$source_folder"/*.h | head -1)
    for file in "$source_folder"/*.cpp; do
        object=$objects/$(basename "$file" .cpp).o
        [ "$object" -nt "$file" ] && [ "$object" -nt "$newest_header" ] && continue
        g++ -std=c++20 -O2 -Wall -Wextra -fPIC -fvisibility=hidden -c "$file" -o "$object"
        changed=1
    done
    if [ $changed = 1 ] || [ ! -e "$output/libcuda.so.1" ]; then
        g++ -shared -Wl,-soname,libcuda.so.1 -o "$output/libcuda.so.1.new" "$objects"/*.o -lpthread -ldl
        mv "$output/libcuda.so.1.new" "$output/libcuda.so.1"
    fi
    file=$source_folder/cublas/cublas.cpp
    if [ ! "$output/libcublas.so.11" -nt "$file" ]; then
        g++ -std=c++20 -O3 -march=native -ffp-contract=off -Wall -Wextra -fPIC -fvisibility=hidden -shared -Wl,-soname,libcublas.so.11 \
            -o "$output/libcublas.so.11.new" "$file" "$output/libcuda.so.1" -Wl,-rpath,'$ORIGIN'
        mv "$output/libcublas.so.11.new" "$output/libcublas.so.11"
    fi
}

build_prove() {
    local folder=$root/tests/AlexNetParallel.SoftCuda.Tests/prove
    [ -e "$output/prove" ] && [ -z "$(find "$folder" -newer "$output/prove" -print -quit)" ] && return 0
    g++ -std=c++20 -O1 -Wall -Wextra -I"$folder" -o "$output/prove.new" "$folder"/*.cpp -ldl
    mv "$output/prove.new" "$output/prove"
}

install_needs
[ "${1:-}" = --needs ] && exit 0
# One at a time: tests and ./alexnet may ask at once.
mkdir -p "$output"
exec 9> "$output/.lock"
if command -v flock > /dev/null; then flock 9; fi
build
case ${1:-} in
    --prove) build_prove ;;
    --report)
        build_prove
        "$output/prove" report "$root/kernels" "$root/docs/measurements/kernels.md"
        ;;
esac
say "The software CUDA device is in ${output#"$root/"}"
