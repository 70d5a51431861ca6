"""Folding: characters become what a reader sees, on any string and in linear time."""

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from holdgate.core.characters.encodings import repair_encoding
from holdgate.core.characters.folding import MAX_MARKS, fold, fold_code, has_look_alikes
from holdgate.core.characters.telegraph import decode_telegraph, is_chinese_name

TEXTS = st.text() | st.text("aеοꓮ\u202e\u0301\ufffd?´ÃÐ±РЎ12 ,")


@given(TEXTS)
@example("A\u041c\u0301")  # a mark on a look-alike letter
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold_code(fold_code(text)) == fold_code(text)


def test_every_character_folds_to_a_stable_text() -> None:
    unstable = [code for code in range(sys.maxunicode + 1) if fold(fold(chr(code))) != fold(chr(code))]
    assert unstable == []


def test_ascii_is_left_alone() -> None:
    printable = "".join(map(chr, range(0x20, 0x7F)))
    assert fold(printable) is printable
    assert not has_look_alikes(printable)


def test_marks_are_capped() -> None:
    assert len(fold("e" + "\u0316" * 10_000)) <= 1 + MAX_MARKS


@pytest.mark.parametrize(
    "word", ["Владимир", "Γεώργιος", "Հայկ", "محمد", "張偉", "Đặng", "ÅSE", "ООО", "ნინო"]
)
def test_letters_of_romanised_scripts_stay(word: str) -> None:
    assert fold(word) == unicodedata.normalize("NFKC", word)
    assert not has_look_alikes(word)


ALPHABETS = ("абвгдежзиклмнопрстуфхцчшщэюя", "αβγδεζηθικλμνξοπρστυφχψω", "ابتثجحخدذرزسش", "äöüßñéžęł")


@given(st.sampled_from(ALPHABETS), st.data())
def test_utf_8_read_as_latin_1_is_repaired_to_what_was_written(alphabet: str, data: st.DataObject) -> None:
    text = data.draw(st.text(alphabet, min_size=2))
    assert repair_encoding(text.encode().decode("latin-1")) == text


@pytest.mark.parametrize("text", ["ßž", "éžž", "äžž"])
def test_letters_that_would_be_utf_8_again_are_not_repaired_twice(text: str) -> None:
    assert repair_encoding(text.encode().decode("latin-1")) == text


@given(TEXTS)
def test_no_text_fails(text: str) -> None:
    repair_encoding(text)
    decode_telegraph(text)


def test_codes_are_decoded_by_both_code_books() -> None:
    assert decode_telegraph("7115 6153") == ("陈请", "陳請")
    assert decode_telegraph("CTC: 2621, 2455") == ("李方",)
    assert decode_telegraph("LI FANG 2621 2455") == ("LI FANG 李方",)
    assert decode_telegraph("12345 6789 2024-1234 1234") == ()
    assert is_chinese_name("李方")
    assert not is_chinese_name("大回")
