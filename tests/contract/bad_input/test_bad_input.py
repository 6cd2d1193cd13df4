"""Every bad request gets its contract's 4xx, in its vendor's shape, and changes nothing anywhere."""

from collections import Counter
from collections.abc import Sequence

import pytest

from tests.contract.bad_input import credentials, fields, json_bodies, lines, media, paths, transfers, xml_bodies
from tests.contract.bad_input.case import Case
from tests.contract.bad_input.shapes import misshapen
from tests.contract.bad_input.stage import Stage
from tests.contract.bad_input.tally import Tally
from tests.contract.bad_input.wire import Answer

GROUPS = (fields, json_bodies, xml_bodies, transfers, paths, media, credentials, lines)
CASES: Sequence[Case] = [case for group in GROUPS for case in group.cases()]


@pytest.mark.parametrize("case", [pytest.param(case, id=ascii(case.id)[1:-1]) for case in CASES])
async def test_is_refused_and_changes_nothing(stage: Stage, tally: Tally, case: Case) -> None:
    answer = await stage.send(case)
    wrong = _wrong(case, answer) + [f"changed: {name}" for name in await stage.changes()]
    tally.record(case.group, good=not wrong, status=answer.status if answer else None)
    assert not wrong, "\n".join(wrong)


def test_no_case_is_there_twice() -> None:
    assert [id for id, times in Counter(case.id for case in CASES).items() if times > 1] == []


def _wrong(case: Case, answer: Answer | None) -> list[str]:
    if answer is None:
        return [] if case.hang_up else ["no answer"]
    refused = answer.status in case.expected
    another = [] if refused else [f"{answer.status}, not {case.expected}: {answer.body[:300]!r}"]
    return another + misshapen(case, answer)
