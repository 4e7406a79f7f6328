from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator

from app.rules import PERMIT_TYPES

Status = Literal["submitted", "in_review", "approved", "rejected"]


def text(max_length: int):
    return Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=max_length)
    ]


class NewApplication(BaseModel):
    permit_type: str
    applicant_name: text(120)
    applicant_email: Annotated[
        str, StringConstraints(strip_whitespace=True, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    ]
    address: text(300)
    description: text(4000)

    @field_validator("permit_type")
    @classmethod
    def known_permit_type(cls, value: str) -> str:
        if value not in PERMIT_TYPES:
            raise ValueError("unknown permit type")
        return value


class ApplicationStatus(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    reference: str
    permit_type: str
    status: Status
    decision_note: str | None
    submitted_at: datetime
    decided_at: datetime | None


class ApplicationDetails(ApplicationStatus):
    applicant_name: str
    applicant_email: str
    address: str
    description: str


class Decision(BaseModel):
    status: Status
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""


class ClerkLogin(BaseModel):
    password: str


class Token(BaseModel):
    token: str
