#!/bin/sh
# What this machine lacks to build .venv and run the local stack.
#   preflight.sh            says what is missing and the command that installs it; exit code 1 if anything is
#   preflight.sh packages   only the names of the missing packages, for apt-get (.ci/run)
# Plain sh: it runs where nothing else is installed yet. PYTHON and JAVA_HOME are respected.
set -u

python=${PYTHON:-python3}
java=java
[ -n "${JAVA_HOME:-}" ] && java=$JAVA_HOME/bin/java
missing=""
apt="" dnf="" brew=""

lacks() { # what it is for, then the packages of apt, dnf and brew
    missing="$missing
  - $1"
    apt="$apt $2" dnf="$dnf $3" brew="$brew $4"
}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    lacks "Python 3.11 or newer (looked for: $python; choose one with PYTHON=...)" \
        "python3 python3-venv python3-dev" "python3.11 python3.11-devel" "python@3.12"
else
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        lacks "Python's venv module, for .venv" "python3-venv" "python3" "python@3.12"
    "$python" -c 'import pathlib, sys, sysconfig
sys.exit(not (pathlib.Path(sysconfig.get_paths()["include"]) / "Python.h").exists())' 2>/dev/null ||
        lacks "Python's headers, to compile PyICU" "python3-dev" "python3-devel" "python@3.12"
fi

# "17.0.15", "21" and "1.8.0_392" are all forms of the version line.
java_major=$("$java" -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -n 1)
[ "${java_major:-0}" -ge 17 ] ||
    lacks "Java 17 or newer, to run Kafka (looked for: $java)" "openjdk-17-jre-headless" "java-17-openjdk-headless" "openjdk@17"

command -v mvn >/dev/null 2>&1 || lacks "Maven, to fetch Kafka" "maven" "maven" "maven"
command -v "${CXX:-g++}" >/dev/null 2>&1 || lacks "a C++ compiler, to compile PyICU" "g++" "gcc-c++" "gcc"
if ! command -v pkg-config >/dev/null 2>&1; then
    lacks "pkg-config and ICU's headers, to compile PyICU" "pkg-config libicu-dev" "pkgconf-pkg-config libicu-devel" "pkg-config icu4c"
elif ! pkg-config --exists icu-i18n; then
    lacks "ICU's headers (pkg-config icu-i18n), to compile PyICU" "libicu-dev" "libicu-devel" "icu4c"
fi

# The package also has promtool, which tests the rules. On Debian it starts a service of its own, at port 9090.
if ! { command -v prometheus && command -v promtool; } >/dev/null 2>&1; then
    lacks "Prometheus and promtool, for the local stack and to test rules and dashboards" \
        "prometheus" "golang-github-prometheus" "prometheus"
fi

if [ "${1:-}" = packages ]; then
    echo $apt
    exit 0
fi
[ -z "$missing" ] && exit 0

{
    echo "Holdgate cannot be set up yet. Missing:$missing"
    echo
    if command -v apt-get >/dev/null 2>&1; then
        echo "Install with:  sudo apt-get install$apt"
    elif command -v dnf >/dev/null 2>&1; then
        echo "Install with:  sudo dnf install$dnf"
    elif command -v brew >/dev/null 2>&1; then
        echo "Install with:  brew install$brew"
        echo "and let the compiler see it:  export PKG_CONFIG_PATH=\"\$(brew --prefix icu4c)/lib/pkgconfig\""
        echo "                              export JAVA_HOME=\"\$(brew --prefix openjdk@17)/libexec/openjdk.jdk/Contents/Home\""
    else
        echo "On Debian and Ubuntu the packages are:$apt"
    fi
    echo "Then run the same command again."
} >&2
exit 1
