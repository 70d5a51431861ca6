"""Cut names: words of which only the beginning is left, and names that break off inside a word.

Payment systems cut names at the length of a field (Elena Borisnova ZH for ZHIROVA, Elena Borisnova), and
people shorten all long words (CRUIS MISSI INDUS GROUP). The query builder asks `cut_words` for the words that
stand for all listed ones that they begin. The few letters that are left at the end of a name stand for too
many; `align_cut_names` finds what they continue by the words before them.
"""

from collections.abc import Iterator, Sequence

from holdgate.core.names.index.inverted_index import Index
from holdgate.core.names.matching.alignment import Alignment, align
from holdgate.core.names.matching.pairing import Pair, pair_up
from holdgate.core.names.matching.query import ParsedQuery
from holdgate.core.names.words.token_weights import ordinary_names, ordinary_share
from holdgate.core.names.words.tokens import Token
from holdgate.core.names.words.word_classes import GROUPS, Group

MIN_CUT_LETTERS = 4
"""Letters from which the last word of a name of any length may be the beginning of a listed one."""
MIN_CUT_WORDS = 2
"""Words of a company's name that are cut if any but the last is (SEVER ENERG KOMPA)."""
MIN_WORDS_OF_ONE_LENGTH = 3
"""Words of one length, none longer, from which one that is cut says that all are."""
MAX_BEARERS = 200
"""Listed names with the rarest word of a name above which its words say too little to complete it."""
MIN_EVIDENCE_BEFORE_CUT = 6.0
"""Nats of the words before the cut."""
MIN_EVIDENCE_BEFORE_ORDINARY: dict[Group, float] = {"person": 18.0, "entity": 14.0, "vessel": 14.0}
"""The same where the last word is one that ordinary names have: Mohammed Ali Shah is not SHAHIN."""
MIN_LETTERS_CUT_OFF_ORDINARY = 2
"""Letters that are missing at the end of such a word: Varga is another name than VARGAS, however rare the
names before it."""
FIRST_LETTER_GAIN, LETTER_GAIN = 1.0, 1.5
"""Nats of the letters that are left of a word, the first and each further one."""


def cut_words(tokens: Sequence[Token], index: Index, group: int) -> list[int]:
    """Return the positions of the words that may be cut: the last, and in a company's name others too.

    One word that begins a listed one may be a name of its own, so two of them have to be cut. If no word is
    longer than these, all are cut to one length, and listed or ordinary words of this length may be cut too
    (SINO METAL & MINME INDUS).
    """
    last = len(tokens) - 1
    if GROUPS[group] == "entity":
        cut = [i for i, token in enumerate(tokens) if _may_be_cut(token, index)]
        legal = len([token for token in tokens if token.kind == "legal" and _is_cut_legal_word(token)])
        if cut or legal:
            longest = max(len(token.written) for token in tokens)
            same = [i for i, token in enumerate(tokens) if len(token.written) == longest]
            if len(same) >= MIN_WORDS_OF_ONE_LENGTH and all(len(tokens[i].form) == longest for i in cut):
                return [i for i in same if tokens[i].kind == "word"]
            if cut and len(cut) + legal >= MIN_CUT_WORDS:
                return cut
    return [last] if _may_be_cut(tokens[last], index) else []


def _may_be_cut(token: Token, index: Index) -> bool:
    """Return whether a word that is neither listed nor ordinary begins a listed one."""
    form, vocabulary = token.form, index.vocabulary
    return (
        token.kind == "word"
        and token.script == "Latin"
        and len(form) >= MIN_CUT_LETTERS
        and form not in vocabulary.ids
        and form not in ordinary_names().counts
        and bool(vocabulary.starting_with(form))
    )


def _is_cut_legal_word(token: Token) -> bool:
    return token.written != token.form and token.form.startswith(token.written)


def align_cut_names(query: ParsedQuery, index: Index) -> Iterator[tuple[int, Alignment]]:
    """Yield the listed names of which the query is the beginning, aligned with it.

    The order is that of the list, or the given name is first. All words but the last are spelt as listed, and
    the last is the beginning of the next.
    """
    *whole, last = query.tokens
    if not whole or last.kind not in ("word", "initial") or last.script != "Latin" or not last.form.isalpha():
        return
    group = GROUPS.index(query.group)
    tokens = [index.vocabulary.ids.get(token.form, -1) for token in whole]
    if -1 in tokens or not index.vocabulary.sorted_forms.has_longer(last.form):
        return
    weights = index.weights[group]
    min_evidence, min_letters = MIN_EVIDENCE_BEFORE_CUT, 1
    if ordinary_share(last.form, query.group):
        min_evidence, min_letters = MIN_EVIDENCE_BEFORE_ORDINARY[query.group], MIN_LETTERS_CUT_OFF_ORDINARY
    if sum([weights[token] for token in tokens]) < min_evidence:
        return
    rarest = min(tokens, key=lambda token: index.count(group, token))
    if index.count(group, rarest) > MAX_BEARERS:
        return
    for record in index.records(group, rarest):
        position = _position_of_cut(tokens, last.form, min_letters, index, record)
        if position >= 0:
            weight = weights[index.tokens_of(record)[position]]
            gain = min(weight, FIRST_LETTER_GAIN + LETTER_GAIN * (len(last.form) - 1))
            cut = Pair(gain, (len(whole),), (position,), "prefix")
            pairs = [
                pair
                for pair in pair_up(query, index, record)
                if len(whole) not in pair.query and position not in pair.listed
            ]
            yield record, align(query, index, record, [*pairs, cut], is_cut=True)


def _position_of_cut(whole: list[int], last: str, min_letters: int, index: Index, record: int) -> int:
    """Return the position of the word in the listed name that is cut by so many letters, else -1."""
    listed = index.tokens_of(record)
    size = len(whole)
    if len(listed) <= size:
        return -1
    forms = index.vocabulary.forms
    for start in dict.fromkeys((0, index.family_name_lengths[record])):
        ordered = listed[start:] + listed[:start]
        if ordered[:size] == whole:
            cut = forms[ordered[size]]
            if len(cut) >= len(last) + min_letters and cut.startswith(last):
                return (start + size) % len(listed)
    return -1
