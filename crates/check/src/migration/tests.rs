//! What migrations are judged to be.

use seaworthy_model::App;

use super::*;

fn judged(path: &str, text: &str) -> (Class, u32) {
    let judgement = judge(&App::default(), path, text);
    (judgement.class, judgement.line)
}

#[test]
fn statements_of_postgresql() {
    use Class::{Breaking, Expand, Unknown};
    for (text, class) in [
        ("CREATE TABLE a (id bigint PRIMARY KEY, b text NOT NULL);", Expand),
        ("ALTER TABLE a ADD COLUMN b text;", Expand),
        ("ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT 'x';", Expand),
        ("CREATE INDEX CONCURRENTLY i ON a (b);", Expand),
        ("CREATE INDEX i ON a (b);", Expand),
        ("UPDATE a SET b = c WHERE b IS NULL;", Expand),
        ("DELETE FROM sessions WHERE at < now();", Expand),
        ("ALTER TABLE a ALTER COLUMN b DROP NOT NULL;", Expand),
        ("ALTER TYPE mood ADD VALUE 'calm';", Expand),
        ("BEGIN; ALTER TABLE a ADD COLUMN c int; COMMIT;", Expand),
        ("COMMENT ON TABLE a IS 'never DROP TABLE a';", Expand),
        ("CREATE TABLE a (id int); ALTER TABLE a ADD CONSTRAINT c CHECK (id > 0);", Expand),
        ("", Expand),
        ("-- nothing yet\n", Expand),
        ("ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0);", Unknown),
        ("ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID;", Unknown),
        ("DO $$ BEGIN EXECUTE 'DROP TABLE a'; END $$;", Unknown),
        ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';", Unknown),
        ("DROP VIEW v; CREATE VIEW v AS SELECT 1;", Unknown),
        ("ALTER TABLE a ENABLE ROW LEVEL SECURITY;", Unknown),
        ("ALTER TABEL a;", Unknown),
        ("ALTER TABLE a DROP COLUMN b;", Breaking),
        ("ALTER TABLE a RENAME COLUMN b TO c;", Breaking),
        ("ALTER TABLE a RENAME TO b;", Breaking),
        ("ALTER TABLE a ALTER COLUMN b TYPE bigint;", Breaking),
        ("ALTER TABLE a ALTER COLUMN b SET NOT NULL;", Breaking),
        ("ALTER TABLE a ADD COLUMN b text NOT NULL;", Breaking),
        ("DROP TABLE a;", Breaking),
        ("DROP VIEW v;", Breaking),
        ("TRUNCATE a;", Breaking),
        ("DELETE FROM a;", Breaking),
        ("REVOKE SELECT ON a FROM b;", Breaking),
    ] {
        assert_eq!(judged("db/migrations/002.sql", text).0, class, "{text}");
    }
}

#[test]
fn the_worst_statement_decides_and_is_named() {
    let text = "ALTER TABLE a\n  ADD COLUMN c int,\n  DROP COLUMN b;\nDO $$ BEGIN END $$;\nDROP TABLE c;\n";
    let judgement = judge(&App::default(), "db/migrations/2.sql", text);
    assert_eq!((judgement.class, judgement.line), (Class::Breaking, 3));
    assert_eq!(judgement.why, "drops a column");
}

#[test]
fn what_undoes_a_migration_does_not_run() {
    let text =
        "-- migrate:up\nALTER TABLE a ADD COLUMN b int;\n-- migrate:down\nALTER TABLE a DROP COLUMN b;\n";
    assert_eq!(judged("db/migrations/2.sql", text).0, Class::Expand);
    for (name, is_run) in [
        ("db/migrations/2.sql", true),
        ("db/migrations/2.down.sql", false),
        ("db/migrations/README.md", false),
        ("shop/migrations/__init__.py", false),
        ("shop/migrations/0002_x.py", true),
        ("alembic/versions/1a2b.py", true),
        ("alembic/env.py", false),
        ("src/orders.py", false),
    ] {
        assert_eq!(is_source(name), is_run, "{name}");
    }
}

#[test]
fn migrations_in_code() {
    use Class::{Breaking, Expand, Unknown};
    for (path, text, class) in [
        (
            "alembic/versions/1.py",
            "def upgrade():\n    op.add_column('a', sa.Column('b', sa.Text(), nullable=True))\n\ndef downgrade():\n    op.drop_column('a', 'b')\n",
            Expand,
        ),
        ("alembic/versions/1.py", "def upgrade():\n    op.drop_column('a', 'b')\n", Breaking),
        (
            "alembic/versions/1.py",
            "def upgrade():\n    op.alter_column('a', 'b', existing_type=sa.Text(), nullable=True)\n",
            Expand,
        ),
        (
            "alembic/versions/1.py",
            "def upgrade():\n    op.alter_column('a', 'b', type_=sa.Text())\n",
            Breaking,
        ),
        ("alembic/versions/1.py", "def upgrade():\n    op.execute('UPDATE a SET b = 1')\n", Unknown),
        ("alembic/versions/1.py", "def upgrade():\n    pass\n", Unknown),
        ("shop/migrations/2.py", "operations = [migrations.CreateModel(name='A', fields=[])]", Expand),
        (
            "shop/migrations/2.py",
            "operations = [migrations.AddField('a', 'b', models.TextField(null=True))]",
            Expand,
        ),
        (
            "shop/migrations/2.py",
            "operations = [migrations.AddField('a', 'b', models.TextField(default=''))]",
            Breaking,
        ),
        ("shop/migrations/2.py", "operations = [migrations.RunPython(fill)]", Unknown),
        ("shop/migrations/2.py", "operations = [migrations.RemoveField('a', 'b')]", Breaking),
        ("db/migrate/2.rb", "  def change\n    add_column :a, :b, :text\n  end\n", Unknown),
        ("db/migrate/2.rb", "  def change\n    remove_column :a, :b, :text\n  end\n", Breaking),
        (
            "migrations/2.js",
            "exports.up = (k) => k.schema.table('a', (t) => t.text('b'));\nexports.down = (k) => k.schema.table('a', (t) => t.dropColumn('b'));\n",
            Unknown,
        ),
        ("migrations/2.js", "exports.up = (k) => k.schema.table('a', (t) => t.dropColumn('b'));\n", Breaking),
        ("db/migrations/mysql/2.sql", "ALTER TABLE `a` DROP COLUMN `b`;", Breaking),
        ("db/migrations/mysql/2.sql", "ALTER TABLE `a` ADD COLUMN `b` int;", Unknown),
    ] {
        assert_eq!(judged(path, text).0, class, "{path}: {text}");
    }
}

#[test]
fn any_text_is_judged() {
    let text = "ALTER TABLE x ADD COLUMN \u{e4} timestamp, DROP COLUMN z; DO $$ op.drop_column('a', (; '\"";
    for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
        for part in [&text[..at], &text[at..]] {
            for path in
                ["db/migrations/1.sql", "migrations/1.py", "migrations/mysql/1.sql", "migrations/1.rb"]
            {
                drop(judge(&App::default(), path, part));
            }
        }
    }
}
