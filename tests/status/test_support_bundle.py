"""The support bundle has what is needed, and no secret, payment or name."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from holdgate.adapters.kafka import topic_admin
from holdgate.cli.main import main
from holdgate.lists.building import BuiltSnapshot
from holdgate.runtime.settings import from_environ
from holdgate.status import support_bundle
from holdgate.status.support_bundle import HIDDEN, safe_line, safe_settings
from tests.status.test_problems import WELL
from tests.support.payments import payment
from tests.support.rig import Rig

SECRETS = ("hunter2", "Gulnara", "AKIA123", "P-1001", "TR330006")


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as bundle:
        found = {member.name: bundle.extractfile(member) for member in bundle.getmembers()}
        return {name.partition("/")[2]: content.read() for name, content in found.items() if content}


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ({"event": "partitions assigned", "partitions": [0, 1]}, {"partitions": [0, 1]}),
        ({"event": "wrong answer to the probe", "payment_id": "P-1001"}, {"payment_id": HIDDEN}),
        ({"event": "x", "reason": "LIST_STALE", "name": "Gulnara"}, {"reason": "LIST_STALE", "name": HIDDEN}),
        ({"event": "x", "reason": "Gulnara asked for it"}, {"reason": HIDDEN}),
        ({"event": "x", "lists": ["ofac", "un list of Gulnara"]}, {"lists": ["ofac", HIDDEN]}),
        ({"event": "cannot read 'Gulnara' in \"TR330006\""}, {"event": f"cannot read {HIDDEN} in {HIDDEN}"}),
        ({"event": "x", "error": "ValueError: Gulnara"}, {"error": ["ValueError"]}),
        (
            {
                "event": "x",
                "exception": 'Traceback:\n  File "a.py", line 3, in run\n    pay("Gulnara")\nKeyError: 1',
            },
            {"exception": ['File "a.py", line 3, in run', "KeyError"]},
        ),
    ],
)
def test_of_a_log_line_numbers_and_known_texts_are_kept(line: dict[str, Any], kept: dict[str, Any]) -> None:
    found = safe_line(json.dumps(line))
    assert found is not None
    assert json.loads(found).items() >= kept.items()


def test_of_lines_that_are_not_ours_only_places_in_the_code_are_kept() -> None:
    assert safe_line("payment of Gulnara") is None
    assert safe_line('  File "a.py", line 3, in run') == json.dumps({"event": 'File "a.py", line 3, in run'})


def test_settings_have_no_secret() -> None:
    shown = safe_settings(
        from_environ(
            {
                "HOLDGATE_REDIS": "redis://worker:hunter2@redis:6379/0",
                "HOLDGATE_LISTS": "own=https://me:hunter2@lists.example/list?token=hunter2",
                "HOLDGATE_ARCHIVE_KEY_ID": "AKIA123",
            }
        )
    )
    assert shown["HOLDGATE_REDIS"] == f"redis://{HIDDEN}@redis:6379/0"
    assert not any(secret in json.dumps(shown) for secret in SECRETS)


@pytest.mark.kafka
@pytest.mark.redis
def test_a_bundle_of_a_real_gate(rig: Rig, small: BuiltSnapshot, tmp_path: Path) -> None:
    rig.make_current(small)
    worker = rig.worker().await_ready()
    rig.pay(payment("P-1001", debtor={"name": "Gulnara Canary"}))
    rig.await_decided("P-1001")
    log, target = tmp_path / "worker.log", tmp_path / "bundle.tar.gz"
    log.write_text(worker.text)
    done = rig.holdgate("support", "-o", str(target), "--log", str(log))
    assert done.exit_code == 0, done.output
    found = members(target)
    assert f"metrics/127.0.0.1_{worker.port}.txt" in found
    assert b"holdgate_decisions_total" in found[f"metrics/127.0.0.1_{worker.port}.txt"]
    report = json.loads(found["support.json"])
    assert report["status"]["workers"][0]["assigned"]
    assert "payments.submitted" in report["topics"]["found"]
    assert report["versions"]["libraries"]["msgspec"]
    everything = b"".join(found.values()).decode()
    assert not any(secret in everything for secret in SECRETS)
    assert rig.holdgate("support", "-o", str(target)).exit_code == 3, "an earlier bundle is kept"


def test_a_bundle_of_what_does_not_answer_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support_bundle, "gather", lambda *_: WELL)
    monkeypatch.setattr(topic_admin, "describe_topics", _refuse)
    target = tmp_path / "bundle.tar.gz"
    done = CliRunner().invoke(main, ["support", "-o", str(target)])
    assert done.exit_code == 0, done.output
    report = json.loads(members(target)["support.json"])
    assert report["topics"] == "ConnectionError: refused"


def _refuse(_: object) -> None:
    raise ConnectionError("refused")
