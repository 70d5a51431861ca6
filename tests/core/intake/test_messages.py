"""XML and MT messages from any source give payments or an InvalidEventError, in bounded work."""

from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.intake import MAX_BYTES, InvalidEventCode, InvalidEventError, Received, iso20022, mt, xml
from holdgate.core.model.payment import Account, Address, Party

TRANSFER = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf>
<GrpHdr><MsgId>M-1</MsgId><NbOfTxs>{count}</NbOfTxs>
<InstgAgt><FinInstnId><Nm>Group Bank</Nm></FinInstnId></InstgAgt></GrpHdr>
{transactions}</FIToFICstmrCdtTrf></Document>"""
TRANSACTION = """<CdtTrfTxInf><PmtId><EndToEndId>{id}</EndToEndId></PmtId>
<Dbtr><Nm>{name}</Nm></Dbtr><Cdtr><Nm>Li Na</Nm></Cdtr></CdtTrfTxInf>"""
MT103 = (
    "{1:F01BANKBEBBAXXX2222123456}{2:I103BANKDEFFXXXXN}{4:\r\n:20:REF-1\r\n:32A:261123EUR12,50\r\n"
    ":50K:/123\r\nUlrike Sommerfeld\r\n:59:/456\r\nLi Na\r\n:71A:SHA\r\n-}"
)


def transfer(*names: str, ids: tuple[str, ...] = ()) -> str:
    transactions = [
        TRANSACTION.format(id=ids[number] if ids else f"E-{number}", name=name)
        for number, name in enumerate(names)
    ]
    return TRANSFER.format(count=len(names), transactions="".join(transactions))


def refusal(value: bytes) -> InvalidEventError:
    with pytest.raises(InvalidEventError) as caught:
        (iso20022 if b"<" in value else mt).read(value)
    return caught.value


def test_each_transaction_is_a_payment_with_the_agent_of_its_group() -> None:
    payments = iso20022.read(transfer("Ulrike Sommerfeld", "Li Bo").encode(), "KEY")
    assert [received.payment.payment_id for received in payments] == ["M-1:E-0", "M-1:E-1"]
    for received in payments:
        assert received.payment.instructing_agent is not None
        assert received.payment.instructing_agent.name == "Group Bank"
    assert payments[1].origins["debtor.name"] == "/Document/FIToFICstmrCdtTrf/CdtTrfTxInf[2]/Dbtr/Nm"


def test_the_key_is_the_id_of_a_single_payment() -> None:
    [received] = iso20022.read(transfer("Li Bo").encode(), "KEY")
    assert received.payment.payment_id == "KEY"


def test_equal_ids_within_a_message_become_different_payment_ids() -> None:
    payments = iso20022.read(transfer("Li Bo", "Li Yu", ids=("E", "E")).encode())
    assert [received.payment.payment_id for received in payments] == ["M-1:E", "M-1:E:2"]


def test_a_comment_does_not_truncate_a_name() -> None:
    [received] = iso20022.read(transfer("Ulrike <!-- x -->Sommer<?y z?>feld").encode())
    assert received.payment.debtor is not None
    assert received.payment.debtor.name == "Ulrike Sommerfeld"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_of_a_document_is_detected_from_its_first_bytes(encoding: str) -> None:
    [received] = iso20022.read(transfer("Łukasz Ćwik").encode(encoding))
    assert received.payment.debtor is not None
    assert received.payment.debtor.name == "Łukasz Ćwik"


def test_a_declared_encoding_is_used() -> None:
    declared = '<?xml version="1.0" encoding="ISO-8859-1"?>' + transfer("José Peña")
    [received] = iso20022.read(declared.encode("latin-1"))
    assert received.payment.debtor is not None
    assert received.payment.debtor.name == "José Peña"


def test_a_message_embedded_as_text_is_read() -> None:
    wrapped = f"<DataPDU><Body><![CDATA[{transfer('Li Bo')}]]></Body></DataPDU>"
    assert iso20022.read(wrapped.encode())[0].origins["debtor.name"].startswith("/text()/Document/")


CROWD = "".join(f"<X><Nm>Guest {number}</Nm></X>" for number in range(201))

HOSTILE = {
    "entities": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "external": b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    "elements": b"<a>" + b"<b/>" * 200_000 + b"</a>",
    "depth": b"<a>" * 40_000 + b"</a>" * 40_000,
    "bytes": b"<a>" + b" " * MAX_BYTES + b"</a>",
    "declares what it is not": b'<?xml version="1.0" encoding="UTF-16"?><a/>',
    "an unknown encoding": b'<?xml version="1.0" encoding="EBCDIC-X"?><a/>',
    "not UTF-8": b"<a>\xff</a>",
    "text between elements": transfer("Li Bo").replace("<Cdtr>", "Li Na<Cdtr>").encode(),
    "a name with an element in it": transfer("Li <b/> Bo").encode(),
    "two debtors": transfer("Li Bo</Nm></Dbtr><Dbtr><Nm>Li Yu").encode(),
    "a crowd": transfer("Li Bo").replace("<Cdtr>", CROWD + "<Cdtr>").encode(),
    "an unbound prefix": b"<x:a/>",
    "a wrong amount beside a Latin-1 name": (
        '<?xml version="1.0" encoding="ISO-8859-1"?>'
        + transfer("Li Bo").replace("<Cdtr>", "<É>x</É><IntrBkSttlmAmt>x</IntrBkSttlmAmt><Cdtr>")
    ).encode("latin-1"),
    "a long name": transfer("A" * 20_001).encode(),
    "truncated": MT103[:-2].encode(),
    "two texts": (MT103 + "{4:\r\n:20:X\r\n-}").encode(),
    "blocks out of order": MT103.replace("{2:I103BANKDEFFXXXXN}", "")
    .replace("-}", "-}{2:I103BANKDEFFXXXXN}")
    .encode(),
    "text after the end": (MT103 + "Li Na").encode(),
    "no amount": MT103.replace("EUR12,50", "EUR").encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_malicious_message_is_rejected_with_its_reason(name: str) -> None:
    error = refusal(HOSTILE[name])
    assert error.code in get_args(InvalidEventCode)
    assert "Li" not in str(error)


def test_mt_messages_may_have_any_line_ends() -> None:
    expected = mt.read(MT103.encode())
    for end in ("\n", "\r"):
        assert mt.read(MT103.replace("\r\n", end).encode()) == expected
    assert mt.read(MT103.replace("\r\n", "\n", 3).encode()) == expected


def test_the_lines_after_a_name_may_continue_it_and_are_no_party_of_their_own() -> None:
    first = "INTERNATIONALE TRADING AND SHIPPING"
    [received] = mt.read(MT103.replace("Ulrike Sommerfeld", f"{first}\r\nCOMPANY\r\nALMATY").encode())
    assert received.payment.debtor == Party(
        name=first, account=Account(other="123"), address=Address(lines=("COMPANY", "ALMATY"))
    )
    assert received.payment.other_parties == ()


tags = st.sampled_from(
    "Document FIToFICstmrCdtTrf CdtTrfTxInf Dbtr Cdtr DbtrAcct Id Othr Nm PstlAdr Ctry "
    "FinInstnId BICFI PmtId "
    "UETR IntrBkSttlmAmt IntrBkSttlmDt OrgnlTxRef RmtInf Ustrd Case Assgnmt Assgnr Agt Pty "
    "AppHdr Fr FIId Undrlyg TxInf FIToFIPmtCxlReq Purp Cd".split()
)
texts = st.text(st.characters(exclude_characters="<>&", exclude_categories=["Cs", "Cc"]), max_size=8)
trees = st.recursive(
    texts,
    lambda inner: st.lists(st.tuples(tags, inner), max_size=4).map(
        lambda pairs: "".join(f"<{tag}>{body}</{tag}>" for tag, body in pairs)
    ),
    max_leaves=25,
)


@given(trees, st.sampled_from(["FIToFICstmrCdtTrf", "FIToFIPmtCxlReq", "PmtRtr", "CstmrCdtTrfInitn"]))
def test_any_tree_of_known_elements_is_read_or_rejected(tree: str, root: str) -> None:
    check(f"<{root}>{tree}</{root}>".encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_rejected(value: bytes) -> None:
    check(value)
    check(b"<" + value)


@given(st.data())
def test_a_message_with_changed_bytes_is_read_or_rejected(data: st.DataObject) -> None:
    value = bytearray(data.draw(st.sampled_from([transfer("Li Bo").encode(), MT103.encode()])))
    for _ in range(data.draw(st.integers(1, 4))):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    check(bytes(value))


fields = st.tuples(
    st.sampled_from("20 21 32A 32B 50F 50K 50A 52A 52D 53B 57C 58A 59 59F 70 72 77B 23E 25 30 99Z".split()),
    st.text("/1234567890ABCDEFXYZ,.: \r\n-{}", max_size=30),
)


@given(st.sampled_from(["101", "103", "202", "205", "210", "999"]), st.lists(fields, max_size=10))
def test_any_mt_fields_are_read_or_rejected(kind: str, found: list[tuple[str, str]]) -> None:
    body = "".join(f":{tag}:{text}\r\n" for tag, text in found)
    check(f"{{1:F01BANKBEBBAXXX2222123456}}{{2:I{kind}BANKDEFFXXXXN}}{{4:\r\n{body}-}}".encode())


def check(value: bytes) -> None:
    """Require payments with different ids or an error with a known code; anything else fails the test."""
    for reader in (iso20022.read, mt.read):
        outcome = _outcome(reader, value)
        if isinstance(outcome, InvalidEventError):
            assert outcome.code in get_args(InvalidEventCode)
        else:
            assert outcome
            assert len({received.payment.payment_id for received in outcome}) == len(outcome)


def _outcome(
    reader: Callable[[bytes], tuple[Received, ...]], value: bytes
) -> tuple[Received, ...] | InvalidEventError:
    try:
        return reader(value)
    except InvalidEventError as error:
        return error


def test_messages_are_read_up_to_the_maximum_depth() -> None:
    fits = "<a>" * xml.MAX_DEPTH + "</a>" * xml.MAX_DEPTH
    assert xml.parse(fits.encode()).root.tag == "a"
    assert refusal(f"<a>{fits}</a>".encode()).code == "too_deep"
