from fastapi import FastAPI

app = FastAPI()


@app.get("/api/options")
def options():
    return [{"name": "ramen"}, {"name": "falafel"}]
