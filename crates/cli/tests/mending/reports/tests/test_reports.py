import re
from datetime import datetime, timezone

from app import app, links, main
from links import new_token
from names import file_name
from settings import load


def test_a_report_has_todays_name_and_a_link():
    client = app.test_client()
    assert client.get("/healthz").text == "ok"
    answer = client.get("/reports/daily").get_json()
    assert answer["title"] == "Reports"
    assert links[answer["token"]] == answer["file"]
    assert client.get("/reports/hourly").status_code == 404


def test_the_name_has_the_day_in_utc():
    before = datetime.now(timezone.utc).date()
    day = file_name("daily")[:10]
    after = datetime.now(timezone.utc).date()
    assert day in (before.isoformat(), after.isoformat())
    assert file_name("daily").endswith("-daily.csv")


def test_tokens_are_long_and_differ():
    tokens = {new_token() for _ in range(50)}
    assert len(tokens) == 50
    assert all(re.fullmatch("[A-Za-z]{24}", token) for token in tokens)


def test_settings_are_lists_maps_and_texts():
    assert load("a: [1, two]\nb: {c: null}\n") == {"a": [1, "two"], "b": {"c": None}}


def test_the_server_listens_where_the_platform_says(monkeypatch):
    asked = {}
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setattr(app, "run", lambda **options: asked.update(options))
    main()
    assert (asked["host"], asked["port"]) == ("0.0.0.0", 8123)
