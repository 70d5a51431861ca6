"""Find listed names that stand in a name field beside other words, as the search in text finds them."""

from collections.abc import Sequence

from holdgate.core.model.listed_entry import Entry
from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.names.fields.field_readings import is_acceptable_inside
from holdgate.core.text.cues import ALL_CUES
from holdgate.core.text.finder import NameInText, TextFinder, TextSearch
from holdgate.core.text.postings import MIN_EVIDENCE, MIN_EVIDENCE_WITH_CUE
from holdgate.core.text.span_expansion import plain_form
from holdgate.core.text.words import split_words

MIN_BLANKS_AROUND_NAME = 3
"""Blanks from which a name field is searched for names inside: a name with one more word is matched whole."""
CACHED_SEARCHES, MAX_CACHED_SEARCH = 20_000, 400
"""Searches inside names that are cached, and characters of a name with the lines after it in them: of 9,190
names in payments of repeating parties 2,244 were different."""
MIN_BLANKS_IN_TEXT = 6
"""Blanks from which a name field is searched as a text, which also finds misspelt names: it may hold two
names and words between them that are not known to separate names."""
NOTHING_INSIDE = TextSearch([], True)


class InsideFinder:
    """Finds the names of a text finder's index in name fields; caches the searches."""

    def __init__(self, text_finder: TextFinder, entries: Sequence[Entry]) -> None:
        self._text_finder = text_finder
        self._entries = entries
        self._searches: BoundedCache[tuple[tuple[str, ...], float], TextSearch] = BoundedCache(
            CACHED_SEARCHES
        )

    def find(self, lines: tuple[str, ...], min_score: float, is_read_whole: bool) -> TextSearch:
        """Return the listed names that begin in the first line, a name field; the others may continue it.

        They stand there as listed. In a long name, and unless all of it was read as names, misspelt ones are
        found too.
        """
        blanks = lines[0].count(" ")
        if is_read_whole and len(lines) == 1 and blanks < MIN_BLANKS_AROUND_NAME:
            return NOTHING_INSIDE
        key = lines, min_score
        search = self._searches.get(key)
        if search is None:
            if not is_read_whole or (blanks >= MIN_BLANKS_IN_TEXT and self._is_worth_search(lines)):
                self._text_finder.prepare([lines])
                search = self._text_finder.find(lines, min_score, self._is_acceptable)
            else:
                search = self._text_finder.find_phrases(lines, min_score, self._is_acceptable)
            if sum(map(len, lines)) <= MAX_CACHED_SEARCH:
                self._searches[key] = search
        return search

    def _is_acceptable(self, name: NameInText) -> bool:
        """Return whether a name begins in the first line and is more than other words that are alike."""
        entry = self._entries[name.hit.entry]
        return name.line_spans[0].line == 0 and is_acceptable_inside(name.hit, entry.type)

    def _is_worth_search(self, lines: Sequence[str]) -> bool:
        """Return whether a name that is not spelt as listed may stand in the lines of a name field."""
        words = [word.text.casefold() for word in split_words(lines)]
        has_cue = not ALL_CUES.isdisjoint(map(plain_form, words))
        min_evidence = MIN_EVIDENCE_WITH_CUE if has_cue else MIN_EVIDENCE
        return self._text_finder.prefilter.is_worth_search(lines, words, min_evidence)
