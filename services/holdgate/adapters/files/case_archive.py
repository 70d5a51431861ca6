"""Cases that ended, in the archive.

    cases/<first two digits>/<case_id>/<revision>.json     state and events as JSON, without personal data
    evidence/<first two digits>/<SHA-256>                  a payment, decision, note or attachment, as it was

A case that is opened again and ends again has another revision; stored cases never change. Evidence is
personal data: it is readable for its owner only, and removed when it is erased.
"""

from holdgate.adapters.files.archive import ObjectStore
from holdgate.core.review.archived_case import ArchivedCase, decode_archived_case, encode_archived_case

_SUFFIX = ".json"


class CaseArchive:
    """The cases' part of the archive; each call raises `OperatorError` if the store fails."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put_case(self, archived: ArchivedCase) -> None:
        """Store a case; one of this revision that is stored already stays unchanged."""
        name = f"{_case_folder(archived.case.case_id)}/{archived.case.revision:06}{_SUFFIX}"
        self._store.put(name, encode_archived_case(archived))

    def case(self, case_id: str) -> ArchivedCase | None:
        """Return the last stored state of a case; None if it was never archived."""
        folder = _case_folder(case_id)
        newest = max((name for _, name in self._store.names(folder)), key=_revision, default=None)
        data = None if newest is None else self._store.get(f"{folder}/{newest}")
        return None if data is None else decode_archived_case(data)

    def put_evidence(self, digest: str, value: bytes) -> None:
        """Store a value of evidence."""
        self._store.put(_evidence_name(digest), value, True)

    def evidence(self, digest: str) -> bytes | None:
        """Return a value of evidence; None if it was never archived, or was erased."""
        return self._store.get(_evidence_name(digest))

    def remove_evidence(self, digest: str) -> None:
        """Remove a value of evidence, if it is there."""
        self._store.delete(_evidence_name(digest))


def _case_folder(case_id: str) -> str:
    return f"cases/{case_id[:2]}/{case_id}"


def _evidence_name(digest: str) -> str:
    return f"evidence/{digest[:2]}/{digest}"


def _revision(name: str) -> int:
    return int(name.removesuffix(_SUFFIX))
