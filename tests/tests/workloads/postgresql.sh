# Answers a query, keeps what it was told, and signals its own processes.
docker exec -u postgres enforce-app-db-1 psql -Atc \
	'create table t (n int); insert into t select generate_series(1, 100); select sum(n) from t' \
	| grep -qx 5050
docker exec -u postgres enforce-app-db-1 psql -Atc \
	'checkpoint; select pg_reload_conf(); select count(*) from t' | grep -qx 100
