from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: str = "postgresql://govapp:govapp@localhost:5432/govapp"
    secret_key: str = "change-me"
    clerk_password: str = "clerk"
    session_minutes: int = 480
    cors_origins: str = "http://localhost:5173"
    log_level: str = "info"

    @property
    def sqlalchemy_url(self) -> str:
        scheme, rest = self.database_url.split("://", 1)
        if scheme in ("postgres", "postgresql"):
            return f"postgresql+psycopg://{rest}"
        return self.database_url


settings = Settings()
