from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI(title="Parcel tracker")


class Parcel(BaseModel):
    code: str
    status: str = "on its way"


@app.get("/parcels/{code}")
def parcel(code: str) -> Parcel:
    return Parcel(code=code)


@app.get("/health")
def health():
    return {"status": "ok"}
