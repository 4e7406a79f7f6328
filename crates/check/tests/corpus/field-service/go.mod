module field.works/api

go 1.23

require (
	github.com/getsentry/sentry-go v0.30.0
	github.com/gin-gonic/gin v1.10.0
	github.com/golang-jwt/jwt/v5 v5.2.1
	github.com/prometheus/client_golang v1.20.5
)
