"""A list that cannot be trusted is rejected with file, line and reason.

In tests/cases/lists/bad.jsonl each character stands for a byte (Latin-1), so that it can hold invalid bytes.
"""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdgate.core.sources import ListError, Source, SourceFile, read, recognise
from tests.core.sources.reference import CASES, files_of

BAD = [json.loads(line) for line in (CASES / "bad.jsonl").read_text(encoding="utf-8").splitlines()]
GOOD = [files_of(path) for path in sorted((CASES / "good").iterdir()) if path.is_dir()]


@pytest.mark.parametrize("case", BAD, ids=lambda case: str(case["what"]))
def test_a_bad_list_is_rejected_with_file_line_and_reason(case: dict[str, object]) -> None:
    contents = case["files"]
    assert isinstance(contents, dict)
    files = [SourceFile(name, text.encode("latin-1")) for name, text in contents.items()]
    with pytest.raises(ListError) as refusal:
        read("list", files)
    error = refusal.value
    assert error.line == case["line"]
    assert str(case["reason"]) in error.reason
    assert error.file in contents
    where = f"{error.file} line {error.line}: " if error.line else f"{error.file}: "
    assert str(error) == where + error.reason


def test_an_empty_set_of_files_is_rejected() -> None:
    with pytest.raises(ListError, match="no files"):
        recognise([])


@pytest.mark.parametrize("files", GOOD, ids=lambda files: files[0].name)
def test_a_truncated_list_is_never_read_as_complete(files: list[SourceFile]) -> None:
    """Truncate the file with the parties; cut at the end of a row it may be read, with a difference."""
    complete = read("list", files)
    party_file = max(range(len(files)), key=lambda index: len(files[index].content))
    content = files[party_file].content
    for end in range(1, len(content.rstrip(b"\r\n\x1a")), max(1, len(content) // 400)):
        cut = [*files]
        cut[party_file] = SourceFile(files[party_file].name, content[:end])
        try:
            source = read("list", cut)
        except ListError:
            continue
        assert content[:end].endswith(b"\n") or not files[0].content.startswith(b"<"), end
        assert (
            source.records < complete.records
            or source.notes != complete.notes
            or source.entries != complete.entries
        )


@pytest.mark.parametrize("case", BAD, ids=lambda case: str(case["what"]))
def test_an_error_message_quotes_no_names(case: dict[str, dict[str, str]]) -> None:
    """Messages are logged, and names are personal data."""
    with pytest.raises(ListError) as refusal:
        read("list", [SourceFile(name, text.encode("latin-1")) for name, text in case["files"].items()])
    assert "SAMPLE" not in str(refusal.value)
    assert "SAM" not in str(refusal.value)


HEADS = [content.split(b"\n", 3) for files in GOOD for content in (file.content for file in files)]


@settings(max_examples=3 * settings().max_examples, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_rejected(content: bytes) -> None:
    _read_or_refused([SourceFile("f", content)])


@settings(max_examples=4 * settings().max_examples, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_list_with_any_damage_is_read_or_rejected(data: st.DataObject) -> None:
    files = [*data.draw(st.sampled_from(GOOD))]
    which = data.draw(st.integers(0, len(files) - 1))
    content = bytearray(files[which].content)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        stop = data.draw(st.integers(start, min(len(content), start + 40)))
        content[start:stop] = data.draw(
            st.binary(max_size=20) | st.sampled_from([b'"', b"<", b",", b";", b"\n", b"("])
        )
    files[which] = SourceFile(files[which].name, bytes(content))
    _read_or_refused(files)


@settings(max_examples=2 * settings().max_examples)
@given(st.sampled_from(range(len(HEADS))), st.text(max_size=200))
def test_any_text_below_a_header_is_read_or_rejected(index: int, text: str) -> None:
    content = b"\n".join([*HEADS[index][:2], text.encode("utf-8", "surrogatepass")]) + b"\n"
    _read_or_refused([SourceFile("f", content)])


def _read_or_refused(files: list[SourceFile]) -> None:
    try:
        source = read("list", files)
    except ListError:
        return
    assert isinstance(source, Source)
    assert source.entries
    for entry in source.entries:
        assert entry.names or entry.addresses
        assert not entry.names or entry.names[0].kind == "primary"
