"""rollcall status set: mark devices as lost or found, by device-admin's API, and follow what becomes of it."""

import argparse
import asyncio
import io
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

import orjson

from device_events import DeviceStatus
from rollcall.administration import Administration, NotThere, administration
from rollcall.colours import Paint, add_colour, paint, printable
from rollcall.outcome import Exit, Outcome, Unfinished, say
from rollcall.parsing import add_group, add_parser, positive, seconds
from rollcall.settings import account_from_env
from rollcall.sightings import effects, status

_POLL = 0.05  # seconds
_ENDED_BADLY = ("FAILURE", "CANCELED")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The parsers."""
    group = add_group(commands, "status", "Mark devices as lost or found: set")
    parser = add_parser(
        group,
        "set",
        "Set the status of a device, or of each device whose id stands on a line of standard input",
        description=(
            "Calls device-admin: DEVICE_ADMIN_URL, DEVICE_ADMIN_USER and DEVICE_ADMIN_PASSWORD (or "
            "DEVICE_ADMIN_PASSWORD_FILE) say where and as whom. Setting a status again does no harm. For several "
            "devices, --json prints one object a line, as they are done."
        ),
        examples=[
            "rollcall status set myruntime 12345-6789 LOST --wait",
            "rollcall status set myruntime 12345-6789 ACTIVE --json",
            "rollcall status set myruntime - STOLEN --wait --timeout 30 < stolen.txt",
        ],
    )
    parser.add_argument("runtime")
    parser.add_argument("device_id", metavar="device-id", help="the device's id; - for ids from standard input")
    parser.add_argument("status", choices=[one.value for one in DeviceStatus])
    parser.add_argument(
        "--async", dest="asynchronous", action="store_true", help="do not wait until the change is written"
    )
    parser.add_argument("--wait", action="store_true", help="wait until every service has applied it, and say how soon")
    parser.add_argument("--timeout", type=seconds, default=60.0, metavar="SECONDS", help="how long to --wait; else 60")
    parser.add_argument("--concurrency", type=positive, default=8, metavar="N", help="devices at once; else 8")
    add_colour(parser)
    parser.set_defaults(run=_run)


async def _run(args: argparse.Namespace) -> Outcome:
    account = account_from_env()
    async with administration(account, calls=args.concurrency) as admin:
        if args.device_id == "-":
            return await _several(admin, args)
        done = await _set(admin, args, args.device_id)
        return Outcome(done, _lines(done, paint(args.color)), _exit(done))


async def _several(admin: Administration, args: argparse.Namespace) -> Outcome:
    """Each as its turn comes; nothing new is begun once device-admin is away or refuses."""
    painter, counts = paint(args.color), {Exit.DONE: 0, Exit.PARTLY: 0}
    devices: asyncio.Queue[str | None] = asyncio.Queue(maxsize=args.concurrency)

    async def work() -> None:
        while (device := await devices.get()) is not None:
            done = await _set(admin, args, device)
            counts[_exit(done)] += 1
            for line in [orjson.dumps(done).decode()] if args.json else _lines(done, painter):
                say(line)
        await devices.put(None)

    _feed(devices)
    workers = [asyncio.create_task(work()) for _ in range(args.concurrency)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        print(f"{counts[Exit.DONE]} devices done, {counts[Exit.PARTLY]} not", file=sys.stderr)
    return Outcome(None, [], Exit.PARTLY if counts[Exit.PARTLY] else Exit.DONE)


def _feed(devices: "asyncio.Queue[str | None]") -> None:
    """Ids from standard input, no faster than they are taken, then None.

    In a thread that nobody waits for: a read of a terminal cannot be broken off.
    """
    loop = asyncio.get_running_loop()

    def read() -> None:
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # what is no text is no device either
        try:
            for line in sys.stdin:
                if device := line.strip():
                    asyncio.run_coroutine_threadsafe(devices.put(device), loop).result()
            asyncio.run_coroutine_threadsafe(devices.put(None), loop).result()
        except RuntimeError:
            return  # the loop is closed: the command has ended

    threading.Thread(target=read, name="standard-input", daemon=True).start()


async def _set(admin: Administration, args: argparse.Namespace, device: str) -> dict[str, Any]:
    """What became of one device, JSON-plain."""
    named = {"runtime": args.runtime, "deviceId": device, "status": args.status}
    try:
        transaction = await admin.set_status(args.runtime, device, args.status, asynchronous=args.asynchronous)
    except NotThere as missing:
        return {**named, "ok": False, "problem": str(missing)}
    done = {**named, "ok": transaction["status"] not in _ENDED_BADLY, **_told(transaction)}
    if args.wait and done["ok"]:
        cascade = await _applied(admin, args.runtime, transaction["id"], args.timeout)
        late = [one["service"] for one in cascade["services"] if not one["applied"]]
        done |= {"transactionStatus": cascade["transactionStatus"], "services": cascade["services"], "late": late}
        done["ok"] = not late and cascade["transactionStatus"] not in _ENDED_BADLY
    return done


async def _applied(admin: Administration, runtime: str, transaction: int, timeout: float) -> dict[str, Any]:
    """The cascade once every service has applied the change, or time is up; a moment's absence is waited for."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            cascade = await admin.cascade(runtime, transaction)
        except Unfinished:
            if time.monotonic() >= deadline:
                raise
        else:
            settled = all(one["applied"] for one in cascade["services"])
            if settled or cascade["transactionStatus"] == "CANCELED" or time.monotonic() >= deadline:
                return cascade
        await asyncio.sleep(_POLL)


def _told(transaction: dict[str, Any]) -> dict[str, Any]:
    errors = [error["details"] for error in transaction["errors"]]
    return {
        "transactionId": transaction["id"],
        "transactionStatus": transaction["status"],
        **({"problem": "; ".join(errors)} if errors else {}),
    }


def _lines(done: dict[str, Any], painter: Paint) -> list[str]:
    device = printable(f"{done['runtime']}/{done['deviceId']}")
    if "transactionId" not in done:
        return [f"{device}: not set: {printable(done['problem'])}"]
    problem = f": {printable(done['problem'])}" if "problem" in done else ""
    said = f"transaction {done['transactionId']} {done['transactionStatus']}{problem}"
    return [f"{device}: {status(done['status'], painter)}, {said}", *_parts(done.get("services", ()))]


def _parts(services: Sequence[dict[str, Any]]) -> list[str]:
    return [
        f"  {one['milliseconds']:>6} ms  {one['service']:<16} {effects(one['effects'])}"
        if one["applied"]
        else f"       …     {one['service']:<16} has not applied it yet"
        for one in sorted(services, key=lambda one: (not one["applied"], one["milliseconds"] or 0))
    ]


def _exit(done: dict[str, Any]) -> Exit:
    return Exit.DONE if done["ok"] else Exit.PARTLY
