from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from . import models
from .database import Base, SessionLocal, engine

Base.metadata.create_all(bind=engine)

app = FastAPI()


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


@app.get("/tickets")
def tickets(db: Session = Depends(get_db)):
    return {"count": db.query(models.Ticket).count()}
