//! Mail by a real SMTP server: at once, as a digest, not in quiet hours, and no more after one click.

use chrono::TimeDelta;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::executions::{REACH, run, saved};
use crate::notices::{days_later, scheduled};
use crate::support::{Database, House, Visitor, stories};

/// A server that keeps what it is sent in a folder.
pub(crate) struct MailServer {
    port: u16,
    folder: TempDir,
    _process: Child,
}

impl MailServer {
    /// Starts it at this port.
    async fn at(port: u16) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mails = folder.path().join("mails").display().to_string();
        let listen = format!("127.0.0.1:{port}");
        let arguments = ["-n", "-c", "aiosmtpd.handlers.Mailbox", &mails, "-l", &listen];
        let mut command = Command::new("aiosmtpd");
        let process = command.args(arguments).kill_on_drop(true).spawn();
        let process = process.expect("the program of the package python3-aiosmtpd");
        let answers = async {
            let mut beats = tokio::time::interval(std::time::Duration::from_millis(50));
            while TcpStream::connect(&listen).await.is_err() {
                beats.tick().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_mins(1), answers).await.expect("the server answers");
        Self { port, folder, _process: process }
    }

    pub(crate) async fn open() -> Self {
        Self::at(free_port()).await
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What it was sent.
    pub(crate) fn mails(&self) -> Vec<String> {
        let Ok(files) = std::fs::read_dir(self.folder.path().join("mails/new")) else { return Vec::new() };
        let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
        // Their names end in `Q` and a count of the server's process; the microseconds before it are not padded.
        let count = |file: &std::path::PathBuf| -> Option<u64> {
            file.file_name()?.to_str()?.rsplit_once('Q')?.1.split('.').next()?.parse().ok()
        };
        files.sort_by_key(count);
        // Long lines are broken for the way.
        let whole = |text: String| text.replace("\r\n", "\n").replace("=\n", "");
        files.into_iter().map(|file| whole(std::fs::read_to_string(file).expect("a mail"))).collect()
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

async fn house(database: Database, port: u16) -> House {
    let url = format!("smtp://127.0.0.1:{port}");
    House::open_with(database, &[("SMTP_URL", &url), ("MAIL_FROM", "RecomAMP <recomamp@example.com>")]).await
}

const NOW: [(&str, &str); 5] =
    [("mail", "now"), ("digest_at", "08:00"), ("zone", "UTC"), ("failures", "true"), ("manual", "true")];

async fn prefers(visitor: &Visitor, fields: &[(&str, &str)]) {
    let is_given = |name: &str| fields.iter().any(|(given, _)| *given == name);
    let all: Vec<_> = NOW.into_iter().filter(|(name, _)| !is_given(name)).chain(fields.iter().copied()).collect();
    visitor.post("/settings/notices", &all).await.with(303);
}

/// Runs a query to its end, tells it and sends what is due.
async fn ran(house: &House, visitor: &Visitor, query: &str) {
    run(visitor, query).await;
    house.settle().await;
    house.tick("notifier").await;
    house.tick("courier").await;
}

/// The address of a mail's way to unsubscribe.
fn unsubscribing(mail: &str) -> String {
    let (_, after) = mail.split_once("List-Unsubscribe: <").expect("the header");
    let (url, _) = after.split_once('>').expect("an address");
    url.to_owned()
}

stories! {
    /// A message is text and HTML, and one click ends all mail without a session; a way back stays.
    async fn mail_goes_out_at_once_until_one_click(database: Database) {
        let server = MailServer::open().await;
        let house = house(database, server.port).await;
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        prefers(&ada, &[]).await;
        let query = saved(&ada, REACH).await;
        ran(&house, &ada, &query).await;
        let mails = server.mails();
        assert_eq!(mails.len(), 1);
        for said in ["Subject: Reach by campaign", "text/plain", "text/html", "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "From: RecomAMP <recomamp@example.com>", "Rows:"] {
            assert!(mails[0].contains(said), "{said} is not in:\n{}", mails[0]);
        }
        let stranger = house.visitor();
        let url = unsubscribing(&mails[0]);
        assert!(stranger.get(&url).await.with(200).body.contains("Stop all notification email"));
        ran(&house, &ada, &query).await;
        assert_eq!(server.mails().len(), 2, "looking changes nothing");
        let one_click = [("sec-fetch-site", "none")];
        let form = Some("List-Unsubscribe=One-Click".to_owned());
        stranger.send(reqwest::Method::POST, &url, &one_click, form).await.with(200);
        ran(&house, &ada, &query).await;
        assert_eq!(server.mails().len(), 2);
        assert_eq!(ada.get("/settings/notices").await.with(200).attributes("#f-mail option[selected]", "value"), ["off"]);
        for odd in ["/unsubscribe", "/unsubscribe?token=v1.x.y"] {
            stranger.get(odd).await.with(400);
        }
    }

    /// A digest is one mail a day with all that came; a day without messages has none.
    async fn a_digest_is_one_mail_a_day(database: Database) {
        let server = MailServer::open().await;
        let house = house(database, server.port).await;
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        prefers(&ada, &[("mail", "digest"), ("digest_at", "18:00"), ("zone", "Europe/Berlin")]).await;
        let query = saved(&ada, REACH).await;
        ran(&house, &ada, &query).await;
        ran(&house, &ada, &query).await;
        assert!(server.mails().is_empty());
        house.time.set("2026-03-18T16:59:00Z".parse().expect("a time"));
        house.tick("courier").await;
        assert!(server.mails().is_empty());
        house.time.advance(TimeDelta::minutes(2));
        house.tick("courier").await;
        house.time.advance(TimeDelta::days(1));
        house.tick("courier").await;
        let mails = server.mails();
        assert_eq!(mails.len(), 1);
        assert!(mails[0].contains("Subject: 2 notices from RecomAMP"), "{}", mails[0]);
    }

    /// Quiet hours hold mail back, and a server that is away loses none.
    async fn mail_waits_for_quiet_hours_and_for_the_server(database: Database) {
        let port = free_port();
        let house = house(database, port).await;
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        prefers(&ada, &[("quiet_from", "08:00"), ("quiet_until", "11:00")]).await;
        ran(&house, &ada, &saved(&ada, REACH).await).await;
        assert_eq!(house.count("select count(*) as value from mails where state = 'waiting' and attempts = 0").await, 1);
        house.time.set("2026-03-18T11:00:30Z".parse().expect("a time"));
        house.tick("courier").await;
        assert_eq!(house.count("select count(*) as value from mails where state = 'waiting' and attempts = 1").await, 1);
        let server = MailServer::at(port).await;
        house.time.advance(TimeDelta::minutes(2));
        house.tick("courier").await;
        assert_eq!(server.mails().len(), 1);
        assert_eq!(house.count("select count(*) as value from mails where state = 'sent'").await, 1);
    }

    /// A weekly report arrives with its figures. Who is told by another way alone is sent no mail.
    async fn a_scheduled_result_is_mailed_with_its_figures(database: Database) {
        let server = MailServer::open().await;
        let house = house(database, server.port).await;
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        prefers(&ada, &[("results", "true")]).await;
        scheduled(&ada, &saved(&ada, REACH).await, &[("repeat", "daily"), ("at", "11:00"), ("timing_zone", "UTC")]).await;
        days_later(&house, 1).await;
        let ada = days_later(&house, 1).await;
        house.tick("courier").await;
        let mails = server.mails();
        assert_eq!(mails.len(), 2);
        // They are sent side by side, so that either may arrive first.
        let compared = mails.iter().filter(|mail| mail.contains("since the previous slot")).count();
        assert_eq!(compared, 1, "{}", mails.join("\n"));
        prefers(&ada, &[("mail", "off"), ("results", "true")]).await;
        days_later(&house, 1).await;
        house.tick("courier").await;
        assert_eq!(server.mails().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_server_nothing_speaks_of_mail() {
    let house = House::open(Database::sqlite()).await;
    let ada = house.signed_in("Ada").await;
    let page = ada.get("/settings/notices").await.with(200);
    assert!(page.attributes("#f-mail", "name").is_empty() && !page.text("main").contains("Email"), "{}", page.body);
}
