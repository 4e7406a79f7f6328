//! An upstream that ends connections instead of answering: what is safe to send again is, and nothing else.

use std::io::{BufReader, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::harness::{Control, PATIENCE, Upstream, answer_all, ask, read_head, table};

/// Closes the first connections without a word, then answers.
fn closes_first(many: usize) -> Upstream {
    Upstream::start(move |number, socket| {
        if number >= many {
            answer_all(socket);
        }
    })
}

#[test]
fn a_service_that_accepts_and_closes_while_it_starts_is_waited_for() {
    for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"] {
        let upstream = closes_first(4);
        let mut control = Control::start(&table(upstream.address, Some(PATIENCE)));
        assert_eq!(ask(control.port, &format!("{method} /"), ""), 200, "{method}");
        assert_eq!(upstream.accepted(), 5, "{method}");
        assert_eq!((control.count("retries"), control.count("upstream_errors")), (4, 0), "{method}");
        control.stop();
    }
}

#[test]
fn a_connection_reset_after_the_request_was_read_is_the_same() {
    let upstream = Upstream::start(|number, socket| {
        if number < 3 {
            // Closed with bytes unread, a socket is reset.
            let _ = socket.peek(&mut [0]);
        } else {
            answer_all(socket);
        }
    });
    let control = Control::start(&table(upstream.address, Some(PATIENCE)));
    assert_eq!(ask(control.port, "GET /", ""), 200);
    assert_eq!(upstream.accepted(), 4);
    control.stop();
}

#[test]
fn what_is_not_idempotent_or_has_a_body_is_sent_once() {
    for (method, body) in [("POST", ""), ("PATCH", ""), ("POST", "x"), ("PUT", "x")] {
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        let upstream = Upstream::start(move |_, socket| {
            if read_head(&mut BufReader::new(socket)).is_some() {
                counter.fetch_add(1, Ordering::AcqRel);
            }
        });
        let control = Control::start(&table(upstream.address, Some(PATIENCE)));
        assert_eq!(ask(control.port, &format!("{method} /"), body), 502, "{method} {body}");
        control.stop();
        assert_eq!(requests.load(Ordering::Acquire), 1, "{method} {body}");
    }
}

#[test]
fn once_a_byte_of_the_answer_came_nothing_is_sent_again() {
    for part in ["H", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 103 Early Hints\r\n\r\n", "nonsense\r\n\r\n"] {
        let upstream = Upstream::start(move |_, mut socket| {
            let mut reader = BufReader::new(socket.try_clone().unwrap());
            let _ = read_head(&mut reader);
            let _ = socket.write_all(part.as_bytes());
            let _ = socket.shutdown(Shutdown::Both);
        });
        let control = Control::start(&table(upstream.address, Some(PATIENCE)));
        assert_eq!(ask(control.port, "GET /", ""), 502, "{part:?}");
        assert_eq!(upstream.accepted(), 1, "{part:?}");
        control.stop();
    }
}

#[test]
fn a_service_that_always_closes_is_given_up_in_the_time_and_number_of_tries_allowed() {
    let upstream = closes_first(usize::MAX);
    let mut control = Control::start(&table(upstream.address, Some(Duration::from_millis(200))));
    assert_eq!(ask(control.port, "GET /", ""), 502);
    let tries = upstream.accepted();
    assert!((2..=12).contains(&tries), "{tries} tries");
    assert_eq!((control.count("held"), control.count("upstream_errors")), (1, 1));
    control.stop();

    let upstream = closes_first(usize::MAX);
    let control = Control::start(&table(upstream.address, None));
    assert_eq!(ask(control.port, "GET /", ""), 502);
    assert_eq!(upstream.accepted(), 1, "a route that holds nothing");
    control.stop();
}

#[test]
fn a_pooled_connection_that_was_closed_and_a_service_that_is_down_for_a_moment_are_no_error() {
    let upstream = Upstream::start(|number, socket| match number {
        // One answer, then gone with the next request.
        0 => {
            let mut reader = BufReader::new(socket);
            let _ = read_head(&mut reader);
            let _ = reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            let _ = read_head(&mut reader);
        }
        1 | 2 => {}
        _ => answer_all(socket),
    });
    let mut control = Control::start(&table(upstream.address, Some(PATIENCE)));
    // Kept connections stay with one thread of the proxy, and so does its pool.
    let mut client = crate::harness::Client::connect(control.port).unwrap();
    assert_eq!(client.ask("GET /", "").unwrap(), (200, true));
    assert_eq!(client.ask("GET /", "").unwrap(), (200, true));
    assert_eq!(upstream.accepted(), 4);
    assert_eq!(control.count("retries"), 3);
    control.stop();
}
