"""The published contract: the files in `schemas/`, and whether the code of today still keeps to them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from device_events.catalog import CATALOG, EventType
from device_events.contract import cloud_event, json_schema
from device_events.contract.asyncapi import Application, asyncapi
from device_events.contract.compatibility import breaks, channel_breaks

FOLDER = Path(__file__).parents[1] / "schemas"
EVERYTHING = Application(name="device-events", title="Rollcall device events", version="1.0.0")
_ASYNCAPI = "asyncapi.json"


def files(catalog: Mapping[str, EventType] = CATALOG) -> dict[str, dict[str, Any]]:
    """What each file should hold, by its name: a JSON Schema an event type, and the AsyncAPI document of all topics."""
    schemas = {f"{kind.name}.json": json_schema.document(kind) for kind in catalog.values()}
    return {**schemas, _ASYNCAPI: asyncapi(EVERYTHING)}


def broken(folder: Path = FOLDER, catalog: Mapping[str, EventType] = CATALOG) -> Iterator[str]:
    """What the code of today breaks of the files in the folder, one sentence each."""
    for file in sorted(folder.glob("rollcall.*.json")):
        kind = catalog.get(file.stem)
        if kind is None:
            yield f"{file.stem}: is gone from the catalogue"
        else:
            yield from (f"{file.stem}: {one}" for one in breaks(_read(file), json_schema.document(kind)))
    if (folder / _ASYNCAPI).exists():
        yield from _broken_in_document(_read(folder / _ASYNCAPI), asyncapi(EVERYTHING))


def _broken_in_document(before: Mapping[str, Any], today: Mapping[str, Any]) -> Iterator[str]:
    headers = before["components"]["schemas"][cloud_event.NAME]
    yield from (f"headers of every event: {one}" for one in breaks(headers, cloud_event.headers()))
    yield from channel_breaks(before["channels"], today["channels"])
    messages = today["components"]["messages"]
    for name, message in before["components"]["messages"].items():
        if name in messages and message.get("examples") != messages[name].get("examples"):
            yield f"{name}: its golden record has changed, and what was published once is read for ever"


def text(content: Mapping[str, Any]) -> str:
    """A file's text."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content
