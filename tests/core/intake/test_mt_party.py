"""What the lines of an MT party field are: account, name, address."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.daemon import ROOT
from holdgate.core.intake import Received, mt
from holdgate.core.model.payment import Account, Party

FIRST_LINES = [
    msgspec.json.decode(line)
    for line in (ROOT / "tests" / "cases" / "mt_first_lines.jsonl").read_bytes().splitlines()
]
MT103 = (
    "{{1:F01BANKBEBBAXXX2222123456}}{{2:I103BANKDEFFXXXXN}}{{4:\r\n:20:REF-1\r\n:32A:261123EUR12,50\r\n"
    ":50K:/123\r\nUlrike Sommerfeld\r\n{field}\r\n:71A:SHA\r\n-}}"
)


def read(*lines: str) -> Received:
    [received] = mt.read(MT103.format(field="\r\n".join(lines)).encode())
    return received


def creditor(*lines: str) -> Party:
    party = read(*lines).payment.creditor
    assert party is not None
    return party


@pytest.mark.parametrize("case", FIRST_LINES, ids=lambda case: case["line"])
def test_a_first_line_is_an_account_or_the_name(case: dict[str, object]) -> None:
    """Some systems leave out the slash before the account."""
    party = creditor(f":59:{case['line']}", "LI NA", "LEEDS")
    if "account" in case:
        assert party.account == msgspec.convert(case["account"], Account)
        assert party.name == "LI NA"
    else:
        assert party.account is None
        assert party.name == case["line"]


@pytest.mark.parametrize("option", ["", "F"])
def test_the_origin_of_an_account_without_slash_is_its_line(option: str) -> None:
    received = read(f":59{option}:40702810900000054321", "1/LI NA" if option else "LI NA")
    assert received.origins["creditor.account.other"] == f"59{option} line 1"
    assert received.origins["creditor.name"] == f"59{option} line 2"


def test_a_numbered_line_of_option_f_is_not_an_account() -> None:
    assert creditor(":59F:1/1234567", "2/LEEDS").name == "1234567"


def test_digits_that_no_line_follows_remain_the_name() -> None:
    """A name without letters cannot be compared, which is reported; an account alone would name nobody."""
    assert creditor(":59:40702810900000054321").name == "40702810900000054321"


@given(st.text("A1/ -.", max_size=200), st.integers(1, 100))
def test_any_first_line_is_read_in_bounded_time(line: str, times: int) -> None:
    mt.read(MT103.format(field=f":59:1{line * times}\r\nLI NA").encode())
