"""Strimzi's custom resource definitions, made by its own program of its own classes, which Maven Central has."""

import functools
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.backends import BackendError, kafka_jars, maven
from tests.support.chart.renderer import need

VERSION = "0.50.0"
MODELS: Mapping[str, str] = {
    "Kafka": "kafka.Kafka",
    "KafkaNodePool": "nodepool.KafkaNodePool",
    "KafkaTopic": "topic.KafkaTopic",
    "KafkaUser": "user.KafkaUser",
}
MADE_WITHIN = 60  # seconds


@functools.cache
def definition(kind: str) -> Mapping[str, Any]:
    """The definition of one kind."""
    made: Mapping[str, Any] = yaml.load(_file(kind).read_text(), Loader=yaml.CSafeLoader)
    return made


def _file(kind: str) -> Path:
    folder = maven.cache_folder() / f"strimzi-{VERSION}"
    file = folder / f"{kind}.yaml"
    if file.is_file():
        return file
    jars = folder.with_name(f"{folder.name}-jars")
    try:
        java = kafka_jars.java()
        maven.jars_of("Strimzi", Path(__file__).with_name("strimzi-pom.xml"), jars, **{"strimzi.version": VERSION})
    except BackendError as missing:
        print(missing)
        need("java and mvn, for the definitions of Strimzi")
    folder.mkdir(parents=True, exist_ok=True)
    coming = folder / f"{kind}-{os.getpid()}.coming"  # two workers may be at it at once
    arguments = ["--yaml", f"io.strimzi.api.kafka.model.{MODELS[kind]}={coming.resolve()}"]
    ran = subprocess.run(
        [java, "-cp", f"{jars}/*", "io.strimzi.crdgenerator.CrdGenerator", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=MADE_WITHIN,
        check=False,
    )
    if ran.returncode or not coming.is_file():
        pytest.fail(f"Strimzi's definition of {kind} cannot be made: {ran.stdout}{ran.stderr}")
    coming.rename(file)
    return file
