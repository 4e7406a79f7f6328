import os

from motor.motor_asyncio import AsyncIOMotorClient

client = AsyncIOMotorClient(os.environ["MONGO_URL"], maxPoolSize=20)
feeds = client.get_default_database()["feeds"]
