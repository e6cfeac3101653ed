//! Mail, tested with a real SMTP server: immediate mail, digests, quiet hours, and one-click unsubscribe.

use chrono::TimeDelta;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::executions::{REACH, run, saved};
use crate::notices::{days_later, scheduled};
use crate::support::{Database, House, Visitor, stories};

/// An SMTP server that stores received mail in a folder.
pub(crate) struct MailServer {
    port: u16,
    folder: TempDir,
    _process: Child,
}

impl MailServer {
    /// Starts the server at this port.
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

    /// The received mails, in order.
    pub(crate) fn mails(&self) -> Vec<String> {
        let Ok(files) = std::fs::read_dir(self.folder.path().join("mails/new")) else { return Vec::new() };
        let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
        // File names end in `Q` and a counter. The microseconds before it aren't padded, so names can't be sorted as
        // text.
        let count = |file: &std::path::PathBuf| -> Option<u64> {
            file.file_name()?.to_str()?.rsplit_once('Q')?.1.split('.').next()?.parse().ok()
        };
        files.sort_by_key(count);
        // Joins lines that were split for transport.
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

/// Runs a query until it ends, then sends the notices that are due.
async fn ran(house: &House, visitor: &Visitor, query: &str) {
    run(visitor, query).await;
    house.settle().await;
    house.tick("notifier").await;
    house.tick("courier").await;
}

/// The unsubscribe link of a mail.
fn unsubscribing(mail: &str) -> String {
    let (_, after) = mail.split_once("List-Unsubscribe: <").expect("the header");
    let (url, _) = after.split_once('>').expect("an address");
    url.to_owned()
}

stories! {
    /// A message is sent as text and HTML. One click without a session stops all mail, and the settings page can switch
    /// it on again.
    async fn mail_is_sent_immediately_until_the_person_unsubscribes(database: Database) {
        let server = MailServer::open().await;
        let house = house(database, server.port).await;
        let ada = house.signed_in("Ada").await;
        house.tick("notifier").await;
        prefers(&ada, &[]).await;
        let query = saved(&ada, REACH).await;
        ran(&house, &ada, &query).await;
        let mails = server.mails();
        assert_eq!(mails.len(), 1);
        for text in ["Subject: Reach by campaign", "text/plain", "text/html", "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "From: RecomAMP <recomamp@example.com>", "Rows:"] {
            assert!(mails[0].contains(text), "{text} is not in:\n{}", mails[0]);
        }
        let stranger = house.visitor();
        let url = unsubscribing(&mails[0]);
        assert!(stranger.get(&url).await.with(200).body.contains("Stop all email about notices"));
        ran(&house, &ada, &query).await;
        assert_eq!(server.mails().len(), 2, "opening the link changes nothing");
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

    /// A digest is one mail per day with all new messages; a day without messages has no mail.
    async fn a_digest_is_one_mail_per_day(database: Database) {
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

    /// Mail is held during quiet hours, and retried if the server is unavailable.
    async fn mail_is_held_during_quiet_hours_and_server_outages(database: Database) {
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

    /// A scheduled result is mailed with its figures. People who switched mail off get none.
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
        // They are sent concurrently, so either may arrive first.
        let compared = mails.iter().filter(|mail| mail.contains("since the previous slot")).count();
        assert_eq!(compared, 1, "{}", mails.join("\n"));
        prefers(&ada, &[("mail", "off"), ("results", "true")]).await;
        days_later(&house, 1).await;
        house.tick("courier").await;
        assert_eq!(server.mails().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_smtp_server_pages_dont_mention_mail() {
    let house = House::open(Database::sqlite()).await;
    let ada = house.signed_in("Ada").await;
    let page = ada.get("/settings/notices").await.with(200);
    assert!(page.attributes("#f-mail", "name").is_empty() && !page.text("main").contains("Email"), "{}", page.body);
}
