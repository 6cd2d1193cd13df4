#!/usr/bin/env bash
# Stand-ins for the images that the Dockerfile, docker-compose.yml and the tests name, for a Docker engine that cannot
# pull: made from Debian's packages, PyPI, npm and Maven Central. They honour what is used of the official images'
# conventions, no more, and are for trying Rollcall out only. The label rollcall.stand-in says what each really is; an
# image that was pulled is never replaced.
#
#   make .venv/.dev && sudo deploy/docker/offline-images.sh [python] [mongo] [kafka] [mailpit] [haproxy]    # else all
set -euo pipefail
cd "$(dirname "$0")/../.."
HERE=$PWD/deploy/docker/offline
CACHE=$(realpath -m "${ROLLCALL_CACHE:-.rollcall/cache}")
DEBIAN=rollcall-offline/debian:bookworm
MONGOSH=2.12.0
export PYTHONPATH=libs:services DOCKER_BUILDKIT=1

main() {
    need docker "Debian's package docker.io, and a running dockerd"
    docker info >/dev/null
    mkdir -p "$CACHE"
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
    (($#)) || set -- python mongo kafka mailpit haproxy
    for name; do make_image "$name"; done
}

# The names come from where they are used, so that they cannot drift apart from it.
name_of() {
    case $1 in
        python) sed -n 's/^FROM \(\S*\).*/\1/p' deploy/docker/Dockerfile | head -n 1 ;;
        mongo | kafka | mailpit | haproxy) sed -n "s|^ *image: \(\S*/\)\?\($1:\S*\)|\1\2|p" docker-compose.yml ;;
        *) fail "There is no stand-in for $1: python, mongo, kafka, mailpit or haproxy." ;;
    esac
}

make_image() {
    local name context=$WORK/$1
    name=$(name_of "$1")
    if docker image inspect "$name" >/dev/null 2>&1 && [ -z "$(label_of "$name")" ]; then
        echo "$name was pulled; it needs no stand-in."
        return
    fi
    mkdir "$context"
    echo "$name ..."
    debian
    "gather_$1" "$context"
    cp "$HERE/$1".* "$context"
    docker build --quiet --network host --tag "$name" --label "rollcall.stand-in=$(what_is "$1")" \
        --file "$context/$1.Dockerfile" "$context" >/dev/null
    echo "$name is there: $(label_of "$name")"
}

what_is() {
    case $1 in
        python) echo "Debian's Python" ;;
        mongo) python -c 'from deploy.local.backends import mongod; print("MongoDB", mongod.mongod_version())' ;;
        kafka) echo "Apache Kafka $(kafka_jars KAFKA_VERSION) by Maven" ;;
        mailpit) echo "a mail sink that answers a part of Mailpit's API" ;;
        haproxy) echo "Debian's HAProxy" ;;
    esac
}

label_of() { docker image inspect --format '{{index .Config.Labels "rollcall.stand-in"}}' "$1"; }

# Debian without what its slim images leave out too.
debian() {
    docker image inspect "$DEBIAN" >/dev/null 2>&1 && return
    local root=$WORK/debian
    need debootstrap "Debian's package debootstrap"
    ((EUID == 0)) || fail "debootstrap needs root."
    mkdir -p "$CACHE/debs"
    debootstrap --variant=minbase --cache-dir="$CACHE/debs" --include=ca-certificates bookworm "$root" >"$WORK/log" \
        || fail "debootstrap failed: $(tail -n 5 "$WORK/log")"
    cp "$HERE/dpkg-slim.conf" "$root/etc/dpkg/dpkg.cfg.d/slim"
    tar -C "$root" -c --exclude=./dev/* --exclude=./var/{cache/apt,lib/apt/lists,log}/* \
        --exclude=./usr/share/{doc,man,info,locale}/* . \
        | docker import --change 'CMD ["bash"]' --change 'LABEL rollcall.stand-in="Debian by debootstrap"' - "$DEBIAN" \
        >/dev/null
}

gather_python() { :; }
gather_haproxy() { :; }

gather_mongo() {
    need npm "Node.js with npm, for mongosh"
    cp "$(python -c 'from deploy.local.backends import mongod; print(mongod.find_mongod())')" "$1/mongod"
    cp "$(node -p process.execPath)" "$1/node"
    [ -d "$CACHE/mongosh-$MONGOSH" ] || npm install --silent --no-audit --no-fund --omit=optional --ignore-scripts \
        --prefix "$CACHE/mongosh-$MONGOSH" "mongosh@$MONGOSH" >/dev/null
    cp -r "$CACHE/mongosh-$MONGOSH" "$1/mongosh"
}

gather_kafka() {
    local tools
    cp -rL "$(kafka_jars 'fetch()')" "$1/libs"
    # The broker does without its command line tools; a health check does not.
    tools=org.apache.kafka:kafka-tools:$(kafka_jars KAFKA_VERSION)
    mvn --batch-mode --quiet dependency:copy "-Dartifact=$tools" "-DoutputDirectory=$1/libs" >"$WORK/log" \
        || fail "Maven has no $tools: $(tail -n 5 "$WORK/log")"
}

kafka_jars() { python -c "from deploy.local.backends import kafka_jars; print(kafka_jars.$1)"; }

gather_mailpit() {
    local packages
    packages=$(python -c 'import aiosmtpd, pathlib; print(pathlib.Path(aiosmtpd.__file__).parents[1])')
    mkdir "$1/site"
    cp -r "$packages"/{aiosmtpd,public,attr,attrs} "$1/site"
}

python() { .venv/bin/python "$@"; }
need() { command -v "$1" >/dev/null || fail "$1 is missing: $2."; }
fail() { echo "$*" >&2; exit 1; }

main "$@"
