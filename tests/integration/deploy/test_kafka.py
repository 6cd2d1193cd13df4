"""Topics are those of the event catalogue, and the users' rights those of deploy/rights.yaml."""

from collections.abc import Mapping
from typing import Any

import pytest

from device_events.catalog import TOPICS, dead_letter_topic, retry_topic
from device_events.topics import DEAD_LETTERS_KEPT
from tests.integration.deploy.test_workloads import deployments, of_kind, variables
from tests.integration.deploy.value_sets import MAIL
from tests.support.chart.renderer import ChartError, Manifests
from tests.support.chart.renderer import rendered as rendered_with
from tests.support.secured.rights import command_rights, table

SERVICES = sorted(set(table()["kafka"]) - {"topics"})
OPERATOR = "operator"
HOW = {"lagThreshold": "500", "offsetResetPolicy": "earliest", "sasl": "scram_sha512", "tls": "enable"}


@pytest.mark.parametrize(("name", "prefix"), [("defaults", ""), ("everything", "blue.")])
def test_every_topic_is_there_with_its_settings(rendered: Mapping[str, Manifests], name: str, prefix: str) -> None:
    made = {one["spec"]["topicName"].removeprefix(prefix): one for one in of_kind(rendered[name], "KafkaTopic")}
    assert all(one["spec"]["topicName"].startswith(prefix) for one in made.values())
    given_up = {topic for group in SERVICES for topic in (dead_letter_topic(group), retry_topic(group))}
    assert set(made) == {*TOPICS, *given_up}
    for topic, resource in made.items():
        wanted = TOPICS[topic].settings if topic in TOPICS else DEAD_LETTERS_KEPT
        own = {"min.insync.replicas": "2"}
        if (name, topic) == ("everything", "rollcall.contacts"):
            own["retention.ms"] = "86400000"
            assert resource["spec"]["partitions"] == 12
        else:
            assert resource["spec"]["partitions"] == (TOPICS[topic].partitions if topic in TOPICS else 1)
        assert resource["spec"]["config"] == {**wanted, **own}
        assert resource["spec"]["replicas"] == 3
        assert resource["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def acls(user: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (acl["resource"]["type"], acl["resource"]["name"], operation)
        for acl in user["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    }


@pytest.mark.parametrize(("name", "prefix"), [("defaults", ""), ("everything", "blue.")])
def test_users_have_the_rights_of_the_table_and_no_more(
    rendered: Mapping[str, Manifests], name: str, prefix: str
) -> None:
    release = "blue" if prefix else "rollcall"
    users = {one["metadata"]["name"]: acls(one) for one in of_kind(rendered[name], "KafkaUser")}
    jobs = ["topics"] if prefix else []
    assert set(users) == {f"{release}-{one}" for one in [*SERVICES, *jobs, OPERATOR]}
    for deployable in [*SERVICES, *jobs]:
        rights = table()["kafka"][deployable]
        assert users[f"{release}-{deployable}"] == {
            *(("topic", prefix + topic, "Read") for topic in rights.get("reads", ())),
            *(("topic", prefix + topic, "Write") for topic in rights.get("writes", ())),
            *(
                ("topic", prefix + topic, what)
                for topic in rights.get("creates", ())
                for what in ("Create", "Describe")
            ),
            *([("group", prefix + rights["group"], "Read")] if "group" in rights else []),
        }
    commands = {
        right for command in table()["commands"] for group in SERVICES for right in command_rights(command, group)
    }
    assert users[f"{release}-{OPERATOR}"] == {
        (right.kind.name.lower(), prefix + right.name, right.operation.name.title().replace("_", ""))
        for right in commands
    }


@pytest.mark.parametrize("name", ["defaults", "everything", "keda with client certificates"])
def test_each_service_logs_in_as_its_own_user(rendered: Mapping[str, Manifests], name: str) -> None:
    users = {
        one["metadata"]["name"]: one["spec"]["authentication"]["type"] for one in of_kind(rendered[name], "KafkaUser")
    }
    for deployment, pod, container in deployments(rendered[name]):
        told = variables(container)
        user = f"{'blue' if name == 'everything' else 'rollcall'}-{container['name']}"
        sources = next(volume["projected"]["sources"] for volume in pod["volumes"] if volume["name"] == "secrets")
        assert user in [source["secret"]["name"] for source in sources], deployment["metadata"]["name"]
        if told["KAFKA_SECURITY_PROTOCOL"] == "SSL":
            assert users[user] == "tls"
        else:
            assert (told["KAFKA_USERNAME"], users[user]) == (user, "scram-sha-512")


def test_keda_watches_what_each_group_reads(rendered: Mapping[str, Manifests]) -> None:
    for scaled in of_kind(rendered["keda"], "ScaledObject"):
        group = scaled["metadata"]["name"].removeprefix("rollcall-")
        rights = table()["kafka"][group]
        kafka = [one["metadata"] for one in scaled["spec"]["triggers"] if one["type"] == "kafka"]
        assert {one["topic"] for one in kafka} == set(rights["reads"]) - set(rights["writes"])
        assert {one["consumerGroup"] for one in kafka} == {group}
        # A map of texts to the schema: these are the scaler's own names.
        assert all(set(one) == {"bootstrapServers", "consumerGroup", "topic", *HOW} for one in kafka)
        assert all({name: one[name] for name in HOW} == HOW for one in kafka)
        assert [one["type"] for one in scaled["spec"]["triggers"]].count("cpu") == 1


def arguments_of(job: Mapping[str, Any]) -> list[str]:
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return list(container["args"])


def test_the_job_makes_topics_for_every_group_that_is_enabled(rendered: Mapping[str, Manifests]) -> None:
    jobs = of_kind(rendered["no operator, a Job, no TLS"], "Job")
    (arguments,) = [args for job in jobs if (args := arguments_of(job))[0] == "chassis.topics"]
    assert arguments == ["chassis.topics", *SERVICES]
    assert of_kind(rendered["no operator, a Job, no TLS"], "KafkaTopic", "KafkaUser") == []


def test_strimzi_makes_no_users_for_other_logins() -> None:
    with pytest.raises(ChartError, match="SCRAM-SHA-512"):
        rendered_with({**MAIL, "kafka": {"saslMechanism": "PLAIN"}})
