#!/bin/sh
# As the official image does: settings from the environment, a folder formatted the first time, then the broker.
set -eu
CONFIG=/opt/kafka/config
# A short start rather than the most that it can do: what is tried out does not need it.
export JDK_JAVA_OPTIONS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto"
export CLUSTER_ID="${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}"
if ! said=$(java -cp '/opt/kafka/libs/*' kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker \
    --mounted-configs-dir /mnt/shared/config --final-configs-dir "$CONFIG" 2>&1); then
    case $said in *"already formatted"*) ;; *) echo "$said" >&2; exit 1 ;; esac
fi
# shellcheck disable=SC2086 # options are several words
exec java ${KAFKA_HEAP_OPTS:--Xms256m -Xmx1g} -cp '/opt/kafka/libs/*' kafka.Kafka "$CONFIG/server.properties"
