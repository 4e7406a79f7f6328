package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"

	_ "github.com/lib/pq"
)

var db *sql.DB

func main() {
	var err error
	db, err = sql.Open("postgres", os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(10)
	http.HandleFunc("/events", events)
	http.HandleFunc("/export", export)
	http.HandleFunc("/trace", trace)
	http.HandleFunc("/hook", forward)
	log.Fatal(http.ListenAndServe(":8080", nil))
}

func events(w http.ResponseWriter, r *http.Request) {
	source := r.URL.Query().Get("source")
	query := fmt.Sprintf("SELECT id, name FROM events WHERE source = '%s'", source)
	rows, err := db.Query(query)
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	json.NewEncoder(w).Encode(collect(rows))
}

func export(w http.ResponseWriter, r *http.Request) {
	name := r.FormValue("file")
	data, err := os.ReadFile(filepath.Join("/var/exports", name))
	if err != nil {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	w.Write(data)
}

func trace(w http.ResponseWriter, r *http.Request) {
	host := r.URL.Query().Get("host")
	out, err := exec.Command("sh", "-c", "traceroute -m 5 "+host).CombinedOutput()
	if err != nil {
		log.Println("trace failed:", err)
	}
	w.Write(out)
}

func forward(w http.ResponseWriter, r *http.Request) {
	response, err := http.Get("https://hooks.example.com/ping")
	if err != nil {
		http.Error(w, "upstream failed", http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	w.WriteHeader(response.StatusCode)
}

func collect(rows *sql.Rows) []string {
	var names []string
	for rows.Next() {
		var id int
		var name string
		if err := rows.Scan(&id, &name); err == nil {
			names = append(names, name)
		}
	}
	return names
}
