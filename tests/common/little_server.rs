//! A small HTTP server on a thread of the test's own, whose answers are a function of what is asked.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::Duration;

use serde_json::Value;

/// A request. Its target is `/name/path`, so that each client can have a name, and a base URL, of
/// its own.
pub struct Asked {
    pub name: String,
    pub path: String,
    pub body: String,
    /// How often this name and path have been asked for, this time included.
    pub count: usize,
}

pub enum Reply {
    Json(u16, Value),
    /// The body comes byte by byte.
    Slow(Value),
    Redirect(String),
    /// The connection is closed without an answer.
    Nothing,
}

type Answer = dyn Fn(&Asked) -> Reply + Send + Sync;

/// Serves until the process ends; returns the port.
pub fn serve(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer: Arc<Answer> = Arc::new(answer);
    let counts = Arc::<Mutex<HashMap<String, usize>>>::default();
    spawn(move || {
        for stream in listener.incoming() {
            let (answer, counts) = (Arc::clone(&answer), Arc::clone(&counts));
            // A client that goes away in the middle of an answer is what the tests are about.
            spawn(move || drop(converse(&stream.unwrap(), &*answer, &counts)));
        }
    });
    port
}

/// One connection, until one side closes it.
fn converse(
    mut stream: &TcpStream,
    answer: &Answer,
    counts: &Mutex<HashMap<String, usize>>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some((target, body)) = read_request(&mut reader)? {
        let count = {
            let mut counts = counts.lock().unwrap();
            let count = counts.entry(target.clone()).or_default();
            *count += 1;
            *count
        };
        let (name, path) = target[1..].split_once('/').unwrap();
        let asked = Asked { name: name.to_owned(), path: format!("/{path}"), body, count };
        let (status, header, body, slow) = match answer(&asked) {
            Reply::Json(status, json) => (status, String::new(), json.to_string(), false),
            Reply::Slow(json) => (200, String::new(), json.to_string(), true),
            Reply::Redirect(to) => (302, format!("location: {to}\r\n"), String::new(), false),
            Reply::Nothing => return Ok(()),
        };
        // The pauses give the client more places at which to wait.
        sleep(Duration::from_millis(2));
        write!(stream, "HTTP/1.1 {status} X\r\n{header}content-length: {}\r\n\r\n", body.len())?;
        for piece in body.as_bytes().chunks(if slow { 1 } else { body.len().div_ceil(2).max(1) }) {
            sleep(Duration::from_millis(2));
            stream.write_all(piece)?;
        }
    }
    Ok(())
}

/// The target and the body; `None` when the client has closed.
fn read_request(reader: &mut impl BufRead) -> std::io::Result<Option<(String, String)>> {
    let (mut target, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if target.is_none() {
            target = line.split(' ').nth(1).map(str::to_owned);
        } else if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        } else if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((target.unwrap(), String::from_utf8(body).unwrap())))
}
