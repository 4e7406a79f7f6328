from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"only the standard library")


if __name__ == "__main__":
    HTTPServer(("localhost", 8765), Handler).serve_forever()
