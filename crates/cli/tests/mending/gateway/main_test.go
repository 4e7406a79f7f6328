package main

import (
	"io"
	"net"
	"net/http"
	"testing"
)

func TestTheGatewayIsWell(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := server()
	go s.Serve(listener)
	defer s.Close()
	answer, err := http.Get("http://" + listener.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	if string(body) != "ok" {
		t.Fatalf("the gateway says %q", body)
	}
}
