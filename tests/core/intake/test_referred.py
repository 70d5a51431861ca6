"""The decision on a recall, return or status report refers to the original payment."""

import json

import pytest

from holdgate.core.engine.screener import Screener
from holdgate.core.intake import iso20022, mt
from holdgate.core.model import decision as contract
from holdgate.core.records import claim
from tests.core.intake.test_messages import MT103
from tests.support.listed import policy, screener, snapshot

UETR = "97ed4827-7b6f-4491-a06f-b548d5a7512d"
RECALL = f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.056.001.08"><FIToFIPmtCxlReq>
<Assgnmt><Id>CXL-1</Id><Assgnr><Agt><FinInstnId><BICFI>DEUTDEFF</BICFI></FinInstnId></Agt></Assgnr>
<Assgne><Agt><FinInstnId><BICFI>BNPAFRPP</BICFI></FinInstnId></Agt></Assgne></Assgnmt>
<Undrlyg><TxInf><CxlId>C-1</CxlId><OrgnlGrpInf><OrgnlMsgId>M-9</OrgnlMsgId>
<OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId></OrgnlGrpInf><OrgnlInstrId>I-9</OrgnlInstrId>
<OrgnlEndToEndId>E-9</OrgnlEndToEndId><OrgnlTxId>T-9</OrgnlTxId><OrgnlUETR>{UETR}</OrgnlUETR>
<OrgnlTxRef><Dbtr><Pty><Nm>Ulrike Sommerfeld</Nm></Pty></Dbtr></OrgnlTxRef></TxInf></Undrlyg>
</FIToFIPmtCxlReq></Document>"""
RETURN = f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.004.001.09"><PmtRtr>
<GrpHdr><MsgId>R-1</MsgId><NbOfTxs>1</NbOfTxs></GrpHdr><TxInf><RtrId>R-1-1</RtrId>
<OrgnlEndToEndId>E-9</OrgnlEndToEndId><OrgnlUETR>{UETR}</OrgnlUETR>
<RtrChain><Dbtr><Pty><Nm>Li Na</Nm></Pty></Dbtr><Cdtr><Pty><Nm>Ulrike Sommerfeld</Nm></Pty></Cdtr></RtrChain>
</TxInf></PmtRtr></Document>"""


@pytest.mark.parametrize(
    ("message", "referred"),
    [
        (
            RECALL,
            {
                "message_id": "M-9",
                "message_type": "pacs.008.001.08",
                "instruction_id": "I-9",
                "end_to_end_id": "E-9",
                "transaction_id": "T-9",
                "uetr": UETR,
            },
        ),
        (RETURN, {"end_to_end_id": "E-9", "uetr": UETR}),
    ],
)
def test_the_decision_refers_to_the_original_payment(message: str, referred: dict[str, str]) -> None:
    received = iso20022.read(message.encode())
    [found] = screener().screen(received)
    assert found.decision == "RELEASE"
    assert json.loads(contract.to_json(found))["refers_to"] == referred
    held = message.replace("Ulrike Sommerfeld", "Kazimir Anatolievich Verzhbitsky")
    [found] = screener().screen(iso20022.read(held.encode()))
    assert found.decision == "HOLD"
    assert json.loads(contract.to_json(found))["refers_to"] == referred


def test_a_release_with_a_reference_is_restored_from_its_short_claim() -> None:
    [first] = screener().screen(iso20022.read(RETURN.encode()))
    encoded = claim.encode_claim(first)
    assert len(encoded) == 35
    assert claim.restore_decision(encoded, first, Screener(snapshot(), policy()).versions) == first


def test_the_decision_on_an_ordinary_payment_has_no_reference() -> None:
    [found] = screener().screen(mt.read(MT103.encode()))
    assert b"refers_to" not in contract.to_json(found)
