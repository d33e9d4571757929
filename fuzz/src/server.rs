//! A TCP server in the process: it reads requests, and answers what the input's script says.
//!
//! It is a proxy, too: a client that is told to use it asks it for every host, so that nothing
//! leaves this machine and everything that would have left can be looked at.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// A path; from a client that uses this server as its proxy, a whole URL or `host:port`.
    pub target: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Asked {
    /// Whether the text stands anywhere in it.
    pub fn holds(&self, text: &str) -> bool {
        let in_body = self.body.windows(text.len()).any(|window| window == text.as_bytes());
        in_body || self.target.contains(text) || self.headers.values().any(|v| v.contains(text))
    }
}

/// What the server does with one request.
pub enum Reply {
    /// Sends bytes and waits for the next request.
    Send(Vec<u8>),
    /// The same, but not for long: what was sent may be half an answer, for whose rest both wait.
    SendAndWait(Vec<u8>, Duration),
    /// Sends bytes and closes the connection.
    SendAndClose(Vec<u8>),
    /// Answers never.
    Nothing,
}

pub type Script = Box<dyn FnMut(&Asked) -> Reply + Send>;

pub struct Server {
    pub port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    script: Mutex<Script>,
    stopped: AtomicBool,
    connections: Mutex<Vec<(TcpStream, JoinHandle<()>)>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let shared = Arc::new(Shared {
            script: Mutex::new(Box::new(|_| Reply::Nothing)),
            stopped: AtomicBool::new(false),
            connections: Mutex::default(),
        });
        let mine = Arc::clone(&shared);
        let accepting = thread::spawn(move || accept(&listener, &mine));
        Self { port, shared, accepting: Some(accepting) }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What is answered from now on.
    pub fn set_script(&self, script: impl FnMut(&Asked) -> Reply + Send + 'static) {
        *lock(&self.shared.script) = Box::new(script);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        let _ = self.accepting.take().map(JoinHandle::join);
        let connections = std::mem::take(&mut *lock(&self.shared.connections));
        for (stream, thread) in connections {
            let _ = stream.shutdown(Shutdown::Both);
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let mine = Arc::clone(shared);
        let Ok(handle) = stream.try_clone() else { return };
        let thread = thread::spawn(move || {
            let _ = stream.set_nodelay(true);
            serve(&stream, &mine);
            let _ = stream.shutdown(Shutdown::Both);
        });
        let mut connections = lock(&shared.connections);
        // Those that have ended need no place here.
        connections.retain(|(_, thread)| !thread.is_finished());
        connections.push((handle, thread));
    }
}

fn serve(stream: &TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read(&mut reader) {
        let reply = lock(&shared.script)(&asked);
        let (bytes, close) = match reply {
            Reply::Send(bytes) => (bytes, false),
            Reply::SendAndWait(bytes, time) => {
                let _ = stream.set_read_timeout(Some(time));
                (bytes, false)
            }
            Reply::SendAndClose(bytes) => (bytes, true),
            Reply::Nothing => (Vec::new(), false),
        };
        let mut writer = stream;
        if writer.write_all(&bytes).is_err() || close {
            return;
        }
    }
}

/// Reads one request; `None` when the connection ends.
fn read(reader: &mut BufReader<&TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    let mut next = || {
        line.clear();
        let length = reader.read_line(&mut line).ok()?;
        (length > 0).then(|| line.trim_end().to_owned())
    };
    let first = next()?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = HashMap::new();
    loop {
        let line = next()?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").expect("the library writes headers so");
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |text| text.parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { method, target, headers, body })
}

/// A whole answer, well-formed but for what is put into it.
pub fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} Said\r\n").into_bytes();
    for (name, value) in headers {
        let value = value.replace(['\r', '\n'], " ");
        bytes.extend(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend(body);
    bytes
}
