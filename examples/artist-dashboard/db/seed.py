"""Fill the database with demo data. Safe to run more than once.

Uses the same virtual environment as services/worker.
"""

import hashlib
import os
from datetime import date, datetime, timedelta, timezone

import psycopg

DATABASE_URL = os.environ.get(
    "DATABASE_URL", "postgres://dashboard:dashboard@localhost:5432/dashboard"
)

ARTISTS = 1_000
PROJECTS = 10_000

FIRST = (
    "Ada Amara Bela Bruno Carmen Chidi Dana Elif Emre Farah Goran Hana Ines Ivo "
    "Jonas Kaia Lea Luca Maren Milo Nadia Noor Oskar Paula Quim Rosa Sami Tara "
    "Uma Viktor Wanda Yara Zoltan"
).split()
LAST = (
    "Abara Almeida Bergman Castillo Demir Eriksen Fontaine Grau Haddad Ito "
    "Jensen Kowalski Lindqvist Moreau Nakamura Okafor Petrov Quintana Rossi "
    "Santos Takeda Ueda Varga Weiss Yilmaz Zeller"
).split()
DISCIPLINES = {
    "Painting": ["Oil on canvas", "Acrylic", "Watercolour"],
    "Sculpture": ["Bronze", "Clay", "Steel"],
    "Photography": ["C-print", "Silver gelatin", "Digital"],
    "Illustration": ["Ink", "Gouache", "Digital"],
    "Ceramics": ["Stoneware", "Porcelain", "Raku"],
    "Textile": ["Weaving", "Embroidery", "Felt"],
    "Video": ["Single channel", "Installation", "Animation"],
}
CITIES = (
    "Barcelona", "Berlin", "Istanbul", "Lagos", "Lisbon", "London",
    "Oslo", "Paris", "Prague", "Seoul", "Tokyo", "Vienna",
)
ADJECTIVES = (
    "Quiet", "Bright", "Northern", "Hidden", "Broken", "Slow", "Electric",
    "Paper", "Salt", "Golden", "Second", "Open", "Late", "Borrowed",
)
NOUNS = (
    "Harbour", "Garden", "Room", "Letters", "Winter", "Field", "Mirror",
    "Tide", "Window", "Signal", "Orchard", "Bridge", "Memory", "Atlas",
)
KINDS = ("Exhibition", "Commission", "Residency", "Book", "Mural", "Workshop")
START = datetime(2025, 1, 6, 9, 0, tzinfo=timezone.utc)


class Random:
    """A small xorshift generator, so every run produces the same rows."""

    def __init__(self, seed: int):
        self.state = seed & 0xFFFFFFFF

    def below(self, limit: int) -> int:
        x = self.state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self.state = x
        return x % limit

    def pick(self, items):
        return items[self.below(len(items))]


def hash_password(password: str, salt: bytes) -> str:
    digest = hashlib.scrypt(
        password.encode(), salt=salt, n=16384, r=8, p=1, dklen=64, maxmem=64 * 1024 * 1024
    )
    return f"scrypt${salt.hex()}${digest.hex()}"


def build_rows():
    random = Random(20250106)
    artists, projects, items = [], [], []
    names = list(DISCIPLINES)

    for artist_id in range(1, ARTISTS + 1):
        name = f"{random.pick(FIRST)} {random.pick(LAST)}"
        discipline = random.pick(names)
        city = random.pick(CITIES)
        bio = (
            f"{name} works with {random.pick(DISCIPLINES[discipline]).lower()} in {city}. "
            f"Recent series: {random.pick(ADJECTIVES)} {random.pick(NOUNS)}."
        )
        created = START + timedelta(hours=random.below(24 * 300))
        artists.append((artist_id, name, discipline, city, bio, created))

        for _ in range(3 + random.below(5)):
            items.append(
                (
                    len(items) + 1,
                    artist_id,
                    f"{random.pick(ADJECTIVES)} {random.pick(NOUNS)}",
                    random.pick(DISCIPLINES[discipline]),
                    2012 + random.below(14),
                    random.below(360),
                )
            )

    for project_id in range(1, PROJECTS + 1):
        title = f"{random.pick(ADJECTIVES)} {random.pick(NOUNS)} {random.pick(KINDS)}"
        created = START + timedelta(minutes=random.below(60 * 24 * 300))
        projects.append(
            (
                project_id,
                1 + random.below(ARTISTS),
                title,
                random.pick(("planned", "active", "active", "finished", "finished")),
                (5 + random.below(400)) * 10_000,
                date(2025, 1, 1) + timedelta(days=random.below(700)),
                created,
            )
        )
    return artists, projects, items


def load(cur, table: str, columns: str, rows) -> int:
    cur.execute(f"CREATE TEMP TABLE seed_{table} (LIKE {table} INCLUDING DEFAULTS) ON COMMIT DROP")
    with cur.copy(f"COPY seed_{table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cur.execute(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM seed_{table} "
        "ON CONFLICT (id) DO NOTHING"
    )
    added = cur.rowcount
    cur.execute(
        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
    )
    return added


def main():
    artists, projects, items = build_rows()
    with psycopg.connect(DATABASE_URL) as conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO users (email, name, password_hash) VALUES (%s, %s, %s) "
            "ON CONFLICT (email) DO NOTHING",
            ("demo@example.com", "Demo Manager", hash_password("demo", b"artist-dashboard")),
        )
        print(f"users: {cur.rowcount} added")
        added = load(cur, "artists", "id, name, discipline, city, bio, created_at", artists)
        print(f"artists: {added} added")
        added = load(
            cur,
            "projects",
            "id, artist_id, title, status, budget_cents, starts_on, created_at",
            projects,
        )
        print(f"projects: {added} added")
        added = load(cur, "portfolio_items", "id, artist_id, title, medium, year, hue", items)
        print(f"portfolio_items: {added} added")


if __name__ == "__main__":
    main()
