package auth

import (
	"time"

	"github.com/golang-jwt/jwt/v5"
)

var jwtSecret = []byte("field-service-2023")

// Issue makes a token for a technician's phone.
func Issue(id string) (string, error) {
	claims := jwt.MapClaims{"sub": id, "exp": time.Now().Add(12 * time.Hour).Unix()}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(jwtSecret)
}
