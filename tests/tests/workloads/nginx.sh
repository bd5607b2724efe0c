# Serves a file to a neighbour on the network, and writes its log to /dev/stdout.
docker exec innocence-app-web-1 sh -euc 'echo served > /var/www/html/page; nginx -s reload'
docker exec -i innocence-app-cache-1 socat - TCP:web:80 << 'HTTP' | tr -d '\r' | grep -qx served
GET /page HTTP/1.0

HTTP
docker logs innocence-app-web-1 2> /dev/null | grep -q 'GET /page HTTP/1.0" 200'
