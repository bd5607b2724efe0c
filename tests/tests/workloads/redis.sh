# Answers another container, and saves in a child of its own.
docker exec innocence-app-cache-1 sh -euc 'redis-cli ping; redis-cli set key kept; redis-cli bgsave
	until [ -s /data/dump.rdb ]; do sleep 0.1; done' | grep -qx PONG
docker exec innocence-app-web-1 redis-cli -h cache get key | grep -qx kept
