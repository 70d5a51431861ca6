"""`holdgate screen`, `match` and `compare`: one line out per line in, in the same order."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from holdgate.cli import json_lines
from holdgate.cli.main import main
from holdgate.core.model import decision
from tests.support.bad_records import CASES
from tests.support.listed import POLICY

PEOPLE = (
    "id,name,type,weak_alias,birth_date,country\n"
    '1,"VERZHBITSKY, Kazimir Anatolievich",person,Tarasbulbenko Dziedzic,1961-03-14,Russia\n'
)
FIRMS = "id,name,type,bic,imo\n2,Quxvanta Kommerzbank AG,entity,DEUTDEFF,\n3,ZYLANDRA STAR,vessel,,9074729\n"
WRITTEN = datetime(2026, 11, 20, tzinfo=UTC)

HIT = {"payment_id": "hit", "creditor": {"name": "Kazimir Anatolievich Verzhbitsky", "kind": "person"}}
MISS = {"payment_id": "miss", "creditor": {"name": "Ulrike Sommerfeld", "kind": "person"}}
BANK = {"payment_id": "bank", "debtor_agent": {"bic": "DEUTDEFFXXX"}}


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Two private lists of a known date, as NAME=PATH words."""
    folder = tmp_path_factory.mktemp("lists")
    for name, text in (("people", PEOPLE), ("firms", FIRMS)):
        (folder / name).mkdir()
        (folder / name / "list.csv").write_text(text, encoding="utf-8")
        (folder / name / "edition.toml").write_text(f"as_of = {WRITTEN.isoformat()}\n", encoding="utf-8")
    return f"people={folder / 'people'}", f"firms={folder / 'firms'}"


@pytest.fixture
def policy(tmp_path: Path) -> str:
    """A policy file with a freshness of 48 hours and an instant rail of 10 seconds."""
    path = tmp_path / "policy.toml"
    path.write_bytes(POLICY)
    return str(path)


def _run(command: Sequence[str], lines: Sequence[object]) -> Result:
    encoded = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    return CliRunner().invoke(main, command, input=b"".join(line + b"\n" for line in encoded))


def _answers(result: Result) -> list[dict[str, Any]]:
    """stdout as JSON lines: a single line that is not JSON fails."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return [json.loads(line) for line in result.stdout_bytes.splitlines()]


def test_screen_answers_payments_in_order(lists: tuple[str, str]) -> None:
    """`--lists` takes all NAME=PATH arguments that follow it."""
    result = _run(["screen", "--lists", *lists], [HIT, MISS, BANK, MISS, HIT])
    assert result.exit_code == 0
    results = [(answer["payment_id"], answer["decision"], answer["reason"]) for answer in _answers(result)]
    hit, miss, bank = (
        ("hit", "HOLD", "LIST_MATCH"),
        ("miss", "RELEASE", "NO_MATCH"),
        ("bank", "HOLD", "LIST_MATCH"),
    )
    assert results == [hit, miss, bank, miss, hit]


def test_an_answer_is_a_valid_decision(lists: tuple[str, str]) -> None:
    for line in _run(["screen", "--lists", *lists], [HIT, MISS]).stdout_bytes.splitlines():
        assert decision.to_json(decision.from_json(line)) == line


def test_lists_may_be_repeated_and_the_file_may_be_anywhere(lists: tuple[str, str], tmp_path: Path) -> None:
    payments, answers = tmp_path / "payments.jsonl", tmp_path / "decisions.jsonl"
    payments.write_text(json.dumps(HIT) + "\n" + json.dumps(BANK), encoding="utf-8")
    before = ["screen", str(payments), "--lists", *lists, "-o", str(answers)]
    after = ["screen", "--lists", lists[0], "--lists", lists[1], "-o", str(answers), str(payments)]
    texts = []
    for words in (before, after, ["screen", "--lists", *lists, str(payments), "-o", str(answers)]):
        result = _run(words, [])
        assert (result.exit_code, result.stdout) == (0, ""), result.stderr
        texts.append(answers.read_bytes())
    assert len(texts[0].splitlines()) == 2
    assert len(set(texts)) == 1


def test_messages_go_to_stderr(lists: tuple[str, str]) -> None:
    result = _run(["screen", "--lists", *lists], [MISS])
    assert len(_answers(result)) == 1
    assert "people: 1 entries" in result.stderr


def test_a_bad_line_is_answered_in_order(lists: tuple[str, str]) -> None:
    """It becomes a HOLD with an error; the lines around it are screened, and the exit code is 1."""
    cases = [case for case in CASES if case.key == "P-1" and case.content_type is None]
    # A line has no key, and white space at its end is not part of the payment.
    bad = [case.value.bytes() for case in cases if case.code not in ("key_mismatch", "too_large")]
    bad = [line for line in bad if line.strip() and b"\n" not in line and not line.startswith(b"\0")]
    assert len(bad) > 20
    result = _run(["screen", "--lists", *lists], [HIT, *bad, MISS])
    assert result.exit_code == 1
    first, *middle, last = _answers(result)
    assert (first["payment_id"], last["payment_id"]) == ("hit", "miss")
    assert len(middle) == len(bad)
    for number, answer in enumerate(middle, start=2):
        assert answer["error"]
        assert answer["line"] == number
        assert (answer["decision"], answer["reason"]) == ("HOLD", "INVALID_EVENT")
        assert answer["payment_id"] in ("P-1", f"line {number}")


def test_more_lines_than_a_batch_keep_their_order(lists: tuple[str, str]) -> None:
    payment_ids = [f"P-{number}" for number in range(json_lines.BATCH * 2 + 3)]
    result = _run(["screen", "--lists", *lists], [MISS | {"payment_id": name} for name in payment_ids])
    assert [answer["payment_id"] for answer in _answers(result)] == payment_ids


def test_empty_input_gives_empty_output(lists: tuple[str, str]) -> None:
    result = _run(["screen", "--lists", *lists], [])
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize(
    ("as_of", "reasons"),
    [
        (None, ["LIST_MATCH", "NO_MATCH"]),
        ("2026-11-22", ["LIST_MATCH", "NO_MATCH"]),
        ("2026-11-22T00:00:01+00:00", ["LIST_MATCH", "LIST_STALE"]),
        ("2026-11-22T00:30:00+01:00", ["LIST_MATCH", "NO_MATCH"]),
        ("2026-11-23", ["LIST_MATCH", "LIST_STALE"]),
    ],
)
def test_list_ages_are_checked_only_with_as_of(
    lists: tuple[str, str], policy: str, as_of: str | None, reasons: list[str]
) -> None:
    """48 hours are allowed; a time without an offset is UTC."""
    words = ["screen", "--lists", *lists, "--policy", policy, *(["--as-of", as_of] if as_of else [])]
    answers = _answers(_run(words, [HIT, MISS]))
    assert [answer["reason"] for answer in answers] == reasons
    if "LIST_STALE" in reasons:
        assert "is of 2026-11-20 00:00 UTC" in answers[1]["detail"]


def test_deadlines_are_checked_only_with_as_of(lists: tuple[str, str], policy: str) -> None:
    late = MISS | {"rail": "sct_inst", "submitted_at": "2026-11-20T00:00:00Z"}
    words = ["screen", "--lists", *lists, "--policy", policy]
    [answer] = _answers(_run(words, [late]))
    assert (answer["decision"], answer["deadline"]) == ("RELEASE", "2026-11-20T00:00:10Z")
    [answer] = _answers(_run([*words, "--as-of", "2026-11-20T00:00:11+00:00"], [late]))
    assert (answer["reason"], answer["next_status"]) == ("DEADLINE_EXCEEDED", "RJCT")


def test_the_policy_file_decides(lists: tuple[str, str], tmp_path: Path) -> None:
    lax = tmp_path / "lax.toml"
    lax.write_bytes(POLICY.replace(b"person = 0.72", b"person = 1.0"))
    [held] = _answers(_run(["screen", "--lists", *lists], [HIT]))
    [released] = _answers(_run(["screen", "--lists", *lists, "--policy", str(lax)], [HIT]))
    assert (held["decision"], released["decision"]) == ("HOLD", "RELEASE")
    assert held["policy_version"] != released["policy_version"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["screen"], 2, "--lists"),
        (["screen", "--lists", "people"], 3, "NAME=PATH"),
        (["screen", "--lists", "people=/no/such/file.csv"], 3, "/no/such/file.csv"),
        (["match", "--lists", "people=/no/such/file.csv"], 3, "/no/such/file.csv"),
        (["screen", "/no/such/payments.jsonl", "--lists", "people=x"], 2, "/no/such/payments.jsonl"),
    ],
)
def test_a_wrong_call_has_a_message_and_an_exit_code(words: list[str], code: int, message: str) -> None:
    result = _run(words, [MISS])
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("text", [b"", b"hello\n", b"id,name\n", b"id,nam\n1,Li Na\n"])
def test_a_rejected_list_screens_nothing(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "list.csv").write_bytes(text)
    result = _run(["screen", "--lists", f"own={tmp_path / 'list.csv'}"], [MISS])
    assert (result.exit_code, result.stdout) == (3, "")
    assert "list.csv" in result.stderr


@pytest.mark.parametrize("command", [["screen", "--lists", "people=x"], ["compare"]])
def test_a_rejected_policy_answers_nothing(
    command: list[str], tmp_path: Path, lists: tuple[str, str]
) -> None:
    (tmp_path / "p.toml").write_text("[thresholds]\nperson = 2\n", encoding="utf-8")
    words = [lists[0] if word == "people=x" else word for word in command]
    result = _run([*words, "--policy", str(tmp_path / "p.toml")], [MISS])
    assert (result.exit_code, result.stdout) == (3, "")
    assert "p.toml" in result.stderr


def test_match_prints_the_best_first_and_whether_they_hold(lists: tuple[str, str]) -> None:
    lines = [
        {"id": "a", "name": "Kazimir Anatolievich Verzhbitsky", "type": "person"},
        {"id": "b", "name": "Tarasbulbenko Dziedzic", "type": "person"},
        {"id": "c", "name": "Ulrike Sommerfeld", "type": "person"},
        {"id": "d", "name": "Zylandra Star", "type": "vessel"},
        {"id": "e", "name": "Quxvanta Kommerzbank"},
    ]
    result = _run(["match", "--lists", *lists], lines)
    assert result.exit_code == 0
    answers = _answers(result)
    assert [answer["id"] for answer in answers] == ["a", "b", "c", "d", "e"]
    matches = [[(hit["entry_id"], hit["hold"]) for hit in answer["matches"]] for answer in answers]
    assert matches == [
        [("people:1", True)],
        [("people:1", False)],
        [],
        [("firms:3", True)],
        [("firms:2", True)],
    ]
    [hit] = answers[0]["matches"]
    assert hit.keys() == {
        "entry_id", "entry_name", "matched_name", "list", "type", "score", "hold", "evidence"
    }  # fmt: skip
    assert (hit["list"], hit["type"]) == ("people", "person")
    assert 0 < hit["score"] <= 1


def test_match_respects_limit_and_min_score(lists: tuple[str, str]) -> None:
    line = {"id": "a", "name": "Kazimir Verzhbitsky", "type": "person"}
    for more, count in ((["--limit", "0"], 0), (["--min-score", "1.01"], 0), (["--limit", "5"], 1)):
        [answer] = _answers(_run(["match", "--lists", *lists, *more], [line]))
        assert len(answer["matches"]) == count


def test_compare_scores_pairs_without_a_list() -> None:
    lines = [
        {"id": "same", "query": "Kazimir Verzhbitsky", "candidate": "VERZHBITSKY, Kazimir", "type": "person"},
        {"id": "other", "query": "Kazimir Verzhbitsky", "candidate": "Ulrike Sommerfeld", "type": "person"},
        {"id": "untyped", "query": "Zylandra Shipping", "candidate": "Zylandra Shipping Ltd"},
    ]
    result = _run(["compare"], lines)
    assert result.exit_code == 0
    answers = _answers(result)
    assert [(answer["id"], answer["hold"]) for answer in answers] == [
        ("same", True),
        ("other", False),
        ("untyped", True),
    ]
    for answer in answers:
        assert answer.keys() == {"id", "score", "hold", "evidence"}
        assert 0 <= answer["score"] <= 1


BAD_LINES: list[tuple[bytes, str | None]] = [
    (b"hello", None),
    (b"[]", None),
    (b'{"id":"x"}', "x"),
    (b'{"id":7,"name":"Li Na","query":"a","candidate":"b"}', None),
    (b'{"id":"x","name":5,"query":5,"candidate":5}', "x"),
    (b'{"id":"x","name":"\xff"}', None),
    (b'{"id":"x","name":"a","query":"a","candidate":"b","type":"ghost"}', "x"),
    (b"[" * 100_000, None),
]


@pytest.mark.parametrize("command", ["match", "compare"])
def test_bad_names_are_answered_in_order(command: str, lists: tuple[str, str]) -> None:
    good = {"id": "good", "name": "Li Na", "query": "Li Na", "candidate": "Li Na"}
    words = [command, *(["--lists", *lists] if command == "match" else [])]
    result = _run(words, [good, *(line for line, _ in BAD_LINES), good])
    assert result.exit_code == 1
    first, *middle, last = _answers(result)
    assert first == last
    assert "error" not in first
    assert [(answer["line"], answer.get("id")) for answer in middle] == [
        (number, name) for number, (_, name) in enumerate(BAD_LINES, start=2)
    ]
    assert all(answer["error"] for answer in middle)
