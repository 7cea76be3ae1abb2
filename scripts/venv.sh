#!/usr/bin/env bash
# Makes the environment $2 of the interpreter $1 and installs the tools that
# pyproject.toml pins there. Leaves the stamp $2/tools for make.
set -euo pipefail
python=$1 venv=$2

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
    echo "rsock needs Python 3.10 or newer, and $python is $("$python" -V 2>&1): name another with PYTHON=..." >&2
    exit 1
}
if [ ! -x "$venv/bin/python" ]; then
    echo "Making $venv"
    "$python" -m venv "$venv" || {
        echo "$python cannot make a virtual environment: install its venv module (Debian: apt-get install python3-venv)" >&2
        exit 1
    }
fi
echo "Installing the pinned tools into $venv"
export PIP_DISABLE_PIP_VERSION_CHECK=1
# dependency groups came with pip 25.1, and a new environment may have an older one
"$venv/bin/python" -m pip install --quiet pip==26.3
"$venv/bin/python" -m pip install --quiet --group dev
touch "$venv/tools"
