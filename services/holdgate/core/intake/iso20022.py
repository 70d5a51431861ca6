"""Turn ISO 20022 messages into payments: one per transaction, each with the parties of its group.

Messages are recognised by the name of their root element, in any namespace, version and envelope: a business
application header beside the document, FedNow's and RTP's envelopes, a DataPDU, or a whole message as the
text of an element. Sources: the ISO 20022 message definition reports and schemas of pacs, pain and camt.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from holdgate.core.intake import InvalidEventError, Received, xml
from holdgate.core.intake import rail as rails
from holdgate.core.intake.draft import PaymentDraft
from holdgate.core.intake.encoding import with_repair_note
from holdgate.core.intake.iso_transaction import IsoTransaction
from holdgate.core.intake.xml import (
    RefusedElementError,
    XmlDocument,
    steps,
    strip_namespace,
    strip_namespaces,
)


class Family(NamedTuple):
    """A message family; `containers` lead from its root to a transaction, and `counted` is whether the
    group header states the number of transactions."""

    name: str
    containers: tuple[str, ...]
    counted: bool = False


FAMILIES = {
    "FIToFICstmrCdtTrf": Family("pacs.008", ("CdtTrfTxInf",), True),
    "FICdtTrf": Family("pacs.009", ("CdtTrfTxInf",), True),
    "FinInstnCdtTrf": Family("pacs.009", ("CdtTrfTxInf",), True),
    "PmtRtr": Family("pacs.004", ("TxInf",), True),
    "FIToFIPmtStsRpt": Family("pacs.002", ("TxInfAndSts",)),
    "FIToFIPmtStsReq": Family("pacs.028", ("TxInf",)),
    "FIToFICstmrDrctDbt": Family("pacs.003", ("DrctDbtTxInf",), True),
    "FIToFIPmtRvsl": Family("pacs.007", ("TxInf",), True),
    "FIDrctDbt": Family("pacs.010", ("CdtInstr", "DrctDbtTxInf")),
    "CstmrCdtTrfInitn": Family("pain.001", ("PmtInf", "CdtTrfTxInf"), True),
    "CstmrPmtStsRpt": Family("pain.002", ("OrgnlPmtInfAndSts", "TxInfAndSts")),
    "CstmrPmtRvsl": Family("pain.007", ("OrgnlPmtInfAndRvsl", "TxInf"), True),
    "CstmrDrctDbtInitn": Family("pain.008", ("PmtInf", "DrctDbtTxInf"), True),
    "CdtrPmtActvtnReq": Family("pain.013", ("PmtInf", "CdtTrfTx"), True),
    "UblToApply": Family("camt.026", ()),
    "ClmNonRct": Family("camt.027", ()),
    "AddtlPmtInf": Family("camt.028", ()),
    "RsltnOfInvstgtn": Family("camt.029", ("CxlDtls", "OrgnlPmtInfAndSts", "TxInfAndSts")),
    "CstmrPmtCxlReq": Family("camt.055", ("Undrlyg", "OrgnlPmtInfAndCxl", "TxInf")),
    "FIToFIPmtCxlReq": Family("camt.056", ("Undrlyg", "TxInf")),
    "NtfctnToRcv": Family("camt.057", ("Ntfctn", "Itm")),
    "NtfctnToRcvCxlAdvc": Family("camt.058", ("OrgnlNtfctn", "OrgnlNtfctnRef", "OrgnlItm")),
    "ReqToModfyPmt": Family("camt.087", ()),
}
"""Root element to family. `FinInstnCdtTrf` is the pacs.009 before 2012."""

_BY_NAME = {family.name: family for family in FAMILIES.values()}
"""In the first versions the root element has the name of the message: `pain.001.001.02`."""

MAX_INHERITED = 250_000
"""Elements of groups read for all transactions together: 400 transactions under 40 elements take 16,000."""

_TYPE = re.compile(r"([a-z]{4}\.[0-9]{3})\.[0-9]{3}\.[0-9]{2,3}")

_ATTRIBUTE = re.compile(r"[A-Z]{3}|true|false|[01]|(?:[^\s:/.]*+[:/.]\S*+\s*+)*+")
"""What attributes are for: a currency, xsi:nil, and addresses of namespaces and schemas."""

Context = list[tuple[str, Element, str]]
"""Elements read for a transaction: name, element, XPath."""


class Message(NamedTuple):
    """A message's root element, with its path, the application header before it, and the namespaces from the
    outermost element to its own."""

    family: Family
    root: Element
    path: str
    header: Context
    namespaces: tuple[str, ...]


class Envelope:
    """Everything around the messages: the last application header, and all text outside of both.

    The walk strips namespaces from element names; `namespaces` are those outside the messages.
    """

    def __init__(self, root: Element, prefix: str, texts: Context) -> None:
        self.header: Context = []
        self.texts = texts
        self.messages: list[Message] = []
        self.namespaces = [strip_namespace(root)]
        self._walk(root, f"{prefix}/{root.tag}", (self.namespaces[0],))

    def _walk(self, element: Element, path: str, outer_namespaces: tuple[str, ...]) -> None:
        family = FAMILIES.get(element.tag) or _family_of_tag(element.tag)
        if family is not None:
            strip_namespaces(element)
            self.messages.append(Message(family, element, path, self.header, outer_namespaces))
        elif element.tag == "AppHdr":
            strip_namespaces(element)
            self.header = [("AppHdr", element, path)]
        elif len(element):
            spaces = [strip_namespace(child) for child in element]
            self.namespaces += spaces
            for (_, child, place), own in zip(steps(element), spaces, strict=True):
                self._walk(child, f"{path}/{place}", (*outer_namespaces, own))
        else:
            self.texts.append((element.tag, element, path))


class Unit(NamedTuple):
    """A transaction: its own element and what it inherits, nearest first."""

    element: Element
    step: str
    path: str
    inherited: Context


def read(value: bytes, key: str | None = None, rail: str | None = None) -> tuple[Received, ...]:
    """Read every payment of an XML document. Raises `InvalidEventError` with the line of the error.

    `key` is the id of the payment if there is only one. `rail` is the rail stated by the payment system;
    without it the rail is taken from the message.
    """
    document = xml.parse(value)
    payments = _read(document, key, rail, "", [])
    if document.repaired:
        return tuple(with_repair_note(received, document.repaired) for received in payments)
    return payments


def read_tree(
    root: Element, key: str | None, rail: str | None, prefix: str = "", outside: Context | None = None
) -> tuple[Received, ...]:
    """Read every payment below an element, in which it changes the names.

    Raises `RefusedElementError` with the element at fault.
    """
    envelope = Envelope(root, prefix, [*(outside or ()), *_attribute_texts(root)])
    if not envelope.messages:
        return _embedded(root, key, rail, envelope)
    drafts = [
        draft
        for message in envelope.messages
        for draft in _drafts(message, rail, message.header or envelope.header, envelope.texts)
    ]
    names: set[str] = set()
    payments = []
    for draft in drafts:
        payment_id = key if key and len(drafts) == 1 else draft.choose_id(names)
        payments.append(draft.finish(payment_id))
    return tuple(payments)


def _read(
    document: XmlDocument, key: str | None, rail: str | None, prefix: str, outside: Context
) -> tuple[Received, ...]:
    try:
        return read_tree(document.root, key, rail, prefix, outside)
    except RefusedElementError as error:
        raise xml.with_line(document, error) from error


def _attribute_texts(root: Element) -> Iterator[tuple[str, Element, str]]:
    """Yield the attributes that are no currency and no address of a schema, as elements outside a message."""
    for attributes in filter(None, map(Element.items, root.iter())):
        for name, value in attributes:
            if not _ATTRIBUTE.fullmatch(value):
                element = Element(name)
                element.text = value
                yield name, element, f"@{name}"


def _family_of_tag(tag: str) -> Family | None:
    """Return the family of a root element that is named after the message, as in the first versions."""
    return _BY_NAME.get(tag[:8]) if _TYPE.fullmatch(tag) else None


def _embedded(root: Element, key: str | None, rail: str | None, envelope: Envelope) -> tuple[Received, ...]:
    """Read the message that is the text of an element. Raises if there is none."""
    texts = envelope.texts
    for place, (_, element, _) in enumerate(texts):
        text = (element.text or "").strip()
        if text.startswith("<"):
            try:
                return _read(
                    xml.parse_text(text), key, rail, "/text()", [*texts[:place], *texts[place + 1 :]]
                )
            except InvalidEventError as error:
                raise InvalidEventError(
                    error.code, f"in the message inside {element.tag[:40]}: {error}"
                ) from error
    kinds = map(_TYPE.search, envelope.namespaces)
    message_type = next((kind[0] for kind in kinds if kind and not kind[0].startswith("head.")), None)
    what = message_type or "none of the message roots that are read"
    raise RefusedElementError("unknown_message", f"not a payment message: {what}", root)


def _drafts(message: Message, rail: str | None, header: Context, texts: Context) -> list[PaymentDraft]:
    message = message._replace(header=header)
    units = list(_units(message.root, message.root.tag, message.path, message.family.containers, header))
    if sum(len(unit.inherited) + len(texts) for unit in units) > MAX_INHERITED:
        raise RefusedElementError("too_large", "too many transactions for so large a group", message.root)
    if message.family.counted:
        _check_count(message, units)
    message_type = _message_type(message)
    rail = rail or rails.rail_of_message(
        message.family.name, message.root, (element for _, element, _ in message.header), message.namespaces
    )
    return [_draft(unit, message_type, rail, texts) for unit in units]


def _draft(unit: Unit, message_type: str, rail: str | None, texts: Context) -> PaymentDraft:
    draft = PaymentDraft()
    draft.members["message_type"] = message_type
    if rail is not None:
        draft.members["rail"] = rail
    transaction = IsoTransaction(draft)
    transaction.children(unit.element, unit.path)
    for step, element, path in unit.inherited:
        transaction.read(element, step, path)
    for _, element, path in texts:
        transaction.text(element, path)
    return draft


def _units(
    element: Element, step: str, path: str, containers: tuple[str, ...], outer: Context
) -> Iterator[Unit]:
    """Yield every transaction below an element; the element itself if it contains none."""
    if all(element.find(name) is None for name in containers):
        yield Unit(element, step, path, outer)
        return
    transactions: Context = []
    shared: Context = []
    for inner, child, place in steps(element):
        (transactions if inner in containers else shared).append((inner, child, f"{path}/{place}"))
    inherited = shared + outer
    for inner, child, child_path in transactions:
        yield from _units(child, inner, child_path, containers, inherited)


def _check_count(message: Message, units: list[Unit]) -> None:
    """Refuse a group header with another count: transactions are missing or hidden."""
    actual = sum(unit.step == message.family.containers[-1] for unit in units)
    if not actual and any(_is_whole_group(element) for element in message.root.iter()):
        return
    element = next(message.root.iter("NbOfTxs"), None)
    if element is None:
        return
    stated = (element.text or "").strip()
    if not stated.isdecimal() or int(stated[:15]) != actual:
        raise RefusedElementError(
            "wrong_structure", f"NbOfTxs is not {actual}, as many as there are", element
        )


def _is_whole_group(element: Element) -> bool:
    """Whether the element returns or reverses a whole group, whose transactions are not repeated."""
    return element.tag in ("GrpRtr", "GrpRvsl") and (element.text or "").strip() in ("true", "1")


def _message_type(message: Message) -> str:
    """Return the message identifier. The header must name the same family."""
    candidates = [_TYPE.search(message.namespaces[-1] if message.namespaces else "")]
    for _, header, _ in message.header:
        for element in header:
            if element.tag == "MsgDefIdr":
                identifier = (element.text or "").strip()
                if not identifier.startswith(message.family.name):
                    raise RefusedElementError(
                        "wrong_value",
                        f"MsgDefIdr does not say {message.family.name}, as the document does",
                        element,
                    )
                candidates.append(_TYPE.search(identifier))
    return next((found[0] for found in candidates if found), message.family.name)
