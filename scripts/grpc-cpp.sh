#!/usr/bin/env bash
# Builds artifacts/grpc-cpp/grpc_peer (src/GrpcPeer), which moves the exchange's messages by C++ gRPC: `alexnet bench comm` sets it beside our own. Needs g++ and the C++ library of gRPC
# (Debian: g++ pkg-config libgrpc++-dev); says so and ends with 1 where they are missing.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source=$root/src/GrpcPeer/grpc_peer.cpp
output=$root/artifacts/grpc-cpp

if ! command -v g++ > /dev/null || ! pkg-config --exists grpc++ 2> /dev/null; then
    printf 'C++ gRPC is not installed (Debian: apt-get install g++ pkg-config libgrpc++-dev); nothing is compared with it.\n' >&2
    exit 1
fi
mkdir -p "$output"
exec 9> "$output/.lock"
if command -v flock > /dev/null; then flock 9; fi
[ "$output/grpc_peer" -nt "$source" ] && exit 0
read -ra flags <<< "$(pkg-config --cflags --libs grpc++ | tr '\n' ' ')"
g++ -std=c++17 -O2 -Wall -Wextra -o "$output/grpc_peer.new" "$source" "${flags[@]}" -lpthread
mv "$output/grpc_peer.new" "$output/grpc_peer"
