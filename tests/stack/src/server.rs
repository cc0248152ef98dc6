//! The emulator's process. It ends with this process.
//!
//! `launch.py` reads from a pipe whose other end this process holds, and stops the server when that end
//! closes. So the server, its functions and its folder are gone after this process has ended, also after
//! SIGKILL. The server's environment has only the variables that this module lists, because the server passes
//! its environment on to the functions.

use std::{
    env, fs,
    io::{self, Read},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

/// The emulator's region. It is not `us-east-1`: AWS treats that region specially, which could hide mistakes.
pub const REGION: &str = "eu-central-1";

const LAUNCHER: &str = include_str!("../launch.py");
const LOG: &str = "server.log";
const HEALTH_TIMEOUT: Duration = Duration::from_secs(60);
const STOP_TIMEOUT: Duration = Duration::from_secs(8);
const POLL: Duration = Duration::from_millis(25);
/// How often the start is tried. Another process may take the free port before the emulator uses it.
const ATTEMPTS: usize = 3;

/// The emulator cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The run folder, a port or the process failed.
    #[error("start the emulator ({step})")]
    Io {
        /// The step.
        step: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The emulator ended by itself.
    #[error("start the emulator: it ended with {status}; the end of its log:\n{log}")]
    Ended {
        /// The exit status.
        status: ExitStatus,
        /// The last lines of its log.
        log: String,
    },
    /// The emulator did not answer in time.
    #[error("start the emulator: no answer from {url} in {} s; the end of its log:\n{log}", HEALTH_TIMEOUT.as_secs())]
    Silent {
        /// The URL.
        url: String,
        /// The last lines of its log.
        log: String,
    },
}

/// A running emulator. Dropping it stops it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    endpoint: String,
    folder: PathBuf,
}

impl Server {
    /// Starts the emulator and waits until it answers. Its functions call it at `known_as`.
    ///
    /// # Errors
    /// If it cannot be started, ends by itself or does not answer. The error ends with its log.
    pub async fn start(python: &Path, stack_folder: &Path, known_as: &str) -> Result<Self, ServerError> {
        let mut attempt = 1;
        loop {
            let mut server = Self::launch(python, stack_folder, known_as)?;
            match server.wait_until_healthy().await {
                Err(ServerError::Ended { .. }) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
                Ok(()) => return Ok(server),
            }
        }
    }

    /// Returns the emulator's own address, `http://127.0.0.1:<port>`. Clients use the proxy's address.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns the folder of this server. It is removed when the server ends.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the path of the server's log file, which exists as long as the server runs.
    pub fn log_path(&self) -> PathBuf {
        self.folder.join(LOG)
    }

    /// Returns the end of the server's log, which has warnings and the output of functions that failed.
    pub fn log_tail(&self) -> String {
        const TAIL_BYTES: usize = 8 * 1024;
        let mut log = Vec::new();
        let read = fs::File::open(self.log_path()).and_then(|mut file| file.read_to_end(&mut log));
        match read {
            Ok(_) => {
                String::from_utf8_lossy(log.split_at(log.len().saturating_sub(TAIL_BYTES)).1).into_owned()
            }
            Err(error) => format!("(not readable: {error})"),
        }
    }

    /// Asks the server to stop and waits until it, its functions and its folder are gone.
    pub fn stop(&mut self) {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + STOP_TIMEOUT;
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            thread::sleep(POLL);
        }
        // Only a launcher that does not work is killed here. A working one has already ended its whole group.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }

    fn launch(python: &Path, stack_folder: &Path, known_as: &str) -> Result<Self, ServerError> {
        let folder =
            run_folder(stack_folder).map_err(|source| ServerError::Io { step: "its folder", source })?;
        let port = free_port().map_err(|source| ServerError::Io { step: "a free port", source })?;
        let endpoint = format!("http://127.0.0.1:{port}");
        let child = spawn(python, &folder, known_as, port)
            .map_err(|source| ServerError::Io { step: "its process", source })?;
        Ok(Self { child, endpoint, folder })
    }

    async fn wait_until_healthy(&mut self) -> Result<(), ServerError> {
        let url = format!("{}/_ministack/health", self.endpoint);
        let client = crate::clients::http();
        let deadline = Instant::now() + HEALTH_TIMEOUT;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(ServerError::Ended { status, log: self.log_tail() });
            }
            let answer = client.get(&url).timeout(Duration::from_secs(5)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        Err(ServerError::Silent { url, log: self.log_tail() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(python: &Path, folder: &Path, endpoint: &str, port: u16) -> io::Result<Child> {
    let launcher = folder.join("launch.py");
    fs::write(&launcher, LAUNCHER)?;
    let log = fs::File::create(folder.join(LOG))?;
    Command::new(python)
        .arg(launcher)
        .arg(folder)
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.join("home"))
        .env("TMPDIR", folder.join("tmp"))
        .env("PYTHONUNBUFFERED", "1")
        .env("GATEWAY_PORT", port.to_string())
        .env("BIND_HOST", "127.0.0.1")
        .env("AUTH", "true")
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("MINISTACK_REGION", REGION)
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0")
        .env("LOG_LEVEL", "WARNING")
        .current_dir(folder)
        // With a process group of its own, the launcher gets no Ctrl-C, and it can end the functions as a
        // group.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

fn run_folder(stack_folder: &Path) -> io::Result<PathBuf> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = stack_folder.join(format!("run-{}-{count}", std::process::id()));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.join("home"))?;
    fs::create_dir_all(folder.join("tmp"))?;
    Ok(folder)
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
