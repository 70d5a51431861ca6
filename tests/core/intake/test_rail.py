"""The rail comes from the payment system or from fields that networks write, never from those of payers."""

import json
from typing import Any

import pytest

from deploy.local.daemon import ROOT
from holdgate.core.intake import iso20022, mt, reader
from tests.core.intake.test_messages import MT103

CASES = [json.loads(line) for line in (ROOT / "tests/cases/rails.jsonl").read_text().splitlines()]


def _message(case: dict[str, Any]) -> bytes:
    initiated = case.get("message") == "pain.001"
    name = "pain.001" if initiated else "pacs.008"
    code, service = case.get("clearing_system"), case.get("business_service")
    settlement = f"<SttlmInf><ClrSys><Cd>{code}</Cd></ClrSys></SttlmInf>" if code else ""
    kind = (
        f"<PmtTpInf><SvcLvl><Cd>{case['service_level']}</Cd></SvcLvl>"
        f"<LclInstrm><Cd>{case['local_instrument']}</Cd></LclInstrm></PmtTpInf>"
        if "local_instrument" in case
        else ""
    )
    header = (
        f"<AppHdr><BizMsgIdr>B</BizMsgIdr><MsgDefIdr>{name}.001.08</MsgDefIdr>"
        f"<BizSvc>{service}</BizSvc></AppHdr>"
        if service
        else ""
    )
    group = f"<GrpHdr><MsgId>M</MsgId><NbOfTxs>1</NbOfTxs>{settlement}</GrpHdr>"
    transaction = f"<CdtTrfTxInf>{kind}<Dbtr><Nm>A</Nm></Dbtr><Cdtr><Nm>B</Nm></Cdtr></CdtTrfTxInf>"
    body = (
        f"<CstmrCdtTrfInitn>{group}<PmtInf>{transaction}</PmtInf></CstmrCdtTrfInitn>"
        if initiated
        else f"<FIToFICstmrCdtTrf>{group}{transaction}</FIToFICstmrCdtTrf>"
    )
    space = f'xmlns="urn:iso:std:iso:20022:tech:xsd:{name}.001.08"'
    around = f'xmlns="{case["envelope"]}"' if "envelope" in case else ""
    return f"<Envelope {around}>{header}<Document {space}>{body}</Document></Envelope>".encode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: json.dumps(case)[:90])
def test_the_rail_is_read_from_the_fields_of_the_network(case: dict[str, Any]) -> None:
    [received] = iso20022.read(_message(case), rail=case.get("told"))
    assert received.payment.rail == case["rail"]


def test_the_rail_of_an_mt_message_is_swift_unless_the_payment_system_sets_another() -> None:
    assert mt.read(MT103.encode())[0].payment.rail == "swift"
    [received] = reader.read(MT103.encode(), b"K", None, "internal")
    assert received.payment.rail == "internal"


def test_a_json_payment_states_its_rail() -> None:
    value = b'{"payment_id": "K", "rail": "swift", "debtor": {"name": "A"}}'
    [received] = reader.read(value, b"K", None, "sct_inst")
    assert received.payment.rail == "swift"
