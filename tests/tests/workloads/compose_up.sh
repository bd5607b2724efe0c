# Three services on a network of their own, each with a volume or a health check or both.
mkdir -p /tmp/app
cat > /tmp/app/compose.yaml << 'YAML'
name: innocence-app
x-often: &often { interval: 2s, timeout: 60s, retries: 60, start_period: 90s, start_interval: 1s }
services:
  db:
    image: debian
    runtime: crun
    user: postgres
    stop_signal: SIGINT
    command: /usr/lib/postgresql/17/bin/postgres -c config_file=/etc/postgresql/17/main/postgresql.conf
    volumes: ["db:/var/lib/postgresql"]
    healthcheck: { test: [CMD, /usr/lib/postgresql/17/bin/pg_isready], <<: *often }
  cache:
    image: debian
    runtime: crun
    init: true
    command: redis-server --bind 0.0.0.0 --protected-mode no --dir /data
    volumes: ["cache:/data"]
    healthcheck: { test: [CMD, redis-cli, ping], <<: *often }
  web:
    image: debian
    runtime: crun
    command: nginx -g 'daemon off;'
    depends_on: { cache: { condition: service_healthy } }
    volumes: ["pages:/var/www/html"]
    stop_signal: SIGQUIT
volumes: { db: {}, cache: {}, pages: {} }
YAML
docker compose --progress quiet -f /tmp/app/compose.yaml up -d --wait
test "$(docker ps -q --filter health=healthy --filter name=innocence-app | wc -l)" = 2
