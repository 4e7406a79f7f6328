#!/bin/sh
set -e
docker compose -f docker-compose.prod.yml pull
docker-compose up -d
