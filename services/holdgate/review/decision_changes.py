"""Which records of `screening.decisions` change a case, by the rule of the decision in force.

What is remembered is the decision in force of each case, which the events tell; nothing is remembered of
payments without a case, of which there may be a thousand a second:

- A HOLD without `follows` on a payment without a case is its first decision: had the payment been released
  before, the worker would have found the claim of that and repeated it. Only a payment that is sent again
  after HOLDGATE_CLAIM_HOURS, when lists have changed, gets a HOLD that is void by the rule. It gets a case
  that nobody needs, and every decision in that case is void too.
- A HOLD that follows a RELEASE comes from rescreening, which looks up that the release is in force.
- Every other record matters only if the payment has a case, and then the case knows what is in force.

Reading a record twice changes nothing: by then, the case has its decision or a later one in force.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec
import structlog
from msgspec import Struct

from holdgate.core.model.decision import Decision, from_json
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.probe_mark import is_probe
from holdgate.core.review.event import make_case_id
from holdgate.review.case_records import CaseRecords
from holdgate.review.metrics import ReviewMetrics

log = structlog.get_logger()


class DecisionHead(Struct, frozen=True):
    """The members of a decision that say whether it matters; reading the others takes longer."""

    decision_id: str
    payment_id: str
    content_hash: str
    decision: str
    follows: str | None = None


_read_head = msgspec.json.Decoder(DecisionHead).decode


class DecisionChange(NamedTuple):
    """A record that brought a decision into force which a case has to be told of."""

    case_id: str
    record: Record
    decision: Decision


class DecisionChanges:
    """Finds the changes in records of `screening.decisions`, in the order of the log."""

    def __init__(self, cases: CaseRecords, metrics: ReviewMetrics) -> None:
        self._cases = cases
        self._metrics = metrics

    def find(self, records: Sequence[Record]) -> list[DecisionChange]:
        """Return the changes that these records make, given what the cases know."""
        in_force: dict[str, str] = {}
        return list(self._find(records, in_force))

    def _find(self, records: Iterable[Record], in_force: dict[str, str]) -> Iterator[DecisionChange]:
        for record in records:
            if record.value is None or is_probe(record):
                continue
            try:
                head = _read_head(record.value)
                case_id = make_case_id(head.payment_id, head.content_hash)
                if not self._takes_effect(case_id, head, in_force):
                    continue
                change = DecisionChange(case_id, record, from_json(record.value))
            except (msgspec.DecodeError, ValueError) as error:
                self._metrics.unreadable_decisions.inc()
                log.error("unreadable decision", position=record.position, error=type(error).__name__)
                continue
            in_force[case_id] = head.decision_id
            yield change

    def _takes_effect(self, case_id: str, head: DecisionHead, in_force: dict[str, str]) -> bool:
        known = in_force.get(case_id)
        if known is None and (case := self._cases.find(case_id)) is not None:
            known = case.in_force
        return head.decision == "HOLD" if known is None else head.follows == known
