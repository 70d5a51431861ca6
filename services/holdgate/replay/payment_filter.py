"""Which payments of a range are replayed."""

from msgspec import Struct

from holdgate.core.intake.reader import printable_key
from holdgate.core.model.decision import Outcome, Reason
from holdgate.core.records.topics import PROBE
from holdgate.replay.redecide import ReplayedRecord


class PaymentFilter(Struct, frozen=True, omit_defaults=True):
    """Selects payments for which every given member holds; without any member, all of them.

    `decision` and `reasons` are those of the standing decision. The probe's payments are left out unless
    they were released or are named by payment_id or key; a record has the probe's header only if the worker
    that decided it recognised the signature.
    """

    payment_ids: tuple[str, ...] = ()
    uetrs: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    rails: tuple[str, ...] = ()
    decision: Outcome | None = None
    reasons: tuple[Reason, ...] = ()

    def __call__(self, replayed: ReplayedRecord) -> bool:
        """Return whether a payment is selected."""
        record, payment = replayed.record, replayed.payment
        decision = replayed.standing.decision if replayed.standing else None
        payment_id = payment.payment_id if payment else decision.payment_id if decision else None
        rail = (payment.rail or "").lower() if payment else ""
        is_released = decision is not None and decision.decision == "RELEASE"
        is_named = bool(self.keys or self.payment_ids)
        return (
            (is_named or is_released or record.header(PROBE) is None)
            and (not self.keys or printable_key(record.key or b"") in self.keys)
            and (not self.payment_ids or payment_id in self.payment_ids)
            and (not self.uetrs or (payment is not None and payment.uetr in self.uetrs))
            and (not self.rails or rail in self.rails)
            and (self.decision is None or (decision is not None and decision.decision == self.decision))
            and (not self.reasons or (decision is not None and decision.reason in self.reasons))
        )
