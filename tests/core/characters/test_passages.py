"""The excerpt of a text has every passage of it, each in its place."""

from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.characters.passages import MIN_EXAMINED_LENGTH, PASSAGE, excerpt_of

LISTED = "Kazimir Anatolievich Verzhbitsky"
WORDS = st.lists(st.sampled_from(("Li", "Na", "and", "\u0645", "(", "x" * 90)), min_size=1, max_size=20)


def passages(lines: tuple[str, ...]) -> set[str]:
    text = "\n".join(lines)
    return {text[start : start + PASSAGE] for start in range(len(text) - PASSAGE + 1)}


def test_a_short_text_and_one_without_repetition_have_no_excerpt() -> None:
    assert excerpt_of(("Li Na and " * 50,)) is None
    assert excerpt_of((" ".join(map(str, range(2_000))),)) is None


def test_a_name_behind_padding_keeps_its_place() -> None:
    text = "Li Na and " * 1_000 + LISTED
    excerpt = excerpt_of((text,))
    assert excerpt is not None
    assert sum(map(len, excerpt.lines)) < 4 * PASSAGE
    line, start = excerpt.places[-1]
    assert line == 0
    assert excerpt.lines[-1] == text[start:]
    assert excerpt.lines[-1].endswith(LISTED)


def test_equal_lines_are_left_out() -> None:
    excerpt = excerpt_of(("Li Na",) * 700 + (LISTED,))
    assert excerpt is not None
    assert len(excerpt.lines) < 200
    assert excerpt.places[-1] == (700, 0)


@given(WORDS, WORDS, st.integers(2, 40), st.integers(1, 40))
def test_every_passage_is_kept_in_its_place(
    first: list[str], second: list[str], times: int, others: int
) -> None:
    text = " ".join((*first * times, LISTED, *second * others, *first * times))
    excerpt = excerpt_of((text,))
    if excerpt is None:
        assert len(text) < MIN_EXAMINED_LENGTH or len(passages((text,))) == len(text) - PASSAGE + 1
        return
    for kept, (line, start) in zip(excerpt.lines, excerpt.places, strict=True):
        assert (line, kept) == (0, text[start : start + len(kept)])
    assert passages((text,)) == set().union(*(passages((kept,)) for kept in excerpt.lines))


def test_windows_that_only_hash_alike_are_kept() -> None:
    """Thue-Morse strings collide in every polynomial hash modulo a power of two."""
    first, second = "a", "b"
    for _ in range(11):
        first, second = first + second, second + first
    text = f"{first} {second}"
    excerpt = excerpt_of((text,))
    lines = (text,) if excerpt is None else excerpt.lines
    assert passages((text,)) == set().union(*(passages((kept,)) for kept in lines))
