//! A message as a person reads it; the crate `mail-parser` takes it apart.

use mail_parser::{MessageParser, MimeHeaders as _};
use serde::Serialize;

use super::mailbox::Summary;

/// A message with its contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// The envelope and what a list shows.
    #[serde(flatten)]
    pub summary: Summary,
    /// `Subject`.
    #[serde(skip)]
    pub(super) subject: String,
    /// `From`, as written.
    pub header_from: String,
    /// `To`, as written.
    pub header_to: String,
    /// `Date`, in RFC 3339.
    pub date: Option<String>,
    /// Its plain text.
    pub text: Option<String>,
    /// Its HTML, not cleaned: show it in a frame without rights.
    pub html: Option<String>,
    /// What is attached.
    pub attachments: Vec<Attachment>,
}

/// A file that is attached to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// Its name.
    pub name: Option<String>,
    /// Its media type.
    pub media_type: String,
    /// Its size in bytes, decoded.
    pub size: usize,
}

impl Message {
    pub(super) fn parse(summary: Summary, raw: &[u8]) -> Self {
        let mut message = Self {
            subject: String::new(),
            header_from: String::new(),
            header_to: String::new(),
            date: None,
            text: None,
            html: None,
            attachments: Vec::new(),
            summary,
        };
        let Some(parsed) = MessageParser::default().parse(raw) else { return message };
        parsed.subject().unwrap_or_default().clone_into(&mut message.subject);
        parsed.header_raw("From").unwrap_or_default().trim().clone_into(&mut message.header_from);
        parsed.header_raw("To").unwrap_or_default().trim().clone_into(&mut message.header_to);
        message.date = parsed.date().map(mail_parser::DateTime::to_rfc3339);
        // The parser would derive either from the other; only what was sent is shown.
        let is = |part: Option<&mail_parser::MessagePart<'_>>, html: bool| {
            part.is_some_and(
                |part| if html { part.is_text_html() } else { part.is_text() && !part.is_text_html() },
            )
        };
        message.text = is(parsed.text_part(0), false).then(|| parsed.body_text(0).map(Into::into)).flatten();
        message.html = is(parsed.html_part(0), true).then(|| parsed.body_html(0).map(Into::into)).flatten();
        message.attachments = parsed
            .attachments()
            .map(|part| Attachment {
                name: part.attachment_name().map(str::to_owned),
                media_type: part.content_type().map_or_else(
                    || "application/octet-stream".to_owned(),
                    |kind| match kind.subtype() {
                        Some(subtype) => format!("{}/{subtype}", kind.ctype()),
                        None => kind.ctype().to_owned(),
                    },
                ),
                size: part.len(),
            })
            .collect();
        message
    }
}
