import logging
from datetime import datetime, timezone

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import check_password, create_token, require_clerk
from app.config import settings
from app.database import get_session
from app.models import Application
from app.rules import PERMIT_TYPES, can_move, is_final, new_reference
from app.schemas import (
    ApplicationDetails,
    ApplicationStatus,
    ClerkLogin,
    Decision,
    NewApplication,
    Status,
    Token,
)

logging.basicConfig(level=settings.log_level.upper())
log = logging.getLogger("govapp")

app = FastAPI(title="GovApp", version="1.4.0")
app.add_middleware(
    CORSMiddleware,
    allow_origins=settings.cors_origins.split(","),
    allow_methods=["*"],
    allow_headers=["*"],
)

api = APIRouter(prefix="/api")


def find(session: Session, reference: str) -> Application:
    application = session.scalar(
        select(Application).where(Application.reference == reference.strip().upper())
    )
    if application is None:
        raise HTTPException(status_code=404, detail="No application with this reference")
    return application


@app.get("/health")
def health():
    return {"status": "ok"}


@api.get("/permit-types")
def permit_types():
    return [{"id": key, "name": name} for key, name in PERMIT_TYPES.items()]


@api.post("/applications", status_code=201, response_model=ApplicationStatus)
def submit(data: NewApplication, session: Session = Depends(get_session)):
    application = Application(reference=new_reference(), status="submitted", **data.model_dump())
    session.add(application)
    session.commit()
    session.refresh(application)
    log.info("application %s submitted", application.reference)
    return application


@api.get("/applications/{reference}/status", response_model=ApplicationStatus)
def show_status(reference: str, session: Session = Depends(get_session)):
    return find(session, reference)


@api.post("/clerk/login", response_model=Token)
def login(data: ClerkLogin):
    if not check_password(data.password):
        raise HTTPException(status_code=401, detail="Wrong password")
    return Token(token=create_token())


@api.get(
    "/applications",
    response_model=list[ApplicationDetails],
    dependencies=[Depends(require_clerk)],
)
def list_applications(
    status: Status | None = None, limit: int = 100, session: Session = Depends(get_session)
):
    query = select(Application).order_by(Application.submitted_at, Application.id)
    if status is not None:
        query = query.where(Application.status == status)
    return session.scalars(query.limit(min(max(limit, 1), 500))).all()


@api.post(
    "/applications/{reference}/decision",
    response_model=ApplicationDetails,
    dependencies=[Depends(require_clerk)],
)
def decide(reference: str, decision: Decision, session: Session = Depends(get_session)):
    application = find(session, reference)
    if not can_move(application.status, decision.status):
        raise HTTPException(
            status_code=409,
            detail=f"An application that is {application.status} cannot become {decision.status}",
        )
    application.status = decision.status
    application.decision_note = decision.note or None
    if is_final(decision.status):
        application.decided_at = datetime.now(timezone.utc)
    session.commit()
    session.refresh(application)
    log.info("application %s is now %s", application.reference, application.status)
    return application


app.include_router(api)
