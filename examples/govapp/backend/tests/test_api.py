import pytest
from fastapi.testclient import TestClient

from app.auth import create_token, is_valid
from app.config import Settings
from app.database import get_session
from app.main import app
from app.models import Application


class FakeSession:
    """Stands in for a database session that holds one application."""

    def __init__(self, application=None):
        self.application = application
        self.commits = 0

    def scalar(self, query):
        return self.application

    def commit(self):
        self.commits += 1

    def refresh(self, item):
        pass


@pytest.fixture
def client():
    with TestClient(app) as test_client:
        yield test_client
    app.dependency_overrides.clear()


def use_application(status):
    application = Application(
        reference="P-2345-6789",
        permit_type="tree",
        applicant_name="Ida Holm",
        applicant_email="ida@example.com",
        address="Harbour Street 4",
        description="One old birch",
        status=status,
        submitted_at="2025-03-04T10:00:00Z",
    )
    session = FakeSession(application)
    app.dependency_overrides[get_session] = lambda: session
    return session


def clerk():
    return {"Authorization": f"Bearer {create_token()}"}


def test_health(client):
    assert client.get("/health").json() == {"status": "ok"}


def test_permit_types(client):
    assert {"id": "event", "name": "Public event"} in client.get("/api/permit-types").json()


def test_a_bad_application_is_refused(client):
    app.dependency_overrides[get_session] = FakeSession
    response = client.post(
        "/api/applications",
        json={
            "permit_type": "castle",
            "applicant_name": " ",
            "applicant_email": "nobody",
            "address": "x",
            "description": "x",
        },
    )
    assert response.status_code == 422
    fields = {error["loc"][-1] for error in response.json()["detail"]}
    assert fields == {"permit_type", "applicant_name", "applicant_email"}


def test_the_public_status_hides_personal_data(client):
    use_application("submitted")
    body = client.get("/api/applications/p-2345-6789/status").json()
    assert body["status"] == "submitted"
    assert "applicant_name" not in body


def test_only_clerks_decide(client):
    session = use_application("in_review")
    decision = {"status": "approved", "note": "Fine"}
    url = "/api/applications/P-2345-6789/decision"
    assert client.post(url, json=decision).status_code == 401
    assert session.commits == 0
    response = client.post(url, json=decision, headers=clerk())
    assert response.status_code == 200
    assert response.json()["decided_at"] is not None
    assert session.commits == 1


def test_a_wrong_step_is_a_conflict(client):
    use_application("approved")
    response = client.post(
        "/api/applications/P-2345-6789/decision", json={"status": "rejected"}, headers=clerk()
    )
    assert response.status_code == 409


def test_clerk_login(client):
    assert client.post("/api/clerk/login", json={"password": "wrong"}).status_code == 401
    response = client.post("/api/clerk/login", json={"password": "clerk"})
    assert is_valid(response.json()["token"])


def test_old_or_changed_tokens_are_refused():
    assert not is_valid(create_token(now=1_000_000))
    assert not is_valid(create_token()[:-1] + "!")
    assert not is_valid("")


def test_database_urls_use_psycopg():
    url = Settings(database_url="postgres://user@db/permits").sqlalchemy_url
    assert url == "postgresql+psycopg://user@db/permits"
