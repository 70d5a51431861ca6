"""Names in the forms of machines, and text that only looks like one."""

import pytest

from holdgate.core.names.words.machine_forms import without_machine_form
from holdgate.core.names.words.readings import readings


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("P<RUSHARIRI<<MUHAMMAD<<<<", "HARIRI<<MUHAMMAD<<<<"),
        ("HARIRI<<MUHAMMAD<<<<", "HARIRI<<MUHAMMAD<<<<"),
        ("IVANOV/SERGEIPETROVICHMR", "IVANOV/SERGEIPETROVICH"),
        ("IVANOV/SERGEI PETROVICH MR", "IVANOV/SERGEI PETROVICH"),
        ("https://smp-bank.com.tr/en", "smp bank"),
        ("WWW.ASIAENERGY.COM", "ASIAENERGY"),
        ("AL%2DAQSA%20FOUNDATION", "AL-AQSA FOUNDATION"),
        ("%D0%98%D0%B2%D0%B0%D0%BD", "Иван"),
        ("AL%20AQSA%FF", "AL AQSA\ufffd"),
        ("50% Holdings", "50% Holdings"),
        ("A/B TRADING", "A/B TRADING"),
        ("Smith/Jones MR", "Smith/Jones MR"),
        ("", ""),
    ],
)
def test_only_the_form_of_a_machine_is_undone(written: str, name: str) -> None:
    assert without_machine_form(written) == name


def test_percent_signs_that_encode_percent_signs_are_decoded_once() -> None:
    name = "%" + "25" * 1_000 + "41"
    assert set(readings(name)) >= {name, name[:1] + name[3:]}
