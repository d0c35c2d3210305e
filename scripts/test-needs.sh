# Sourced by ./test: installs what the tests need besides the .NET SDK. Asks nobody; what cannot be installed is named, and the tests that
# need it are skipped with that reason.

# Debian packages that are there when dpkg says so, and commands with the package that brings them.
packages=(libturbojpeg0 libpng16-16 python3 python3-grpcio python3-protobuf python3-numpy python3-onnx openmpi-bin slurm-wlm munge)
declare -A commands=([node]=nodejs [npm]=npm)

install_needs() {
    local missing=() package command
    for package in "${packages[@]}"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null)" = installed ] || missing+=("$package")
    done
    for command in "${!commands[@]}"; do
        command -v "$command" > /dev/null || missing+=("${commands[$command]}")
    done
    if [ ${#missing[@]} -gt 0 ]; then install_packages "${missing[@]}"; fi
    install_node_modules
}

install_packages() {
    local as=()
    if ! command -v apt-get > /dev/null; then
        say "Not installed, and this is not a Debian system: the equivalents of $*. The tests that need them are skipped."
        return
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2> /dev/null; then
            say "Not installed, and only root may: $*. The tests that need them are skipped; to have them: sudo apt-get install $*"
            return
        fi
        as=(sudo -n)
    fi
    say "Installing Debian packages that tests need: $*"
    local log=$artifacts/apt.log
    mkdir -p "$artifacts"
    if ! { "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update \
        && "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } > "$log" 2>&1 < /dev/null; then
        say "  apt-get could not install them ($(grep '^E:' "$log" | head -1)); the tests that need them are skipped. Full log: ${log#"$root/"}"
    fi
}

# Each folder under tests/ with a package-lock.json, unless what it names is installed already.
install_node_modules() {
    command -v npm > /dev/null || return 0
    mkdir -p "$artifacts"
    local lock folder
    while IFS= read -r lock; do
        folder=$(dirname "$lock")
        [ "$lock" -nt "$folder/node_modules/.package-lock.json" ] || continue
        say "Installing npm packages that tests need: ${folder#"$root/"}"
        if ! npm ci --ignore-scripts --prefix "$folder" --no-audit --no-fund > "$artifacts/npm.log" 2>&1 < /dev/null; then
            say "  npm could not install them; the tests that need them are skipped. Full log: artifacts/npm.log"
        fi
    done < <(find "$root/tests" -name node_modules -prune -o -name package-lock.json -print)
}
