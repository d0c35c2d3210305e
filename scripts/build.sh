# Sourced by ./alexnet and ./test, which set `root`: finds the .NET SDK, tells whether the program is up to date, builds.

artifacts=$root/artifacts
program=$artifacts/bin/AlexNetParallel.Cli/release/alexnet.dll
stamp=$artifacts/alexnet.stamp

# Where a .NET SDK may lie besides PATH.
dotnet_places=("${DOTNET_ROOT:-}" "$HOME/.dotnet" /usr/share/dotnet /usr/lib/dotnet /usr/local/share/dotnet)

say() { printf '%s\n' "$*" >&2; }

# Puts the .NET 10 SDK on PATH, or ends with what to do.
find_dotnet() {
    local place
    if has_sdk dotnet; then return; fi
    for place in "${dotnet_places[@]}"; do
        if [ -n "$place" ] && has_sdk "$place/dotnet"; then
            PATH=$place:$PATH
            return
        fi
    done
    say "alexnet: the .NET 10 SDK is needed to build, and was not found."
    say "  Found:   $(command -v dotnet > /dev/null && dotnet --list-sdks 2> /dev/null | tr '\n' ';' | sed 's/;$//' | grep . || echo 'no .NET SDK')"
    say "  Install: Debian: the package dotnet-sdk-10.0 from Microsoft's package feed, or the script dotnet-install.sh --channel 10.0"
    say "           (https://learn.microsoft.com/dotnet/core/install/linux-debian); then run this again."
    exit 1
}

has_sdk() {
    command -v "$1" > /dev/null && [ -n "$("$1" --list-sdks 2> /dev/null | sed -n '/^10\./p')" ]
}

# True when nothing that the program is built from is newer than the last build. Folders count too: a removed file changes its folder's time.
is_current() {
    [ -f "$program" ] && [ -f "$stamp" ] || return 1
    local sources=() source
    for source in src proto kernels Directory.Build.props Directory.Packages.props global.json .editorconfig; do
        [ -e "$root/$source" ] && sources+=("$root/$source")
    done
    [ -z "$(find "${sources[@]}" -newer "$stamp" -print -quit)" ]
}

# build WHAT MESSAGE: builds a project or solution of the repository in Release, unless another run has just done so (program only). One build at a time:
# concurrent runs wait for the first. The stamp gets the time at which the build began, so that a source changed meanwhile is built next time.
build() {
    local what=$1 message=$2
    mkdir -p "$artifacts"
    (
        flock 9
        if [ "$what" = src/AlexNetParallel.Cli ] && is_current; then exit 0; fi
        say "$message"
        local began log
        began=$(mktemp "$artifacts/began.XXXXXX")
        log=$artifacts/build.log
        trap 'rm -f "$began"' EXIT
        # No build server may outlive this: it would keep the lock and the memory.
        if ! DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 \
            dotnet build "$root/$what" -c Release -v q -nologo --disable-build-servers > "$log" 2>&1 < /dev/null 9>&-; then
            explain_failure "$log"
            exit 1
        fi
        mv -f "$began" "$stamp"
    ) 9> "$artifacts/build.lock"
}

# Shows what the compiler or the restore complained of, each complaint once.
explain_failure() {
    local complaints
    complaints=$(sed -n 's/^ *\(.*: error .*\)$/\1/p' "$1" | sed "s|$root/||g; s| \[[^]]*\]\$||" | awk '!seen[$0]++' | head -20)
    if grep -qE 'error NU(1301|1101|1102|1100)' "$1"; then
        say "alexnet: packages that the build needs could not be fetched. The first build needs a NuGet package source"
        say "  (dotnet nuget list source shows which are set up); once fetched they are kept, and later builds work offline."
    else
        say "alexnet: the build failed."
    fi
    say "${complaints:-$(tail -5 "$1")}"
    say "  Full log: ${1#"$root/"}"
}
