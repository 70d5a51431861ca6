#!/bin/sh
# Measure matching on the full lists and the reference data: write docs/data/quality.json and docs/quality.md.
# Usage: deploy/quality.sh HOLDGATE [PYTHON]; PYTHON is by default the python beside the command HOLDGATE.
set -eu
holdgate=$1
python=${2:-$(dirname "$holdgate")/python}
data=../shared/data
if [ ! -d "$data" ]; then
    echo "The reference data (ordinary names, labelled pairs) is not at $data; see holdgate quality --help" >&2
    exit 1
fi
ofac=$data/lists/ofac/sdn-2023-12-28
un=$data/lists/un/consolidated.2026-02.xml
report=$("$holdgate" quality --lists "ofac=$ofac" "un=$un" --data "$data" --size 200 --seed 7 --ablation --json)
printf '%s\n' "$report" | "$python" -m json.tool --no-ensure-ascii --indent 1 >docs/data/quality.json
"$python" -m bench.quality_page
echo "docs/data/quality.json and docs/quality.md are written"
