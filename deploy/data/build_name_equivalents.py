"""Regenerate the tables of equivalents in services/holdgate/core/names/data from rigour and nicknames.

    pip download --no-deps --no-binary rigour rigour==2.6.1 && tar xzf rigour-2.6.1.tar.gz
    pip install nicknames==1.0.1
    python deploy/data/build_name_equivalents.py rigour-2.6.1/rust/data/names

rigour's `person_names.txt` has the names of Wikidata (CC0), a line with all spellings of each. Each line of
the table has those in Latin, Cyrillic and Greek letters, romanised. Of spellings that the phonetic key makes
equal, one is kept. Left out are names of several words, and names of one Chinese character or Korean
syllable, whose romanisations stand for many other names. Of the words of organisations in rigour's
`symbols.json` the table has the single words that are no legal form.
"""

import gzip
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

import msgspec

from holdgate.core.characters.folding import fold
from holdgate.core.names.index.equivalents import ROMANISED, spelling_key
from holdgate.core.names.words.tokens import Token, scripts_of, split_name, tokenize_word
from holdgate.core.names.words.word_classes import LEGAL

DATA = Path(__file__).parents[2] / "services" / "holdgate" / "core" / "names" / "data"
WITHOUT_SPACES = frozenset({"Han", "Hangul"})
MIN_LETTERS = 3
"""Letters of a romanised spelling; shorter ones stand for too many names."""
NO_TRADE = frozenset({"татнефть", "almaz", "алмаз", "mali", "лаборатория", "шкурка"})
"""Words of rigour's table that are rather the names of companies or places."""


def _token(alias: str) -> Token | None:
    """Return the only token of a spelling, its article apart; None if it has several."""
    tokens = [token for word in split_name(fold(alias).casefold()) for token in tokenize_word(word)]
    if len(tokens) == 2 and tokens[0].form == "al":
        tokens = tokens[1:]
    return tokens[0] if len(tokens) == 1 else None


def _group(aliases: list[str]) -> str | None:
    """Return the line of a table for these spellings, None if fewer than two are left."""
    romanised: dict[str, str] = {}
    for alias in aliases:
        scripts = scripts_of(alias)
        if len(scripts) != 1 or not scripts <= ROMANISED or (token := _token(alias)) is None:
            continue
        if len(token.form) >= MIN_LETTERS and token.form.isalpha() and token.form not in LEGAL:
            romanised.setdefault(spelling_key(token.form, token.phonetic_key), token.form)
    return " ".join(sorted(romanised.values())) if len(romanised) > 1 else None


def _person_names(names: Path) -> Iterator[str | None]:
    symbols = msgspec.json.decode((names / "symbols.json").read_bytes())
    lines = (names / "person_names.txt").read_text(encoding="utf-8").splitlines()
    groups = [line.partition(" => ")[0].split(", ") for line in lines]
    for aliases in (*groups, *symbols["person_name_parts"].values()):
        if not any(len(alias) == 1 and WITHOUT_SPACES & scripts_of(alias) for alias in aliases):
            yield _group(aliases)


def _company_words(symbols: Path) -> Iterator[str | None]:
    tables = msgspec.json.decode(symbols.read_bytes())
    for aliases in (*tables["org_symbols"].values(), *tables["org_domains"].values()):
        yield _group([alias for alias in aliases if alias.casefold() not in NO_TRADE])


def _nicknames(symbols: Path) -> Iterator[str]:
    """Yield each name with its nicknames, of the package `nicknames` and of rigour."""
    by_name: defaultdict[str, set[str]] = defaultdict(set)
    table = resources.files("nicknames").joinpath("names.csv").read_text(encoding="utf-8")
    for line in table.splitlines()[1:]:
        name, _, nickname = line.split(",")
        by_name[name].add(nickname)
    for names in msgspec.json.decode(symbols.read_bytes())["person_nick"].values():
        nickname, *full = sorted(map(str.casefold, names), key=len)
        for name in full:
            by_name[name].add(nickname)
    for name in sorted(by_name):
        yield name + "\t" + " ".join(sorted(by_name[name] - {name}))


def _text(lines: Iterable[str | None]) -> str:
    return "".join(f"{line}\n" for line in sorted({line for line in lines if line}))


def main(names: Path) -> None:
    """Build the tables from this folder of rigour's sources."""
    people = _text(_person_names(names))
    (DATA / "name-equivalents.tsv.gz").write_bytes(gzip.compress(people.encode(), 9, mtime=0))
    symbols = names / "symbols.json"
    (DATA / "nicknames.tsv").write_text(_text(_nicknames(symbols)), encoding="utf-8")
    (DATA / "company-words.tsv").write_text(_text(_company_words(symbols)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
