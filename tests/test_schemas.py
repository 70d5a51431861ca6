"""The schemas say what the types say, and the examples show both."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator, FormatChecker

from deploy.local.daemon import ROOT
from holdgate import schemas
from holdgate.cli.main import main
from holdgate.core.intake import InvalidEventError, canonical
from holdgate.core.lists.announcement import Announcement
from holdgate.core.model import decision
from holdgate.core.records.audit import Audit
from holdgate.core.review.event import UnreadableEventError, decode_event

FOLDER = ROOT / "schemas"

SEEN_BY_READER_ALONE = {
    "payment/bad/member_twice.json": "a JSON parser has dropped one of the two before the schema looks",
    "payment/bad/nested_too_deep.json": "JSON Schema has no word for depth",
}
SEEN_BY_SCHEMA_ALONE = {
    "decision/bad/null_member.json": "the type reads null as absence; none is written",
    "list-announcement/bad/null_previous.json": "the type reads null as absence; none is written",
}

formats = FormatChecker(formats=())


@formats.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))


@formats.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def _validator(event: str) -> Draft202012Validator:
    if event == "dead-letter":  # its value is any bytes: only its headers have a schema
        document = yaml.safe_load((FOLDER / "asyncapi.yaml").read_text(encoding="utf-8"))
        schema: dict[str, Any] = document | {"$ref": "#/components/schemas/deadLetterHeaders"}
    else:
        schema = json.loads((FOLDER / f"{event}.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=formats)


def _read(event: str, value: bytes) -> None:
    match event:
        case "payment":
            canonical.read(value)
        case "decision":
            decision.from_json(value)
        case "list-announcement":
            msgspec.json.decode(value, type=Announcement)
        case "audit":
            msgspec.json.decode(value, type=Audit)
        case "review-event":
            decode_event(value)
        case _:
            raise AssertionError(f"no reader for {event}")


def _examples(kind: str) -> list[Any]:
    found = sorted((FOLDER / "examples").glob(f"*/{kind}/*.json"))
    return [pytest.param(path, id=path.relative_to(FOLDER / "examples").as_posix()) for path in found]


def _event(path: Path) -> str:
    return path.parent.parent.name


def test_every_event_has_good_and_bad_examples() -> None:
    events = {event.name for event in schemas.EVENTS} | {"dead-letter"}
    for kind in ("good", "bad"):
        assert {_event(parameter.values[0]) for parameter in _examples(kind)} == events


@pytest.mark.parametrize("path", _examples("good"))
def test_a_good_example_passes_schema_and_reader(path: Path) -> None:
    value = path.read_bytes()
    _validator(_event(path)).validate(json.loads(value))
    if _event(path) != "dead-letter":
        _read(_event(path), value)


@pytest.mark.parametrize("path", _examples("bad"))
def test_a_bad_example_is_refused_by_schema_and_reader(path: Path) -> None:
    """Or by the one of them that can see what is wrong, for a reason that is written down."""
    name = path.relative_to(FOLDER / "examples").as_posix()
    value = path.read_bytes()
    assert _validator(_event(path)).is_valid(json.loads(value)) == (name in SEEN_BY_READER_ALONE)
    if _event(path) == "dead-letter":
        return
    if name in SEEN_BY_SCHEMA_ALONE:
        _read(_event(path), value)
        return
    with pytest.raises((InvalidEventError, msgspec.ValidationError, UnreadableEventError)):
        _read(_event(path), value)


@pytest.mark.parametrize("path", _examples("good"))
def test_what_is_written_has_the_examples_members_and_order(path: Path) -> None:
    """A good decision and announcement, read and written again, give the example itself."""
    value = json.loads(path.read_bytes())
    match _event(path):
        case "decision":
            assert json.loads(decision.to_json(decision.from_json(path.read_bytes()))) == value
            assert list(json.loads(decision.to_json(decision.from_json(path.read_bytes())))) == list(value)
        case "list-announcement":
            read = msgspec.json.decode(path.read_bytes(), type=Announcement)
            assert json.loads(msgspec.json.encode(read)) == value


def test_the_demos_payments_pass_but_for_the_broken_ones() -> None:
    """What a new user sees first is what the contract says."""
    lines = (ROOT / "deploy" / "demo" / "payments.jsonl").read_text(encoding="utf-8").splitlines()
    payments = [line["payment"] for line in map(json.loads, lines) if "payment" in line]
    assert len(payments) > 150
    for payment in payments:
        _validator("payment").validate(payment)


def test_the_exceptions_are_examples_that_exist() -> None:
    for name in SEEN_BY_READER_ALONE.keys() | SEEN_BY_SCHEMA_ALONE.keys():
        assert (FOLDER / "examples" / name).is_file(), name


@pytest.mark.parametrize("event", schemas.EVENTS, ids=lambda event: str(event.name))
def test_each_schema_is_one(event: schemas.Event) -> None:
    """It is valid JSON Schema 2020-12, names itself without a host, and says what it describes."""
    schema = json.loads(schemas.generate()[event.file])
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == schemas.DIALECT
    assert schema["$id"] == f"urn:holdgate:{event.name}:1"
    assert schema["title"]
    assert schema["description"]


def test_the_files_are_what_the_types_say() -> None:
    """Run `holdgate schemas` after a change of a type, and read what changed in the contract."""
    result = CliRunner().invoke(main, ["schemas", "--check", str(FOLDER)])
    assert result.exit_code == 0, result.output


def test_drift_is_told_and_repaired(tmp_path: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(main, ["schemas", str(tmp_path)]).exit_code == 0
    assert runner.invoke(main, ["schemas", "--check", str(tmp_path)]).exit_code == 0

    changed = tmp_path / "decision.schema.json"
    changed.write_text(changed.read_text(encoding="utf-8").replace("RELEASE", "PASS"), encoding="utf-8")
    (tmp_path / "payment.schema.json").unlink()
    result = runner.invoke(main, ["schemas", "--check", str(tmp_path)])
    assert result.exit_code == 1
    assert "decision.schema.json" in result.output
    assert "payment.schema.json" in result.output
    assert "list-announcement" not in result.output

    assert runner.invoke(main, ["schemas", str(tmp_path)]).exit_code == 0
    assert schemas.drift(tmp_path) == []
