import os
from pathlib import Path

import dj_database_url

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
DEBUG = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1", ".localhost"]
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "blog"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "mysite.urls"
WSGI_APPLICATION = "mysite.wsgi.application"
DATABASES = {"default": dj_database_url.config(default="postgres://postgres@localhost:5432/blog")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
