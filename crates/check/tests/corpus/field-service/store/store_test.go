package store

import "testing"

func TestOpen(t *testing.T) {
	_ = dsn
}

func TestMigrate(t *testing.T) {
	t.Skip("needs a database")
}
