# Stands in for python:3.11-slim: Debian's own Python and pip, called `python`.
FROM rollcall-offline/debian:bookworm
# hadolint ignore=DL3008
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends python3-pip python3-venv python-is-python3 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*
CMD ["python"]
