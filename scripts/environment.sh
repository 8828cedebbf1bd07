# Sourced by the scripts beside it: makes and updates `.venv`, the environment of this checkout.
# Needs nothing but Python >= 3.11 with its venv module.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv="$root/.venv"

complain() { printf 'hsm-analyzer: %s\n' "$*" >&2; }

find_python() {
    local name
    for name in "${PYTHON:-python3}" python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$name"
            return
        fi
    done
    complain "Python 3.11 or later is needed; PYTHON=/path/to/python names one"
    return 2
}

# environment STAMP PIP-ARGUMENT...: installs once, and again when pyproject.toml changes.
# The stamp is written last, so an interrupted installation is done over.
environment() {
    local stamp="$venv/.installed-$1" wanted python
    shift
    wanted=$(cksum <"$root/pyproject.toml")
    if [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    python=$(find_python) || return
    (
        if command -v flock >/dev/null 2>&1; then
            exec 9>"$root/.venv.lock" && flock 9
            [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && exit 0
        fi
        complain "preparing $venv (first use, or dependencies changed)"
        if [ ! -x "$venv/bin/python" ]; then
            "$python" -m venv "$venv" || {
                complain "'$python -m venv' failed; on Debian and Ubuntu: apt install python3-venv"
                exit 2
            }
        fi
        "$venv/bin/python" -m pip install -q --disable-pip-version-check --upgrade "pip>=25.1" &&
            "$venv/bin/python" -m pip install -q --disable-pip-version-check "$@" &&
            printf '%s\n' "$wanted" >"$stamp" || {
            complain "the dependencies could not be installed (see above)"
            exit 2
        }
    ) >&2
}
