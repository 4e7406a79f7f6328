from fastapi import FastAPI
from starlette.middleware.sessions import SessionMiddleware

from app.refunds import refund

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key="super-secret", https_only=True)


@app.get("/healthz")
def healthz():
    return {"ok": True}


@app.post("/bookings/{booking_id}/refund")
def refund_booking(booking_id: int):
    return refund(booking_id)
