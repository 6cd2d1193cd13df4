"""The chart's file about Kafka: every topic with its settings, and what each user may do, as Kafka's ACLs say it.

Both are read from where they are decided: the event catalogue, `deploy/rights.yaml`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from device_events.catalog import TOPICS, dead_letter_topic, retry_topic
from device_events.topics import DEAD_LETTERS_KEPT

RIGHTS = Path(__file__).parents[1] / "rights.yaml"
HEAD = "# Written by `python -m deploy.helm` from the event catalogue and deploy/rights.yaml.\n"


def kafka_file() -> str:
    """The text of `files/kafka.yaml`."""
    decided = yaml.safe_load(RIGHTS.read_text())
    table: Mapping[str, Any] = decided["kafka"]
    groups = [rights["group"] for rights in table.values() if "group" in rights]
    topics = _topics(groups)
    rights = {name: _rights(of) for name, of in table.items()}
    rights["operator"] = _operator(decided["commands"], groups)
    return HEAD + yaml.safe_dump({"topics": topics, "rights": rights}, sort_keys=False, width=120)


def _topics(groups: list[str]) -> dict[str, Any]:
    catalogue = {
        topic.name: {"partitions": topic.partitions, "config": dict(topic.settings)} for topic in TOPICS.values()
    }
    given_up = [name(group) for group in groups for name in (dead_letter_topic, retry_topic)]
    return catalogue | {name: {"partitions": 1, "config": dict(DEAD_LETTERS_KEPT)} for name in given_up}


def _rights(of: Mapping[str, Any]) -> dict[str, Any]:
    reads, writes, creates = (list(of.get(what, [])) for what in ("reads", "writes", "creates"))
    operations: dict[str, list[str]] = {}
    for names, allowed in ((reads, ["Read"]), (writes, ["Write"]), (creates, ["Create", "Describe"])):
        for name in names:
            operations.setdefault(name, []).extend(allowed)
    rights: dict[str, Any] = {"topics": [{"topic": name, "operations": operations[name]} for name in operations]}
    rights["groups"] = [{"group": of["group"], "operations": ["Read"]}] if "group" in of else []
    if "group" in of:
        # A service reads the topics that it writes without its group: only to compare.
        rights["subscribes"] = [name for name in reads if name not in writes]
    return rights


def _operator(commands: Mapping[str, Any], groups: list[str]) -> dict[str, Any]:
    """One user for every command, whichever group it is about."""
    allowed = {"reads": "Read", "writes": "Write", "configs": "DescribeConfigs"}
    operations: dict[str, list[str]] = {}
    for command in commands.values():
        for what, operation in allowed.items():
            for name in (one.replace("<group>", group) for one in command.get(what, ()) for group in groups):
                known = operations.setdefault(name, [])
                known += [operation] if operation not in known else []
    return {
        "topics": [{"topic": name, "operations": found} for name, found in operations.items()],
        "groups": [{"group": name, "operations": ["Describe"]} for name in groups],
    }
