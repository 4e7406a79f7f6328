"""PostgreSQL: connections and statements."""


def sql(id, statement, **more):
    return dict(id=id, run="python3 $CASES/with_postgres.py 'psql -X -v ON_ERROR_STOP=1 -f migration.sql'",
                files={"migration.sql": statement + "\n", **more})


CASES = [
    dict(id="password", run="python3 $CASES/with_postgres.py 'PGPASSWORD=wrong psql -X -c \"select 1\"'"),
    dict(id="no-password", run="python3 $CASES/with_postgres.py 'PGPASSWORD= psql -w -X -c \"select 1\"'"),
    dict(id="database-missing", run="python3 $CASES/with_postgres.py 'psql -X -d orders -c \"select 1\"'"),
    dict(id="refused", run="psql -X -h 127.0.0.1 -p 9 -U app -c 'select 1'"),
    dict(id="socket-missing", run="psql -X -h /tmp -p 9999 -U app -c 'select 1'"),
    dict(id="network/dns.postgres", run="psql -X -h db.shop.invalid -U app -c 'select 1'"),
    dict(id="too-many-clients", run="python3 $CASES/with_postgres.py 'python3 app.py'", files={
        "app.py": "import psycopg\n\nall = [psycopg.connect() for _ in range(20)]\n"}),
    dict(id="no-ssl", run="python3 $CASES/with_postgres.py 'PGSSLMODE=require psql -X -c \"select 1\"'"),
    sql("relation-missing", "select * from orders;"),
    sql("column-missing", "create table orders (id int);\nselect total from orders;"),
    sql("unique-violation", "create table orders (id int primary key);\ninsert into orders values (1);\ninsert into orders values (1);"),
    sql("foreign-key", "create table a (id int primary key);\ncreate table b (a int references a);\ninsert into b values (1);"),
    sql("not-null", "create table a (id int);\ninsert into a values (null);\nalter table a alter id set not null;"),
    sql("permission", "select * from vault;", **{"setup.sql": "\\c app\ncreate table vault (id int);"}),
    sql("syntax", "creat table orders (id int);"),
    sql("extension-missing", "create extension postgis_no_such;", **{"setup.sql": "alter role app superuser;"}),
    sql("exists-already", "create table orders (id int);\ncreate table orders (id int);"),
    sql("statement-timeout", "set statement_timeout = 100;\nselect pg_sleep(5);"),
    dict(id="lock-timeout", run="""python3 $CASES/with_postgres.py 'psql -X -q -c "create table orders (id int)" && \
(psql -X -q -c "begin; lock table orders; select pg_sleep(3);" >/dev/null &) && sleep 1 && \
PGOPTIONS="-c lock_timeout=200" psql -X -c "alter table orders add total int"'"""),
    sql("invalid-value", "select 'abc'::int;"),
    sql("function-missing", "select gen_no_such_uuid();"),
    dict(id="password.node", modules=True, run="python3 $CASES/with_postgres.py 'PGPASSWORD=wrong node app.js'", files={
        "app.js": "const { Client } = require('pg')\nnew Client().connect()\n"}),
]
