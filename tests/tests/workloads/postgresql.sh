# Answers queries, keeps what it was told, and signals its own processes.
docker exec -i -u postgres innocence-app-db-1 /usr/lib/postgresql/17/bin/psql -At << 'SQL' > /tmp/answers
create table t (n int);
insert into t select generate_series(1, 100);
checkpoint;
select sum(n), pg_reload_conf() from t;
SQL
grep -qx '5050|t' /tmp/answers
