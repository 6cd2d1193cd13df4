"""rollcall reconcile: after MongoDB was restored from an older copy while Kafka went on."""

import argparse
from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition

from chassis.comparison import MARK
from chassis.records import reading
from device_events import KafkaConnection
from device_events.catalog import DEVICE_STATUS_TOPIC
from rollcall.outcome import Exit, Outcome
from rollcall.parsing import add_parser
from rollcall.restoration import restore
from rollcall.services import SERVICES
from rollcall.settings import Settings
from rollcall.survey import Offsets, summary, survey
from rollcall.workbench import collections

_SHOWN = 20  # ids of lost events; all of them are in the JSON


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The parser."""
    parser = add_parser(
        commands,
        "reconcile",
        "Bring MongoDB, restored from an older copy, level with Kafka",
        description=(
            "Lifts every document's sequence above those on Kafka, takes over the newest statuses and announces them "
            "again, and reports what only Kafka still knows. Until then device-admin refuses status changes. Run it "
            "with the services running or stopped, with --dry-run first: the report of what is lost is given once."
        ),
        examples=["rollcall reconcile --dry-run --json > report.json", "rollcall reconcile"],
    )
    parser.add_argument("--dry-run", action="store_true", help="change nothing; exit with 1 if there is anything to do")
    parser.set_defaults(run=_run)


async def _run(args: argparse.Namespace) -> Outcome:
    settings = Settings.from_env()
    async with collections(settings.places) as found:
        async with reading(settings.kafka) as reader:
            # Asked before anything is read: what a group has settled by now, its documents show by then.
            committed = await _committed(settings.kafka, await reader.partitions([DEVICE_STATUS_TOPIC]))
            seen = await survey(reader, found, committed)
        report = summary(seen)
        if args.dry_run:
            marked = [name for name in SERVICES if await found[name].find_one({"_id": MARK}, {"_id": 1})]
            level = seen.is_level and not marked
            return Outcome(
                {**report, "dryRun": True, "refusing": marked},
                [*_lines(report), "nothing to do" if level else "nothing was changed"],
                Exit.DONE if level else Exit.PARTLY,
            )
        opened = await restore(settings, found, seen)
    lines = [*_lines(report), *(f"{name}: sequences may be given out again" for name in opened)]
    return Outcome({**report, "dryRun": False, "opened": opened}, lines, Exit.PARTLY if seen.lost else Exit.DONE)


async def _committed(kafka: KafkaConnection, partitions: list[TopicPartition]) -> dict[str, Offsets]:
    """How far each service's group has read; -1 where it has not begun."""
    admin = kafka.admin()
    await admin.start()
    try:
        answers = {
            name: await admin.list_consumer_group_offsets(kafka.name(name), partitions=partitions) for name in SERVICES
        }
    finally:
        await admin.close()
    return {name: {one: said.offset for one, said in answer.items()} for name, answer in answers.items()}


def _lines(report: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, one in report["services"].items():
        lines.append(f"{name:<16} {one['behind']} documents behind Kafka, {one['missing']} missing")
        lines += [f"  lost: {count} {type_}" for type_, count in sorted(one["lost"].items())]
    statuses, lost = report["statuses"], report["lost"]
    lines.append(f"statuses: {len(statuses['adopt'])} to adopt, {len(statuses['sayAgain'])} to announce again")
    lines += [f"  lost {one['id']} of {one['subject']}" for one in lost[:_SHOWN]]
    if len(lost) > _SHOWN:
        lines.append(f"  and {len(lost) - _SHOWN} more, all of them in --json")
    return lines
