"""The events' half of /docs: an AsyncAPI document as HTML, without a script."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from device_events.contract import cloud_event

Described = Mapping[str, Any]


def section(document: Described) -> str:
    """The document as one section of a page: the topics of the service itself first, then the others."""
    own = {_target(operation["channel"]) for operation in document["operations"].values()}
    channels = document["channels"]
    return f"""<section id="events" class="events">
<h1>Events</h1>
<p>{_text(document["info"]["description"])}</p>
{_overview(document, own)}
{"".join(_channel(document, name) for name in channels if name in own)}
{"".join(_channel(document, name) for name in channels if name not in own)}
<h2 id="headers">Headers of every event</h2>
{_fields(document, document["components"]["schemas"][cloud_event.NAME])}
</section>
"""


def _overview(document: Described, own: set[str]) -> str:
    rows = []
    for name, channel in document["channels"].items():
        does = ", ".join(dict.fromkeys(f"{action}s" for action, _ in _operations(document, name)))
        types = "<br>".join(f'<a href="#{_id(name, one)}">{_escape(one)}</a>' for one in channel["messages"])
        kind = "" if name in own else ' class="other"'
        link = f'<a href="#{_escape(name)}">{_escape(channel["address"])}</a>'
        rows.append(f"<tr{kind}><td>{link}</td><td>{does or '-'}</td><td>{types}</td></tr>")
    return _table(("Topic", "This service", "Event types"), rows)


def _channel(document: Described, name: str) -> str:
    channel = document["channels"][name]
    operations = list(_operations(document, name))
    badges = "".join(f' <b class="{action}">{action}s</b>' for action in dict.fromkeys(one for one, _ in operations))
    return f"""<h2 id="{_escape(name)}"><code>{_escape(channel["address"])}</code>{badges}</h2>
<p>{_text(channel["description"])}{_facts(channel)}</p>
{"".join(_message(document, name, message, operations) for message in channel["messages"])}
"""


def _facts(channel: Described) -> str:
    kafka = channel.get("bindings", {}).get("kafka", {})
    if not kafka:
        return ""
    settings = {"partitions": kafka["partitions"], **kafka["topicConfiguration"]}
    told = (f"{name} {', '.join(value) if isinstance(value, list) else value}" for name, value in settings.items())
    return f"<br><small>{_escape(' · '.join(told))}</small>"


def _message(document: Described, channel: str, name: str, operations: list[tuple[str, list[str]]]) -> str:
    message = document["components"]["messages"][name]
    payload = _resolved(document, message["payload"])
    does = "".join(f' <b class="{action}">{action}s</b>' for action, messages in operations if name in messages)
    fields = _fields(document, payload) if payload.get("properties") else ""
    # Those of every event stand once, at the end.
    headers = {} if "allOf" in message.get("headers", {}) else message.get("headers", {})
    about = payload.get("description", "").removeprefix(message["summary"]).strip()
    # Browsers open the details around the target of a link, not those that are the target.
    return f"""<details>
<summary><code>{_escape(name)}</code>{does} <span>{_text(message["summary"])}</span></summary>
<p id="{_id(channel, name)}">{_text(about)}</p>
{fields}
{"<h3>Headers</h3>" + _fields(document, headers) if headers else ""}
{"".join(_example(example) for example in message.get("examples", ()))}
</details>
"""


def _example(example: Described) -> str:
    headers = "\n".join(f"{name}: {value}" for name, value in example["headers"].items())
    value = json.dumps(example["payload"], indent=2, ensure_ascii=False)
    return f"<h3>Example</h3><pre>{_escape(headers)}\n\n{_escape(value)}</pre>"


def _fields(document: Described, schema: Described) -> str:
    required = schema.get("required", ())
    rows = []
    for name, field in schema["properties"].items():
        there = "always" if name in required else "optional"
        described = _text(_resolved(document, field).get("description", ""))
        rows.append(
            f"<tr><td><code>{_escape(name)}</code></td><td>{_type(field)}</td><td>{there}</td><td>{described}</td></tr>"
        )
    return _table(("Field", "Type", "There", "What it is"), rows)


def _type(schema: Described) -> str:
    types = schema.get("type", "string" if "const" in schema else "any")
    said = " or ".join(types) if isinstance(types, list) else types
    if said == "array":
        said = f"list of {_type(schema['items'])}s"
    inner = schema.get("additionalProperties")
    if said == "object":
        said = f"map of {_type(inner)}s" if isinstance(inner, Mapping) else "map"
    limits = [f"<code>{_escape(str(value))}</code>" for value in schema.get("enum", ()) if value is not None]
    limits += [f"<code>{_escape(str(schema['const']))}</code>"] if "const" in schema else []
    limits += ["not empty"] if schema.get("minLength") == 1 else []
    limits += [f"format {_escape(schema['format'])}"] if "format" in schema else []
    limits += [f"<code>{_escape(schema['pattern'])}</code>"] if "pattern" in schema else []
    return f"{said}<br>{', '.join(limits)}" if limits else said


def _operations(document: Described, channel: str) -> Iterator[tuple[str, list[str]]]:
    """What the service does with a channel: send or receive, and which messages."""
    for operation in document["operations"].values():
        if _target(operation["channel"]) == channel:
            yield operation["action"], [_target(message) for message in operation["messages"]]


def _resolved(document: Described, schema: Described) -> Described:
    return document["components"]["schemas"][_target(schema)] if "$ref" in schema else schema


def _target(reference: Described) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _table(head: tuple[str, ...], rows: list[str]) -> str:
    return f"<table><tr>{''.join(f'<th>{one}</th>' for one in head)}</tr>{''.join(rows)}</table>"


def _id(channel: str, message: str) -> str:
    return _escape(f"{channel}--{message}")


def _escape(text: str) -> str:
    return html.escape(text)


def _text(text: str) -> str:
    """Plain text in which backquotes mark code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", _escape(text))
