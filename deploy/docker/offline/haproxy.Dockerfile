# Stands in for haproxy: Debian's, with the number of the official image's user, and the wget that Alpine has.
FROM rollcall-offline/debian:bookworm
# hadolint ignore=DL3008
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends haproxy wget \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*
USER 99:99
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
