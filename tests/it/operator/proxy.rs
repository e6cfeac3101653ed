//! RecomAMP behind nginx with TLS, by the configuration in `docs/nginx.conf`.

use std::path::Path;
use std::process::Command;

use tokio::net::TcpStream;

use crate::support::stories;

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// The program, also where only the administrator's PATH has it.
fn nginx() -> Command {
    let installed = Path::new("/usr/sbin/nginx");
    Command::new(if installed.exists() { installed } else { Path::new("nginx") })
}

/// A certificate for localhost that nobody else trusts.
fn certificate(folder: &Path) {
    let (key, chain) = (folder.join("key.pem"), folder.join("fullchain.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout"])
        .arg(key)
        .arg("-out")
        .arg(chain)
        .output()
        .expect("the program of the package openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// The example with ports and places of this test, in a whole configuration.
fn configuration(folder: &Path, (plain, tls): (u16, u16), program: std::net::SocketAddr) -> std::path::PathBuf {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/nginx.conf");
    let place = folder.display().to_string();
    let own = std::fs::read_to_string(example)
        .expect("the example")
        .replace("listen 80;", &format!("listen 127.0.0.1:{plain};"))
        .replace("listen 443 ssl;", &format!("listen 127.0.0.1:{tls} ssl;"))
        .replace("recomamp.example.com", "localhost")
        .replace("/etc/ssl/recomamp", &place)
        .replace("127.0.0.1:8080", &program.to_string());
    assert!(own.contains(&format!("127.0.0.1:{tls} ssl")) && own.contains(&format!("http://{program}")), "{own}");
    let whole = format!(
        "daemon off;\nerror_log stderr;\npid {place}/nginx.pid;\nevents {{}}\nhttp {{\naccess_log {place}/access.log;\n\
         client_body_temp_path {place}/body;\nproxy_temp_path {place}/proxy;\nfastcgi_temp_path {place}/fastcgi;\n\
         uwsgi_temp_path {place}/uwsgi;\nscgi_temp_path {place}/scgi;\n{own}\n}}\n"
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, whole).expect("a file");
    file
}

/// nginx, ended with the test.
struct Proxy(tokio::process::Child);

impl Proxy {
    async fn start(file: &Path, port: u16) -> Self {
        let process = tokio::process::Command::from({
            let mut command = nginx();
            command.arg("-e").arg("stderr").arg("-c").arg(file);
            command
        })
        .kill_on_drop(true)
        .spawn()
        .expect("the program of the package nginx-light");
        let answers = async {
            let mut beats = tokio::time::interval(std::time::Duration::from_millis(50));
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                beats.tick().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_mins(1), answers).await.expect("nginx answers");
        Self(process)
    }

    /// Ends it with its own processes.
    async fn stop(mut self) {
        let id = self.0.id().expect("it runs").to_string();
        let ended = Command::new("kill").args(["-TERM", &id]).status().expect("kill");
        assert!(ended.success());
        self.0.wait().await.expect("nginx ends");
    }
}

stories! {
    /// The example is valid, forwards to the program with TLS, and doesn't log the tokens of links.
    async fn the_example_of_nginx_works(database: Database) {
        let folder = tempfile::tempdir().expect("a folder");
        let (plain, tls) = (free_port(), free_port());
        let public = format!("https://localhost:{tls}");
        let settings = [("PUBLIC_URL", public.as_str()), ("TRUSTED_PROXIES", "127.0.0.1")];
        let house = crate::support::House::open_with(database, &settings).await;
        certificate(folder.path());
        let file = configuration(folder.path(), (plain, tls), house.address);
        let tested = nginx().arg("-t").arg("-e").arg("stderr").arg("-c").arg(&file).output().expect("nginx");
        assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stderr));
        let proxy = Proxy::start(&file, tls).await;
        let _ = rustls::crypto::ring::default_provider().install_default();
        #[expect(clippy::disallowed_methods, reason = "a story's own client, which is no part of the program")]
        let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let page = client.get(format!("{public}/sign-in")).send().await.expect("an answer");
        assert_eq!(page.status().as_u16(), 200);
        assert_eq!(page.headers()["strict-transport-security"], "max-age=31536000", "other hosts below this one decide for themselves");
        assert!(page.text().await.expect("a body").contains("Sign in to RecomAMP"));
        let form = client.post(format!("{public}/auth/amazon/start")).header("sec-fetch-site", "same-origin");
        let started = form.header("content-type", "application/x-www-form-urlencoded").body("region=NA").send().await.expect("an answer");
        assert!(started.headers()["set-cookie"].to_str().expect("a text").contains("__Host-recomamp"), "{started:?}");
        let cookie = started.headers()["set-cookie"].to_str().expect("a text").split(';').next().expect("a cookie").to_owned();
        let end = client.post(format!("{public}/sign-out")).header("sec-fetch-site", "same-origin").header("cookie", cookie);
        let ended = end.send().await.expect("an answer");
        let removes = |value: &reqwest::header::HeaderValue| value.to_str().is_ok_and(|text| text.contains("Max-Age=0") && text.contains("Secure"));
        assert!(ended.headers().get_all("set-cookie").iter().any(removes), "browsers remove a __Host- cookie with Secure only: {ended:?}");
        client.get(format!("{public}/shared/a-secret-token")).send().await.expect("an answer");
        let redirected = client.get(format!("http://localhost:{plain}/queries?q=1")).send().await.expect("an answer");
        assert_eq!(redirected.headers()["location"], "https://localhost/queries?q=1");
        proxy.stop().await;
        let log = std::fs::read_to_string(folder.path().join("access.log")).expect("a log");
        assert!(log.contains("/sign-in") && !log.contains("a-secret-token"), "{log}");
    }
}
