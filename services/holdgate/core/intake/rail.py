"""The rail of an ISO 20022 message, as far as the message itself can state it.

Whoever picks the rail picks the rules, and rules differ in what they leave out. So the rail is read only
from what banks and their networks write: the envelope, the business service of the application header, the
clearing system of the settlement. Content that a payer can write is ignored: a pain message has no rail, and
service level and local instrument (`SEPA`, `INST`) are copied from it. A message with two different marks has
no rail. The strictest rules apply to a payment without a rail; the payment system, which knows the rail, can
state it beside the message (`holdgate.core.intake.reader`).
"""

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from holdgate.core.intake.iso_values import text

CLEARING_SYSTEMS = {"FDN": "fednow", "TCH": "rtp"}
"""ISO 20022 external cash clearing system codes: FedNow, and the Real-Time Payments system of The Clearing
House. Other systems clear for more than one rail, or for one that is not told here."""

NETWORKS = ("urn:fednow:", "fednow")
SERVICES = ("swift.cbprplus.", "swift")
"""Namespace of FedNow's envelopes; business services of cross-border payments on SWIFT (CBPR+)."""


def rail_of_message(
    family: str, root: Element, header: Iterable[Element], namespaces: Iterable[str]
) -> str | None:
    """Return the rail that a message states, None if it states none or several.

    `namespaces` are those of the elements around the message.
    """
    if family.startswith("pain."):
        return None
    rails = {NETWORKS[1] for namespace in namespaces if namespace.startswith(NETWORKS[0])}
    for element in header:
        for service in element.iter("BizSvc"):
            if text(service).startswith(SERVICES[0]):
                rails.add(SERVICES[1])
    elements = [root]
    for step in ("GrpHdr", "SttlmInf", "ClrSys", "Cd"):
        elements = [child for element in elements for child in element if child.tag == step]
    rails.update(CLEARING_SYSTEMS.get(text(code), "") for code in elements)
    rails.discard("")
    return rails.pop() if len(rails) == 1 else None
