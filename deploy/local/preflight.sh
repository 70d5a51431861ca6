#!/bin/sh
# Check that this machine has what a command needs, before anything is built or started.
#
#   preflight.sh [python] [kafka] [prometheus]   print what is missing and the command that installs it
#   preflight.sh packages                        print only the missing packages, for apt-get (.ci/run)
#
#   python      Python 3.11+, and a C++ compiler and ICU's headers to compile PyICU: enough for .venv
#   kafka       Java 17+ and Maven, for every command that starts a broker
#   prometheus  Prometheus and promtool, for `make up` and the tests of rules and dashboards
#
# Without arguments it checks all three. Exit code 0: nothing is missing; 1: something is; 2: bad argument.
# Plain sh, because it runs before anything else is installed. It respects PYTHON, JAVA_HOME and CXX.
set -u

python=${PYTHON:-python3}
java=java
[ -n "${JAVA_HOME:-}" ] && java=$JAVA_HOME/bin/java
missing=""
apt="" dnf="" brew=""

add_missing() { # $1 what is missing and why it is needed; $2, $3, $4 its packages for apt, dnf and brew
    missing="$missing
  - $1"
    apt="$apt $2" dnf="$dnf $3" brew="$brew $4"
}

check_python() {
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        add_missing "Python 3.11 or newer (tried $python; set PYTHON=... to use another)" \
            "python3 python3-venv python3-dev" "python3.11 python3.11-devel" "python@3.12"
    else
        "$python" -c 'import ensurepip, venv' 2>/dev/null ||
            add_missing "Python's venv module, to create .venv" "python3-venv" "python3" "python@3.12"
        "$python" -c 'import pathlib, sys, sysconfig
sys.exit(not (pathlib.Path(sysconfig.get_paths()["include"]) / "Python.h").exists())' 2>/dev/null ||
            add_missing "Python's headers, to compile PyICU" "python3-dev" "python3-devel" "python@3.12"
    fi
    command -v "${CXX:-g++}" >/dev/null 2>&1 ||
        add_missing "a C++ compiler, to compile PyICU" "g++" "gcc-c++" "gcc"
    if ! command -v pkg-config >/dev/null 2>&1; then
        add_missing "pkg-config and ICU's headers, to compile PyICU" \
            "pkg-config libicu-dev" "pkgconf-pkg-config libicu-devel" "pkg-config icu4c"
    elif ! pkg-config --exists icu-i18n; then
        add_missing "ICU's headers (pkg-config icu-i18n), to compile PyICU" "libicu-dev" "libicu-devel" "icu4c"
    fi
}

check_kafka() {
    # The version line may read "17.0.15", "21" or "1.8.0_392".
    java_major=$("$java" -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -n 1)
    [ "${java_major:-0}" -ge 17 ] ||
        add_missing "Java 17 or newer, to run Kafka (tried $java; set JAVA_HOME to use another)" \
            "openjdk-17-jre-headless" "java-17-openjdk-headless" "openjdk@17"
    command -v mvn >/dev/null 2>&1 || add_missing "Maven, to download Kafka" "maven" "maven" "maven"
}

check_prometheus() {
    # The package also contains promtool. On Debian it starts a service of its own, on port 9090.
    { command -v prometheus && command -v promtool; } >/dev/null 2>&1 ||
        add_missing "Prometheus and promtool, for make up and for the tests of rules and dashboards" \
            "prometheus" "golang-github-prometheus" "prometheus"
}

only_packages=""
case "${1:-}" in
    "") set -- python kafka prometheus ;;
    packages) only_packages=yes; set -- python kafka prometheus ;;
esac
for subject in "$@"; do
    case $subject in
        python | kafka | prometheus) "check_$subject" ;;
        *)
            echo "preflight.sh: unknown argument '$subject'; use python, kafka, prometheus or packages" >&2
            exit 2
            ;;
    esac
done

if [ -n "$only_packages" ]; then
    echo $apt
    exit 0
fi
[ -z "$missing" ] && exit 0

{
    echo "This command needs programs that are not installed:$missing"
    echo
    if command -v apt-get >/dev/null 2>&1; then
        echo "Install them with:  sudo apt-get install$apt"
    elif command -v dnf >/dev/null 2>&1; then
        echo "Install them with:  sudo dnf install$dnf"
    elif command -v brew >/dev/null 2>&1; then
        echo "Install them with:  brew install$brew"
        case $brew in *icu4c*)
            echo "and tell the compiler:  export PKG_CONFIG_PATH=\"\$(brew --prefix icu4c)/lib/pkgconfig\"" ;;
        esac
        case $brew in *openjdk*)
            echo "and tell Holdgate:  export JAVA_HOME=\"\$(brew --prefix openjdk@17)/libexec/openjdk.jdk/Contents/Home\"" ;;
        esac
    else
        echo "On Debian and Ubuntu they are in these packages:$apt"
    fi
    echo "Then run the same command again."
} >&2
exit 1
