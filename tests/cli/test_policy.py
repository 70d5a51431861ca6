"""`holdgate policy check`, `show` and `diff`: JSON on stdout, exit codes that a script can ask."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from holdgate.adapters.files.archive import Archive
from holdgate.adapters.files.archive_folder import FolderStore
from holdgate.cli.main import main
from tests.support.listed import POLICY
from tests.support.small_list import POLICY as DELIVERED
from tests.support.small_list import SAMPLE_POLICY


def _run(*words: str) -> Result:
    return CliRunner().invoke(main, ["policy", *words])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bank.toml"
    path.write_bytes(POLICY)
    return path


def test_a_good_file_is_told_by_its_version(file: Path) -> None:
    result = _run("check", str(file))
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert len(told["version"]) == 16
    assert told["rails"] == ["default", "sct_inst", "swift"]


def test_a_wrong_file_is_refused_by_its_member(file: Path) -> None:
    file.write_bytes(POLICY.replace(b"person = 0.72", b"person = 72"))
    result = _run("check", str(file))
    assert (result.exit_code, result.stdout) == (3, "")
    assert "thresholds.person" in result.stderr


def test_a_rail_is_shown_with_what_it_leaves_out_and_why() -> None:
    told = json.loads(_run("show", "sct_inst").stdout)
    assert (told["profile"], told["deadline_seconds"], told["late"]) == ("sct_inst", 10, "RJCT")
    [rule] = told["not_screened"]
    assert (rule["fields"], rule["lists"]) == (["debtor", "creditor"], ["eu"])
    assert "art. 5d" in rule["source"]
    assert told["fields"]["party.name"] == ["name"]
    assert told["fields"]["transfer.amount"] == []
    assert "31-CFR-515" in told["geography"]["cuba"]


def test_a_message_type_is_shown_by_its_own_rules() -> None:
    told = json.loads(_run("show", "sct_inst", "--message", "camt.056.001.08").stdout)
    assert (told["profile"], told["not_screened"]) == ("sct_inst/camt.056", [])


def test_an_unknown_rail_is_shown_as_it_is_judged() -> None:
    result = _run("show", "carrier pigeon")
    assert json.loads(result.stdout)["profile"] == "default"
    assert "has no rail 'carrier pigeon'" in result.stderr


def test_the_whole_policy_is_shown() -> None:
    told = json.loads(_run("show", "--policy", str(DELIVERED)).stdout)
    assert told["thresholds"]["person"] > 0
    assert _run("show", "--message", "pacs.008").exit_code == 2


def test_policies_that_differ_are_compared_value_by_value(file: Path) -> None:
    assert _run("diff", str(file), str(file)).exit_code == 0
    result = _run("diff", str(DELIVERED), str(SAMPLE_POLICY))
    assert result.exit_code == 1
    [change] = [json.loads(line) for line in result.stdout.splitlines()]
    assert (change["path"], change["before"]) == ("freshness.exempt", [])
    file.write_bytes(POLICY.replace(b"[rails.swift]\ndeadline_seconds = 86400", b""))
    gone = [json.loads(line) for line in _run("diff", str(DELIVERED), str(file)).stdout.splitlines()]
    assert next(change for change in gone if change["path"] == "rails.swift")["after"] == "absent"


def test_a_policy_is_kept_before_it_decides(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the archive, under its version; a file that is no policy is not kept."""
    refused = _run("archive", str(file))
    assert refused.exit_code == 3
    assert "HOLDGATE_ARCHIVE is not set" in refused.stderr
    monkeypatch.setenv("HOLDGATE_ARCHIVE", str(tmp_path / "archive"))
    kept = _run("archive", str(file))
    assert kept.exit_code == 0, kept.output
    version = json.loads(kept.stdout)["version"]
    found = Archive(FolderStore(tmp_path / "archive")).policy(version)
    assert found is not None
    assert found.version == version
    file.write_bytes(POLICY.replace(b"person = 0.72", b"person = 72"))
    assert _run("archive", str(file)).exit_code == 3
    assert len(list((tmp_path / "archive" / "policies").iterdir())) == 1
