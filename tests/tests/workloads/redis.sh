# Answers another container, and saves in a child of its own.
docker exec enforce-app-cache-1 redis-cli ping | grep -qx PONG
docker exec enforce-app-cache-1 redis-cli set key kept
docker exec enforce-app-web-1 redis-cli -h cache get key | grep -qx kept
docker exec enforce-app-cache-1 redis-cli bgsave
docker exec enforce-app-cache-1 sh -c 'until [ -s /data/dump.rdb ]; do :; done'
