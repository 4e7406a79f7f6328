use std::time::Duration;

use seaworthy_provision::resource::Runs;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;

use super::support::{Worktree, app, output, values};

const SEND: &str = r#"
import smtplib, sys
from email.message import EmailMessage
message = EmailMessage()
message["Subject"] = "Grüße"
message["From"] = "Ann <ann@example.com>"
message["To"] = "bob@example.com"
message.set_content("line\n.dot\n")
message.add_alternative("<p>hello</p>", subtype="html")
message.add_attachment(b"abc", maintype="application", subtype="pdf", filename="a.pdf")
with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=60) as client:
    client.login("any", "thing")
    client.send_message(message, to_addrs=["bob@example.com", "hidden@example.com"])
    client.sendmail("x@example.com", ["y@example.com"], "Subject: second\r\n\r\nplain\r\n")
"#;

#[tokio::test]
async fn mail_is_caught_shown_and_kept() {
    let worktree = Worktree::new();
    let app = app("smtp", None);
    let prepared = worktree.prepare(&app).await.unwrap();
    let port = values(&prepared)["port"].clone();
    assert_eq!(values(&prepared)["url"], format!("smtp://127.0.0.1:{port}"));
    let Runs::Smtp(catcher) = prepared.runs else { panic!("it runs elsewhere") };
    let mailbox = catcher.mailbox();
    let mut changes = mailbox.changes();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(catcher.serve(async { drop(stopped.await) }));

    output("python3", &["-c", SEND, &port], &[]).await;
    tokio::time::timeout(Duration::from_mins(1), changes.changed()).await.unwrap().unwrap();
    let list = mailbox.list();
    assert_eq!(list.iter().map(|mail| mail.subject.as_str()).collect::<Vec<_>>(), ["second", "Grüße"]);
    let mail = mailbox.get(list[1].id).unwrap();
    assert_eq!(mail.summary.to, ["bob@example.com", "hidden@example.com"]);
    assert_eq!((mail.summary.from.as_str(), mail.header_to.as_str()), ("ann@example.com", "bob@example.com"));
    assert_eq!(mail.text.as_deref().map(|text| text.replace("\r\n", "\n")).as_deref(), Some("line\n.dot\n"));
    assert_eq!(mail.html.as_deref().map(str::trim), Some("<p>hello</p>"));
    let attached = &mail.attachments[0];
    assert_eq!(
        (attached.name.as_deref(), attached.media_type.as_str(), attached.size),
        (Some("a.pdf"), "application/pdf", 3)
    );
    assert_eq!(mailbox.get(list[0].id).unwrap().html, None);

    // Nonsense and silence break nothing.
    let mut rude = tokio::net::TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    rude.write_all(b"NONSENSE\r\nDATA\r\nRCPT TO:<a@b>\r\nQUIT\r\n").await.unwrap();
    let mut answer = String::new();
    rude.read_to_string(&mut answer).await.unwrap();
    let codes: Vec<&str> = answer.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["220", "500", "503", "503", "221"]);
    let mut endless = tokio::net::TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    let _ = endless.write_all(&vec![b'x'; 100_000]).await;
    let mut answer = Vec::new();
    let _ = endless.read_to_end(&mut answer).await;
    assert!(String::from_utf8_lossy(&answer).starts_with("220"));

    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    let again = worktree.prepare(&app).await.unwrap();
    let Runs::Smtp(catcher) = again.runs else { panic!("it runs elsewhere") };
    assert_eq!(catcher.mailbox().list(), list);
    catcher.mailbox().clear();
    assert!(catcher.mailbox().list().is_empty());
}
