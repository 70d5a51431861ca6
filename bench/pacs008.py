"""Converts a JSON payment of the workload into a pacs.008.001.08 message with one transaction."""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"


def pacs008(payment: Mapping[str, Any]) -> bytes:
    """Return the message in UTF-8."""
    return "".join(_message(payment)).encode()


def _message(payment: Mapping[str, Any]) -> Iterator[str]:
    yield f'<Document xmlns="{_NAMESPACE}"><FIToFICstmrCdtTrf><GrpHdr>'
    yield f"<MsgId>{payment['payment_id']}</MsgId><CreDtTm>{payment['submitted_at']}</CreDtTm>"
    yield "<NbOfTxs>1</NbOfTxs><SttlmInf><SttlmMtd>INDA</SttlmMtd></SttlmInf></GrpHdr><CdtTrfTxInf><PmtId>"
    yield f"<InstrId>{payment['payment_id']}</InstrId><EndToEndId>{payment['end_to_end_id']}</EndToEndId>"
    yield f"<UETR>{payment['uetr']}</UETR></PmtId>"
    yield f'<IntrBkSttlmAmt Ccy="{payment["currency"]}">{payment["amount"]}</IntrBkSttlmAmt>'
    yield f"<IntrBkSttlmDt>{payment['value_date']}</IntrBkSttlmDt><ChrgBr>SHAR</ChrgBr>"
    for agent in payment.get("intermediary_agents", ()):
        yield f"<IntrmyAgt1>{_agent(agent)}</IntrmyAgt1>"
    if "ultimate_debtor" in payment:
        yield f"<UltmtDbtr><Nm>{escape(payment['ultimate_debtor']['name'])}</Nm></UltmtDbtr>"
    yield f"<Dbtr>{_party(payment['debtor'])}</Dbtr>{_account('Dbtr', payment['debtor'])}"
    yield f"<DbtrAgt>{_agent(payment['debtor_agent'])}</DbtrAgt>"
    yield f"<CdtrAgt>{_agent(payment['creditor_agent'])}</CdtrAgt>"
    yield f"<Cdtr>{_party(payment['creditor'])}</Cdtr>{_account('Cdtr', payment['creditor'])}"
    lines = "".join(f"<Ustrd>{escape(line)}</Ustrd>" for line in payment["remittance"])
    yield f"<RmtInf>{lines}</RmtInf>" if lines else ""
    yield "</CdtTrfTxInf></FIToFICstmrCdtTrf></Document>"


def _party(party: Mapping[str, Any]) -> str:
    address = party["address"]
    return (
        f"<Nm>{escape(party['name'])}</Nm><PstlAdr><StrtNm>{address['street']}</StrtNm>"
        f"<PstCd>{address['postcode']}</PstCd><TwnNm>{address['town']}</TwnNm><Ctry>{address['country']}</Ctry>"
        "</PstlAdr>"
    )


def _account(role: str, party: Mapping[str, Any]) -> str:
    return f"<{role}Acct><Id><IBAN>{party['account']['iban']}</IBAN></Id></{role}Acct>"


def _agent(agent: Mapping[str, Any]) -> str:
    return f"<FinInstnId><BICFI>{agent['bic']}</BICFI><Nm>{escape(agent['name'])}</Nm></FinInstnId>"
