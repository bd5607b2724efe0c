# A service is started again and has its volume; then nothing is left.
docker restart -t 5 innocence-app-web-1
docker exec innocence-app-web-1 cat /var/www/html/page | grep -qx served
docker compose --progress quiet -f /tmp/app/compose.yaml down -v -t 5
test -z "$(docker ps -aq --filter name=innocence-app)"
test -z "$(docker network ls -q --filter name=innocence-app)"
