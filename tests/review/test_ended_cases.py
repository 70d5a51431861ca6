"""Which ended cases wait to be archived, whatever happens meanwhile."""

from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.review import event as events
from holdgate.core.review.case import Case
from holdgate.review.ended_cases import EndedCases
from tests.support.review import CaseLog, facts


def case(number: int, ended: bool, erased: bool = False) -> Case:
    """Return a case in one of its states."""
    log = CaseLog(facts(payment_id=f"P-{number}"))
    log.write(events.CaseOpened, "review", log.facts)
    if ended:
        log.record_outcome(events.CaseClosed)
    if erased:
        log.erase("otto")
    assert log.case is not None
    return log.case


CASES = {(n, ended): case(n, ended) for n in range(4) for ended in (True, False)}
steps = st.one_of(
    st.tuples(st.just("event"), st.integers(0, 3), st.booleans(), st.booleans()),
    st.tuples(st.just("archive"), st.integers(1, 3), st.just(False), st.just(False)),
    st.tuples(st.just("fail"), st.integers(1, 3), st.just(False), st.just(False)),
    st.tuples(st.just("restart"), st.just(0), st.just(False), st.just(False)),
)


@given(st.lists(steps, max_size=40))
def test_every_ended_case_is_archived_in_its_last_state_and_no_position_skips_one(
    taken: list[tuple[str, int, bool, bool]],
) -> None:
    ended, states = EndedCases(), dict[int, Case]()
    last_change, archived = dict[str, int](), dict[str, int]()
    ended.begin([], 0, 0)
    offset = 0
    for what, number, flag, counts in taken:
        if what == "event":
            is_change = counts or number not in states
            states[number] = CASES[number, flag] if is_change else states[number]
            ended.add(offset, states[number], is_change)
            if is_change:
                last_change[states[number].case_id] = offset
            offset += 1
        elif what == "restart":
            position = ended.position(offset)
            ended.end()
            ended.begin(states.values(), position, position)
        else:
            batch = ended.next_cases(number)
            for one in batch:
                if what == "archive":
                    archived[one.case_id] = one.offsets[-1]
                    ended.finish(one)
                else:
                    ended.postpone(one)
        waiting = {one.case_id for one in ended.next_cases(10)}
        assert len(ended) == len(waiting)
        for state in states.values():
            changed = last_change[state.case_id]
            if state.stage == "closed" and archived.get(state.case_id, -1) < changed:
                assert state.case_id in waiting
                assert ended.position(offset) <= changed


def test_a_case_that_changes_while_it_is_archived_waits_again() -> None:
    ended = EndedCases()
    ended.begin([], 0, 0)
    closed, other = CASES[0, True], CASES[1, True]
    ended.add(3, closed, counts=True)
    ended.add(4, other, counts=True)
    [first, second] = ended.next_cases(5)
    ended.add(7, closed, counts=True)
    ended.finish(first)
    assert ended.position(8) == 4
    ended.postpone(second)
    [again, _] = ended.next_cases(5)
    assert again.offsets == (3, 7)
    ended.finish(again)
    ended.finish(second)
    assert ended.position(8) == 8


def test_without_an_archive_only_erasures_wait_and_another_archive_gets_every_ended_case() -> None:
    ended = EndedCases()
    cases = [CASES[0, True], CASES[1, False], case(2, ended=True, erased=True)]
    for offset, one in enumerate(cases):
        ended.add(offset, one, counts=True)
    assert len(ended) == 0, "a process that stands by"
    ended.begin(cases, None, 0)
    assert [one.case_id for one in ended.next_cases(5)] == [cases[2].case_id]
    ended.begin(cases, None, 3)
    assert len(ended) == 0
    ended.begin(cases, 0, 3)
    assert [(one.case_id, one.erase_from) for one in ended.next_cases(5)] == [
        (cases[0].case_id, 3),
        (cases[2].case_id, 3),
    ]
