//! The scripted server of `tests/scripted`, started once for each test binary.

use std::ffi::c_int;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::delivery::Patience;

pub struct Server {
    pub port: u16,
    pub ipv6: bool,
    /// Ends when its standard input is closed, at the latest with this process.
    _process: Child,
}

/// The server, started by the first test that needs it.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripted/server.py");
        let mut process = Command::new(std::env::var("PYTHON").unwrap_or("python3".into()))
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 runs tests/scripted/server.py");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Server {
            port: ready["port"].as_u64().unwrap().try_into().unwrap(),
            ipv6: ready["ipv6"] == true,
            _process: process,
        }
    })
}

/// A script of the server, deleted when dropped.
pub struct Script {
    name: String,
}

/// What a script has been asked.
pub struct State {
    pub requests: Vec<Value>,
    pub open: usize,
    pub closed_early: usize,
}

impl Script {
    pub fn new(replies: &Value) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let name = format!("script-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let script = Self { name };
        script.control("PUT", &replies.to_string());
        script
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/{}", server().port, self.name)
    }

    /// The first segment of its path.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn state(&self) -> State {
        let mut state: Value = serde_json::from_str(&self.control("GET", "")).unwrap();
        let count = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        State {
            open: count(&state["open"]),
            closed_early: count(&state["closed_early"]),
            requests: match state["requests"].take() {
                Value::Array(requests) => requests,
                other => panic!("requests: {other}"),
            },
        }
    }

    /// Waits until the script is in such a state.
    pub fn wait_until(&self, mut so: impl FnMut(&State) -> bool) {
        assert!(Patience::new().until(|| so(&self.state())), "the server's state never came");
    }

    /// Waits until that many requests have arrived.
    pub fn wait_for_requests(&self, count: usize) {
        self.wait_until(|state| state.requests.len() >= count);
    }

    fn control(&self, method: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", server().port)).unwrap();
        let (name, length) = (&self.name, body.len());
        write!(
            stream,
            "{method} /_control/{name} HTTP/1.1\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut reader = BufReader::new(stream);
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            assert!(reader.read_line(&mut line).unwrap() > 0, "the server closed: {head}");
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{method} {name}: {head}{body}");
        body
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.control("DELETE", "");
        }
    }
}

/// A port that is taken, so that nobody else can listen on it, and where nobody listens.
pub struct ClosedPort {
    socket: c_int,
    pub port: u16,
}

impl ClosedPort {
    pub fn new() -> Self {
        // SAFETY: the address is as long as it is said to be, and outlives the calls.
        unsafe {
            let socket = libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0);
            let mut address: libc::sockaddr_in = std::mem::zeroed();
            address.sin_family = libc::AF_INET.try_into().unwrap();
            address.sin_addr.s_addr = u32::from_ne_bytes([127, 0, 0, 1]);
            let mut length = size_of::<libc::sockaddr_in>().try_into().unwrap();
            let pointer = (&raw mut address).cast();
            assert_eq!(libc::bind(socket, pointer, length), 0);
            assert_eq!(libc::getsockname(socket, pointer, &mut length), 0);
            Self { socket, port: u16::from_be(address.sin_port) }
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for ClosedPort {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours, and is closed once.
        unsafe { libc::close(self.socket) };
    }
}
