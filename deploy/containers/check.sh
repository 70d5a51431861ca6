#!/bin/sh
# Builds the image, starts docker-compose.yml, and follows one payment to its decision: `make containers`.
# Needs Docker Engine 25 or newer with Compose 2.24 or newer, 6 GB of memory, and the base images.
# IMAGE=built uses the image holdgate:local as it is. SERVICES limits what is started.
set -eu
cd "$(dirname "$0")/../.."
project=${PROJECT:-holdgate-check}
export KAFKA_PORT=${KAFKA_PORT:-19192} DESK_PORT=${DESK_PORT:-6180}
export PROMETHEUS_PORT=${PROMETHEUS_PORT:-9190} GRAFANA_PORT=${GRAFANA_PORT:-3100}
compose() { docker compose --project-name "$project" "$@"; }
fail() {
    echo "$1" >&2
    compose ps --all >&2
    compose logs --tail 20 >&2
    exit 1
}
trap 'compose down --volumes --remove-orphans >/dev/null 2>&1' EXIT

engine=$(docker version --format '{{.Server.Version}}')
[ "${engine%%.*}" -ge 25 ] || fail "Docker Engine $engine is too old: start_interval needs 25 or newer"

# 1. The image builds, and runs as a user without rights on a file system that it cannot write to.
[ "${IMAGE:-}" = built ] || compose build topics
run() { docker run --rm --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --network none "$@"; }
[ "$(run --entrypoint id holdgate:local -u)" = 10001 ] || fail "the image does not run as user 10001"
run holdgate:local --version
[ -n "$(docker image inspect --format '{{index .Config.Labels "org.opencontainers.image.version"}}' holdgate:local)" ]

# 2. Every service starts and is healthy. The words of SERVICES are names of services.
# shellcheck disable=SC2086
compose up --detach --no-build --wait --wait-timeout 900 ${SERVICES:-} || fail "a service is not healthy"
compose ps --format 'table {{.Service}}\t{{.Status}}'
for service in rescreen audit review desk lists; do
    compose exec -T "$service" sh -c 'for folder in /data /archive; do
        if grep -q " $folder " /proc/mounts && ! grep -q " $folder [a-z0-9]* ro" /proc/mounts; then
            touch "$folder/.check" && rm "$folder/.check"; fi; done' || fail "$service cannot write to its volume"
done

# 3. A payment to a listed party is held, with its evidence.
printf 'P-1001|%s\n' "$(tr -d '\n' <deploy/sample/payment.json)" |
    compose exec -T kafka /opt/kafka/bin/kafka-console-producer.sh --bootstrap-server localhost:9092 \
        --topic payments.submitted --reader-property parse.key=true --reader-property 'key.separator=|'
for _ in 1 2 3 4 5 6; do
    compose exec -T screening holdgate trace P-1001 >/tmp/holdgate-check.$$ 2>&1 || true
    if grep -q 'LIST_MATCH' /tmp/holdgate-check.$$; then
        grep 'LIST_MATCH' /tmp/holdgate-check.$$
        rm -f /tmp/holdgate-check.$$
        echo "containers: everything works"
        exit 0
    fi
    sleep 5
done
cat /tmp/holdgate-check.$$
fail "no decision on P-1001"
