"""A payment while it is being read: its members as plain JSON values, and where each of them stood."""

from typing import Any

import msgspec

from holdgate.core.intake import InvalidEventError, Received, canonical, screenable
from holdgate.core.model.payment import AGENTS, Payment

Members = dict[str, Any]
Origins = dict[str, str]
"""Path inside a member (`address.lines[0]`) to the place in the original message."""

UNDERLYING = "underlying"

MAX_OTHERS = 200
"""Parties without a role, as many as the contract allows: each is compared with those before it, and 24,000
took 6 s."""

NO_ID = "NOTPROVIDED"
"""What ISO 20022 has in an end-to-end id that the debtor did not give."""


class PaymentDraft:
    """One transfer's members; `under` is the draft of the transfer inside it, once there is one.

    `message_id` and `transaction_id` are what the payment is named by where the record's key does not.
    """

    def __init__(self, origins: Origins | None = None, prefix: str = "") -> None:
        self.members: Members = {}
        self.origins: Origins = {} if origins is None else origins
        self.message_id = ""
        self.transaction_id = ""
        self._prefix = prefix
        self._under: PaymentDraft | None = None

    def under(self) -> "PaymentDraft":
        """The underlying transfer's draft; what lies deeper still belongs to the same one."""
        if self._prefix:
            return self
        if self._under is None:
            self._under = PaymentDraft(self.origins, f"{UNDERLYING}.")
        return self._under

    def path(self, member: str) -> str:
        """The canonical path of a member of this transfer."""
        return self._prefix + member

    def value(self, member: str, value: str, place: str) -> None:
        """Set a single value, unless it is set: what stands nearer to the transaction is read first."""
        if value and member not in self.members:
            self.members[member] = value
            self.origins[self._prefix + member] = place

    def line(self, member: str, value: str, place: str) -> None:
        """Add a line of text."""
        if value:
            lines = self.members.setdefault(member, [])
            self.origins[f"{self._prefix}{member}[{len(lines)}]"] = place
            lines.append(value)

    def refer(self, member: str, value: str, place: str) -> None:
        """Set an id of the payment that this one is about."""
        if value:
            referred = self.members.setdefault("refers_to", {})
            if member not in referred:
                referred[member] = value
                self.origins[f"{self._prefix}refers_to.{member}"] = place

    def role(self, role: str, found: Members, places: Origins, others: str) -> None:
        """Put a party or an agent into its role; whoever comes second is kept among `others`."""
        if not found:
            return
        held = self.members.get(role)
        if held is None or (held.keys() == {"account"} and "account" not in found):
            self.members[role] = found | (held or {})
            self._locate(role, places)
        elif held != found:
            self.among(others, found, places)

    def among(self, others: str, found: Members, places: Origins) -> None:
        """Add a party or an agent to a list of them, unless it is there already."""
        if found and not any(self.members.get(role) == found for role in AGENTS):
            listed = self.members.setdefault(others, [])
            if found not in listed:
                if len(listed) >= MAX_OTHERS:
                    raise InvalidEventError(
                        "too_large", f"more than {MAX_OTHERS} {others} in one transaction"
                    )
                self._locate(f"{others}[{len(listed)}]", places)
                listed.append(found)

    def account(self, role: str, found: Members, places: Origins) -> None:
        """Give a party its account; an account of nobody known, or a second one, stands by itself."""
        if not found:
            return
        party = self.members.setdefault(role, {})
        if "account" in party:
            if party["account"] != found:
                self.among("other_parties", {"account": found}, below("account", places))
            return
        party["account"] = found
        self._locate(role, below("account", places))

    def name(self, taken: set[str]) -> str:
        """The payment's name where the record's key gives none: the UETR, else message id and transaction.

        One that another payment of the message has `taken` gets a number.
        """
        referred = self.members.get("refers_to", {})
        given = [self.transaction_id, self.members.get("end_to_end_id", "")]
        given += [referred.get(member, "") for member in ("transaction_id", "end_to_end_id")]
        transaction = next((found for found in given if found and found != NO_ID), "")
        named = self.members.get("uetr") or ":".join(filter(None, (self.message_id, transaction)))
        if not named:
            raise InvalidEventError(
                "no_payment_id", "neither a UETR nor a message id: key the record by its payment_id"
            )
        unique, number = str(named), 1
        while unique in taken:
            number += 1
            unique = f"{named}:{number}"
        taken.add(unique)
        return unique

    def finish(self, payment_id: str) -> Received:
        """The payment; raises `InvalidEventError` where a limit of the contract is passed."""
        if self._under is not None and self._under.members:
            self.members[UNDERLYING] = self._under.members
        try:
            payment = msgspec.convert({"payment_id": payment_id, **self.members}, Payment)
        except msgspec.ValidationError as error:
            where = self._place(str(error))
            raise InvalidEventError(
                "wrong_type", f"not a payment: {canonical.unquoted(error)}{where}", payment_id
            ) from error
        screenable.check_screenable(payment)
        return Received(payment, canonical.content_hash(self.members), self.origins)

    def _locate(self, path: str, places: Origins) -> None:
        start = f"{self._prefix}{path}."
        for inner, place in places.items():
            self.origins[start + inner] = place

    def _place(self, error: str) -> str:
        path = error.rpartition("`$.")[2].rstrip("`")
        place = self.origins.get(path)
        return f" ({place})" if place else ""


def below(member: str, places: Origins) -> Origins:
    """The places with their paths put under a member."""
    return {f"{member}.{inner}": place for inner, place in places.items()}
