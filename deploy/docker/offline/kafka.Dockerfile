# Stands in for apache/kafka: Maven's jars, and Kafka's own program that makes KAFKA_… variables into settings.
FROM rollcall-offline/debian:bookworm
# hadolint ignore=DL3008
RUN mkdir -p /usr/share/man/man1 \
 && apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* \
 && useradd --uid 1000 --create-home appuser \
 && mkdir -p /opt/kafka/config /etc/kafka/docker /etc/kafka/secrets /mnt/shared/config /var/lib/kafka/data \
 && chown -R appuser:appuser /opt/kafka /mnt/shared/config /var/lib/kafka /etc/kafka
COPY libs /opt/kafka/libs
COPY --chmod=755 kafka.run.sh /etc/kafka/docker/run
COPY --chmod=755 kafka.broker-api-versions.sh /opt/kafka/bin/kafka-broker-api-versions.sh
USER 1000
VOLUME ["/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"]
EXPOSE 9092
CMD ["/etc/kafka/docker/run"]
