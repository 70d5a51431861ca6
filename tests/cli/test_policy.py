"""`holdgate policy check`, `show` and `diff`: JSON on stdout, exit codes for scripts."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from holdgate.adapters.files.archive import Archive
from holdgate.adapters.files.archive_folder import FolderStore
from holdgate.cli.main import main
from holdgate.core.review.review_rules import parse_rules
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


def test_check_prints_the_version_of_a_valid_file(file: Path) -> None:
    result = _run("check", str(file))
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    assert len(printed["version"]) == 16
    assert printed["rails"] == ["default", "sct_inst", "swift"]


WITHOUT_EU = b"""[[rails.sct_inst.not_screened]]
fields = ["creditor", "debtor"]
lists = ["eu"]
reason = "daily check"
source = "law"
[rails.swift]"""


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        (b"person = 0.72", b"person = 1.0", "thresholds.person = 1 holds nothing"),
        (b"person = 0.72", b"person = 0.9", "thresholds.person = 0.9 misses more than half"),
        (b"person = 0.72", b"person = 0.3", "thresholds.person = 0.3 holds one in seven ordinary names"),
        (b"deadline_seconds = 10", b"deadline_seconds = 0.01", "deadline_seconds = 0.01 cannot be met"),
        (
            b"[rails.swift]",
            WITHOUT_EU,
            "debtor and creditor are not compared with eu (daily check)",
        ),
        (b"slow = 240", b"slow = 241", "freshness.by_list.slow: no such list is served"),
    ],
)
def test_check_warns_of_what_hardly_anybody_means(
    file: Path, old: bytes, new: bytes, warning: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDGATE_LISTS", "eu=file" if b"slow" not in old else "ofac=file")
    file.write_bytes(POLICY.replace(old, new, 1))
    result = _run("check", str(file))
    assert result.exit_code == 0, result.output
    assert [text for text in json.loads(result.stdout)["warnings"] if warning in text]
    assert f"{file}: " in result.stderr


def test_the_delivered_policy_gets_one_warning_which_says_why() -> None:
    [warning] = json.loads(_run("check", str(DELIVERED)).stdout)["warnings"]
    assert warning.startswith(
        "rails.sct_inst.not_screened: debtor and creditor are not compared with eu (payer"
    )


def test_geography_and_goods_beside_a_policy_are_used_or_refused(file: Path) -> None:
    alone = json.loads(_run("check", str(file)).stdout)["version"]
    own = file.with_name("geography.toml")
    own.write_bytes((DELIVERED.parent / "geography.toml").read_bytes())
    assert json.loads(_run("check", str(file)).stdout)["version"] == alone
    own.write_text("[geography]\nregimes = []\n")
    assert json.loads(_run("check", str(file)).stdout)["version"] != alone
    assert json.loads(_run("show", "swift", "--policy", str(file)).stdout)["geography"] == {}
    file.write_bytes(POLICY + (DELIVERED.parent / "geography.toml").read_bytes())
    assert (
        "[geography] is in this file and, differently, in geography.toml" in _run("check", str(file)).stderr
    )
    own.write_text("[geographie]\n")
    assert "must have the section [geography]" in _run("check", str(file)).stderr


def test_check_names_the_member_that_is_wrong(file: Path) -> None:
    file.write_bytes(POLICY.replace(b"person = 0.72", b"person = 72"))
    result = _run("check", str(file))
    assert (result.exit_code, result.stdout) == (3, "")
    assert "thresholds.person" in result.stderr


def test_check_reads_the_rules_of_review(tmp_path: Path) -> None:
    """It warns of a year without holidays, and of rules by which nothing is ever overdue."""
    delivered = DELIVERED.parent / "review.toml"
    printed = json.loads(_run("check", str(delivered)).stdout)
    assert printed["version"] == parse_rules(delivered.read_bytes(), "delivered").version
    assert "FALSE_POSITIVE" in printed["codes"]["release"]
    changed, text = tmp_path / "review.toml", delivered.read_text()
    changed.write_text(text.replace('time_zone = "Europe/Brussels"', 'time_zone = "Europe/Atlantis"'))
    wrong = _run("check", str(changed))
    assert wrong.exit_code == 3
    assert f"{changed}: calendar.time_zone: no time zone is called 'Europe/Atlantis'" in wrong.stderr
    changed.write_text(re.sub(r"\[calendar.holidays\].*?\n\n", "", text, flags=re.DOTALL))
    assert "every working day of that year counts" in _run("check", str(changed)).stderr
    changed.write_text(text.replace('approve = ["approver"]', 'approve = ["admin"]'))
    assert "admin may not do this to a case" in _run("check", str(changed)).stderr


def test_a_rail_is_shown_with_what_is_not_screened_and_why() -> None:
    printed = json.loads(_run("show", "sct_inst").stdout)
    assert (printed["profile"], printed["deadline_seconds"], printed["late"]) == ("sct_inst", 10, "RJCT")
    [rule] = printed["not_screened"]
    assert (rule["fields"], rule["lists"]) == (["debtor", "creditor"], ["eu"])
    assert "art. 5d" in rule["source"]
    assert printed["fields"]["party.name"] == ["name"]
    assert printed["fields"]["transfer.amount"] == []
    assert "31-CFR-515" in printed["geography"]["cuba"]


def test_a_message_type_is_shown_with_its_own_rules() -> None:
    printed = json.loads(_run("show", "sct_inst", "--message", "camt.056.001.08").stdout)
    assert (printed["profile"], printed["not_screened"]) == ("sct_inst/camt.056", [])


def test_an_unknown_rail_is_shown_with_the_default_rules() -> None:
    result = _run("show", "carrier pigeon")
    assert json.loads(result.stdout)["profile"] == "default"
    assert "has no rail 'carrier pigeon'" in result.stderr


def test_the_whole_policy_is_shown() -> None:
    printed = json.loads(_run("show", "--policy", str(DELIVERED)).stdout)
    assert printed["thresholds"]["person"] > 0
    assert _run("show", "--message", "pacs.008").exit_code == 2


def test_diff_prints_each_value_that_differs(file: Path) -> None:
    assert _run("diff", str(file), str(file)).exit_code == 0
    result = _run("diff", str(DELIVERED), str(SAMPLE_POLICY))
    assert result.exit_code == 1
    [change] = [json.loads(line) for line in result.stdout.splitlines()]
    assert (change["path"], change["before"]) == ("freshness.exempt", [])
    file.write_bytes(POLICY.replace(b"[rails.swift]\ndeadline_seconds = 86400", b""))
    changes = [json.loads(line) for line in _run("diff", str(DELIVERED), str(file)).stdout.splitlines()]
    assert next(change for change in changes if change["path"] == "rails.swift")["after"] == "absent"


def test_a_policy_is_archived_before_it_decides(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stored under its version; a file that is not a policy is not stored."""
    refused = _run("archive", str(file))
    assert refused.exit_code == 3
    assert "HOLDGATE_ARCHIVE is not set" in refused.stderr
    monkeypatch.setenv("HOLDGATE_ARCHIVE", str(tmp_path / "archive"))
    archived = _run("archive", str(file))
    assert archived.exit_code == 0, archived.output
    version = json.loads(archived.stdout)["version"]
    stored = Archive(FolderStore(tmp_path / "archive")).policy(version)
    assert stored is not None
    assert stored.version == version
    file.write_bytes(POLICY.replace(b"person = 0.72", b"person = 72"))
    assert _run("archive", str(file)).exit_code == 3
    assert len(list((tmp_path / "archive" / "policies").iterdir())) == 1
