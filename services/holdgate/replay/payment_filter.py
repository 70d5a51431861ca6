"""Which payments of a range are replayed."""

from msgspec import Struct

from holdgate.core.intake.reader import printable_key
from holdgate.core.model.decision import Outcome, Reason
from holdgate.core.records.topics import PROBE
from holdgate.replay.redecide import ReplayedRecord


class PaymentFilter(Struct, frozen=True, omit_defaults=True):
    """Selects payments for which every given member holds; without any member, all of them.

    `decision` and `reasons` are those of the standing decision. The probe's payments are left out unless
    they are named by payment_id or key.
    """

    payment_ids: tuple[str, ...] = ()
    uetrs: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    rails: tuple[str, ...] = ()
    decision: Outcome | None = None
    reasons: tuple[Reason, ...] = ()

    def __call__(self, asked: ReplayedRecord) -> bool:
        """Whether a payment is wanted."""
        record, payment, stood = asked.record, asked.payment, asked.stood
        stands = stood.decision if stood else None
        payment_id = payment.payment_id if payment else stands.payment_id if stands else None
        rail = (payment.rail or "").lower() if payment else ""
        named = bool(self.keys or self.payment_ids)
        return (
            (named or record.header(PROBE) is None)
            and (not self.keys or printable_key(record.key or b"") in self.keys)
            and (not self.payment_ids or payment_id in self.payment_ids)
            and (not self.uetrs or (payment is not None and payment.uetr in self.uetrs))
            and (not self.rails or rail in self.rails)
            and (self.decision is None or (stands is not None and stands.decision == self.decision))
            and (not self.reasons or (stands is not None and stands.reason in self.reasons))
        )
