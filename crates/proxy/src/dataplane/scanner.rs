//! Watches the bytes of a client connection for what request smuggling is made of.
//!
//! hyper already refuses most of it, and what it forgives it forgives before anyone can see it: a bare line feed, two
//! equal `Content-Length`, a `Content-Length` beside `Transfer-Encoding`. They mean one thing to one server and another
//! to the next, so they end here. The scanner follows the framing of the messages and judges their heads; it changes
//! nothing and keeps at most one line.

/// What is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A line that ends with LF alone.
    BareLineFeed,
    /// A header that goes on in the next line.
    FoldedHeader,
    /// `Content-Length` that is not one plain number.
    BadLength,
    /// `Transfer-Encoding` that is not one `chunked`.
    BadEncoding,
    /// Both of them.
    LengthAndEncoding,
}

impl Refusal {
    /// Its name, for whoever compares two.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::BareLineFeed => "bare line feed",
            Self::FoldedHeader => "folded header",
            Self::BadLength => "bad length",
            Self::BadEncoding => "bad encoding",
            Self::LengthAndEncoding => "length and encoding",
        }
    }
}

/// Lines that end beyond the bytes at hand are kept up to this length: enough for the headers that are looked at.
const KEPT: usize = 256;

#[derive(Debug, Default)]
struct Head {
    begun: bool,
    length: Option<u64>,
    chunked: bool,
    upgrade: bool,
}

#[derive(Debug)]
enum State {
    Head(Head),
    Body(u64),
    ChunkSize,
    ChunkData(u64),
    ChunkEnd,
    Trailers,
    /// After a request to change the protocol nothing is known of the bytes. hyper and the service see to it that the
    /// connection carries no further request.
    Unknown,
}

/// The scanner of one connection.
#[derive(Debug)]
pub(crate) struct Scanner {
    state: State,
    line: Vec<u8>,
    line_cut: bool,
}

impl Default for Scanner {
    fn default() -> Self {
        Self { state: State::Head(Head::default()), line: Vec::new(), line_cut: false }
    }
}

impl Scanner {
    /// Whether the bytes seen so far end within a head (not before one).
    pub(crate) fn within_head(&self) -> bool {
        matches!(&self.state, State::Head(head) if head.begun || !self.line.is_empty())
    }

    /// Whether the bytes seen so far end among the headers of a request.
    pub(crate) fn within_headers(&self) -> bool {
        matches!(&self.state, State::Head(head) if head.begun)
    }

    /// Takes the next bytes. A refusal comes with the number of bytes that are fine before it.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<(), (usize, Refusal)> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let at = bytes.len() - rest.len();
            rest = match &mut self.state {
                State::Unknown => return Ok(()),
                State::Body(left) => {
                    let taken = skip(left, rest);
                    if *left == 0 {
                        self.state = State::Head(Head::default());
                    }
                    &rest[taken..]
                }
                State::ChunkData(left) => {
                    let taken = skip(left, rest);
                    if *left == 0 {
                        self.state = State::ChunkEnd;
                    }
                    &rest[taken..]
                }
                State::Head(_) | State::ChunkSize | State::ChunkEnd | State::Trailers => {
                    let Some(end) = memchr::memchr(b'\n', rest) else {
                        self.keep(rest);
                        return Ok(());
                    };
                    self.line(&rest[..end]).map_err(|refusal| (at, refusal))?;
                    &rest[end + 1..]
                }
            };
        }
        Ok(())
    }

    fn keep(&mut self, part: &[u8]) {
        let room = KEPT.saturating_sub(self.line.len());
        if part.len() > room {
            // The last byte tells how the line ends.
            self.line_cut = true;
            self.line.extend_from_slice(&part[..room]);
            self.line.pop();
            self.line.push(part[part.len() - 1]);
        } else {
            self.line.extend_from_slice(part);
        }
    }

    /// One line without its LF.
    fn line(&mut self, end: &[u8]) -> Result<(), Refusal> {
        if self.line.is_empty() {
            let line = end.strip_suffix(b"\r").ok_or(Refusal::BareLineFeed)?;
            return self.whole_line(line, false);
        }
        self.keep(end);
        let mut kept = std::mem::take(&mut self.line);
        let cut = std::mem::take(&mut self.line_cut);
        let judged = match kept.strip_suffix(b"\r") {
            Some(line) => self.whole_line(line, cut),
            None => Err(Refusal::BareLineFeed),
        };
        kept.clear();
        self.line = kept;
        judged
    }

    fn whole_line(&mut self, line: &[u8], cut: bool) -> Result<(), Refusal> {
        match &mut self.state {
            State::Head(head) if line.is_empty() => {
                if !head.begun {
                    return Ok(());
                }
                self.state = match *head {
                    Head { chunked: true, length: Some(_), .. } => return Err(Refusal::LengthAndEncoding),
                    Head { upgrade: true, .. } => State::Unknown,
                    Head { chunked: true, .. } => State::ChunkSize,
                    Head { length: Some(length @ 1..), .. } => State::Body(length),
                    _ => State::Head(Head::default()),
                };
            }
            State::Head(head) if !head.begun => head.begun = true,
            State::Head(head) => head.header(line, cut)?,
            State::ChunkSize => {
                self.state = match chunk_size(line) {
                    Some(0) => State::Trailers,
                    Some(size) => State::ChunkData(size),
                    None => return Err(Refusal::BadEncoding),
                };
            }
            State::ChunkEnd => {
                if !line.is_empty() {
                    return Err(Refusal::BadEncoding);
                }
                self.state = State::ChunkSize;
            }
            State::Trailers => {
                if line.is_empty() {
                    self.state = State::Head(Head::default());
                }
            }
            State::Body(_) | State::ChunkData(_) | State::Unknown => {}
        }
        Ok(())
    }
}

fn skip(left: &mut u64, bytes: &[u8]) -> usize {
    let taken = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
    *left -= taken as u64;
    taken
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii_end();
    if digits.is_empty() || digits.len() > 16 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

impl Head {
    fn header(&mut self, line: &[u8], cut: bool) -> Result<(), Refusal> {
        match line[0] {
            b' ' | b'\t' => return Err(Refusal::FoldedHeader),
            b'c' | b'C' => {
                if let Some(value) = value(line, b"content-length") {
                    let digits =
                        (1..=20).contains(&value.len()) && value.iter().all(u8::is_ascii_digit) && !cut;
                    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                    if !digits || number.is_none() || self.length.is_some() {
                        return Err(Refusal::BadLength);
                    }
                    self.length = number;
                }
            }
            b't' | b'T' => {
                if let Some(value) = value(line, b"transfer-encoding") {
                    if self.chunked || cut || !value.eq_ignore_ascii_case(b"chunked") {
                        return Err(Refusal::BadEncoding);
                    }
                    self.chunked = true;
                }
            }
            b'u' | b'U' => self.upgrade |= value(line, b"upgrade").is_some(),
            _ => {}
        }
        Ok(())
    }
}

fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (found, rest) = line.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b":")?;
    found.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The refusal must not depend on how the bytes are cut.
    fn judge(bytes: &[u8]) -> Result<(), Refusal> {
        let whole = Scanner::default().feed(bytes).map_err(|(_, refusal)| refusal);
        let mut scanner = Scanner::default();
        let single = bytes.iter().try_for_each(|byte| scanner.feed(&[*byte])).map_err(|(_, refusal)| refusal);
        assert_eq!(whole, single, "{}", bytes.escape_ascii());
        whole
    }

    #[test]
    fn plain_requests_of_every_framing_pass_one_after_the_other() {
        let bytes = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na\nb\
            POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n\n\n\r\n0\r\nTrailer: x\r\n\r\n\
            GET /last HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(judge(bytes), Ok(()));
    }

    #[test]
    fn what_is_refused() {
        let request =
            |headers: &str| judge(format!("POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\n").as_bytes());
        assert_eq!(
            request("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
            Err(Refusal::LengthAndEncoding)
        );
        assert_eq!(
            request("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"),
            Err(Refusal::LengthAndEncoding)
        );
        assert_eq!(request("Content-Length: 1\r\nContent-Length: 1\r\n"), Err(Refusal::BadLength));
        for length in ["+1", "1, 1", "", "0x1", "1 1", "-1", "99999999999999999999"] {
            assert_eq!(
                request(&format!("Content-Length: {length}\r\n")),
                Err(Refusal::BadLength),
                "{length}"
            );
        }
        for encoding in ["identity", "gzip, chunked", "chunked, identity", "xchunked", "", "\x0bchunked"] {
            assert_eq!(request(&format!("Transfer-Encoding: {encoding}\r\n")), Err(Refusal::BadEncoding));
        }
        assert_eq!(request("X: a\r\n b\r\n"), Err(Refusal::FoldedHeader));
        assert_eq!(request("X: a\nY: b\r\n"), Err(Refusal::BareLineFeed));
        assert_eq!(judge(b"GET / HTTP/1.1\nHost: a\r\n\r\n"), Err(Refusal::BareLineFeed));
    }

    #[test]
    fn the_second_request_of_a_connection_is_judged_like_the_first() {
        let body = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nGET GET / HTTP/1.1\r\nX: y\n\r\n";
        assert_eq!(judge(body.as_bytes()), Err(Refusal::BareLineFeed));
        let chunks = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\nX: y\r\n";
        assert_eq!(judge(chunks.as_bytes()), Err(Refusal::BareLineFeed));
    }

    #[test]
    fn chunks_are_strict() {
        let chunked = |body: &str| {
            judge(format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{body}").as_bytes())
        };
        assert_eq!(chunked("1\nx\r\n0\r\n\r\n"), Err(Refusal::BareLineFeed));
        assert_eq!(chunked("1\r\nxx\r\n0\r\n\r\n"), Err(Refusal::BadEncoding));
        assert_eq!(chunked("0x1\r\nx\r\n"), Err(Refusal::BadEncoding));
        assert_eq!(chunked("\r\n"), Err(Refusal::BadEncoding));
    }

    #[test]
    fn a_long_line_is_no_trouble_and_a_long_length_is() {
        let long = "x".repeat(10_000);
        assert_eq!(judge(format!("GET /{long} HTTP/1.1\r\nCookie: {long}\r\n\r\n").as_bytes()), Ok(()));
        let zeros = "0".repeat(400);
        let padded = format!("GET / HTTP/1.1\r\nContent-Length: {zeros}1\r\n\r\n");
        assert_eq!(judge(padded.as_bytes()), Err(Refusal::BadLength));
    }

    #[test]
    fn nothing_is_judged_after_a_request_to_upgrade() {
        assert_eq!(judge(b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\nany\nbytes\n"), Ok(()));
    }
}
