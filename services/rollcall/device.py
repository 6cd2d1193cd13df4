"""rollcall device show: everything that is known of a device, and what has happened to it."""

import argparse
from datetime import UTC, datetime
from typing import Any

from chassis.records import reading
from push_registry.model import Device
from rollcall.colours import add_colour, paint, printable
from rollcall.outcome import Exit, Outcome
from rollcall.parsing import add_group, add_parser
from rollcall.places import time
from rollcall.portrait import portrait
from rollcall.profile import Profiler
from rollcall.settings import ContactSettings
from rollcall.sightings import iso
from rollcall.timeline import timeline
from rollcall.workbench import collections


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The parsers."""
    group = add_group(commands, "device", "See what is known of a device: show")
    parser = add_parser(
        group,
        "show",
        "Show all that the four services know of a device, and its timeline",
        description=(
            "Reads the services' documents and topics, and changes nothing. Tokens are never shown, only the beginning "
            "of their digests. In the timeline, what followed from a status change stands under it, with the "
            "milliseconds since. Exit status 1: nobody knows the device."
        ),
        examples=[
            "rollcall device show myruntime 12345-6789",
            "rollcall device show myruntime 12345-6789 --since 7d --values",
            "rollcall device show myruntime 12345-6789 --json | jq '.services[\"device-admin\"].status'",
        ],
    )
    parser.add_argument("runtime")
    parser.add_argument("device_id", metavar="device-id")
    parser.add_argument(
        "--since",
        type=time,
        default="24h",
        metavar="TIME",
        help="where the timeline begins: a time or an age; else 24h",
    )
    parser.add_argument(
        "--values", action="store_true", help="the values of contacts and phone numbers, too: personal data"
    )
    add_colour(parser)
    parser.set_defaults(run=_run)


async def _run(args: argparse.Namespace) -> Outcome:
    settings = ContactSettings.from_env()
    device, since = Device(args.runtime, args.device_id), min(args.since, datetime.now(UTC))
    async with collections(settings.places) as found:
        profile = await Profiler(settings, found, device, args.values).profile()
    async with reading(settings.kafka) as reader:
        events = await timeline(reader, device.key, since)
    known = any(profile.values()) or bool(events.moments)
    data: dict[str, Any] = {
        "device": device.key,
        "known": known,
        "services": profile,
        "since": iso(since),
        "timeline": events.shown(values=args.values),
        "leftOut": events.left_out,
        "unread": events.unread,
    }
    if not known:
        return Outcome(
            data,
            [f"no service knows {printable(device.key)}, and no event since {iso(since)} is about it"],
            Exit.PARTLY,
        )
    return Outcome(data, portrait(device.key, profile, events, since, paint(args.color), values=args.values))
