"""A payment under construction: its members as plain JSON values, and the origin of each."""

from typing import Any

import msgspec

from holdgate.core.intake import InvalidEventError, Received, canonical, screenable
from holdgate.core.intake.findings import note_unexpected, possible_name
from holdgate.core.model.payment import AGENTS, Payment
from holdgate.core.model.screened_fields import TextField

Members = dict[str, Any]
Origins = dict[str, str]
"""Maps a path inside a member (`address.lines[0]`) to the position in the original message."""

UNDERLYING = "underlying"

MAX_OTHERS = 200
"""Maximum parties without a role, as in the contract. Each is compared with those before it; 24,000 took
6 s."""

NO_ID = "NOTPROVIDED"
"""End-to-end id in ISO 20022 if the debtor gave none."""


class PaymentDraft:
    """The members of one transfer, and the draft of the underlying transfer if there is one.

    `message_id` and `transaction_id` give the payment its id if the record's key does not.
    """

    def __init__(
        self, origins: Origins | None = None, prefix: str = "", unexpected: list[TextField] | None = None
    ) -> None:
        self.members: Members = {}
        self.origins: Origins = {} if origins is None else origins
        self.message_id = ""
        self.transaction_id = ""
        self.unexpected: list[TextField] = [] if unexpected is None else unexpected
        self._prefix = prefix
        self._underlying: PaymentDraft | None = None

    def underlying(self) -> "PaymentDraft":
        """Return the draft of the underlying transfer; deeper levels belong to the same one."""
        if self._prefix:
            return self
        if self._underlying is None:
            self._underlying = PaymentDraft(self.origins, f"{UNDERLYING}.", self.unexpected)
        return self._underlying

    def path(self, member: str) -> str:
        """Return the canonical path of a member of this transfer."""
        return self._prefix + member

    def set_value(self, member: str, value: str, origin: str) -> None:
        """Set a single value unless it is set: elements nearer to the transaction are read first."""
        if value and member not in self.members:
            self.members[member] = value
            self.origins[self._prefix + member] = origin

    def add_line(self, member: str, value: str, origin: str) -> None:
        """Add a line of text."""
        if value:
            lines = self.members.setdefault(member, [])
            self.origins[f"{self._prefix}{member}[{len(lines)}]"] = origin
            lines.append(value)

    def add_unexpected(self, value: str, origin: str) -> None:
        """Add the value of an element or field that is not screened and does not look like one of those."""
        if value:
            path = f"{self._prefix}instructions[{len(self.members.get('instructions', ()))}]"
            self.add_line("instructions", value, origin)
            self.unexpected.append(TextField((path,), (value,)))

    def set_reference(self, member: str, value: str, origin: str) -> None:
        """Set an id of the payment that this message refers to."""
        if value:
            reference = self.members.setdefault("refers_to", {})
            if member not in reference:
                reference[member] = value
                self.origins[f"{self._prefix}refers_to.{member}"] = origin

    def set_role(self, role: str, members: Members, origins: Origins, others: str) -> None:
        """Put a party or an agent into its role; a second one is added to `others`."""
        if not members:
            return
        current = self.members.get(role)
        if current is None or (current.keys() == {"account"} and "account" not in members):
            self.members[role] = members | (current or {})
            self._record_origins(role, origins)
        elif current != members:
            self.add_other(others, members, origins)

    def add_other(self, others: str, members: Members, origins: Origins) -> None:
        """Add a party or an agent to a list of them, unless it is there already."""
        if members and not any(self.members.get(role) == members for role in AGENTS):
            listed = self.members.setdefault(others, [])
            if members not in listed:
                if len(listed) >= MAX_OTHERS:
                    raise InvalidEventError(
                        "too_large", f"more than {MAX_OTHERS} {others} in one transaction"
                    )
                self._record_origins(f"{others}[{len(listed)}]", origins)
                listed.append(members)

    def set_account(self, role: str, account: Members, origins: Origins) -> None:
        """Give a party its account; a second account becomes a party of its own."""
        if not account:
            return
        party = self.members.setdefault(role, {})
        if "account" in party:
            if party["account"] != account:
                self.add_other("other_parties", {"account": account}, prefix_origins("account", origins))
            return
        party["account"] = account
        self._record_origins(role, prefix_origins("account", origins))

    def choose_id(self, taken: set[str]) -> str:
        """Return the payment's id if the record's key gives none: the UETR, else message and transaction id.

        An id in `taken`, the ids of the other payments of the message, gets a number.
        """
        referred = self.members.get("refers_to", {})
        candidates = [self.transaction_id, self.members.get("end_to_end_id", "")]
        candidates += [referred.get(member, "") for member in ("transaction_id", "end_to_end_id")]
        transaction = next((found for found in candidates if found and found != NO_ID), "")
        base_id = self.members.get("uetr") or ":".join(filter(None, (self.message_id, transaction)))
        if not base_id:
            raise InvalidEventError(
                "no_payment_id", "neither a UETR nor a message id: key the record by its payment_id"
            )
        payment_id, number = str(base_id), 1
        while payment_id in taken:
            number += 1
            payment_id = f"{base_id}:{number}"
        taken.add(payment_id)
        return payment_id

    def finish(self, payment_id: str) -> Received:
        """Return the payment. Raises `InvalidEventError` if it exceeds a limit of the contract."""
        if self._underlying is not None and self._underlying.members:
            self.members[UNDERLYING] = self._underlying.members
        try:
            payment = msgspec.convert({"payment_id": payment_id, **self.members}, Payment)
        except msgspec.ValidationError as error:
            where = self._origin_of(str(error))
            raise InvalidEventError(
                "wrong_type", f"not a payment: {canonical.without_value(error)}{where}", payment_id
            ) from error
        return screenable.receive(
            payment,
            canonical.canonical_content(self.members),
            self.origins,
            tuple(name for text in self.unexpected for name in possible_name(text.paths[0], text.lines[0])),
            tuple(map(note_unexpected, self.unexpected)),
        )

    def _record_origins(self, path: str, origins: Origins) -> None:
        start = f"{self._prefix}{path}."
        for inner, place in origins.items():
            self.origins[start + inner] = place

    def _origin_of(self, error: str) -> str:
        path = error.rpartition("`$.")[2].rstrip("`")
        origin = self.origins.get(path)
        return f" ({origin})" if origin else ""


def prefix_origins(member: str, origins: Origins) -> Origins:
    """Return the origins with their paths prefixed by a member."""
    return {f"{member}.{inner}": place for inner, place in origins.items()}
