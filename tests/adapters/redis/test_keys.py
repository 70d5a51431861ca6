"""The keys in Redis, byte for byte: two releases share them, and access rules grant their prefixes."""

from fnmatch import fnmatch

from deploy.local.daemon import ROOT
from holdgate.adapters.redis import keys

LIST_KEYS = {
    keys.CURRENT_SNAPSHOT: "list:current",
    keys.SNAPSHOT_HISTORY: "list:history",
    keys.PINNED_SNAPSHOT: "list:pinned",
    keys.LISTS_SERVICE: "list:service",
    keys.ACCEPTED_PUBLICATION: "list:accepted",
    keys.snapshot("v1"): "list:snapshot:v1",
    keys.unfinished_snapshot("v1", "ab"): "list:snapshot:v1:ab",
}
CLAIM_KEYS = {
    keys.EPOCH: "dec:epoch",
    keys.claim("p:payment-1"): "dec:p:payment-1",
    keys.unreadable_claim("p:payment-1"): "dec:unreadable:p:payment-1",
    keys.lease("ab"): "dec:lease:ab",
    keys.restored_offset(3): "dec:upto:3",
    keys.versions(b"\x00\xff"): "dec:versions:00ff",
}


def test_keys_keep_their_bytes() -> None:
    for spelled, expected in (LIST_KEYS | CLAIM_KEYS).items():
        assert spelled == expected


def test_each_key_has_a_prefix_that_its_writer_may_write() -> None:
    assert all(fnmatch(key, keys.LISTS) for key in LIST_KEYS)
    assert all(fnmatch(key, keys.CLAIMS) for key in CLAIM_KEYS)


def test_access_rules_grant_these_prefixes() -> None:
    rules = {
        words[1]: words
        for line in (ROOT / "deploy" / "security" / "redis-users.acl").read_text().splitlines()
        if (words := line.split())
    }
    assert {f"%R~{keys.LISTS}", f"~{keys.CLAIMS}"} <= set(rules["worker"])
    assert f"~{keys.LISTS}" in rules["lists"]
    assert {word for word in rules["rescreen"] if "~" in word} == {
        f"%R~{keys.LISTS}",
        f"~{keys.claim('p:*')}",
        f"~{keys.claim('c:*')}",
        f"~{keys.unreadable_claim('*')}",
        "%R~dec:versions:*",
    }, "rescreening replaces claims, and may write nothing else"
